"""When the calm message is due: the clock on the wall of the place, through nights, sleeps and changes of time."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest

from ouidire.domain.calm import Calm
from ouidire.domain.place import Place

PARIS = Place("p", "o", "Chez Lunea", time_zone="Europe/Paris")
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def due(hour: str, at: str, made_at: datetime = LONG_AGO) -> str:
    wish = Calm("c", "o", "m", "p", time.fromisoformat(hour), "email", "", made_at)
    return wish.day_due(PARIS, datetime.fromisoformat(at).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("hour", "at", "day"),
    [
        ("19:00", "2026-07-01T16:59:59", ""),
        ("19:00", "2026-07-01T17:00:00", "2026-07-01"),
        ("19:00", "2026-07-01T20:00:00", "2026-07-01"),
        ("19:00", "2026-07-01T20:00:01", ""),
        ("23:30", "2026-07-01T21:31:00", "2026-07-01"),
        ("23:30", "2026-07-01T22:01:00", ""),
        ("00:00", "2026-07-01T22:00:00", "2026-07-02"),
        ("02:30", "2026-03-29T00:59:00", ""),
        ("02:30", "2026-03-29T01:00:00", "2026-03-29"),
        ("02:30", "2026-10-25T00:30:00", "2026-10-25"),
        ("02:30", "2026-10-25T01:30:00", "2026-10-25"),
        ("19:00", "2026-10-25T18:00:00", "2026-10-25"),
    ],
    ids=[
        "a second early", "on the hour", "after a sleep", "too late to be calm", "before midnight",
        "not into the next day", "midnight is the new day", "before the hour that is left out",
        "the hour that is left out", "the hour that comes twice", "the same day the second time", "winter again",
    ],
)  # fmt: skip
def test_it_is_due_by_the_places_own_clock(hour: str, at: str, day: str) -> None:
    assert due(hour, at) == day


def test_a_wish_made_after_its_hour_begins_tomorrow() -> None:
    made_at = datetime(2026, 7, 1, 17, 30, tzinfo=UTC)
    assert due("19:00", "2026-07-01T17:31:00", made_at) == ""
    assert due("19:00", "2026-07-02T17:31:00", made_at) == "2026-07-02"
