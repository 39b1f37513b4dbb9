"""Somebody turns the clock by hours: what was claimed or put off is done soon all the same, and not twice at once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire.clock import HandClock
from ouidire.domain.alert import LONGEST_QUIET, Because, Delivery, DeliveryState
from ouidire.domain.ids import new_id
from ouidire.domain.notice import Notice, NoticeKind
from ouidire.store import alerts, followed, incidents, notices, replies, work
from ouidire.store.engine import Store
from ouidire.store.followed import FollowedKey
from tests import builders
from tests.builders import NOW, World

TURNS = [-26, -3, 3, 26]


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.mark.parametrize("hours", TURNS)
def test_a_worker_that_was_killed_before_the_turn_blocks_nothing(store: Store, world: World, hours: int) -> None:
    after = NOW + timedelta(hours=hours)
    with store.transaction() as tx:
        work.add(tx, "enrich", [("a", world.organisation.id), ("b", world.organisation.id)], NOW)
        assert len(work.claim(tx, "enrich", "killed", NOW, 1)) == 1
        assert "enrich" in work.stages_due(tx, after)
        assert {one.subject_id for one in work.claim(tx, "enrich", "next", after, 9)} == {"a", "b"}
        assert work.claim(tx, "enrich", "third", after, 9) == []


@pytest.mark.parametrize("hours", TURNS)
def test_what_was_to_be_told_and_said_goes_out_once(store: Store, world: World, hours: int) -> None:
    after = NOW + timedelta(hours=hours)
    said = builders.said(store, world, place=world.crescent)
    reply = builders.reply(store, world, said)
    delivery = planned(store, world, said, Because.FIRST, NOW)
    with store.transaction() as tx:
        assert alerts.any_due(tx, after)
        assert [one.id for one in alerts.claim(tx, after, 9)] == [delivery]
        assert alerts.claim(tx, after, 9) == []
        assert [one.id for one, _ in replies.claim(tx, after, 9)] == [reply.id]
        assert replies.claim(tx, after, 9) == []
        assert replies.to_ask_about(tx, after, 9) == []
        # The sender dies, and the clock is put right again: it is sent under the same id, and asked about.
        right = NOW + timedelta(seconds=90)
        assert [one.id for one in alerts.claim(tx, right, 9)] == [delivery]
        assert [one.id for one, _ in replies.to_ask_about(tx, right, 9)] == [reply.id]


def test_what_rests_for_the_night_rests_also_when_the_clock_was_ahead(store: Store, world: World) -> None:
    said = builders.said(store, world, place=world.crescent)
    planned(store, world, said, Because.QUIET_HOURS, NOW + timedelta(hours=9))
    with store.transaction() as tx:
        assert alerts.claim(tx, NOW - timedelta(hours=3), 9) == []
        assert len(alerts.claim(tx, NOW - timedelta(days=3), 9)) == 1  # a clock that was days ahead


def test_what_rests_while_the_door_is_closed_for_days_rests(store: Store, world: World) -> None:
    said = builders.said(store, world, place=world.crescent)
    opens = NOW + LONGEST_QUIET
    planned(store, world, said, Because.QUIET_HOURS, opens)
    closed = Notice(
        new_id(), world.organisation.id, world.stream.id, world.owner.id, NoticeKind.DEAF, NOW, "email", "", opens
    )
    with store.transaction() as tx:
        notices.plan(tx, [closed], NOW)
        assert not alerts.any_due(tx, NOW)
        assert alerts.claim(tx, NOW, 9) == []
        assert notices.claim(tx, NOW, 9) == []
        assert len(alerts.claim(tx, opens, 9)) == 1
        assert len(notices.claim(tx, opens, 9)) == 1


def test_a_network_that_asked_us_to_wait_is_not_hurried(store: Store, world: World) -> None:
    said = builders.said(store, world, place=world.crescent)
    delivery = planned(store, world, said, Because.FIRST, NOW)
    with store.transaction() as tx:
        alerts.not_sent(tx, delivery, "busy", NOW + timedelta(hours=5))
        assert alerts.claim(tx, NOW + timedelta(hours=4), 9) == []
        assert alerts.claim(tx, NOW - timedelta(hours=1), 9) == []


@pytest.mark.parametrize("hours", TURNS)
def test_what_is_followed_is_followed_on(store: Store, world: World, hours: int, hand_clock: HandClock) -> None:
    key = FollowedKey("bluesky:x", world.organisation.id, None, "item", NOW + timedelta(days=60))
    with store.transaction() as tx:
        followed.follow(tx, [key])
        followed.forget_expired(tx, NOW + timedelta(hours=hours))
        keys, _ = followed.since(tx, 0, NOW + timedelta(hours=hours))
    assert [one.key for one in keys] == ["bluesky:x"]


def planned(store: Store, world: World, said: builders.Said, because: Because, due_at: object) -> str:
    with store.transaction() as tx:
        one, _ = incidents.open_or_grow(tx, builders.incident(world, said, world.crescent))
        alert = alerts.alert_for(tx, world.organisation.id, one.id, NOW)
        delivery = Delivery(
            new_id(), world.organisation.id, alert.id, 1, world.owner.id, None, "browser", "", DeliveryState.DUE,
            because, due_at,  # type: ignore[arg-type]
        )  # fmt: skip
        alerts.plan(tx, [delivery], NOW)
    return delivery.id
