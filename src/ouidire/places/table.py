"""A list of places as rows of named values, from CSV, JSON of many shapes, or OpenStreetMap's XML.

Nothing is understood here: which column means what is for `columns`, what becomes of a row for `plan`.
"""

from __future__ import annotations

import codecs
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ouidire.errors import BadInput
from ouidire.places.described import described
from ouidire.places.meanings import LAT, LON, Column, meaning
from ouidire.places.objects import objects
from ouidire.places.osm_xml import osm_rows
from ouidire.places.row import Row
from ouidire.places.sheet import sheet_rows
from ouidire.places.stations import Stations

MOST_MB = 16
"""Of a file that is brought on a page; on the command line it may be of any size."""
MOST_ROWS = 20_000
MOST_COLUMNS = 60

_WORKBOOK, _ZIP = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"), b"\x1f\x8b"
_PLAIN = 200
_HEAD = 1 << 20

Wanted = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Table:
    """`headers` in the file's order; an absent value is not in a row's `values`. `is_map`: it is no sheet.

    `seen` counts the rows of the whole file, of which `rows` may be those that were wanted.
    """

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    is_map: bool = False
    seen: int = 0

    def examples(self, header: str) -> list[str]:
        """The first values of a column, each once: what helps to say what it is."""
        values = dict.fromkeys(row.values[header] for row in self.rows[:200] if row.values.get(header))
        return list(values)[:3]


def read_table(data: bytes, wanted: Wanted | None = None) -> Table:
    """The rows of a file, whichever it is; of these the `wanted` ones.

    Raises `BadInput` with what was wrong and what to do.
    """
    if len(data) > MOST_MB * 1_000_000:
        raise too_large()
    return _table(io.BytesIO(data), wanted)


def read_extract(path: Path, wanted: Wanted | None, told: Callable[[int], None]) -> Table:
    """The same of a file of any size, which is read as it comes; `told` hears how many bytes were read each time."""
    with path.open("rb") as file:
        return _table(_Counted(file, told), wanted)


class _Counted(io.RawIOBase):
    """A file that tells how far it was read."""

    def __init__(self, file: BinaryIO, told: Callable[[int], None]) -> None:
        self._file, self._told = file, told

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(len(into))
        into[: len(piece)] = piece
        self._told(len(piece))
        return len(piece)


def _table(raw: io.RawIOBase | BinaryIO, wanted: Wanted | None) -> Table:
    file = io.BufferedReader(raw, _HEAD)  # type: ignore[type-var, arg-type, unused-ignore]
    head = file.peek(_HEAD)[:_HEAD]
    _refuse_what_is_no_text(head)
    rows, is_map = _rows(file, head)
    stations, kept, seen = Stations(), [], 0
    for row in rows:
        seen += 1
        stations.see(row)
        if wanted is not None and not wanted(row):
            continue
        kept.append(row)
        if len(kept) > MOST_ROWS:
            raise _too_many()
    if not seen:
        raise BadInput("There is no place in this file: not one row has a value.")
    if not kept:
        raise BadInput(f"None of the {seen} rows of this file has that name. Is it spelled as in the file?")
    if is_map:
        kept = [stations.beside(row) for row in kept]
    return Table(tuple(_headers(kept, is_map=is_map)), tuple(kept), is_map, seen)


def _refuse_what_is_no_text(head: bytes) -> None:
    if head[:4] in _WORKBOOK:
        raise BadInput("This is a workbook or an archive. Save the sheet as CSV, and bring that file.")
    if head[:2] == _ZIP:
        raise BadInput("This file is packed (gz). Unpack it, and bring what is inside.")
    if b"OSMHeader" in head[:40]:
        raise BadInput(
            "This is OpenStreetMap’s packed form (pbf). Export the places as .osm, GeoJSON or Overpass JSON."
        )
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise BadInput("There is nothing in this file.")
    text = head.decode(_encoding(head), "replace")
    if sum(text.count(one) for one in "\0\x01\x02\x03\x04\x0e\x0f\x10") > len(text) / _PLAIN:
        raise BadInput("This file is not text. Save the list as CSV or GeoJSON, and bring that file.")


def _rows(file: BinaryIO, head: bytes) -> tuple[Iterator[Row], bool]:
    """The rows of a file, and whether it is a map's rather than a sheet's."""
    encoding = _encoding(head)
    begin = head.decode(encoding, "replace").lstrip("\ufeff \t\r\n")
    if begin[:1] == "<":
        if begin[:14].lower().startswith(("<!doctype", "<html")) or "<html" in begin[:2000].lower():
            raise BadInput("This is a web page, not a list. A list of places is CSV, JSON or OpenStreetMap’s XML.")
        return osm_rows(file), True
    text = io.TextIOWrapper(file, encoding, errors="replace", newline=None if begin[:1] in "{[" else "")
    if begin[:1] in ("{", "["):
        return _described(text), True
    return sheet_rows(text, begin), False


def _encoding(head: bytes) -> str:
    """UTF-8, UTF-16 with its mark, else Windows-1252, which French spreadsheets still write."""
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8-sig"


def _described(text: io.TextIOWrapper) -> Iterator[Row]:
    for number, one in enumerate(objects(text), 1):
        if values := described(one):
            yield Row(number, values)


def _headers(rows: Sequence[Row], *, is_map: bool) -> list[str]:
    """A sheet's columns in their order. A map's: its geometry, what means something to us, then the most common."""
    times = Counter(name for row in rows for name in row.values)
    names = [LAT, LON, "name", *(name for name, _ in times.most_common())] if is_map else list(times)
    known = [name for name in dict.fromkeys(names) if name in times]
    if len(known) <= MOST_COLUMNS:
        return known
    ours = [name for name in known if meaning(name)[0] is not Column.IGNORED]
    others = [name for name in known if meaning(name)[0] is Column.IGNORED]
    kept = {*ours[:MOST_COLUMNS], *others[: max(0, MOST_COLUMNS - len(ours))]}
    return [name for name in known if name in kept]


def too_large() -> BadInput:
    """What is said of a file that is too large for a page."""
    return BadInput(
        f"This file is larger than {MOST_MB} MB. Bring it in parts, for instance one region after another, "
        "or read it where it lies: ouidire places FILE --only NAME."
    )


def _too_many() -> BadInput:
    return BadInput(
        f"This file holds more than {MOST_ROWS} places. Say which are yours (--only NAME), or bring it in parts, "
        "for instance one region after another."
    )
