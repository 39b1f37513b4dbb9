"""An OpenStreetMap file in XML (`.osm`): its tagged nodes, ways and relations, read as it comes.

Of nodes without tags only the spot is kept, sixteen bytes each, for the ways that run through them.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import BinaryIO
from xml.parsers import expat

from ouidire.errors import BadInput
from ouidire.places.cell import cell, header
from ouidire.places.meanings import LAT, LON
from ouidire.places.row import Row

_PIECE = 1 << 20
_DEGREE = 10_000_000
_THINGS = frozenset(("node", "way", "relation"))


def osm_rows(file: BinaryIO) -> Iterator[Row]:
    """Each node, way or relation that has a tag. Raises `BadInput` for broken XML, with its line, and for other XML."""
    reader = _Reader()
    while piece := file.read(_PIECE):
        yield from reader.feed(piece)
    yield from reader.feed(b"", is_last=True)


class _Reader:
    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._begins
        self._parser.EndElementHandler = self._ends
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._rows: list[Row] = []
        self._count = 0
        self._spots = _Spots()
        self._root = ""
        self._thing: dict[str, str] = {}
        self._tags: dict[str, str] = {}
        self._through: list[tuple[int, int]] = []

    def feed(self, piece: bytes, *, is_last: bool = False) -> list[Row]:
        try:
            self._parser.Parse(piece, is_last)
        except expat.ExpatError as error:
            why = expat.ErrorString(error.code)
            raise BadInput(f"Line {error.lineno} cannot be read as XML ({why}). Is the file cut short?") from error
        found, self._rows = self._rows, []
        return found

    def _refuse(self, *_: object) -> None:
        raise BadInput("This XML is not OpenStreetMap’s: it should begin with “<osm”. A list of places is CSV or JSON.")

    def _begins(self, name: str, said: dict[str, str]) -> None:
        if not self._root:
            self._root = name
            if name != "osm":
                self._refuse()
        elif name in _THINGS:
            self._thing, self._tags, self._through = said, {}, []
        elif name == "tag" and said.get("k"):
            if value := cell(said.get("v")):
                self._tags[header(said["k"])] = value
        elif name == "nd":
            self._pass(said)
        elif name == "center":
            self._through = [spot] if (spot := _spot(said)) else []

    def _pass(self, said: dict[str, str]) -> None:
        """A way's node: where it is said here (`out geom`), or where it was said before."""
        spot = _spot(said) or self._spots.of(said.get("ref", ""))
        if spot is not None:
            self._through.append(spot)

    def _ends(self, name: str) -> None:
        if name not in _THINGS:
            return
        if name == "node" and (spot := _spot(self._thing)):
            self._spots.keep(self._thing.get("id", ""), spot)
            self._through = [spot]
        if self._tags:
            self._count += 1
            where = {"@id": f"{name}/{self._thing.get('id', '')}"} | _middle(self._through)
            self._rows.append(Row(self._count, self._tags | where))


class _Spots:
    """Where nodes are, in the order of their ids, as such files list them; one out of order is not remembered."""

    def __init__(self) -> None:
        self._ids, self._lats, self._lons = array("q"), array("i"), array("i")

    def keep(self, node_id: str, spot: tuple[int, int]) -> None:
        number = _number(node_id)
        if number is not None and (not self._ids or number > self._ids[-1]):
            self._ids.append(number)
            self._lats.append(spot[0])
            self._lons.append(spot[1])

    def of(self, node_id: str) -> tuple[int, int] | None:
        number = _number(node_id)
        if number is None:
            return None
        at = bisect_left(self._ids, number)
        return (self._lats[at], self._lons[at]) if at < len(self._ids) and self._ids[at] == number else None


def _number(text: str) -> int | None:
    try:
        number = int(text)
    except ValueError:
        return None
    return number if abs(number) < 1 << 63 else None


def _spot(said: dict[str, str]) -> tuple[int, int] | None:
    """In ten-millionths of a degree; None for what is nowhere on earth."""
    try:
        lat, lon = float(said["lat"]), float(said["lon"])
    except (KeyError, ValueError):
        return None
    return (round(lat * _DEGREE), round(lon * _DEGREE)) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _middle(spots: list[tuple[int, int]]) -> dict[str, str]:
    if not spots:
        return {}
    lats, lons = [one[0] for one in spots], [one[1] for one in spots]
    lat, lon = (min(lats) + max(lats)) / 2 / _DEGREE, (min(lons) + max(lons)) / 2 / _DEGREE
    return {LAT: f"{lat:.6f}", LON: f"{lon:.6f}"}
