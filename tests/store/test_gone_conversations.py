"""A conversation in which nobody's words are left waits for nobody."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire.domain.conversation import ConversationState, EdgeKind, Outcome
from ouidire.domain.item import Gone, Item, ItemKind
from ouidire.store import conversations, incidents, retain
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, Said, World, item, keep_found

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
def said(store: Store, world: World) -> Said:
    made = builders.said(store, world, place=world.crescent)
    with store.transaction() as tx:
        incidents.open_or_grow(tx, builders.incident(world, made, world.crescent))
    return made


def delete(store: Store, world: World, *items: Item) -> None:
    with store.transaction() as tx:
        keep_found(tx, world, gone=tuple(Gone(one.connector, one.uri) for one in items))


def state(store: Store, said: Said) -> tuple[ConversationState, Outcome | None]:
    with store.reading() as tx:
        one = conversations.get(tx, said.conversation_id)
        return one.state, one.outcome


def test_when_its_only_message_is_deleted_it_closes_with_its_incident_and_counts_no_more(
    store: Store, world: World, said: Said
) -> None:
    delete(store, world, said.item)
    assert state(store, said) == (ConversationState.CLOSED, Outcome.GONE)
    with store.reading() as tx:
        assert [one.closed_at for one in incidents.of_conversation(tx, said.conversation_id)] == [NOW]
        assert ConversationState.WAITING not in conversations.counted(tx, world.owner, NOW)


def test_while_one_of_its_messages_stands_it_still_waits(store: Store, world: World, said: Said) -> None:
    second = item("Et maintenant ?")
    builders.joined(store, world, said, second, EdgeKind.REPLY)
    delete(store, world, said.item)
    assert state(store, said)[0] is ConversationState.WAITING
    delete(store, world, second)
    assert state(store, said) == (ConversationState.CLOSED, Outcome.GONE)


def test_a_bare_repost_does_not_keep_it_open_and_somebody_elses_words_do(
    store: Store, world: World, said: Said
) -> None:
    builders.joined(store, world, said, item("", author="guide", kind=ItemKind.REPOST), EdgeKind.REPOST)
    quote = item("Lisez ça", author="autre")
    builders.joined(store, world, said, quote, EdgeKind.QUOTE)
    delete(store, world, said.item)
    assert state(store, said)[0] is ConversationState.WAITING
    delete(store, world, quote)
    assert state(store, said) == (ConversationState.CLOSED, Outcome.GONE)


def test_how_it_had_ended_before_stays_said(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        conversations.close(tx, said.conversation_id, Outcome.PUT_RIGHT, NOW, "author_thanks")
    delete(store, world, said.item)
    assert state(store, said) == (ConversationState.CLOSED, Outcome.PUT_RIGHT)


def test_the_account_that_vanishes_takes_its_conversation_along(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", author_uri=said.item.author.uri),))
    assert state(store, said) == (ConversationState.CLOSED, Outcome.GONE)


def test_what_became_too_old_closes_too_but_nobody_is_said_to_have_deleted_it(
    store: Store, world: World, said: Said
) -> None:
    with store.transaction() as tx:
        assert retain.purge(tx, NOW + timedelta(days=4000)) == 1
    assert state(store, said) == (ConversationState.CLOSED, Outcome.NOTHING_TO_DO)
