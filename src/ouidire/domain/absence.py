"""Absence: a stretch of time in which a source heard nothing (sleep, travel, a crash, no network), and its catching up.

One definition for all causes: between two signs of life of a source lies more than `SHORT`. Plain rules on values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SHORT = timedelta(minutes=2)
"""A hiccup: nobody needs to hear of less."""

LIVE = timedelta(minutes=1)
"""What lags behind its network by less hears it live: then an absence is caught up with."""

FRESH = timedelta(minutes=15)
"""What was written so shortly before we heard it is news, absence or not."""

MOST_TOLD = 3
"""So many grave messages of one absence are told of a place by themselves; more is a pile that the page shows."""


class Cause(StrEnum):
    AWAY = "away"
    """The house did not run: the machine slept or was off, or the process ended."""
    DEAF = "deaf"
    """The house ran and the network did not answer."""
    PAUSED = "paused"
    """A member wished it."""


@dataclass(frozen=True, slots=True)
class Absence:
    """`position` is how far catching up has come, `caught_up_at` when it was done.

    `because` says why a part was not caught up ('': all was), `lost_until` up to where. `heard` and `kept` count what
    came meanwhile, for whomever it concerns.
    """

    id: str
    source_id: str
    since: datetime
    until: datetime
    cause: Cause
    position: datetime | None = None
    caught_up_at: datetime | None = None
    because: str = ""
    lost_until: datetime | None = None
    heard: int = 0
    kept: int = 0

    @property
    def is_open(self) -> bool:
        """Is it being caught up with?"""
        return self.caught_up_at is None

    @property
    def is_lost(self) -> bool:
        return bool(self.because)


@dataclass(frozen=True, slots=True)
class Away:
    """When the house itself last did not run: from its last sign of life to its waking."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """What is known of a source's line when it gives something: its last sign of life, and since when it was deaf.

    `is_resumed` says that it was paused. `is_stream` says that it promises a sign of life at least every fifteen
    seconds; of what is polled, only the house's absence or the network's silence tells an absence from a quiet rhythm.
    """

    last_heard_at: datetime | None
    deaf_since: datetime | None
    is_resumed: bool
    is_stream: bool


def absent(line: Line, at: datetime, away: Away | None, short: timedelta = SHORT) -> tuple[datetime, Cause] | None:
    """Since when and why this source had been absent when it gave a sign of life `at`; None: it had not."""
    heard = line.last_heard_at
    if heard is None:
        return None
    slept = away if away is not None and away.until > heard and away.until - max(away.since, heard) > short else None
    if line.is_stream:
        since = heard
    elif slept is not None:
        since = max(heard, slept.since)
    else:
        since = line.deaf_since or at
    if at - since <= short:
        return None
    if line.is_resumed:
        return since, Cause.PAUSED
    return since, Cause.DEAF if line.deaf_since is not None and slept is None else Cause.AWAY


def is_live(lag_s: float | None, live: timedelta = LIVE) -> bool:
    """Does a batch that lags so far behind its network's present say that we hear live? Unknown: yes."""
    return lag_s is None or lag_s <= live.total_seconds()


def is_backlog(written_at: datetime, seen_at: datetime) -> bool:
    """Of what came during an absence: is it counted, and not news any more?"""
    return seen_at - written_at > FRESH


@dataclass(frozen=True, slots=True)
class Summary:
    """Several absences in one sentence: `times` of them between `since` and `until`, `total` in all.

    While one is being caught up with, `position` says how far all have come (None: not known) and `is_open`. What could
    not be replayed reaches up to `lost_until`, `because` of this. `source_ids` are those that were absent.
    """

    since: datetime
    until: datetime
    times: int
    total: timedelta
    is_open: bool
    position: datetime | None
    because: str
    lost_since: datetime | None
    lost_until: datetime | None
    is_wish: bool
    source_ids: tuple[str, ...]


def sum_up(absences: Iterable[Absence]) -> Summary | None:
    """All of them at a glance; sources that were absent together count once. None: there are none."""
    every = sorted(absences, key=lambda one: (one.since, one.until))
    if not every:
        return None
    stretches = _merged(every)
    open_ones = [one for one in every if one.is_open]
    lost = [one for one in every if one.is_lost]
    return Summary(
        since=stretches[0][0],
        until=stretches[-1][1],
        times=len(stretches),
        total=sum((end - begin for begin, end in stretches), timedelta()),
        is_open=bool(open_ones),
        position=min((one.position for one in open_ones if one.position is not None), default=None),
        because=lost[-1].because if lost else "",
        lost_since=min((one.since for one in lost), default=None),
        lost_until=max((one.lost_until or one.until for one in lost), default=None),
        is_wish=all(one.cause is Cause.PAUSED for one in every),
        source_ids=tuple(sorted({one.source_id for one in every})),
    )


def _merged(every: Sequence[Absence]) -> list[tuple[datetime, datetime]]:
    """The stretches that they cover; what overlaps, or parts by a hiccup alone, is one."""
    stretches: list[tuple[datetime, datetime]] = []
    for one in every:
        if stretches and one.since <= stretches[-1][1] + SHORT:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], one.until))
        else:
            stretches.append((one.since, one.until))
    return stretches
