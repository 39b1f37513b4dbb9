"""Hours: when a place is open, on its own clock. Two shifts a day, days that differ, public holidays.

A shift is told in minutes from midnight of the day it begins on; one that ends after midnight ends beyond 1,440.
On the two days a year when the clock is changed, an hour that does not exist is the moment of the change, and of an
hour that comes twice the first counts for opening, the second for closing: what the door says is kept.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ouidire.domain.holidays import holidays_on

DAY = 1440
MOST_SHIFTS = 2
NIGHT_ENDS = 8 * 60
"""A shift that passes midnight ends by eight; a later end is a slip of the pen."""

_LOOK_AHEAD = 400
_WHOLE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Shift:
    """From `opens` until `closes`, in minutes; 0 until 1,440 is the whole day."""

    opens: int
    closes: int

    def __str__(self) -> str:
        return f"{clock_text(self.opens)}–{clock_text(self.closes)}"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """Days, both included, that are unlike their weekday: closed when there is no shift."""

    first: date
    last: date
    shifts: tuple[Shift, ...] = ()
    name: str = ""

    def covers(self, day: date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Hours:
    """`week` begins on Monday; `holidays` are the public holidays (their keys) on which the place is closed each year.

    `note` holds, word for word, what an imported text said and we did not understand.
    """

    week: tuple[tuple[Shift, ...], ...] = ((),) * 7
    special: tuple[SpecialDay, ...] = ()
    holidays: tuple[str, ...] = ()
    note: str = ""

    @property
    def says_something(self) -> bool:
        """Is at least one opening known? Hours that only hold a note tell nobody whether the door is open."""
        return any(self.week) or any(one.shifts for one in self.special)

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """The shifts that begin on this day: a special day first, then a public holiday, then the weekday."""
        for one in self.special:
            if one.covers(day):
                return one.shifts
        return () if holidays_on(day).intersection(self.holidays) else self.week[day.weekday()]

    def is_open(self, local: datetime) -> bool:
        """Is the door open at `local`, which carries the zone of the place?"""
        moment = local.astimezone(UTC)
        return any(opens <= moment < closes for opens, closes in self._around(local))

    def next_change(self, local: datetime) -> datetime | None:
        """When it next opens (closed now) or closes (open now), on the same clock; None when it never does."""
        moment = local.astimezone(UTC)
        for opens, closes in self._stretches(local, _LOOK_AHEAD):
            if opens > moment:
                return opens.astimezone(local.tzinfo)
            if closes > moment:
                return closes.astimezone(local.tzinfo) if closes - moment < timedelta(days=_LOOK_AHEAD - 2) else None
        return None

    def since(self, local: datetime) -> datetime | None:
        """Since when it has been as it is at `local`; None when that is longer than a week ago."""
        moment = local.astimezone(UTC)
        latest = None
        for opens, closes in self._stretches(local - timedelta(days=8), 9):
            for edge in (opens, closes):
                if edge <= moment:
                    latest = edge
        began = local.astimezone(UTC) - timedelta(days=7)
        return latest.astimezone(local.tzinfo) if latest and latest >= began else None

    def _around(self, local: datetime) -> Iterator[tuple[datetime, datetime]]:
        return self._openings(local.date() - _WHOLE_DAY, 2, local.tzinfo)

    def _stretches(self, local: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
        """Openings from the day before `local` on, those that touch made one."""
        pending: tuple[datetime, datetime] | None = None
        for opens, closes in self._openings(local.date() - _WHOLE_DAY, days + 1, local.tzinfo):
            if pending is not None and opens <= pending[1]:
                pending = pending[0], max(pending[1], closes)
                continue
            if pending is not None:
                yield pending
            pending = opens, closes
        if pending is not None:
            yield pending

    def _openings(self, first: date, days: int, zone: tzinfo | None) -> Iterator[tuple[datetime, datetime]]:
        for ahead in range(days):
            day = first + timedelta(days=ahead)
            for shift in self.shifts_on(day):
                opens, closes = _instant(day, shift.opens, zone, 0), _instant(day, shift.closes, zone, 1)
                if opens < closes:
                    yield opens, closes


def _instant(day: date, minutes: int, zone: tzinfo | None, fold: int) -> datetime:
    """The moment the clock of `zone` shows these minutes of `day`; the moment of the change when it never does."""
    ahead, minutes = divmod(minutes, DAY)
    wall = datetime.combine(day + timedelta(days=ahead), time(minutes // 60, minutes % 60), zone)
    earlier, later = wall.replace(fold=0).astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if later < earlier:  # it does not exist: the two readings stand on either side of the change
        return _change(later, earlier, zone)
    return later if fold else earlier


def _change(before: datetime, after: datetime, zone: tzinfo | None) -> datetime:
    """When the offset of `zone` changes between two moments, to the second."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


