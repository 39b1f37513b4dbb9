"""CSV, however a spreadsheet saved it: rows of named values, one after another."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ouidire.errors import BadInput
from ouidire.places.cell import cell
from ouidire.places.row import Row

_DELIMITERS = ",;\t|"


def sheet_rows(lines: Iterable[str], head: str) -> Iterator[Row]:
    """Each row that has a value; `line` is where it begins in the file. `head` is the file's beginning.

    Raises `BadInput` for a first line that names no columns, and for a line that is no CSV, with its number.
    """
    reader = csv.reader((line.replace("\0", "") for line in lines), delimiter=_delimiter(head))
    try:
        headers = header_names(next(reader, []))
        if len([one for one in headers if one]) < 2:
            raise BadInput(
                "The first line should name at least two columns, such as “nom,adresse,code postal,ville”, "
                "separated by commas, semicolons or tabs."
            )
        begin = reader.line_num + 1
        for cells in reader:
            values = {name: one for name, raw in zip(headers, cells, strict=False) if name and (one := cell(raw))}
            if values:
                yield Row(begin, values)
            begin = reader.line_num + 1
    except csv.Error as error:
        raise BadInput(
            f"Line {reader.line_num} cannot be read as CSV ({error}). Is a quotation mark missing?"
        ) from error


def header_names(cells: Sequence[str]) -> list[str]:
    """Their names, each once; a column without a name is left out ('')."""
    seen: Counter[str] = Counter()
    headers = []
    for one in cells:
        name = cell(one)
        seen[name] += 1
        headers.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return headers


def _delimiter(head: str) -> str:
    first = head.lstrip("\r\n").split("\n", 1)[0]
    return max(_DELIMITERS, key=first.count)
