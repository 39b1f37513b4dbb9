"""How often does what is polled speak, and when is it to be asked again? Learned from when it spoke; plain functions.

Who speaks once an hour is asked every five minutes, who speaks once a day every two hours, who speaks once a week twice
a day. Who just spoke is asked sooner, for an answer often follows; who has been silent for long is asked less and less.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHORTEST_S = 300.0
LONGEST_S = 43_200.0
MOST_WISHED_S = 86_400.0
UNKNOWN_S = 3_600.0
"""Of what has spoken less than twice."""
PARTS = 12
"""A word is heard after a twelfth of the usual time between two words, at the latest."""
SPREAD = 0.1
REMEMBERED = 24

_ONE_WORD_S = 600.0
"""What is said within ten minutes is one word: some speak once a day, ten messages at a time."""
_HALF = 6.0
"""Every sixth step back, what was said counts half as much."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the other side asks of who polls it: `least_s` between two looks; hours (UTC) and weekdays (0: Monday) to
    leave it alone."""

    least_s: float = 0.0
    hours: Collection[int] = ()
    weekdays: Collection[int] = ()


def usual_s(spoke: Sequence[datetime]) -> float | None:
    """The time that usually passes between two words; None when fewer than two were heard.

    A median in which the latest count most: neither a holiday nor a busy evening changes it.
    """
    moments = _words(spoke)
    gaps = [after - before for before, after in itertools.pairwise(moments)]
    if not gaps:
        return None
    weighted = sorted((gap, 0.5 ** ((len(gaps) - 1 - n) / _HALF)) for n, gap in enumerate(gaps))
    half, weight = sum(one for _, one in weighted) / 2, 0.0
    for gap, one in weighted:
        weight += one
        if weight >= half:
            return gap
    return weighted[-1][0]


def next_look_s(
    spoke: Sequence[datetime],
    now: datetime,
    *,
    is_news: bool = False,
    wishes: Wishes | None = None,
    jitter: float = 0.5,
) -> float:
    """How long to wait before asking again: between five minutes and twelve hours, longer only where it was wished.

    `is_news`: it has just spoken. `jitter` from 0 to 1 spreads those who would all come at the same moment.
    """
    wishes = wishes or Wishes()
    usual = usual_s(spoke)
    wait_s = UNKNOWN_S if usual is None else max(usual, _silence_s(spoke, now) / 4) / PARTS
    if is_news:
        wait_s /= 2
    wait_s *= 1 + SPREAD * (2 * jitter - 1)
    wait_s = min(max(wait_s, SHORTEST_S), LONGEST_S)
    wait_s = max(wait_s, min(wishes.least_s, MOST_WISHED_S))
    return _allowed(now + timedelta(seconds=wait_s), wishes, now)


def is_silent(usual: float | None, spoke_at: datetime | None, now: datetime) -> bool:
    """Has it been silent for much longer than it usually is? Not deaf: only so quiet that a person may wonder."""
    if usual is None or spoke_at is None:
        return False
    return (now - spoke_at).total_seconds() > max(6 * usual, 2 * 86_400.0)


def remembered(spoke: Sequence[datetime]) -> list[datetime]:
    """The latest moments, as many as are worth remembering, oldest first."""
    return sorted(set(spoke))[-REMEMBERED:]


def _words(spoke: Sequence[datetime]) -> list[float]:
    moments: list[float] = []
    for moment in sorted(one.timestamp() for one in spoke):
        if not moments or moment - moments[-1] > _ONE_WORD_S:
            moments.append(moment)
    return moments


def _silence_s(spoke: Sequence[datetime], now: datetime) -> float:
    return (now - max(spoke)).total_seconds()


def _allowed(then: datetime, wishes: Wishes, now: datetime) -> float:
    """Put off to the first hour at which it may be asked; who wishes to be left alone for ever is not heeded."""
    at = then
    for _ in range(7 * 24 + 1):
        if at.hour not in wishes.hours and at.weekday() not in wishes.weekdays:
            return (at - now).total_seconds()
        at = at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return (then - now).total_seconds()
