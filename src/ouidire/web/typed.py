"""From what people type into a form to our nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import time

from ouidire.domain.place import Coordinates, Place, QuietHours
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.locale.labels import N_
from ouidire.match.towns import Town, find_town
from ouidire.web.visit import Filled

COUNTRIES: Mapping[str, str] = {
    "FR": N_("France"), "BE": N_("Belgium"), "CH": N_("Switzerland"), "LU": N_("Luxembourg"), "CA": N_("Canada"),
    "GB": N_("United Kingdom"), "IE": N_("Ireland"), "US": N_("United States"), "DE": N_("Germany"),
    "ES": N_("Spain"), "IT": N_("Italy"), "PT": N_("Portugal"), "NL": N_("Netherlands"), "JP": N_("Japan"),
    "MA": N_("Morocco"), "SN": N_("Senegal"), "TN": N_("Tunisia"),
}  # fmt: skip

ZONES = (
    "Europe/Paris", "Europe/Brussels", "Europe/Zurich", "Europe/Luxembourg", "Europe/London", "Europe/Dublin",
    "Europe/Berlin", "Europe/Madrid", "Europe/Rome", "Europe/Lisbon", "Europe/Amsterdam", "America/Toronto",
    "America/Halifax", "America/Winnipeg", "America/Edmonton", "America/Vancouver", "America/New_York",
    "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Guadeloupe", "America/Martinique",
    "America/Cayenne", "Indian/Reunion", "Pacific/Noumea", "Pacific/Tahiti", "Africa/Casablanca", "Africa/Dakar",
    "Africa/Tunis", "Asia/Tokyo", "UTC",
)  # fmt: skip

WATCH_FIELDS = ("names", "aliases", "handles", "hashtags", "links", "near", "required", "excluded")
_SIGILS = {"handles": "@", "hashtags": "#"}
_MOST = 100


def several(text: str, sigil: str = "") -> tuple[str, ...]:
    """Words separated by commas, semicolons or line ends, each once, without its sigil."""
    parts = (part.strip() for part in re.split(r"[,;\n]", text))
    return tuple(dict.fromkeys(part.removeprefix(sigil) if sigil else part for part in parts if part))[:_MOST]


def watch_of(form: Filled, watch_id: str, organisation_id: str, place_id: str | None) -> Watch:
    lists = {name: several(form[name], _SIGILS.get(name, "")) for name in WATCH_FIELDS}
    return Watch(id=watch_id, organisation_id=organisation_id, place_id=place_id, **lists)


def typed_watch(watch: Watch) -> dict[str, str]:
    """The fields of a form as a person would have typed them."""
    return {name: ", ".join(getattr(watch, name)) for name in WATCH_FIELDS}


def place_of(form: Filled, before: Place) -> Place:
    """`before` with what was typed. A new town brings its coordinates, unless some were typed. Raises `BadInput`."""
    typed = replace(
        before,
        name=form["name"],
        street=form["street"],
        district=form["district"],
        postcode=form["postcode"],
        town=form["town"],
        country=form["country"] if form["country"] in COUNTRIES else before.country,
        time_zone=form["time_zone"] if form["time_zone"] in ZONES else before.time_zone,
        coordinates=_coordinates(form["lat"], form["lon"]),
        quiet_hours=_quiet(form["quiet_start"], form["quiet_end"]),
    )
    if not typed.name:
        raise BadInput("A place needs a name.")
    towns = find_town(typed.postcode or typed.town, typed.country) if typed.coordinates is None else []
    return replace(typed, coordinates=towns[0].coordinates) if towns else typed


def typed_place(place: Place) -> dict[str, str]:
    at, quiet = place.coordinates, place.quiet_hours
    return {
        "name": place.name, "street": place.street, "district": place.district, "postcode": place.postcode,
        "town": place.town, "country": place.country, "time_zone": place.time_zone,
        "lat": str(at.lat) if at else "", "lon": str(at.lon) if at else "",
        "quiet_start": f"{quiet.start:%H:%M}" if quiet else "", "quiet_end": f"{quiet.end:%H:%M}" if quiet else "",
    }  # fmt: skip


def placed(place: Place, town: Town) -> Place:
    """`place` in that town: its spelling, clock and middle."""
    return replace(
        place,
        town=town.name,
        postcode=place.postcode or town.postcode,
        country=town.country,
        time_zone=town.time_zone,
        coordinates=town.coordinates,
    )


def _coordinates(lat: str, lon: str) -> Coordinates | None:
    if not lat and not lon:
        return None
    try:
        at = Coordinates(float(lat.replace(",", ".")), float(lon.replace(",", ".")))
    except ValueError:
        raise BadInput("Latitude and longitude are two numbers, such as 45.4983 and -73.5776.") from None
    if not (-90 <= at.lat <= 90 and -180 <= at.lon <= 180):
        raise BadInput("Latitude and longitude are two numbers, such as 45.4983 and -73.5776.")
    return at


def _quiet(start: str, end: str) -> QuietHours | None:
    if not start and not end:
        return None
    try:
        return QuietHours(time.fromisoformat(start), time.fromisoformat(end))
    except ValueError:
        raise BadInput("Quiet hours need a beginning and an end.") from None
