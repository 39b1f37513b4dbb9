"""When a source was absent: one rule for sleep, a crash and a network that was gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ouidire.domain.absence import Absence, Away, Cause, Line, absent, is_backlog, is_live, sum_up
from ouidire.domain.notice import is_long_deaf

NOW = datetime(2026, 10, 17, 5, 40, tzinfo=UTC)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


STREAM = Line(ago(hours=5), None, is_resumed=False, is_stream=True)
POLL = replace(STREAM, is_stream=False)
SLEPT = Away(ago(hours=4), ago(seconds=5))


@pytest.mark.parametrize(
    ("line", "away", "found"),
    [
        (STREAM, SLEPT, (ago(hours=5), Cause.AWAY)),
        (STREAM, None, (ago(hours=5), Cause.AWAY)),
        (replace(STREAM, deaf_since=ago(hours=4)), None, (ago(hours=5), Cause.DEAF)),
        (replace(STREAM, is_resumed=True), None, (ago(hours=5), Cause.PAUSED)),
        (replace(STREAM, last_heard_at=ago(seconds=115)), SLEPT, None),
        (replace(STREAM, last_heard_at=None), SLEPT, None),
        (replace(STREAM, last_heard_at=NOW + timedelta(hours=3)), None, None),  # the clock was ahead, and is right now
        (POLL, None, None),  # a feed that is looked at every few hours is not deaf between two looks
        (POLL, SLEPT, (ago(hours=4), Cause.AWAY)),
        (replace(POLL, deaf_since=ago(hours=1)), None, (ago(hours=1), Cause.DEAF)),
        (replace(POLL, last_heard_at=ago(seconds=2)), SLEPT, None),
    ],
)
def test_an_absence_begins_with_the_last_sign_of_life(
    line: Line, away: Away | None, found: tuple[datetime, Cause] | None
) -> None:
    assert absent(line, NOW, away) == found


def test_what_was_written_a_moment_before_we_came_back_is_news() -> None:
    assert not is_backlog(ago(minutes=14), NOW)
    assert is_backlog(ago(minutes=16), NOW)


def test_who_does_not_lag_hears_live() -> None:
    assert [is_live(lag) for lag in (None, 0.0, 59.0, 61.0)] == [True, True, True, False]


def absence(since: datetime, until: datetime, source: str = "a", **other: object) -> Absence:
    made = Absence(f"{source}{since}", source, since, until, Cause.AWAY, caught_up_at=until)
    return replace(made, **other)  # type: ignore[arg-type]


def test_sources_that_slept_together_slept_once() -> None:
    one, other = (
        absence(ago(hours=5), NOW),
        absence(ago(hours=5, seconds=9), NOW, "b", caught_up_at=None, position=ago(hours=2)),
    )
    summary = sum_up([one, other])
    assert summary is not None
    assert (summary.times, summary.since, summary.until) == (1, other.since, NOW)
    assert (summary.is_open, summary.position, summary.source_ids) == (True, ago(hours=2), ("a", "b"))


def test_a_restless_night_is_one_sentence() -> None:
    restless = [absence(ago(hours=n), ago(hours=n) + timedelta(minutes=30)) for n in range(1, 9)]
    lost = absence(ago(hours=9), ago(hours=8.5), because="We were away for longer.", lost_until=ago(hours=8.7))
    summary = sum_up([*restless, lost])
    assert summary is not None
    assert (summary.times, summary.total) == (9, timedelta(hours=4.5))
    assert (summary.because, summary.lost_until) == ("We were away for longer.", ago(hours=8.7))
    assert sum_up([]) is None


def test_what_is_slept_through_makes_nobody_deaf_for_long() -> None:
    half_an_hour = timedelta(minutes=30)
    assert is_long_deaf(ago(minutes=31), ago(hours=9), NOW, half_an_hour)
    assert not is_long_deaf(ago(hours=8), ago(minutes=1), NOW, half_an_hour)
    assert not is_long_deaf(None, ago(hours=9), NOW, half_an_hour)
