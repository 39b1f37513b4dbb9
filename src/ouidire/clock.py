"""The only clock. Everything that asks what time it is asks here, so that a test or the demo day can say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


class Clock:
    """The real time, in UTC."""

    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)


class FastClock(Clock):
    """A day that runs `speed` times faster, starting at `start` (demo, time-lapse)."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        self._start, self._speed, self._began = start, speed, time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._began) * self._speed)


class HandClock(Clock):
    """A clock that a test moves by hand."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, **step: float) -> None:
        self.at += timedelta(**step)


_current: Clock = Clock()


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _current.now()


@contextmanager
def running(clock: Clock) -> Iterator[Clock]:
    """Let `clock` be the time within the block; the former one comes back after it."""
    global _current
    former, _current = _current, clock
    try:
        yield clock
    finally:
        _current = former
