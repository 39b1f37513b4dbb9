"""Dates as people, spreadsheets and sites write them, in French, English, German and Spanish."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from ouidire.connectors.times import lenient_time
from ouidire.domain.fold import fold
from ouidire.domain.sound import EARLIEST

_MONTHS = (
    "jan ene", "feb fev", "mar mrz", "apr avr abr", "may mai", "jun juin", "jul juil", "aug aou ago",
    "sep set", "oct okt out", "nov", "dec dez dic",
)  # fmt: skip
_NUMBER_OF = {short: number for number, shorts in enumerate(_MONTHS, 1) for short in shorts.split()}
_CLOCK = (
    r"(?:[ ,t]+(?:a |at |um |las |alle )*(\d{1,2})(?: ?[:h.] ?(\d{2}))?(?:[:.](\d{2}))?(?: ?uhr)?"
    r"\s*([ap])?\.?(?:m\.?)?)?"
)
_SLASHED = re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4}|\d{2})" + _CLOCK)
_WORDED = re.compile(
    r"(?:[a-z]{2,10}\.?,? )?(?:le |den )?(\d{1,2})(?:\.|er|st|nd|rd|th)? (?:de )?([a-z]{3,10})\.?,? (?:de )?(\d{4})"
    + _CLOCK
)
_MONTH_FIRST = re.compile(r"(?:[a-z]{2,10}\.?,? )?([a-z]{3,10})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})" + _CLOCK)

_BARE = re.compile(r"\d{1,7}(\.\d*)?|\d{9}(\.\d*)?")
"""A number that is no date: a rating, a count. Eight figures may be 20260920, ten are seconds since 1970."""
_SECONDS = 1e8


def read_date(said: str, *, month_first: bool = False) -> datetime | None:
    """The moment that `said` names, as UTC; without a zone it is taken as UTC. None when it names none.

    `month_first`: 03/04 is the fourth of March; else the third of April.
    """
    said = said.strip()
    if not said or len(said) > 80:
        return None
    known = None if _BARE.fullmatch(said) and float(said) < _SECONDS else lenient_time(said)
    if known is not None and not _SLASHED.fullmatch(said):
        return known
    spoken = " ".join(re.sub(r"[\u00a0\u202f]", " ", fold_marks(said)).split())
    if found := _SLASHED.fullmatch(spoken):
        one, two, year = int(found[1]), int(found[2]), int(found[3])
        day, month = (two, one) if (month_first and one <= 12) or two > 12 else (one, two)
        return _moment(year + (2000 if year < 100 else 0), month, day, found.groups()[3:])
    if found := _WORDED.fullmatch(spoken):
        return _moment(int(found[3]), _month(found[2]), int(found[1]), found.groups()[3:])
    if found := _MONTH_FIRST.fullmatch(spoken):
        return _moment(int(found[3]), _month(found[1]), int(found[2]), found.groups()[3:])
    return known


def fold_marks(said: str) -> str:
    """Without accents and case; figures and their marks as they stand."""
    return "".join(fold(letter) if letter.isalpha() else letter for letter in said)


def tells_month_first(values: list[str]) -> bool:
    """Do these dates prove that the month comes first (a second number above twelve, and no first one)?"""
    pairs = [(int(f[1]), int(f[2])) for one in values if (f := _SLASHED.match(fold_marks(one.strip())))]
    return any(second > 12 for _, second in pairs) and not any(first > 12 for first, _ in pairs)


def _month(word: str) -> int:
    return next((_NUMBER_OF[word[:size]] for size in (4, 3) if word[:size] in _NUMBER_OF), 0)


def _moment(year: int, month: int, day: int, clock: tuple[str | None, ...]) -> datetime | None:
    hour, minute, second = (int(one or 0) for one in clock[:3])
    if clock[3]:
        hour = hour % 12 + (12 if clock[3] == "p" else 0)
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return moment if moment >= EARLIEST else None
