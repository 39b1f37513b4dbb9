"""Which clock a place lives by: its town's, its country's only one, its postcode's, else that of a known town near by.

No library of borders is carried for it (tens of megabytes); what this cannot tell is asked.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise

from ouidire.domain.fold import fold
from ouidire.domain.place import Coordinates
from ouidire.match.geo import distance_m
from ouidire.match.towns import Town, cities, towns_of

NEAR_M = 120_000
"""A known town at most this far away, in the same country, lends its clock."""

_PACKAGE = "tzdata.zoneinfo"

OVERSEAS_M = 900_000
FRENCH = frozenset(["GP", "MQ", "GF", "RE", "PM", "YT", "BL", "MF", "WF", "PF", "NC"])
"""Codes of their own for what we call 'FR' with a postcode in 97 or 98."""


class ZoneBecause(StrEnum):
    TOWN = "town"
    COUNTRY = "country"
    POSTCODE = "postcode"
    NEAR = "near"


@dataclass(frozen=True, slots=True)
class Zone:
    """An IANA time zone, and what told it."""

    name: str
    because: ZoneBecause


def zone_of(town: str, postcode: str = "", country: str = "FR", coordinates: Coordinates | None = None) -> Zone | None:
    """The clock of a place; None when it has to be asked.

    French communes tell theirs, those overseas too; a country with one clock needs no town.
    """
    if found := _nearest_first(towns_of(town, postcode, country), coordinates):
        return Zone(found[0].time_zone, ZoneBecause.TOWN) if _agree(found, coordinates) else None
    if country == "FR" and postcode[:2] not in ("97", "98"):
        overseas = _overseas(coordinates) if coordinates else None
        return overseas or Zone("Europe/Paris", ZoneBecause.COUNTRY)
    zones = zones_of(country)
    if len(zones) == 1:
        return Zone(zones[0], ZoneBecause.COUNTRY)
    if by_postcode := _by_postcode(country, postcode):
        return Zone(by_postcode, ZoneBecause.POSTCODE)
    return _near(country, coordinates) if coordinates else None


def _nearest_first(towns: list[Town], at: Coordinates | None) -> list[Town]:
    if at is None or not any(one.coordinates for one in towns):
        return towns
    placed = [one for one in towns if one.coordinates]
    return sorted(placed, key=lambda one: _metres(at, one.coordinates) if one.coordinates else 0)


def _agree(towns: list[Town], at: Coordinates | None) -> bool:
    """Saint-Denis is as large on Réunion as near Paris: without more, nobody knows which one is meant."""
    as_large = [one for one in towns if one.population * 2 >= towns[0].population]
    return at is not None or len({one.time_zone for one in as_large}) == 1


def _metres(one: Coordinates, other: Coordinates) -> float:
    return distance_m(one.lat, one.lon, other.lat, other.lon)


def _overseas(at: Coordinates) -> Zone | None:
    """The French clock of a point far from the mainland."""
    if 41 <= at.lat <= 52 and -6 <= at.lon <= 10:
        return None
    metres, zone = min((_metres(at, point), zone) for point, zone in _overseas_points())
    return Zone(zone, ZoneBecause.NEAR) if metres < OVERSEAS_M else None


@cache
def _overseas_points() -> list[tuple[Coordinates, str]]:
    rows = [row for row in _table("zone.tab") if row[0] in FRENCH]
    return [(_iso6709(where), zone) for _, where, zone, *_ in rows]


def _iso6709(text: str) -> Coordinates:
    """'-2052+05528' (degrees and minutes) → coordinates."""
    half = max(text.rfind("+"), text.rfind("-"))
    lat, lon = text[:half], text[half:]
    return Coordinates(_degrees(lat[:3], lat[3:5]), _degrees(lon[:4], lon[4:6]))


def _degrees(whole: str, minutes: str) -> float:
    return float(whole) + float(f"{whole[0]}{minutes}") / 60


def zones_of(country: str) -> tuple[str, ...]:
    """The time zones of a country (ISO 3166 alpha-2), its largest first, as the time zone database lists them."""
    return _zones().get(country, ())


def countries() -> Mapping[str, str]:
    """Every country's code and English name."""
    return _countries()


def is_zone(name: str) -> bool:
    return name == "UTC" or name in _names()


@cache
def _zones() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for country, _, zone, *_ in _table("zone.tab"):
        found[country] = (*found.get(country, ()), zone)
    return found


@cache
def _names() -> frozenset[str]:
    return frozenset(zone for zones in _zones().values() for zone in zones)


@cache
def _countries() -> Mapping[str, str]:
    return {code: name for code, name in _table("iso3166.tab")}


def _table(name: str) -> list[list[str]]:
    lines = files(_PACKAGE).joinpath(name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


@cache
def _ranges() -> Mapping[str, list[tuple[str, str, str]]]:
    found: dict[str, list[tuple[str, str, str]]] = {}
    text = files("ouidire.match").joinpath("zones.csv").read_text("utf-8")
    for country, first, last, zone in csv.reader(text.splitlines(), delimiter=";"):
        found.setdefault(country, []).append((first, last, zone))
    return found


def _by_postcode(country: str, postcode: str) -> str | None:
    code = fold(postcode).upper().replace(" ", "")
    for first, last, zone in _ranges().get(country, ()):
        if code and first <= code[: len(first)] <= last:
            return zone
    return None


def _near(country: str, at: Coordinates) -> Zone | None:
    """The clock of the towns around, if those that we know within reach agree about it."""
    metres = sorted(
        (distance_m(at.lat, at.lon, one.coordinates.lat, one.coordinates.lon), one.time_zone)
        for one in cities(country)
        if one.coordinates
    )
    within = [(far, zone) for far, zone in metres[:3] if far <= NEAR_M]
    if not within or any(one != other for (_, one), (_, other) in pairwise(within)):
        return None
    return Zone(within[0][1], ZoneBecause.NEAR)
