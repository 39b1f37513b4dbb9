"""The stations that a map's file holds, so that a place can be known by the one it stands beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from ouidire.match.geo import distance_m
from ouidire.places.meanings import LAT, LON, STATIONS
from ouidire.places.row import Row

NEAR_M = 400
"""A walk of five minutes: further away people name another station."""
MOST = 2

_CELL = 100
"""Hundredths of a degree: a kilometre, so that what is near lies in the nine cells around."""

_KINDS = {"railway": ("station", "halt", "tram_stop", "subway_entrance"), "public_transport": ("station",)}


class Stations:
    """Spots by the cell of the globe in which they lie."""

    def __init__(self) -> None:
        self._spots: dict[tuple[int, int], dict[tuple[str, float, float], None]] = defaultdict(dict)

    def see(self, row: Row) -> None:
        """Remember a row that is a station with a name and a spot."""
        name = row.values.get("name", "")
        if name and any(row.values.get(key) in kinds for key, kinds in _KINDS.items()) and (at := _spot(row)):
            self._spots[_cell(*at)][name, *at] = None

    def beside(self, row: Row) -> Row:
        """`row` with the nearest stations within `NEAR_M` of it, but for what is one itself."""
        at = _spot(row) if self._spots else None
        if at is None:
            return row
        near = sorted({(round(metres), name) for metres, name in self._near(*at) if name != row.values.get("name")})
        names = list(dict.fromkeys(name for _, name in near))[:MOST]
        return replace(row, values={**row.values, STATIONS: "; ".join(names)}) if names else row

    def _near(self, lat: float, lon: float) -> Iterator[tuple[float, str]]:
        y, x = _cell(lat, lon)
        for cell in [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]:
            for name, at_lat, at_lon in self._spots.get(cell, ()):
                if (metres := distance_m(lat, lon, at_lat, at_lon)) <= NEAR_M:
                    yield metres, name


def _spot(row: Row) -> tuple[float, float] | None:
    try:
        return float(row.values[LAT]), float(row.values[LON])
    except (KeyError, ValueError):
        return None


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return int(lat * _CELL // 1), int(lon * _CELL // 1)
