"""A list of places as rows of named values, from CSV, GeoJSON or what Overpass exports.

Nothing is understood here: which column means what is for `columns`, what becomes of a row for `plan`.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ouidire.domain.item import clean
from ouidire.errors import BadInput

MOST_MB = 16
MOST_ROWS = 20_000
MOST_COLUMNS = 60
_MOST_LETTERS = 500

LAT, LON = "@latitude", "@longitude"
"""Columns of a GeoJSON's own geometry."""

_WORKBOOK, _ZIP = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"), b"\x1f\x8b"
_PLAIN = 200
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is what a person finds it by: the line of a CSV (its header is 1), the number of a GeoJSON's feature."""

    line: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """`headers` in the file's order; an absent value is not in a row's `values`. `is_osm`: its words are OSM's tags."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    is_map: bool = False

    def examples(self, header: str) -> list[str]:
        """The first values of a column, each once: what helps to say what it is."""
        values = dict.fromkeys(row.values[header] for row in self.rows[:200] if row.values.get(header))
        return list(values)[:3]


class _Geometry(msgspec.Struct):
    type: str = ""
    coordinates: Any = None
    geometries: Any = None


class _Feature(msgspec.Struct):
    properties: dict[str, Any] | None = None
    geometry: _Geometry | None = None


class _Element(msgspec.Struct):
    type: str = ""
    id: int | str = ""
    lat: float | None = None
    lon: float | None = None
    center: dict[str, float] | None = None
    tags: dict[str, Any] | None = None


class _Json(msgspec.Struct):
    type: str = ""
    features: list[_Feature] | None = None
    elements: list[_Element] | None = None
    properties: dict[str, Any] | None = None
    geometry: _Geometry | None = None


def read_table(data: bytes) -> Table:
    """The rows of a file, whichever it is. Raises `BadInput` with what was wrong and what to do."""
    if len(data) > MOST_MB * 1_000_000:
        raise BadInput(
            f"This file is larger than {MOST_MB} MB. Bring it in parts, for instance one region after another."
        )
    if data[:4] in _WORKBOOK:
        raise BadInput("This is a workbook or an archive. Save the sheet as CSV, and bring that file.")
    if data[:2] == _ZIP:
        raise BadInput("This file is packed (gz). Unpack it, and bring what is inside.")
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise BadInput("There is nothing in this file.")
    text = _decoded(data)
    if sum(text.count(one) for one in "\0\x01\x02\x03\x04\x0e\x0f\x10") > len(text) / _PLAIN:
        raise BadInput("This file is not text. Save the list as CSV or GeoJSON, and bring that file.")
    if text.lstrip()[:1] in ("{", "["):
        return _from_json(text)
    return _from_csv(text)


def _decoded(data: bytes) -> str:
    """UTF-8, UTF-16 with its mark, else Windows-1252, which French spreadsheets still write."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _table(headers: Sequence[str], rows: Sequence[Row], *, is_map: bool = False) -> Table:
    if not rows:
        raise BadInput("There is no place in this file: not one row has a value.")
    return Table(tuple(headers)[:MOST_COLUMNS], tuple(rows), is_map)


def _too_many() -> BadInput:
    return BadInput(
        f"This file holds more than {MOST_ROWS} places. Bring it in parts, for instance one region after another."
    )


# -- CSV -------------------------------------------------------------------------------------------------------------


def _from_csv(text: str) -> Table:
    if text.lstrip()[:1] == "<":
        raise BadInput("This is a web page or XML, not a list. A list of places is CSV or GeoJSON.")
    lines = csv.reader(io.StringIO(text.replace("\0", ""), newline=None), delimiter=_delimiter(text))
    try:
        headers = _headers(next(lines))
        if len([one for one in headers if one]) < 2:
            raise BadInput(
                "The first line should name at least two columns, such as “nom,adresse,code postal,ville”, "
                "separated by commas, semicolons or tabs."
            )
        return _table([one for one in headers if one], list(_csv_rows(lines, headers)))
    except csv.Error as error:
        raise BadInput(
            f"Line {lines.line_num} cannot be read as CSV ({error}). Is a quotation mark missing?"
        ) from error


def _delimiter(text: str) -> str:
    head = text.lstrip("\r\n").split("\n", 1)[0]
    return max(_DELIMITERS, key=head.count)


