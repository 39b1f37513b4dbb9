"""From the form of a place to the place, its hours with it, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time

from ouidire.domain.holidays import KEYS
from ouidire.domain.hours import (
    DAY,
    Hours,
    HoursRefused,
    Shift,
    SpecialDay,
    check_day,
    check_week,
    clock_text,
    shift_of,
)
from ouidire.domain.place import Coordinates, Place, QuietHours, listing_key
from ouidire.errors import BadInput
from ouidire.locale.labels import N_
from ouidire.match.checks import refuse_place
from ouidire.match.towns import middle_of, towns_of
from ouidire.match.zones import countries, is_zone, zone_of
from ouidire.places.knowledge import categories, languages
from ouidire.places.opening_hours import read_hours
from ouidire.places.plan import Doubt, doubt_about, is_on_earth
from ouidire.web.typed import several
from ouidire.web.visit import Filled
from ouidire.web.words import Words

SPECIAL_ROWS = 2
"""Empty rows for special days on each form; more come with the next."""
_MOST_SPECIAL = 30

REFUSED: Mapping[str, str] = {
    "not_a_time": N_("“%(found)s” is not a time of day; write it like 9:00 or 18:30."),
    "half": N_("One time is missing beside %(found)s: a shift has a beginning and an end."),
    "no_time": N_("%(found)s lasts no time; leave both empty for a closed day."),
    "ends_before": N_("%(found)s ends before it begins. A shift that passes midnight ends by 8:00."),
    "overlap": N_("%(found)s overlap: the second begins before the first has ended."),
    "too_many": N_("%(found)s: a day has two shifts at most."),
    "night": N_("%(found)s: the night runs into the next morning’s shift."),
    "no_date": N_("“%(found)s” is not a date; write it like 2026-12-24."),
    "dates": N_("%(found)s: the last day comes before the first."),
}

NOT_UNDERSTOOD = N_("“%(found)s” is not understood; write it like “Mo-Fr 9:00-12:00, 14:00-19:00; Sa 9:00-12:30”.")


class PlaceAsks(BadInput):
    """Something only a person can decide: coordinates that do not fit their town."""

    def __init__(self, doubt: Doubt, message: str) -> None:
        super().__init__(message)
        self.doubt = doubt


def place_of(form: Filled, before: Place, words: Words) -> Place:
    """`before` with what was typed. A town brings its coordinates and its clock, unless these were typed.

    Raises `BadInput` with a sentence for who typed it, `PlaceAsks` when coordinates do not fit the town.
    """
    typed = replace(
        before,
        name=form["name"],
        street=form["street"],
        district=form["district"],
        postcode=form["postcode"],
        town=form["town"],
        country=form["country"] if form["country"] in countries() else before.country,
        listing_ids=tuple(dict.fromkeys(listing_key(one) for one in several(form["listing_ids"]))),
        quiet_hours=_quiet(form["quiet_start"], form["quiet_end"]),
        quiet_when_closed=form["quiet_when_closed"] == "yes",
        hours=_hours_of(form, before, words),
        category=form["category"] if form["category"] in categories() else "",
        landmarks=several(form["landmarks"]),
        products=several(form["products"]),
        roles=several(form["roles"]),
        languages=languages(several(form["languages"])),
    )
    if not typed.name:
        raise BadInput("A place needs a name.")
    refuse_place(typed)
    typed = replace(typed, coordinates=_placed(form, typed, words))
    return replace(typed, time_zone=_zone(form, typed, before, words))


def _placed(form: Filled, typed: Place, words: Words) -> Coordinates | None:
    at = _coordinates(form["lat"], form["lon"])
    towns = towns_of(typed.town, typed.postcode, typed.country) if typed.town or typed.postcode else []
    middle, _ = middle_of(towns)
    if at is None or form["answer"] == "town":
        return middle
    doubt = doubt_about(at, middle)
    if doubt is Doubt.SWAPPED and form["answer"] == "swap":
        return Coordinates(at.lon, at.lat)
    if not is_on_earth(at) and doubt is not Doubt.SWAPPED:
        raise BadInput("Latitude and longitude are two numbers, such as 45.4983 and -73.5776.")
    if doubt is None or (form["answer"] == "keep" and is_on_earth(at)):
        return at
    asked = words.t.gettext(ASKED[doubt]) % {"town": typed.town or typed.postcode}
    raise PlaceAsks(doubt, asked)


ASKED: Mapping[Doubt, str] = {
    Doubt.SWAPPED: N_("Latitude and longitude look swapped: the other way round, they lie at %(town)s."),
    Doubt.FAR: N_("These coordinates lie far from %(town)s."),
}


def _zone(form: Filled, typed: Place, before: Place, words: Words) -> str:
    """What was chosen; the town's where nothing was, or where the town has changed and the clock was left as it was."""
    wanted = form["time_zone"]
    has_moved = (typed.town, typed.postcode, typed.country) != (before.town, before.postcode, before.country)
    if is_zone(wanted) and not (has_moved and before.name and wanted == before.time_zone):
        return wanted
    if not typed.town and not typed.postcode and typed.coordinates is None:
        return before.time_zone
    found = zone_of(typed.town, typed.postcode, typed.country, typed.coordinates)
    if found is not None:
        return found.name
    if is_zone(wanted):
        return wanted
    question = words.t.gettext("We do not know what time it is in %(town)s: choose its clock.")
    said = question % {"town": typed.town or typed.postcode}
    raise BadInput(said)


