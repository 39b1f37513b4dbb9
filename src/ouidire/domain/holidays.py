"""French public holidays, computed for any year; those of Alsace and Moselle and of the overseas departments apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Holiday:
    """`key` is stable and the same each year; `where` is '' for all of France, 'alsace' or a department overseas."""

    key: str
    day: date
    where: str = ""


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher)."""
    century, rest = divmod(year, 100)
    correction = (19 * (year % 19) + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - correction - rest % 4) % 7
    shift = (year % 19 + 11 * correction + 22 * weekday) // 451
    month, day = divmod(correction + weekday - 7 * shift + 114, 31)
    return date(year, month, day + 1)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _after_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=days)


_ALL: Mapping[str, tuple[str, Callable[[int], date]]] = {
    "new_year": ("", _fixed(1, 1)),
    "good_friday": ("alsace", _after_easter(-2)),
    "easter_monday": ("", _after_easter(1)),
    "abolition_976": ("976", _fixed(4, 27)),
    "labour_day": ("", _fixed(5, 1)),
    "victory": ("", _fixed(5, 8)),
    "abolition_972": ("972", _fixed(5, 22)),
    "ascension": ("", _after_easter(39)),
    "whit_monday": ("", _after_easter(50)),
    "abolition_971": ("971", _fixed(5, 27)),
    "abolition_973": ("973", _fixed(6, 10)),
    "bastille": ("", _fixed(7, 14)),
    "assumption": ("", _fixed(8, 15)),
    "all_saints": ("", _fixed(11, 1)),
    "armistice": ("", _fixed(11, 11)),
    "abolition_974": ("974", _fixed(12, 20)),
    "christmas": ("", _fixed(12, 25)),
    "st_stephen": ("alsace", _fixed(12, 26)),
}
KEYS = tuple(_ALL)


def region(country: str, postcode: str) -> str | None:
    """Which holidays beyond the national ones hold at a postcode: '', 'alsace', a department; None outside France."""
    if country != "FR":
        return None
    if postcode[:2] in ("57", "67", "68"):
        return "alsace"
    return postcode[:3] if postcode[:2] == "97" else ""


def of_year(year: int, where: str = "") -> list[Holiday]:
    """The holidays of a year in the order of the calendar: the national ones, and those of `where`."""
    found = [Holiday(key, on(year), region) for key, (region, on) in _ALL.items() if region in ("", where)]
    return sorted(found, key=lambda one: (one.day, one.key))


def coming(today: date, where: str = "") -> list[Holiday]:
    """Each holiday on its next day from `today` on, the nearest first."""
    both = [*of_year(today.year, where), *of_year(today.year + 1, where)]
    nearest: dict[str, Holiday] = {}
    for one in both:
        if one.day >= today:
            nearest.setdefault(one.key, one)
    return sorted(nearest.values(), key=lambda one: (one.day, one.key))


@lru_cache(maxsize=8)
def _by_day(year: int) -> Mapping[date, frozenset[str]]:
    days: dict[date, set[str]] = {}
    for key, (_, on) in _ALL.items():
        days.setdefault(on(year), set()).add(key)
    return {day: frozenset(keys) for day, keys in days.items()}


def holidays_on(day: date) -> frozenset[str]:
    """The keys of the holidays that fall on this day, wherever in France they hold."""
    return _by_day(day.year).get(day, frozenset())
