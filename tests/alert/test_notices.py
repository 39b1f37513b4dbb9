"""Who runs the house is told once that a source is deaf for long, and once that it hears again; on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import select, update

from ouidire.alert import notices
from ouidire.alert.notices import Crier
from ouidire.clock import HandClock
from ouidire.domain.alert import DeliveryState
from ouidire.domain.item import Batch
from ouidire.domain.place import QuietHours
from ouidire.flow import Hearing, hear
from ouidire.notifiers.base import Lost
from ouidire.people import wake
from ouidire.store import channels, organisations, schema, sources
from ouidire.store.engine import Store
from tests import builders
from tests.alert.test_deliver import Bell
from tests.builders import NOW, World, add_routes, route

LIMIT = timedelta(minutes=30)


@pytest.fixture
def world(store: Store, hand_clock: HandClock) -> World:
    made = builders.world(store)
    owners = (route(made.owner, "email", 2), route(made.owner, "email", 1, made.crescent))
    add_routes(store, *owners, route(made.headquarters, "browser"), route(made.headquarters, "email", 3))
    add_routes(store, route(made.manager, "email"))
    return made


def went_deaf(store: Store, world: World, at: datetime) -> None:
    with store.transaction() as tx:
        sources.went_deaf(tx, world.stream.id, "jets.example cannot be reached now (no route).", at)


def hears(store: Store, world: World, *, lag_s: float = 0.0) -> None:
    with store.transaction() as tx:
        hear(tx, world.stream.id, Batch(cursor="c", heard=3, lag_s=lag_s), (), Hearing("stream", 0))


def plain(words: str) -> str:
    return words.replace("\xa0", " ")


def watch(store: Store, clock: HandClock, awake_since: datetime = NOW - timedelta(days=1)) -> int:
    with store.transaction() as tx:
        return notices.watch(tx, clock.now(), awake_since, LIMIT)


def states(store: Store) -> list[tuple[str, str]]:
    with store.reading() as tx:
        return sorted((row.kind, row.state) for row in tx.execute(select(schema.notice.c.kind, schema.notice.c.state)))


async def test_the_owner_hears_once_that_it_is_deaf_and_once_that_it_has_caught_up(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    email, browser = Bell(), Bell()
    crier = Crier(store, {"email": email, "browser": browser}, lambda: "https://ouidire.example")
    hears(store, world)
    hand_clock.advance(seconds=30)
    went_deaf(store, world, hand_clock.now())
    hand_clock.advance(minutes=29)
    assert watch(store, hand_clock) == 0
    hand_clock.advance(minutes=2)
    assert [watch(store, hand_clock) for _ in range(3)] == [2, 0, 0]
    assert await crier.round() == 2
    assert await crier.round() == 0
    ((said, address),) = email.rung
    ((in_english, page),) = browser.rung
    assert (address, page) == (world.owner.email, world.headquarters.id)
    assert plain(said.subject) == "Stream Delorière n’est plus entendu depuis 31 min"
    assert "Plus rien de Stream Delorière depuis 15 h 26" in plain(said.body)
    assert "jets.example" in said.body
    assert "heard nothing from Stream Delorière since 15:26" in in_english.body
    assert said.link == f"https://ouidire.example/sources#source-{world.stream.id}"

    hears(store, world, lag_s=1800)  # it hears, and catches up: that is not yet good news
    assert watch(store, hand_clock) == 0
    hears(store, world)
    assert [watch(store, hand_clock) for _ in range(2)] == [2, 0]
    assert await crier.round() == 2
    assert email.rung[1][0].subject == "Stream Delorière est de nouveau entendu"
    assert email.rung[1][0].body.startswith("Sourd de 15\u00a0h\u00a026 à 15\u00a0h\u00a057, rattrapé.")
    assert {one.id for one, _ in email.rung}.isdisjoint({one.id for one, _ in browser.rung})


async def test_a_line_that_comes_and_goes_is_told_of_once_in_six_hours(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    new = []
    for _ in range(8):
        hears(store, world)
        went_deaf(store, world, hand_clock.now())
        hand_clock.advance(minutes=45)
        new.append(watch(store, hand_clock))
    assert new == [2, 0, 0, 0, 0, 0, 0, 0]


async def test_waking_up_tells_nobody_before_the_line_had_its_half_hour(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    went_deaf(store, world, NOW - timedelta(hours=8))
    assert watch(store, hand_clock, awake_since=NOW - timedelta(seconds=20)) == 0
    hand_clock.advance(minutes=31)
    assert watch(store, hand_clock, awake_since=NOW) == 2


async def test_nobody_is_woken_and_what_mends_itself_by_morning_is_not_told(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    quiet = QuietHours(time(15), time(9))
    with store.transaction() as tx:
        for place in (world.crescent, world.yorkville):
            organisations.change_place(tx, world.owner, replace(place, quiet_hours=quiet))
    hears(store, world)
    went_deaf(store, world, NOW)
    hand_clock.advance(minutes=40)
    assert watch(store, hand_clock) == 2
    email, browser = Bell(), Bell()
    crier = Crier(store, {"email": email, "browser": browser}, str)
    assert await crier.round() == 1  # the open page rings for nobody
    assert not email.rung
    hears(store, world)
    watch(store, hand_clock)
    hand_clock.advance(days=1)
    assert await crier.round() == 1  # the page hears that it is over; the mail was never needed
    assert not email.rung
    assert ("deaf", DeliveryState.HELD) in states(store)


async def test_a_key_that_was_revoked_is_told_too_and_a_pause_by_a_member_is_not(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    with store.transaction() as tx:
        sources.went_deaf(tx, world.stream.id, "The key was revoked.", NOW, for_good=True)
    hand_clock.advance(minutes=31)
    assert watch(store, hand_clock) == 2
    with store.transaction() as tx:
        sources.pause(tx, world.owner, world.stream.id)
    hand_clock.advance(days=1)
    assert watch(store, hand_clock) == 0


async def test_a_members_own_channel_is_told_at_its_address_and_one_that_is_gone_is_let_go(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    with store.transaction() as tx:
        ntfy = wake.add(tx, store, world.owner, wake.ntfy("https://ntfy.example", "louve", "", is_private=True), 2)
        wake.add(tx, store, world.owner, wake.ntfy("https://ntfy.example", "ourse", "", is_private=True), 2)
    hears(store, world)
    went_deaf(store, world, hand_clock.now())
    hand_clock.advance(minutes=31)
    assert watch(store, hand_clock) == 4
    phone = Bell([Lost("This browser can no longer be woken.")])
    await Crier(store, {"apprise": phone}, lambda: "https://ouidire.example").round()
    ((said, address),) = phone.rung
    assert address in {f"ntfys://ntfy.example/{topic}?priority=high" for topic in ("louve", "ourse")}
    assert said.brief == said.body
    with store.transaction() as tx:
        lost = [one for one in channels.of(tx, world.owner) if one.lost_at is not None]
        assert len(lost) == 1
        channels.forget_all(tx, world.owner.id)
        tx.execute(update(schema.notice).where(schema.notice.c.target == ntfy).values(state="due", claimed_until=None))
    await Crier(store, {"apprise": phone}, str).round()
    assert len(phone.rung) == 1
