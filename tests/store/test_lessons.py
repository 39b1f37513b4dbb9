"""What decisions teach, on both engines: words as counts, authors' places, and nothing that outlives a deletion."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ouidire.domain.item import Gone
from ouidire.domain.lesson import POSTS
from ouidire.store import lessons, schema, states
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, Said, World

pytestmark = pytest.mark.usefixtures("hand_clock")

TEXT = "Delorière : panne de fibre, encore. Merci Kevin !"


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
def said(store: Store, world: World) -> Said:
    return builders.said(store, world, TEXT, place=world.crescent)


def learn(store: Store, world: World, said: Said, *, about_us: bool = True, may_learn: bool = True) -> None:
    with store.transaction() as tx:
        place_id = world.crescent.id if about_us else None
        lessons.learn(tx, world.organisation.id, said.mention_id, about_us, place_id, NOW, may_learn=may_learn)


def words_of(store: Store, world: World) -> dict[str, tuple[int, int]]:
    with store.reading() as tx:
        return dict(lessons.read(tx).words.get(world.organisation.id, {}))


def test_words_are_counted_for_and_against_and_names_of_people_are_not(store: Store, world: World, said: Said) -> None:
    learn(store, world, said)
    learn(store, world, said, about_us=False)
    counted = words_of(store, world)
    assert counted[POSTS] == counted["fibre"] == counted["panne"] == (1, 1)
    assert "kevin" not in counted


def test_without_leave_of_the_network_nothing_is_learned(store: Store, world: World, said: Said) -> None:
    learn(store, world, said, may_learn=False)
    with store.reading() as tx:
        read = lessons.read(tx)
        assert (read.words, read.habits) == ({}, {})
        assert states.get(tx, states.LESSONS, "0") == "0"


def test_an_authors_place_is_remembered_and_both_can_be_taken_back(store: Store, world: World, said: Said) -> None:
    learn(store, world, said)
    learn(store, world, said)
    key = f"simulated:{said.item.author.uri}"
    with store.reading() as tx:
        assert lessons.read(tx).habit(world.organisation.id, key) == {world.crescent.id: 2}
    for _ in range(2):
        with store.transaction() as tx:
            lessons.take_back(tx, world.organisation.id, said.mention_id, True, world.crescent.id)
    with store.reading() as tx:
        read = lessons.read(tx)
        assert (read.words, read.habits) == ({}, {})


def test_what_is_known_of_an_author_goes_with_what_they_said(store: Store, world: World, said: Said) -> None:
    learn(store, world, said)
    with store.reading() as tx:
        before = states.get(tx, states.LESSONS)
    with store.transaction() as tx:
        gone = Gone("simulated", said.item.uri, said.item.author.uri)
        builders.keep_found(tx, world, gone=(gone,))
    with store.reading() as tx:
        assert tx.execute(select(schema.author_habit)).all() == []
        assert states.get(tx, states.LESSONS) > before, "the ears forget it, too"
    learn(store, world, said)
    with store.reading() as tx:
        assert lessons.read(tx).habits == {}, "of what is gone nothing is learned"


def test_another_tenants_mention_teaches_us_nothing(store: Store, world: World, said: Said) -> None:
    other = builders.world(store, "Autre")
    with store.transaction() as tx:
        lessons.learn(tx, other.organisation.id, said.mention_id, True, None, NOW, may_learn=True)
    assert words_of(store, other) == {}


def test_there_is_a_bound(store: Store, world: World, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    learn(store, world, said)
    learn(store, world, said)
    monkeypatch.setattr(lessons, "MOST_WORDS", 3)
    more = builders.said(store, world, "brioche tiède et confiture maison", author="zoe")
    learn(store, world, more)
    counted = words_of(store, world)
    assert counted["fibre"] == (2, 0)
    assert "brioche" not in counted, "what was seen once goes first"
