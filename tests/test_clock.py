"""The house's clock when somebody turns the hands of the machine's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire import clock
from ouidire.clock import HandClock, HouseClock

NOW = datetime(2026, 10, 17, 19, 26, tzinfo=UTC)
HOURS = st.integers(-30, 30).filter(lambda hours: hours != 0)


def turned(machine: HandClock, hours: int) -> None:
    machine.set(hours=hours)


@given(st.lists(HOURS, max_size=5), st.integers(1, 7_200))
def test_however_its_hands_are_turned_time_goes_on(turns: list[int], pause_s: int) -> None:
    machine = HandClock(NOW)
    house = HouseClock(machine)
    passed = 0
    for hours in turns:
        machine.advance(seconds=pause_s)
        passed += pause_s
        house.now()
        turned(machine, hours)
        assert house.now() == NOW + timedelta(seconds=passed)
        house.told(house.now() - machine.now())  # a network says what time it is
        assert house.now() == NOW + timedelta(seconds=passed)


def test_a_sleep_is_no_turn() -> None:
    machine = HandClock(NOW)
    house = HouseClock(machine)
    machine.advance(hours=8)
    assert house.now() == NOW + timedelta(hours=8)


def test_a_turn_that_puts_it_right_is_followed_when_the_network_says_so() -> None:
    machine = HandClock(NOW - timedelta(hours=3))
    house = HouseClock(machine)
    assert house.now() == NOW - timedelta(hours=3)  # nobody knows better yet
    house.told(timedelta(hours=3))
    assert (house.now(), house.off) == (NOW, timedelta(hours=3))
    turned(machine, 3)
    assert house.now() == NOW
    house.told(timedelta(seconds=2))
    assert (house.now(), house.off) == (NOW, timedelta(0))


def test_where_no_network_is_a_turn_is_believed_after_ten_minutes() -> None:
    machine = HandClock(NOW)
    house = HouseClock(machine)
    turned(machine, 2)
    house.now()
    machine.advance(seconds=HouseClock.PATIENCE_S - 1)
    assert house.now() == NOW + timedelta(seconds=HouseClock.PATIENCE_S - 1)
    machine.advance(seconds=2)
    assert house.now() == machine.now()


def test_a_few_minutes_are_no_reason_to_leave_the_machine() -> None:
    machine = HandClock(NOW)
    house = HouseClock(machine)
    house.told(timedelta(minutes=20))
    assert house.now() == NOW


def test_steady_seconds_pass_for_real_and_are_never_set() -> None:
    before = clock.steady()
    with clock.running(HandClock(NOW)) as hand:
        assert isinstance(hand, HandClock)
        hand.set(hours=5)
        assert clock.steady() == 0.0
        hand.advance(minutes=1)
        assert clock.steady() == pytest.approx(60.0)
    assert 0 <= clock.steady() - before < 60