def _headers(cells: Sequence[str]) -> list[str]:
    """Their names, each once; a column without a name is left out ('')."""
    seen: Counter[str] = Counter()
    headers = []
    for cell in cells:
        name = _value(cell)
        seen[name] += 1
        headers.append(f"{name} ({seen[name]})" if name and seen[name] > 1 else name)
    return headers


def _csv_rows(lines: Any, headers: Sequence[str]) -> Iterator[Row]:
    count = 0
    begin = lines.line_num + 1
    for cells in lines:
        values = {name: found for name, cell in zip(headers, cells, strict=False) if name and (found := _value(cell))}
        if values:
            count += 1
            if count > MOST_ROWS:
                raise _too_many()
            yield Row(begin, values)
        begin = lines.line_num + 1


def _value(cell: object) -> str:
    """One line of storable text; numbers as they are written, nothing for lists and the like."""
    if isinstance(cell, bool) or cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if not isinstance(cell, str | int | float):
        return ""
    return clean(" ".join(str(cell)[: 4 * _MOST_LETTERS].split()))[:_MOST_LETTERS]


# -- JSON ------------------------------------------------------------------------------------------------------------


def _from_json(text: str) -> Table:
    if max(text.count('"geometry"'), text.count('"tags"')) > MOST_ROWS:
        raise _too_many()  # before it is decoded, which takes ten times its size
    try:
        found = msgspec.json.decode(text, type=_Json)
    except msgspec.ValidationError as error:
        raise BadInput(
            f"This JSON is not GeoJSON ({error}). It should be a FeatureCollection whose features are places."
        ) from error
    except msgspec.DecodeError as error:
        raise BadInput(f"This file begins like JSON but cannot be read as such ({error}).") from error
    if found.elements is not None:
        rows = [_element(one) for one in found.elements]
    elif found.features is not None:
        rows = [_feature(one) for one in found.features]
    elif found.type == "Feature":
        rows = [_feature(_Feature(found.properties, found.geometry))]
    else:
        raise BadInput("This JSON is not GeoJSON: it has no “features”. Export the places as GeoJSON or CSV.")
    if len(rows) > MOST_ROWS:
        raise _too_many()
    kept = [Row(number, values) for number, values in enumerate(rows, 1) if values]
    return _table(_ordered(kept), kept, is_map=True)


def _ordered(rows: Sequence[Row]) -> list[str]:
    """The geometry first, then the words that most of them carry."""
    times = Counter(name for row in rows for name in row.values)
    first = [name for name in (LAT, LON, "name") if times.pop(name, 0)]
    return [*first, *(name for name, _ in times.most_common())]


def _feature(one: _Feature) -> dict[str, str]:
    values = {name: found for name, cell in (one.properties or {}).items() if (found := _value(cell))}
    return values | _located(_middle(one.geometry)) if values else {}


def _element(one: _Element) -> dict[str, str]:
    values = {name: found for name, cell in (one.tags or {}).items() if (found := _value(cell))}
    if not values:
        return {}
    values["@id"] = f"{one.type}/{one.id}"
    at = (one.lat, one.lon) if one.lat is not None and one.lon is not None else None
    if one.center is not None and {"lat", "lon"} <= one.center.keys():
        at = (one.center["lat"], one.center["lon"])
    return values | _located(at)


def _located(at: tuple[float, float] | None) -> dict[str, str]:
    return {LAT: f"{at[0]:.6f}", LON: f"{at[1]:.6f}"} if at else {}


def _middle(geometry: _Geometry | None) -> tuple[float, float] | None:
    """Latitude and longitude of a point, or of the middle of what surrounds the shape."""
    if geometry is None:
        return None
    points = list(_points(geometry.coordinates))
    for part in geometry.geometries or ():
        points += _points(part.get("coordinates") if isinstance(part, dict) else None)
    if not points:
        return None
    lons, lats = [p[0] for p in points], [p[1] for p in points]
    return (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2


def _points(nested: Any) -> Iterator[tuple[float, float]]:
    """Every pair in nested lists, as deep as GeoJSON goes."""
    level = [nested]
    for _ in range(5):
        deeper = []
        for one in level:
            if not isinstance(one, list) or not one:
                continue
            if isinstance(one[0], int | float):
                if len(one) > 1 and isinstance(one[1], int | float):
                    yield float(one[0]), float(one[1])
            else:
                deeper += one
        level = deeper
