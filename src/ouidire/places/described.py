"""What one object of a JSON list says of a place, as named values: GeoJSON's feature, Overpass's element,
schema.org's LocalBusiness as store locators give it, or a shop's own plain object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ouidire.places.cell import cell, header
from ouidire.places.meanings import LAT, LON

_DEEPEST = 3
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORT = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_OPENS, _CLOSES = ("opens", "open", "from", "start", "openTime"), ("closes", "close", "to", "end", "closeTime")
_HOURS = ("openingHoursSpecification", "openingHours", "opening_hours", "hours", "horaires")

Thing = Mapping[str, Any]


def described(one: Thing) -> dict[str, str]:
    """Header → value, for all that a person could have written into a sheet; empty when it says nothing."""
    if one.get("type") in ("node", "way", "relation"):
        return _element(one)
    if "geometry" in one or isinstance(one.get("properties"), dict):
        values = _flat(one["properties"]) if isinstance(one.get("properties"), dict) else {}
        return values | _located(_middle(one.get("geometry"))) if values else {}
    return _flat(one)


def _element(one: Thing) -> dict[str, str]:
    values = _flat(one["tags"]) if isinstance(one.get("tags"), dict) else {}
    if not values:
        return {}
    values["@id"] = f"{one['type']}/{cell(one.get('id'))}"
    return values | _located(_pair(one) or _pair(one.get("center")) or _around(one.get("geometry")))


def _pair(one: Any) -> tuple[float, float] | None:
    if not isinstance(one, dict):
        return None
    lat, lon = one.get("lat"), one.get("lon")
    return (float(lat), float(lon)) if isinstance(lat, int | float) and isinstance(lon, int | float) else None


def _around(geometry: Any) -> tuple[float, float] | None:
    """The middle of the spots that Overpass lists for a way (`out geom`)."""
    spots = [spot for one in geometry if (spot := _pair(one))] if isinstance(geometry, list) else []
    return _mean([lon for _, lon in spots], [lat for lat, _ in spots]) if spots else None


def _located(at: tuple[float, float] | None) -> dict[str, str]:
    return {LAT: f"{at[0]:.6f}", LON: f"{at[1]:.6f}"} if at else {}


# -- an object with parts ----------------------------------------------------------------------------------------------


def _flat(one: Thing) -> dict[str, str]:
    """Its own values, then those of its parts under their own names (where these are free), hours as one text."""
    values: dict[str, str] = {}
    parts = dict(one)
    hours = next((text for key in _HOURS if (text := _hours(parts.get(key)))), "")
    if hours:
        parts = {key: part for key, part in parts.items() if key not in _HOURS}
        values["opening_hours"] = hours
    for name, value in _values(parts, "", 0):
        key = header(name)
        if key and key not in values:
            values[key] = value
    return values


def _values(one: Thing, above: str, depth: int) -> Iterator[tuple[str, str]]:
    """Shallow ones first, so that a part never takes the name of what stands above it."""
    for name, value in one.items():
        if text := cell(value):
            yield name, text
            if above:
                yield f"{above} {name}", text
    if depth < _DEEPEST:
        for name, value in one.items():
            if isinstance(value, dict):
                if not _is_named(value):
                    yield from _values(value, name, depth + 1)
                elif text := cell(value.get("name")):
                    yield name, text


def _is_named(part: Thing) -> bool:
    """A thing of its own (a brand, a country, a parent company): its name is the value, its parts are not ours."""
    return isinstance(part.get("name"), str) and not any(key in part for key in ("streetAddress", "street", "city"))


# -- hours -------------------------------------------------------------------------------------------------------------


def _hours(said: Any) -> str:
    """'Mo 09:00-12:30,14:00-19:00; Tu off' from a list, or a mapping by day, of what opens and closes when."""
    days: dict[int, list[str]] = {}
    for names, one in _by_day(said):
        for day in names:
            shifts = days.setdefault(day, [])
            opens, closes = _first(one, _OPENS), _first(one, _CLOSES)
            if opens and closes and opens != closes:
                shifts.append(f"{opens}-{closes}")
    if not any(days.values()):
        return ""
    return "; ".join(f"{_SHORT[day]} {','.join(sorted(shifts)) or 'off'}" for day, shifts in sorted(days.items()))


def _by_day(said: Any) -> Iterator[tuple[list[int], Thing]]:
    if isinstance(said, dict) and not any(key in said for key in ("dayOfWeek", "day")):
        pairs = [({"day": name}, one) for name, one in said.items()]
    else:
        every = said if isinstance(said, list) else [said]
        pairs = [(one, one) for one in every if isinstance(one, dict)]
    for named, one in pairs:
        days = _days(named.get("dayOfWeek") or named.get("day") or named.get("weekday"))
        for shift in one if isinstance(one, list) else [one]:
            if days and isinstance(shift, dict) and not ("validFrom" in shift or "validThrough" in shift):
                yield days, shift


def _days(said: Any) -> list[int]:
    """'https://schema.org/Monday', ['Mo', 'Tu'] → their numbers; what is no day is left out."""
    names = said if isinstance(said, list) else [said]
    words = [str(one).rstrip("/").rpartition("/")[2].lower() for one in names if isinstance(one, str)]
    return [n for word in words if len(word) > 1 for n, day in enumerate(_DAYS) if day.startswith(word)]


def _first(one: Thing, keys: tuple[str, ...]) -> str:
    """'09:00:00' → '09:00'."""
    said = next((cell(one[key]) for key in keys if isinstance(one.get(key), str)), "")
    parts = said.split(":")
    return ":".join(parts[:2]) if len(parts) == 3 else said


# -- shapes ------------------------------------------------------------------------------------------------------------


def _middle(geometry: Any) -> tuple[float, float] | None:
    """Latitude and longitude of a point, or of the middle of what surrounds the shape."""
    if not isinstance(geometry, dict):
        return None
    points = list(_points(geometry.get("coordinates")))
    for part in geometry.get("geometries") or ():
        points += _points(part.get("coordinates") if isinstance(part, dict) else None)
    return _mean([p[0] for p in points], [p[1] for p in points]) if points else None


def _mean(lons: list[float], lats: list[float]) -> tuple[float, float]:
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
