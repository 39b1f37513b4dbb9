"""What a member says about a post teaches the ears, where the network lets us learn; taken back, it is forgotten."""

from __future__ import annotations

import pytest

from ouidire.domain.conversation import Outcome
from ouidire.domain.lesson import POSTS, Lessons
from ouidire.inbox import act, aside
from ouidire.store import lessons, refused
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, Said, World, item

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def learned(store: Store) -> Lessons:
    with store.reading() as tx:
        return lessons.read(tx)


def counted(store: Store, world: World, word: str) -> tuple[int, int]:
    return learned(store).words.get(world.organisation.id, {}).get(word, (0, 0))


def not_ours(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.not_about_us(tx, world.headquarters, said.mention_id)


def test_not_about_us_teaches_once_and_reopening_takes_it_back(store: Store, world: World) -> None:
    said = builders.said(store, world, "le match de Delorière commence", place=world.crescent)
    not_ours(store, world, said)
    not_ours(store, world, said)
    assert counted(store, world, POSTS) == counted(store, world, "match") == (0, 1)
    with store.transaction() as tx:
        act.reopen(tx, world.headquarters, said.conversation_id)
    assert counted(store, world, "match") == (0, 0)


def test_put_right_teaches_that_it_was_about_us(store: Store, world: World) -> None:
    said = builders.said(store, world, "attente interminable chez Delorière", place=world.crescent)
    with store.transaction() as tx:
        act.close(tx, world.headquarters, said.conversation_id, Outcome.NOTHING_TO_DO)
    assert counted(store, world, "attente") == (0, 0), "nothing to do says nothing of whom it was about"
    with store.transaction() as tx:
        act.close(tx, world.headquarters, said.conversation_id, Outcome.PUT_RIGHT)
    assert counted(store, world, "attente") == (1, 0)


def test_the_place_that_a_member_gives_is_its_authors_habit(store: Store, world: World) -> None:
    said = builders.said(store, world, "attente interminable chez Delorière", place=None)
    with store.transaction() as tx:
        act.set_place(tx, world.headquarters, said.conversation_id, world.crescent.id)
        act.set_place(tx, world.headquarters, said.conversation_id, world.crescent.id)
    key = f"simulated:{said.item.author.uri}"
    assert learned(store).habit(world.organisation.id, key) == {world.crescent.id: 1}


def test_nothing_is_learned_from_a_network_whose_terms_do_not_allow_it(store: Store, world: World) -> None:
    said = builders.said(store, world, "le match de Delorière commence", place=world.crescent, connector="bluesky")
    not_ours(store, world, said)
    assert learned(store) == Lessons()


def test_what_was_left_aside_and_is_about_us_teaches(store: Store, world: World) -> None:
    passed = builders.nearly(world, item("Delorière, encore la queue", author="malo"))
    with store.transaction() as tx:
        builders.keep_found(tx, world, aside=[passed])
        (one,) = refused.of(tx, world.owner)
        aside.about_us(tx, world.owner, one.id, NOW, first_stage="enrich", retain_days=30)
    assert counted(store, world, POSTS) == counted(store, world, "queue") == (1, 0)
    assert world.organisation.id not in learned(store).habits, "which of the two places it was is not known"
