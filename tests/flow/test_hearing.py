"""The hot path of a whole house: what is whose, what must be forgotten, and what must not stop the rest."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ouidire.app import App
from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.domain.ids import new_id
from ouidire.domain.item import Batch, Gone, Item
from ouidire.domain.source import Source
from ouidire.inbox import act
from ouidire.match.ears import FAULT
from ouidire.match.matcher import Matcher
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import keep, mentions, sources, watches
from ouidire.store.engine import Store
from tests import builders
from tests.builders import World, item

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
async def app(store: Store, tmp_path: Path) -> AsyncIterator[App]:
    given = {"home": tmp_path, "listen_bluesky": False, "sample": False}
    opened = App(Settings.model_validate(given), store, Http())
    yield opened
    await opened.http.aclose()


async def hear(app: App, source: Source, *items: Item, gone: tuple[Gone, ...] = (), cursor: str = "1") -> None:
    batch = Batch(items=items, gone=gone, cursor=cursor, heard=len(items) + len(gone))
    app._refreshed_at = -1.0
    await app.hear(Parcel(source.id, batch), at_once=True)


def kept(app: App, world: World, one: Item) -> mentions.Heard | None:
    with app.store.reading() as tx:
        return mentions.by_item_key(tx, world.organisation.id, one.key)


async def test_what_an_organisations_own_source_brings_is_for_nobody_else(app: App, world: World) -> None:
    other = builders.world(app.store, "Lune")
    private, public = item("Delorière contre Lune"), item("Delorière et Lune")
    await hear(app, other.account, private)
    await hear(app, world.stream, public)
    assert kept(app, world, private) is None
    assert kept(app, other, private) is not None
    assert kept(app, world, public) is not None
    assert kept(app, other, public) is not None


async def test_what_was_said_not_to_be_ours_is_forgotten_when_its_author_deletes_it(app: App, world: World) -> None:
    said = builders.said(app.store, world, place=world.crescent)
    with app.store.transaction() as tx:
        act.not_about_us(tx, world.owner, said.mention_id)
    one = said.item
    await hear(app, world.stream, gone=(Gone(one.connector, one.uri, one.author.uri),))
    found = kept(app, world, one)
    assert found is not None
    assert (found.is_gone, found.item.text) == (True, "")


async def test_what_is_kept_for_longer_than_its_answers_are_heard_is_forgotten_too(
    app: App, world: World, hand_clock: HandClock
) -> None:
    one = item("Delorière ferme trop tôt")
    await hear(app, world.stream, one)
    hand_clock.advance(days=keep.FOLLOW_ITEM.days + 1)
    await hear(app, world.stream)
    assert one.key not in app.ears.followed
    await hear(app, world.stream, gone=(Gone(one.connector, one.uri, one.author.uri),))
    found = kept(app, world, one)
    assert found is not None
    assert found.is_gone


async def test_two_batches_of_one_source_at_the_same_moment_are_counted_once_each(app: App, world: World) -> None:
    """So when two colleagues bring something in at once."""
    await asyncio.gather(*(hear(app, world.stream, item(f"Delorière {n}"), cursor=str(n)) for n in range(4)))
    with app.store.reading() as tx:
        found = sources.get(tx, world.stream.id)
    assert (found.heard, found.kept) == (4, 4)


async def test_nobody_hears_while_the_ears_change(app: App, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await hear(app, world.stream)
    began, may_end, done = threading.Event(), threading.Event(), list[str]()
    refresh, sift = app.ears.refresh, app.ears.sift

    def change(*given: Any) -> None:
        began.set()
        may_end.wait(10)
        refresh(*given)
        done.append("refresh")

    monkeypatch.setattr(app.ears, "refresh", change)
    monkeypatch.setattr(app.ears, "sift", lambda *given: (done.append("sift"), sift(*given))[1])
    first = asyncio.create_task(hear(app, world.stream, item("Delorière 1"), cursor="2"))
    await asyncio.to_thread(began.wait, 10)
    app._refreshed_at = float("inf")
    second = app.hear(Parcel(world.stream.id, Batch(items=(item("Delorière 2"),), cursor="3")), at_once=True)
    later = asyncio.create_task(second)
    for _ in range(5):
        await asyncio.sleep(0)
    may_end.set()
    await asyncio.gather(first, later)
    assert done == ["refresh", "sift", "sift"]


async def test_two_batches_at_the_same_moment_change_the_ears_once(
    app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh, changed = app.ears.refresh, list[Any]()
    monkeypatch.setattr(app.ears, "refresh", lambda *given: (changed.append(given), refresh(*given)))
    app._refreshed_at = -1.0
    parcels = [Parcel(world.stream.id, Batch(items=(item(f"Delorière {n}"),), cursor=str(n))) for n in range(2)]
    await asyncio.gather(*map(app.hear, parcels))
    assert len(changed) == 1


async def test_what_was_on_its_way_from_a_source_that_was_removed_is_let_go(app: App, world: World) -> None:
    own = Source(new_id(), world.organisation.id, "simulated", "Ours", {"url": "http://127.0.0.1:9/", "network": "n"})
    with app.store.transaction() as tx:
        sources.add(tx, app.store, own)
    before, after = item("Delorière avant"), item("Delorière après")
    await hear(app, own, before)
    await app.remove_source(world.owner, own.id)
    await hear(app, own, after)
    assert kept(app, world, before) is not None
    assert kept(app, world, after) is None


async def test_the_deletion_of_a_strangers_post_commits_nothing(app: App, world: World) -> None:
    await hear(app, world.stream, item("Delorière"))
    sifted = app.ears.sift(Batch(gone=(Gone("simulated", "sim://gazouille/x/1", "sim://gazouille/@x"),)), builders.NOW)
    assert sifted.gone == ()


async def test_a_watch_that_was_removed_a_moment_ago_stops_nothing(app: App, world: World) -> None:
    await hear(app, world.stream)
    with app.store.transaction() as tx:
        watches.remove(tx, world.owner, world.watch.id)
    app._refreshed_at = float("inf")
    one = item("Delorière")
    await app.hear(Parcel(world.stream.id, Batch(items=(one,), cursor="2")), at_once=True)
    assert kept(app, world, one) is not None


async def test_a_bug_at_one_message_costs_that_message_alone(
    app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    match = Matcher.match_scanned

    def buggy(self: Matcher, one: Item, *rest: Any) -> Any:
        if "bogue" in one.text:
            raise ZeroDivisionError
        return match(self, one, *rest)

    monkeypatch.setattr(Matcher, "match_scanned", buggy)
    bad, good = item("Delorière bogue"), item("Delorière")
    await hear(app, world.stream, bad, good, cursor="9")
    assert kept(app, world, bad) is None
    assert kept(app, world, good) is not None
    assert drops(app, world) == ("9", [f"{FAULT} (ZeroDivisionError)"])


async def test_what_cannot_be_kept_costs_that_message_alone(
    app: App, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_item = keep._keep_item

    def buggy(tx: Any, one: Item, *rest: Any) -> Any:
        if "bogue" in one.text:
            raise ZeroDivisionError
        return keep_item(tx, one, *rest)

    monkeypatch.setattr(keep, "_keep_item", buggy)
    bad, good = item("Delorière bogue"), item("Delorière")
    await hear(app, world.stream, bad, good, cursor="9")
    assert kept(app, world, good) is not None
    assert drops(app, world) == ("9", [f"{FAULT} (ZeroDivisionError)"])


async def test_an_endless_address_is_dropped_and_stops_no_store(app: App, world: World) -> None:
    endless = item("Delorière", uri="sim://gazouille/" + "".join(new_id() for _ in range(300)))
    await hear(app, world.stream, endless, item("Delorière"), cursor="9")
    assert kept(app, world, endless) is None
    assert drops(app, world)[0] == "9"


def drops(app: App, world: World) -> tuple[str, list[str]]:
    """How far the stream was heard, and why something was dropped."""
    with app.store.reading() as tx:
        return sources.get(tx, world.stream.id).cursor, [reason for _, reason, *_ in sources.drops(tx, world.stream.id)]


class Silent:
    """A mail server that takes the line and never says a word."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def send(self, message: object, target: str) -> None:
        self.asked.set()
        await asyncio.Event().wait()

    async def aclose(self) -> None: ...


async def test_a_mail_server_that_never_answers_holds_up_mail_alone(app: App, world: World) -> None:
    builders.add_routes(app.store, builders.route(world.owner, "email"))
    app.notifiers["email"] = silent = Silent()
    running = asyncio.create_task(app.run())
    try:
        first, second = item("Delorière : une souris !"), item("Delorière : une heure d'attente", author="paul")
        await hear(app, world.stream, first)
        await asyncio.wait_for(silent.asked.wait(), 10)
        await hear(app, world.stream, second)
        async with asyncio.timeout(10):
            while (found := kept(app, world, second)) is None or found.reading is None:
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