def typed_place(place: Place) -> dict[str, str]:
    """The fields of the form as a person would have typed them."""
    at, quiet = place.coordinates, place.quiet_hours
    return {
        "name": place.name, "street": place.street, "district": place.district, "postcode": place.postcode,
        "town": place.town, "country": place.country, "time_zone": place.time_zone,
        "lat": str(at.lat) if at else "", "lon": str(at.lon) if at else "",
        "listing_ids": ", ".join(place.listing_ids), "quiet_when_closed": "yes" if place.quiet_when_closed else "",
        "category": place.category, "landmarks": ", ".join(place.landmarks), "products": ", ".join(place.products),
        "roles": ", ".join(place.roles), "languages": ", ".join(place.languages),
        "quiet_start": f"{quiet.start:%H:%M}" if quiet else "", "quiet_end": f"{quiet.end:%H:%M}" if quiet else "",
    } | _typed_hours(place.hours)  # fmt: skip


def _coordinates(lat: str, lon: str) -> Coordinates | None:
    if not lat and not lon:
        return None
    try:
        at = Coordinates(float(lat.replace(",", ".")), float(lon.replace(",", ".")))
    except ValueError:
        raise BadInput("Latitude and longitude are two numbers, such as 45.4983 and -73.5776.") from None
    if not (abs(at.lat) <= 180 and abs(at.lon) <= 180):
        raise BadInput("Latitude and longitude are two numbers, such as 45.4983 and -73.5776.")
    return at


def _quiet(start: str, end: str) -> QuietHours | None:
    if not start and not end:
        return None
    try:
        return QuietHours(time.fromisoformat(start), time.fromisoformat(end))
    except ValueError:
        raise BadInput("Quiet hours need a beginning and an end.") from None


# -- hours -------------------------------------------------------------------------------------------------------------


def _hours_of(form: Filled, before: Place, words: Words) -> Hours | None:
    """The week from its boxes, or from the one line that says it all; special days, holidays, the note."""
    try:
        week, note = _week(form, words)
        special = _specials(form)
    except HoursRefused as refused:
        raise BadInput(_sentence(refused, words)) from refused
    shown = {one.first.isoformat() for one in shown_specials(before.hours, words)}
    past = [one for one in (before.hours.special if before.hours else ()) if one.first.isoformat() not in shown]
    chosen = tuple(key for key in KEYS if key in form.several("holiday"))
    hours = Hours(week, (*past, *special), chosen, note)
    return hours if hours != Hours() else None


def _week(form: Filled, words: Words) -> tuple[tuple[tuple[Shift, ...], ...], str]:
    if line := form["hours_line"]:
        read = read_hours(line, form["country"] or "FR")
        if read is None or read.note:
            unknown = read.note if read else line
            said = words.t.gettext(NOT_UNDERSTOOD) % {"found": unknown}
            raise BadInput(said)
        return read.week, form["hours_note"]
    week = []
    for day in range(7):
        try:
            week.append(_shifts(form, f"h-{day}"))
        except HoursRefused as refused:
            raise HoursRefused(refused.code, refused.found, day) from refused
    return check_week(week), form["hours_note"]


def _shifts(form: Filled, prefix: str) -> tuple[Shift, ...]:
    shifts = [
        shift_of(opens, closes)
        for n in ("1", "2")
        if (opens := form[f"{prefix}-o{n}"]) + (closes := form[f"{prefix}-c{n}"])
    ]
    return check_day(shifts)


def _specials(form: Filled) -> list[SpecialDay]:
    found = []
    for n in range(_MOST_SPECIAL):
        if first := form[f"s-{n}-first"]:
            begin = _date(first)
            end = _date(form[f"s-{n}-last"] or first)
            if end < begin:
                raise HoursRefused("dates", f"{begin} – {end}")
            found.append(SpecialDay(begin, end, _shifts(form, f"s-{n}"), form[f"s-{n}-name"][:100]))
    return sorted(found, key=lambda one: one.first)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise HoursRefused("no_date", text) from None


def _sentence(refused: HoursRefused, words: Words) -> str:
    refusal = REFUSED[refused.code]
    said = words.t.gettext(refusal) % {"found": refused.found}
    return said if refused.day is None else f"{words.weekday(refused.day).capitalize()}{words.t.gettext(': ')}{said}"


def shown_specials(hours: Hours | None, words: Words) -> list[SpecialDay]:
    """Those that are not over: the form shows them, the others are kept as they are."""
    return [one for one in hours.special if one.last >= words.now.date()] if hours else []


def _typed_hours(hours: Hours | None) -> dict[str, str]:
    if hours is None:
        return {}
    fields = {"hours_note": hours.note}
    for day, shifts in enumerate(hours.week):
        fields |= typed_shifts(f"h-{day}", shifts)
    return fields


def typed_shifts(prefix: str, shifts: tuple[Shift, ...]) -> dict[str, str]:
    """A day's boxes; the end of a day is 00:00 there, for boxes know no 24:00."""
    fields = {}
    for n, shift in enumerate(shifts, 1):
        fields[f"{prefix}-o{n}"] = clock_text(shift.opens)
        fields[f"{prefix}-c{n}"] = clock_text(shift.closes % DAY)
    return fields


def typed_specials(specials: list[SpecialDay]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for n, one in enumerate(specials):
        last = "" if one.last == one.first else one.last.isoformat()
        fields |= {f"s-{n}-first": one.first.isoformat(), f"s-{n}-last": last, f"s-{n}-name": one.name}
        fields |= typed_shifts(f"s-{n}", one.shifts)
    return fields
