"""The ears keep in step with the store, by the least that has to be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ouidire.domain.ids import new_id
from ouidire.domain.item import Author, Batch, Item
from ouidire.domain.watch import Watch
from ouidire.match import ears as module
from ouidire.match import policy
from ouidire.match.ears import Ears
from ouidire.store import heard, organisations, states, watches
from ouidire.store.engine import Store, Tx
from ouidire.store.heard import KEPT, Changes, Subject
from tests import builders
from tests.builders import NOW, World


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def refreshed(ears: Ears, store: Store) -> Ears:
    with store.reading() as tx:
        ears.refresh(tx, NOW)
    return ears


def hears(ears: Ears, text: str) -> list[str]:
    post = Item(connector="simulated", uri=new_id(), author=Author("sim://x"), text=text, written_at=NOW - timedelta(1))
    return [one.match.organisation_id for one in ears.sift(Batch(items=(post,)), NOW).found]


def counted(patch: pytest.MonkeyPatch) -> list[int]:
    """Grows by one whenever all watches are read."""
    each = watches.each
    times: list[int] = []

    def counting(tx: Tx) -> Iterator[Watch]:
        times.append(1)
        return each(tx)

    patch.setattr(watches, "each", counting)
    return times


def test_one_changed_watch_is_taken_over_without_a_new_matcher(store: Store, world: World) -> None:
    ears = refreshed(Ears(), store)
    matcher, ours = ears.matcher, world.organisation.id
    new = replace(world.watch, id=new_id(), names=("Crêperie Zyx",), aliases=())
    changes: dict[str, Callable[[Tx], None]] = {
        "crêperie zyx": lambda tx: watches.add(tx, new),
        "zyxette": lambda tx: watches.change(tx, world.owner, replace(new, names=("Zyxette",))),
    }
    for text, change in changes.items():
        assert hears(ears, text) == []
        with store.transaction() as tx:
            change(tx)
        assert hears(refreshed(ears, store), text) == [ours]
    assert hears(ears, "crêperie zyx") == [], "as it was called before"
    with store.transaction() as tx:
        watches.remove(tx, world.owner, new.id)
    assert hears(refreshed(ears, store), "zyxette") == []
    assert ears.matcher is matcher


def test_a_place_that_closes_takes_its_watches_with_it_and_brings_them_back(store: Store, world: World) -> None:
    own = replace(world.watch, id=new_id(), place_id=world.crescent.id, names=("Zyxette",), aliases=())
    with store.transaction() as tx:
        watches.add(tx, own)
    ears = refreshed(Ears(), store)
    matcher = ears.matcher
    for at, expected in ((NOW, []), (None, [world.organisation.id])):
        with store.transaction() as tx:
            organisations.close_place(tx, world.owner, world.crescent.id, at)
        assert hears(refreshed(ears, store), "zyxette") == expected
        assert (ears.matcher.catalogue.place(world.crescent.id) is None) is (at is not None)
    assert ears.matcher is matcher


def test_many_added_at_once_are_all_heard(store: Store, world: World) -> None:
    ears = refreshed(Ears(), store)
    many = [replace(world.watch, id=new_id(), names=(f"Zyxette {n}",), aliases=()) for n in range(1_200)]
    with store.transaction() as tx:
        watches.add_many(tx, many)
    refreshed(ears, store)
    assert hears(ears, "zyxette 1199") == [world.organisation.id]
    assert not ears.matcher.signs.is_outgrown()


def test_a_house_that_has_outgrown_its_policy_is_packed_anew(
    store: Store, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_FROM", 4)
    monkeypatch.setattr(policy, "SHORT_UP_TO", 6)
    monkeypatch.setattr(policy, "SHORT_AGAIN", 3)
    folder = tmp_path / "ears"
    ears, ours = refreshed(Ears(folder), store), world.organisation.id
    first = ears.matcher
    more = [replace(world.watch, id=new_id(), names=(f"Boulangerie Zyxette{n}",), aliases=()) for n in range(8)]
    with store.transaction() as tx:
        watches.add_many(tx, more[:3])
    refreshed(ears, store)
    assert ears.matcher is first, "three more are no reason"
    assert not folder.exists()
    with store.transaction() as tx:
        watches.add_many(tx, more[3:])
    refreshed(ears, store)
    assert ears.matcher is not first
    assert {file.name.partition(".")[0] for file in folder.iterdir()} == {"heard", "names"}
    assert hears(ears, "boulangerie zyxette7") == [ours]
    assert not ears.matcher.signs.is_outgrown()


def test_only_what_has_changed_is_read(store: Store, world: World) -> None:
    many = [replace(world.watch, id=new_id(), names=(f"Zyxette {n}",), aliases=()) for n in range(50)]
    with store.transaction() as tx:
        watches.add_many(tx, many)
    ears = refreshed(Ears(), store)
    with store.transaction() as tx:
        watches.change(tx, world.owner, replace(many[0], names=("Autre Zyxette",)))
    with pytest.MonkeyPatch.context() as patch:
        rows = counted(patch)
        refreshed(ears, store)
    assert rows == []
    assert hears(ears, "autre zyxette") == [world.organisation.id]


def test_who_does_not_know_what_has_changed_reads_everything(store: Store, world: World) -> None:
    ears = refreshed(Ears(), store)
    with store.transaction() as tx:
        watches.add(tx, replace(world.watch, id=new_id(), names=("Zyxette",), aliases=()))
        states.grow(tx, states.EARS)  # something that nobody named
    assert hears(refreshed(ears, store), "zyxette") == [world.organisation.id]
    with store.transaction() as tx:
        watches.add(tx, replace(world.watch, id=new_id(), names=("Crêperie Zyx",), aliases=()))
        heard.begin_anew(tx)
    assert hears(refreshed(ears, store), "creperie zyx") == [world.organisation.id]


def test_changes_are_remembered_for_a_while(store: Store, world: World) -> None:
    with store.reading() as tx:
        first = heard.version(tx)
    with store.transaction() as tx:
        heard.changed(tx, Subject.WATCH, ["a", "b", "a"])
        heard.changed(tx, Subject.PLACE, ["c"])
        heard.changed(tx, Subject.PEOPLE)
        found = heard.since(tx, first)
        assert found is not None
        assert found == Changes(frozenset("ab"), frozenset("c"))
        assert heard.since(tx, heard.version(tx)) == Changes(frozenset(), frozenset())
        assert heard.since(tx, replace(first, line="another")) is None
        assert heard.since(tx, replace(first, number=first.number + 99)) is None
        for _ in range(3):
            heard.changed(tx, Subject.PEOPLE)
    with store.transaction() as tx:
        states.put(tx, states.EARS, str(first.number + KEPT + 2))
        heard.changed(tx, Subject.PEOPLE)
        assert heard.since(tx, first) is None


def test_a_large_house_is_opened_from_its_snapshot(
    store: Store, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_FROM", 1)
    refreshed(Ears(tmp_path / "ears"), store)
    with store.transaction() as tx:
        watches.add(tx, replace(world.watch, id=new_id(), names=("Zyxette",), aliases=()))
    read = counted(monkeypatch)
    second = refreshed(Ears(tmp_path / "ears"), store)
    assert read == [], "the snapshot, and what has changed since"
    assert hears(second, "zyxette") == hears(second, "Delorière") == [world.organisation.id]

    (tmp_path / "ears" / "heard.packed").write_bytes(b"?" * 1_000)
    third = refreshed(Ears(tmp_path / "ears"), store)
    assert read == [1], "a damaged one is made anew"
    assert hears(third, "zyxette") == [world.organisation.id]

    with store.transaction() as tx:
        heard.begin_anew(tx)
    refreshed(Ears(tmp_path / "ears"), store)
    assert read == [1, 1], "a snapshot of another history is worth nothing"


def test_where_no_snapshot_can_be_written_it_works_without(
    store: Store, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SNAPSHOT_FROM", 1)
    (tmp_path / "ears").write_text("a file where the folder should be", encoding="utf-8")
    assert hears(refreshed(Ears(tmp_path / "ears"), store), "Delorière") == [world.organisation.id]
