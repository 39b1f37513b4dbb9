"""Calls that are kept, and promises to call: the same on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ouidire.domain.ids import new_id
from ouidire.domain.item import Batch, Gap, Rhythm
from ouidire.domain.source import Source
from ouidire.domain.subscription import Received, Subscription, SubscriptionState
from ouidire.errors import NotFound
from ouidire.store import keep, received, sources, subscriptions
from ouidire.store.engine import Store, Tx
from tests import builders
from tests.builders import NOW, World


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def called(source_id: str, body: bytes = b"x", at: datetime = NOW) -> Received:
    return Received(new_id(), source_id, "application/xml", body, at)


def test_a_call_goes_in_the_commit_of_what_it_brought_and_not_before(store: Store, world: World) -> None:
    one, other = called(world.stream.id, b"\x00\xff"), called(world.stream.id, at=NOW + timedelta(seconds=1))
    with store.transaction() as tx:
        assert received.add(tx, one)
        assert received.add(tx, other)
    batch = Batch(cursor="1", received=(one.id,), rhythm=Rhythm(next_s=60, spoke_at=NOW))

    def fail(tx: Tx) -> None:
        keep.keep(tx, world.stream.id, batch, [], NOW, first_stage="enrich", retain_days=0)
        raise LookupError

    with pytest.raises(LookupError), store.transaction() as tx:
        fail(tx)
    with store.reading() as tx:
        assert received.waiting(tx, world.stream.id) == [one, other]
        assert received.sources_called(tx) == [world.stream.id]
    with store.transaction() as tx:
        keep.keep(tx, world.stream.id, batch, [], NOW, first_stage="enrich", retain_days=0)
    with store.reading() as tx:
        assert received.waiting(tx, world.stream.id) == [other]
        assert received.waiting(tx, world.stream.id, [other.id]) == []
        kept = sources.get(tx, world.stream.id)
    assert (kept.due_at, kept.spoke_at) == (NOW + timedelta(seconds=60), NOW)


def test_who_calls_too_often_is_told_to_come_again(store: Store, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(received, "MOST_WAITING", 2)
    with store.transaction() as tx:
        assert [received.add(tx, called(world.stream.id)) for _ in range(3)] == [True, True, False]


def test_a_source_that_is_removed_leaves_nothing_and_what_is_on_its_way_harms_nobody(
    store: Store, world: World
) -> None:
    source = Source(new_id(), world.owner.organisation_id, "rss", "Le Guide")
    promise = Subscription(source.id, "https://hub.example", "https://guide.example", SubscriptionState.ACTIVE, NOW)
    with store.transaction() as tx:
        sources.add(tx, store, source)
        subscriptions.put(tx, promise)
        subscriptions.put(tx, replace(promise, missed=2))
        received.add(tx, called(source.id))
        sources.add_gap(tx, source.id, Gap(NOW, NOW, "away"))
        assert subscriptions.get(tx, source.id) == replace(promise, missed=2)
        with pytest.raises(NotFound):
            sources.remove(tx, replace(world.owner, organisation_id=new_id()), source.id)
        sources.remove(tx, world.owner, source.id)
    with store.transaction() as tx:
        subscriptions.put(tx, promise)
        gap = Gap(NOW, NOW, "away")
        keep.keep(tx, source.id, Batch(cursor="1", gap=gap), [], NOW, first_stage="enrich", retain_days=0)
        assert subscriptions.get(tx, source.id) is None
        assert received.sources_called(tx) == []
        with pytest.raises(NotFound):
            sources.get(tx, source.id)
