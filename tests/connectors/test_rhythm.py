"""How often does it speak? Learned, bounded, and polite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.connectors import rhythm
from ouidire.connectors.rhythm import Wishes, next_look_s, usual_s

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = 3_600.0


def every(step: timedelta, times: int = 10, until: datetime = NOW) -> list[datetime]:
    return [until - n * step for n in range(times)]


@pytest.mark.parametrize(
    ("step", "wait_s"),
    [
        (timedelta(minutes=15), 300),
        (timedelta(hours=1), 300),
        (timedelta(hours=12), HOUR),
        (timedelta(days=1), 2 * HOUR),
        (timedelta(days=3), 6 * HOUR),
        (timedelta(days=7), 12 * HOUR),
        (timedelta(days=90), 12 * HOUR),
    ],
)
def test_who_speaks_often_is_asked_often(step: timedelta, wait_s: float) -> None:
    assert next_look_s(every(step), NOW) == pytest.approx(wait_s)


def test_of_what_never_spoke_twice_an_hour_is_waited() -> None:
    assert next_look_s([], NOW) == next_look_s([NOW], NOW) == HOUR
    assert usual_s([NOW]) is None


def test_ten_messages_in_a_minute_once_a_day_are_one_word_a_day() -> None:
    spoke = [day - timedelta(seconds=6 * n) for day in every(timedelta(days=1)) for n in range(10)]
    assert usual_s(spoke) == pytest.approx(86_400, rel=0.01)


def test_a_holiday_does_not_change_the_rhythm_and_a_new_habit_does() -> None:
    daily = every(timedelta(days=1), 8)
    holiday = every(timedelta(days=1), 8, NOW - timedelta(days=30))
    assert usual_s([*daily, *holiday]) == 86_400
    hourly = every(timedelta(hours=1), 12)
    assert usual_s([*hourly, *every(timedelta(days=1), 8, hourly[-1])]) == HOUR


def test_after_news_it_is_asked_sooner_and_after_long_silence_less() -> None:
    daily = every(timedelta(days=1))
    assert next_look_s(daily, NOW, is_news=True) == HOUR
    assert next_look_s(daily, NOW + timedelta(days=24)) == 12 * HOUR


def test_who_would_all_come_at_the_same_moment_are_spread() -> None:
    waits = [next_look_s(every(timedelta(days=1)), NOW, jitter=jitter) for jitter in (0, 0.5, 1)]
    assert waits == pytest.approx([1.8 * HOUR, 2 * HOUR, 2.2 * HOUR])


def test_what_a_feed_wishes_is_respected_for_a_day_at_most() -> None:
    hourly = every(timedelta(hours=1))
    assert next_look_s(hourly, NOW, wishes=Wishes(least_s=3 * HOUR)) == 3 * HOUR
    assert next_look_s(hourly, NOW, wishes=Wishes(least_s=1e9)) == 24 * HOUR
    assert next_look_s(hourly, NOW, wishes=Wishes(hours={12, 13})) == 2 * HOUR
    assert next_look_s(hourly, NOW, wishes=Wishes(weekdays={NOW.weekday()})) == 12 * HOUR
    assert next_look_s(hourly, NOW, wishes=Wishes(hours=range(24))) == 300


def test_silence_is_said_only_when_it_is_unusual() -> None:
    assert not rhythm.is_silent(None, NOW, NOW)
    assert not rhythm.is_silent(86_400, NOW - timedelta(days=5), NOW)
    assert rhythm.is_silent(86_400, NOW - timedelta(days=7), NOW)
    assert not rhythm.is_silent(60, NOW - timedelta(hours=20), NOW)


moments = st.lists(st.integers(100_000, 4_000_000_000).map(lambda one: datetime.fromtimestamp(one, UTC)), max_size=40)
wished = st.builds(
    Wishes,
    st.floats(0, 1e8),
    st.frozensets(st.integers(0, 23), max_size=24),
    st.frozensets(st.integers(0, 6), max_size=7),
)


@given(moments, st.booleans(), wished, st.floats(0, 1))
def test_whatever_a_feed_says_it_is_asked_again_within_bounds(
    spoke: list[datetime], is_news: bool, wishes: Wishes, jitter: float
) -> None:
    free = next_look_s(spoke, NOW, is_news=is_news, jitter=jitter)
    assert 300 <= free <= 12 * HOUR
    asked = next_look_s(spoke, NOW, is_news=is_news, wishes=wishes, jitter=jitter)
    assert free <= asked <= 9 * 86_400
    at = NOW + timedelta(seconds=asked)
    if len(wishes.hours) < 24 and len(wishes.weekdays) < 7:
        assert at.hour not in wishes.hours
        assert at.weekday() not in wishes.weekdays
