"""From what people type into a form to our nouns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from ouidire.domain.place import Place
from ouidire.domain.watch import FormerName, Watch
from ouidire.locale import Translator
from ouidire.locale.labels import N_
from ouidire.match.towns import Town
from ouidire.places.knowledge import read_former
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
_MOST = 20_000
"""No form holds more words than this; how many may be kept is for `match.checks` to say, with how many there were."""


def several(text: str, sigil: str = "") -> tuple[str, ...]:
    """Words separated by commas, semicolons or line ends, each once, without its sigil."""
    parts = (part.strip() for part in re.split(r"[,;\n]", text))
    return tuple(dict.fromkeys(part.removeprefix(sigil) if sigil else part for part in parts if part))[:_MOST]


def watch_of(form: Filled, before: Watch) -> Watch:
    """`before` with the words that were typed."""
    lists = {name: several(form[name], _SIGILS.get(name, "")) for name in WATCH_FIELDS}
    former = tuple(read_former(one) for one in several(form["former"]))
    return replace(before, former=former, **lists)  # type: ignore[arg-type]  # lists of words alone


def typed_watch(watch: Watch, t: Translator) -> dict[str, str]:
    """The fields of a form as a person would have typed them."""
    lists = {name: ", ".join(getattr(watch, name)) for name in WATCH_FIELDS}
    return lists | {"former": ", ".join(former_name(one, t) for one in watch.former)}


def former_name(one: FormerName, t: Translator) -> str:
    """“Chez Jo (until 2019)”: how it is typed, and read again."""
    if one.until is None:
        return one.name
    if (one.until.month, one.until.day) == (12, 31):
        return t.gettext("%(name)s (until %(year)s)") % {"name": one.name, "year": one.until.year}
    return t.gettext("%(name)s (until the %(day)s)") % {"name": one.name, "day": one.until.isoformat()}


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
