"""What was left aside, on both engines: bounded, for a day, forgotten with its author, and in no copy of the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from ouidire.domain.item import Batch, Gone, Item
from ouidire.inbox import aside
from ouidire.store import dump, keep, mentions, refused, retain, schema, tombstones
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, World, found, item, keep_found, nearly

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def leave(store: Store, world: World, *items: Item, at: datetime = NOW, gone: Sequence[Gone] = ()) -> None:
    with store.transaction() as tx:
        keep_found(tx, world, at=at, aside=[nearly(world, one) for one in items], gone=tuple(gone))


def texts(store: Store, world: World) -> list[str]:
    with store.reading() as tx:
        return [one.item.text for one in refused.of(tx, world.owner)]


def test_it_comes_back_as_it_was_with_its_evidence_newest_first(store: Store, world: World) -> None:
    first, second = item("Delorière ?", hashtags=("thé",), languages=("fr",)), item("chez Delorière")
    leave(store, world, first)
    leave(store, world, second, at=NOW + timedelta(minutes=1))
    with store.reading() as tx:
        newest, oldest = refused.of(tx, world.owner)
    assert (newest.item, oldest.item) == (second, first)
    assert oldest.match == nearly(world, first).match
    assert oldest.refused_at == NOW


def test_the_same_post_looked_at_twice_stands_there_once_and_not_at_all_once_it_is_kept(
    store: Store, world: World
) -> None:
    one = item("Delorière")
    leave(store, world, one)
    leave(store, world, one)
    assert texts(store, world) == ["Delorière"]
    with store.transaction() as tx:
        keep_found(tx, world, found(world, one))
    assert texts(store, world) == []


def test_only_the_newest_of_each_organisation_stay(store: Store, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refused, "MOST_OF_ONE", 3)
    monkeypatch.setattr(refused, "MOST_IN_ALL", 4)
    other = builders.world(store, "Lune")
    for n in range(5):
        leave(store, world, item(f"n° {n}"), at=NOW + timedelta(seconds=n))
        leave(store, other, item(f"lune {n}"), at=NOW + timedelta(seconds=n))
    assert (len(texts(store, world)), len(texts(store, other))) == (3, 3)
    with store.transaction() as tx:
        retain.purge(tx, NOW)
    assert len(texts(store, world)) + len(texts(store, other)) == 4


def test_after_a_day_it_is_gone(store: Store, world: World) -> None:
    leave(store, world, item("hier"))
    leave(store, world, item("ce matin"), at=NOW + timedelta(hours=20))
    with store.transaction() as tx:
        retain.purge(tx, NOW + timedelta(hours=25))
    assert texts(store, world) == ["ce matin"]


def test_what_its_author_deletes_is_gone_in_the_same_commit_be_it_in_the_same_batch(store: Store, world: World) -> None:
    old, new, other = item("Zibeline", author="a"), item("Zibeline", author="b"), item("reste", author="c")
    leave(store, world, old, other)
    leave(store, world, new, gone=[Gone(old.connector, old.uri), Gone(new.connector, new.uri)])
    assert texts(store, world) == ["reste"]
    leave(store, world, gone=[Gone("simulated", author_uri="sim://gazouille/@c")])
    assert texts(store, world) == []


def test_what_was_deleted_once_is_not_left_aside_by_a_replay(store: Store, world: World) -> None:
    one = item("Zibeline")
    with store.transaction() as tx:
        keep_found(tx, world, found(world, one))
    leave(store, world, gone=[Gone(one.connector, one.uri)])
    with store.reading() as tx:
        assert len(tombstones.since(tx)) == 1
    leave(store, world, one)
    assert texts(store, world) == []


def test_no_copy_of_the_store_holds_it(store: Store, world: World) -> None:
    leave(store, world, item("Zibeline"))
    with store.reading() as tx:
        copied = [str(row) for table in dump.tables(tx) for row in dump.rows(tx, table)]
        assert "refused" not in {table.name for table in dump.tables(tx)}
        assert {table.name for table in dump.tables(tx)} | dump.PASSING == set(schema.metadata.tables)
    assert not any("Zibeline" in row for row in copied)


def test_who_sees_all_places_is_shown_it_without_the_names_of_employees(store: Store, world: World) -> None:
    text = "Merci à Léa, vendeuse chez Delorière"
    leave(store, world, item(text))
    with store.reading() as tx:
        shown = aside.left_aside(tx, world.headquarters)
        assert aside.left_aside(tx, world.manager).total == 0
    (view,) = shown.shown
    assert "Léa" not in view.text
    assert [view.text[start:end] for start, end in view.hidden] == ["…"]


def test_one_tap_makes_it_a_mention_that_is_read_followed_and_left_aside_no_more(store: Store, world: World) -> None:
    one = item("Delorière, quelle attente")
    leave(store, world, one)
    with store.transaction() as tx:
        refused_id = refused.of(tx, world.owner)[0].id
        key = aside.about_us(tx, world.owner, refused_id, NOW, first_stage="enrich", retain_days=30)
    assert texts(store, world) == []
    with store.reading() as tx:
        heard = mentions.by_item_key(tx, world.organisation.id, key)
        assert heard is not None
        assert (heard.item, heard.mention.place_id, heard.mention.p) == (one, None, 1.0)
        assert [e.kind for e in heard.mention.evidence] == ["name", "common", "elsewhere", "pasted"]
        assert [row.subject_id for row in tx.execute(schema.work.select())] == [heard.mention.id]
        assert [row.key for row in tx.execute(schema.followed.select())] == [one.key]
        assert tx.execute(schema.item.select()).one().retain_until == NOW + timedelta(days=30)


def test_a_batch_without_anything_left_aside_touches_nothing(store: Store, world: World) -> None:
    leave(store, world, item("reste"))
    with store.transaction() as tx:
        keep.keep(tx, world.stream.id, Batch(cursor="2"), [], NOW, first_stage="enrich", retain_days=0)
    assert texts(store, world) == ["reste"]
