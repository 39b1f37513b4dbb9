"""The only clock. Everything that asks what time it is asks here, so that a test or the demo day can say."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class Clock:
    """The machine's own time, in UTC."""

    speed = 1.0
    """How many of its seconds pass in a second of the world, at most."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)

    def steady(self) -> float:
        """Seconds that nobody can set and that also pass while the machine sleeps; from no particular moment."""
        return _steady()

    @property
    def machine(self) -> Clock:
        """What the machine itself believes, right or wrong."""
        return self


class FastClock(Clock):
    """A day that runs `speed` times faster, starting at `start` (demo, time-lapse)."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._start, self.speed, self._began = start, speed, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self.speed)


class HandClock(Clock):
    """A clock that a test moves by hand: `advance` lets time pass, `set` makes it tell another time."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._passed = 0.0

    def now(self) -> datetime:
        return self.at

    def steady(self) -> float:
        return self._passed

    def advance(self, **step: float) -> None:
        """Time passes, as in a sleep of the machine."""
        self.at += timedelta(**step)
        self._passed += timedelta(**step).total_seconds()

    def set(self, **step: float) -> None:
        """Somebody puts the hands forward (or back): no time passes."""
        self.at += timedelta(**step)


RIGHT = timedelta(minutes=5)
"""A machine's clock that differs by less from the networks' is right."""

WRONG = timedelta(hours=1)
"""From here on the networks are believed, and not the machine."""

_JUMP_S = 60.0


class HouseClock(Clock):
    """The machine's clock, unless somebody turned its hands.

    A jump that no passing time explains is not followed at once: the time goes on as before until a network confirms
    the machine (`told`), or until nobody has contradicted it for `PATIENCE_S`. While the networks tell another time by
    an hour or more, theirs is the time.
    """

    PATIENCE_S = 600.0

    def __init__(self, machine: Clock | None = None) -> None:
        self._machine = machine or Clock()
        self._last = (self._machine.now(), self._machine.steady())
        self._off = timedelta(0)
        self._doubted_at: float | None = None
        self._turning = threading.Lock()

    @property
    def machine(self) -> Clock:
        return self._machine

    @property
    def off(self) -> timedelta:
        """How far the machine lags behind the time that we go by."""
        return self._off

    def steady(self) -> float:
        return self._machine.steady()

    def now(self) -> datetime:
        with self._turning:  # a jump that two threads see is one
            wall, steady = self._machine.now(), self._machine.steady()
            before, then = self._last
            self._last = wall, steady
            jump = (wall - before).total_seconds() - (steady - then)
            if abs(jump) >= _JUMP_S:
                self._off -= timedelta(seconds=jump)
                self._doubted_at = steady
            elif self._doubted_at is not None and steady - self._doubted_at >= self.PATIENCE_S:
                self._off, self._doubted_at = timedelta(0), None
            return wall + self._off

    @property
    def is_in_doubt(self) -> bool:
        """Did the machine's clock jump, and has nobody said yet whether rightly? A machine inside another may have
        slept without noticing."""
        return self._doubted_at is not None

    def told(self, behind: timedelta) -> None:
        """The networks say that the machine is `behind` the time (negative: ahead of it)."""
        if abs(behind) < RIGHT:
            self._off = timedelta(0)
        elif abs(behind) >= WRONG:
            self._off = behind
        self._doubted_at = None


_current: Clock = Clock()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _current.now()


def current() -> Clock:
    """The clock that runs now."""
    return _current


def steady() -> float:
    """Seconds that nobody can set and that also pass while the machine sleeps."""
    return _current.steady()


def lasting(span: timedelta) -> timedelta:
    """What the running clock shows when `span` has passed in the world: the demo's day runs faster than we wait."""
    return span * _current.speed


@contextmanager
def running(clock: Clock) -> Iterator[Clock]:
    """Let `clock` be the time within the block; the former one comes back after it."""
    global _current
    former, _current = _current, clock
    try:
        yield clock
    finally:
        _current = former


def _steady() -> float:
    """On Linux CLOCK_MONOTONIC stands still while the machine sleeps and CLOCK_BOOTTIME does not; elsewhere the
    monotonic clock of the system (not always Python's) goes on."""
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        which = getattr(time, name, None)
        if which is not None:
            return time.clock_gettime(which)
    return time.monotonic()
