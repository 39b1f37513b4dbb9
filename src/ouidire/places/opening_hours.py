"""Opening hours as OpenStreetMap and French lists write them: 'Mo-Fr 09:00-12:30,14:00-19:00; Sa 9h-13h; PH off'.

The common forms alone. A rule that is not understood is given back word for word, never guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ouidire.domain import holidays
from ouidire.domain.hours import (
    DAY,
    Hours,
    HoursRefused,
    Shift,
    check_day,
    check_week,
    clock_text,
    minutes_of,
    same_days,
)

_NAMES = (
    ("mo", "mon", "monday", "lu", "lun", "lundi"),
    ("tu", "tue", "tues", "tuesday", "ma", "mar", "mardi"),
    ("we", "wed", "wednesday", "me", "mer", "mercredi"),
    ("th", "thu", "thur", "thurs", "thursday", "je", "jeu", "jeudi"),
    ("fr", "fri", "friday", "ve", "ven", "vendredi"),
    ("sa", "sat", "saturday", "sam", "samedi"),
    ("su", "sun", "sunday", "di", "dim", "dimanche"),
)
_DAYS = {word: day for day, words in enumerate(_NAMES) for word in words}
_DAY = r"(?:[a-z]{2,9}\.?)"
_SPAN = rf"{_DAY}(?:\s*(?:-|a|au|to)\s*{_DAY})?"
_DAYLIST = re.compile(rf"(?:(?:du|le|les)\s+)?({_SPAN}(?:\s*(?:,|et|and)\s*{_SPAN})*)\s*:?\s*(.*)", re.S)
_TIME = r"\d{1,2}(?:[:h.]\d{0,2})?"
_TIMES = re.compile(rf"({_TIME})\s*(?:-|a|to)\s*({_TIME})")
_BETWEEN = re.compile(r"\s*(?:,|/|et|and|\s)\s*")
_OFF = re.compile(r"off|closed|ferme(?:e|s)?")
_NEW_RULE = re.compile(
    r";|\n|(?:(?<=\d)|(?<=\dh)|(?<=\d )|(?<=off)),"
    rf"(?=\s*{_DAY}(?:\s*[-,]\s*{_DAY})*\s*:?\s*(?:\d|off|closed|ferme))"
)
_MOST_LETTERS = 1_000

Week = list[tuple[Shift, ...]]


class _NotUnderstood(Exception):
    pass


def read_hours(text: str, country: str = "FR") -> Hours | None:
    """The hours a text tells; what it says beyond what we understand stands in `note`. None for an empty text.

    Later rules replace earlier ones for their days; one joined by a comma adds to them where it does not overlap.
    """
    text = " ".join(text.split())[:_MOST_LETTERS]
    if not text:
        return None
    week: Week = [()] * 7
    closed: tuple[str, ...] = ()
    unknown: list[str] = []
    has_rule = False
    for rule, adds in _rules(text):
        try:
            if _is_holiday_off(rule, country):
                closed = tuple(one.key for one in holidays.of_year(2000))
                continue
            days, shifts = _rule(rule, has_rule)
            _apply(week, days, shifts, adds)
            has_rule = True
        except (_NotUnderstood, HoursRefused):
            unknown.append(rule)
    return _hours(week, closed, unknown, text)


def write_week(hours: Hours) -> str:
    """The week as `read_hours` reads it: 'Mo-Fr 09:00-12:30,14:00-19:00; Sa 09:00-13:00'. '' when no day is open."""
    rules = []
    for first, last, shifts in same_days(hours.week):
        if shifts:
            days = _CODES[first] if first == last else f"{_CODES[first]}-{_CODES[last]}"
            rules.append(f"{days} " + ",".join(f"{clock_text(one.opens)}-{clock_text(one.closes)}" for one in shifts))
    return "; ".join(rules)


_CODES = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


def _hours(week: Week, closed: tuple[str, ...], unknown: list[str], text: str) -> Hours:
    try:
        return Hours(check_week(week), (), closed, "; ".join(unknown))
    except HoursRefused:
        return Hours(note=text)


def _rules(text: str) -> Iterator[tuple[str, bool]]:
    """Each rule, and whether it only adds: a comma before days begins another rule, as many write it."""
    start, adds = 0, False
    for cut in _NEW_RULE.finditer(_plain(text)):
        if rule := text[start : cut.start()].strip():
            yield rule, adds
        start, adds = cut.end(), cut.group() == ","
    if rule := text[start:].strip():
        yield rule, adds


def _plain(text: str) -> str:
    """In small letters without accents, dashes made one; as long as `text`, so that positions fit."""
    letters = (unicodedata.normalize("NFD", one)[0].lower()[:1] for one in text)
    return "".join("-" if one in "–—‒−" else one for one in letters)


def _is_holiday_off(rule: str, country: str) -> bool:
    words = _plain(rule).replace(":", " ").split()
    starts = words[:1] == ["ph"] or words[:2] == ["jours", "feries"]
    return country == "FR" and starts and bool(words) and _OFF.fullmatch(words[-1]) is not None


def _rule(rule: str, has_rule: bool) -> tuple[list[int], tuple[Shift, ...]]:
    plain = _plain(rule)
    if plain == "24/7":
        return list(range(7)), (Shift(0, DAY),)
    if plain[0].isdigit():
        if has_rule:  # hours without days after others: which days they are for is not said
            raise _NotUnderstood
        return list(range(7)), _shifts(plain)
    found = _DAYLIST.fullmatch(plain)
    if found is None:
        raise _NotUnderstood
    return _days(found[1]), _shifts(found[2])


def _days(text: str) -> list[int]:
    days: list[int] = []
    for span in re.split(r"\s*(?:,|\bet\b|\band\b)\s*", text):
        ends = [_day(word) for word in re.split(r"\s*-\s*|\s+(?:a|au|to)\s+", span.strip())]
        first, last = ends[0], ends[-1]
        days += [(first + n) % 7 for n in range((last - first) % 7 + 1)]
    return days


def _day(word: str) -> int:
    day = _DAYS.get(word.strip(". "))
    if day is None:
        raise _NotUnderstood
    return day


def _shifts(text: str) -> tuple[Shift, ...]:
    text = text.strip()
    if _OFF.fullmatch(text):
        return ()
    shifts, at = [], 0
    while found := _TIMES.match(text, at):
        shifts.append(_shift(found[1], found[2]))
        at = found.end()
        between = _BETWEEN.match(text, at)
        if at < len(text) and between is not None and between.end() < len(text):
            at = between.end()
    if not shifts or at != len(text):
        raise _NotUnderstood
    return check_day(shifts)


def _shift(opens: str, closes: str) -> Shift:
    """As written; 'Su 00:00-00:00' means a whole day to some and none to others, so it means nothing to us."""
    begin, end = minutes_of(opens), minutes_of(closes)
    if begin == end or begin >= DAY:
        raise _NotUnderstood
    return Shift(begin, end if end > begin else end + DAY)


def _apply(week: Week, days: list[int], shifts: tuple[Shift, ...], adds: bool) -> None:
    wanted = list(week)
    for day in days:
        if adds and shifts and _fits([*week[day], *shifts]):
            wanted[day] = check_day([*week[day], *shifts])
        else:
            wanted[day] = shifts
    week[:] = wanted


def _fits(shifts: list[Shift]) -> bool:
    try:
        check_day(shifts)
    except HoursRefused:
        return False
    return True
