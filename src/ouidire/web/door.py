"""What the door of a place says: open or closed, since when, until when, in a member's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ouidire.domain.hours import Hours, same_days
from ouidire.domain.place import Place
from ouidire.locale.labels import N_
from ouidire.web.words import Words

_SOON = timedelta(days=6)


@dataclass(frozen=True, slots=True)
class Door:
    """`said` is empty when the hours are not known."""

    is_open: bool
    said: str


def door(place: Place, words: Words) -> Door:
    """“Closed since 14:00 · opens tomorrow at 9:00”, on the clock of the place."""
    hours, local = place.hours, place.local(words.now)
    if hours is None or not hours.says_something:
        return Door(False, "")
    change = hours.next_change(local)
    if hours.is_open(local):
        if change is None:
            return Door(True, words.t.gettext("Open around the clock"))
        return Door(True, words.t.gettext("Open until %(clock)s") % {"clock": _when(change, local, place, words)})
    since = hours.since(local)
    closed = words.t.gettext("Closed now")
    if since is not None and since.date() == local.date():
        closed = words.t.gettext("Closed since %(clock)s") % {"clock": words.clock(since, place.time_zone)}
    if change is None:
        return Door(False, closed)
    opens = words.t.gettext("opens %(when)s") % {"when": _when(change, local, place, words, at=True)}
    return Door(False, f"{closed} · {opens}")


AT, TOMORROW, ON = N_("at %(clock)s"), N_("tomorrow at %(clock)s"), N_("on %(day)s at %(clock)s")


def _when(moment: datetime, local: datetime, place: Place, words: Words, *, at: bool = False) -> str:
    """The hour alone when it is today's or this night's; else with its day."""
    clock = words.clock(moment, place.time_zone)
    is_tonight = moment - local < timedelta(hours=12) and moment.hour < 8
    if moment.date() == local.date() or (not at and is_tonight):
        return words.t.gettext(AT) % {"clock": clock} if at else clock
    if moment.date() == local.date() + timedelta(days=1):
        return words.t.gettext(TOMORROW) % {"clock": clock}
    day = words.weekday(moment.weekday()) if moment - local < _SOON else words.day(moment, place.time_zone)
    return words.t.gettext(ON) % {"day": day, "clock": clock}


def week_lines(hours: Hours, words: Words) -> list[tuple[str, str]]:
    """Days and their shifts, neighbours that are alike as one: (“Monday to Friday”, “09:00–12:00, 14:00–19:00”)."""
    lines = []
    for first, last, shifts in same_days(hours.week):
        days = words.weekday(first)
        if last != first:
            days = words.t.gettext("%(first)s to %(last)s") % {"first": days, "last": words.weekday(last)}
        said = words.shifts(shifts) or words.t.gettext("closed")
        lines.append((days[:1].upper() + days[1:], said))
    return lines
