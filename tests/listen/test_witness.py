"""What the networks say of our clock."""

from __future__ import annotations

from datetime import timedelta

from ouidire.clock import HandClock
from ouidire.listen.witness import Witness
from tests.builders import NOW

THREE = timedelta(hours=3)


def test_nobody_has_said_anything_yet(hand_clock: HandClock) -> None:
    witness = Witness()
    assert (witness.verdict(), witness.contradicts(), witness.is_suspicious()) == (None, False, False)


def test_a_network_whose_present_is_our_future_says_that_we_are_slow(hand_clock: HandClock) -> None:
    witness = Witness()
    witness.stream("bluesky", NOW + THREE)
    assert (witness.verdict(), witness.contradicts(), witness.is_suspicious()) == (THREE, True, True)
    hand_clock.set(hours=3)  # put right: what was said is measured against the clock as it stands
    assert witness.verdict() == timedelta(0)
    assert not witness.contradicts()


def test_a_server_says_that_we_are_fast_and_a_late_stream_alone_does_not(hand_clock: HandClock) -> None:
    witness = Witness()
    for _ in range(3):
        witness.stream("bluesky", hand_clock.now() - THREE)
        hand_clock.advance(seconds=31)
    assert witness.verdict() is None
    assert witness.is_suspicious()
    assert witness.contradicts()  # enough to erase nothing
    witness.date("jetstream.example", hand_clock.now() - THREE)
    assert witness.verdict() == -THREE


def test_catching_up_is_no_reason_for_doubt(hand_clock: HandClock) -> None:
    witness = Witness()
    at = NOW - timedelta(hours=8)
    for _ in range(4):
        witness.stream("bluesky", at)
        hand_clock.advance(seconds=31)
        at += timedelta(hours=1)
    assert not witness.is_suspicious()
    assert not witness.contradicts()


def test_one_server_that_is_wrong_does_not_outweigh_one_that_agrees_with_us(hand_clock: HandClock) -> None:
    witness = Witness()
    witness.date("wrong.example", NOW + THREE)
    witness.date("right.example", NOW + timedelta(seconds=1))
    assert witness.verdict() == timedelta(seconds=1)
    assert witness.contradicts()


def test_what_was_said_long_ago_does_not_count(hand_clock: HandClock) -> None:
    witness = Witness()
    witness.date("jetstream.example", NOW - THREE)
    hand_clock.advance(minutes=16)
    assert witness.verdict() is None
