"""From what people type into a form to our nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.locale.labels import N_
from ouidire.match.towns import Town
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
    return Watch(watch_id, organisation_id, place_id, rule=form["rule"].strip(), **lists)  # type: ignore[arg-type]  # lists of words alone


def typed_watch(watch: Watch) -> dict[str, str]:
    """The fields of a form as a person would have typed them."""
    return {name: ", ".join(getattr(watch, name)) for name in WATCH_FIELDS} | {"rule": watch.rule}


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