# -- as people write it --------------------------------------------------------------------------------------------


class HoursRefused(ValueError):
    """`code` is stable (the faces translate it); `day` is 0 for Monday, None for a special day; `found` as typed."""

    def __init__(self, code: str, found: str, day: int | None = None) -> None:
        super().__init__(f"{code}: {found}")
        self.code = code
        self.found = found
        self.day = day


def minutes_of(text: str) -> int:
    """'9:30', '09h30', '9h', '24:00' → minutes from midnight. Raises `HoursRefused`."""
    hours, _, minutes = text.strip().lower().replace("h", ":").replace(".", ":").partition(":")
    if not (hours.isdecimal() and len(hours) <= 2 and (minutes.isdecimal() or not minutes) and len(minutes) <= 2):
        raise HoursRefused("not_a_time", text)
    found = int(hours) * 60 + int(minutes or 0)
    if int(minutes or 0) > 59 or found > DAY:
        raise HoursRefused("not_a_time", text)
    return found


def clock_text(minutes: int) -> str:
    """1,440 is 24:00, the end of a day; later is the next morning."""
    if minutes == DAY:
        return "24:00"
    return f"{minutes % DAY // 60:02}:{minutes % 60:02}"


def shift_of(opens: str, closes: str) -> Shift:
    """The shift between two times as they are typed; midnight until midnight is the whole day.

    Raises `HoursRefused`: half of it is missing, it ends before it begins, it lasts no time.
    """
    if not opens.strip() or not closes.strip():
        raise HoursRefused("half", opens.strip() or closes.strip())
    begin, end = minutes_of(opens), minutes_of(closes)
    written = f"{clock_text(begin)}–{clock_text(end)}"
    if begin == DAY or (begin == end and begin != 0):
        raise HoursRefused("no_time", written)
    if end > begin:
        return Shift(begin, end)
    if end > NIGHT_ENDS:
        raise HoursRefused("ends_before", written)
    return Shift(begin, end + DAY)


def check_day(shifts: Sequence[Shift], day: int | None = None) -> tuple[Shift, ...]:
    """The shifts of a day in their order. Raises `HoursRefused`: they overlap, there are more than two."""
    ordered = tuple(sorted(shifts, key=lambda one: one.opens))
    if len(ordered) > MOST_SHIFTS:
        raise HoursRefused("too_many", ", ".join(map(str, ordered)), day)
    for one, other in itertools.pairwise(ordered):
        if other.opens < one.closes:
            raise HoursRefused("overlap", f"{one}, {other}", day)
    return ordered


def check_week(week: Sequence[Sequence[Shift]]) -> tuple[tuple[Shift, ...], ...]:
    """Each day in order, and no night that runs into the next morning's shift. Raises `HoursRefused`."""
    days = tuple(check_day(shifts, day) for day, shifts in enumerate(week))
    for day, shifts in enumerate(days):
        following = days[(day + 1) % 7]
        if shifts and following and following[0].opens < shifts[-1].closes - DAY:
            raise HoursRefused("night", f"{shifts[-1]}, {following[0]}", day)
    return days


def same_days(week: Sequence[tuple[Shift, ...]]) -> list[tuple[int, int, tuple[Shift, ...]]]:
    """Runs of neighbouring weekdays with the same shifts: first day, last day, shifts."""
    runs: list[tuple[int, int, tuple[Shift, ...]]] = []
    for day, shifts in enumerate(week):
        if runs and runs[-1][2] == shifts:
            runs[-1] = (runs[-1][0], day, shifts)
        else:
            runs.append((day, day, shifts))
    return runs
