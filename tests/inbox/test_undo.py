"""What a member takes back: not about us, muted, closed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire.domain.conversation import ConversationState, Outcome
from ouidire.domain.item import Gone
from ouidire.domain.mention import MentionState
from ouidire.errors import BadInput
from ouidire.inbox import act, read
from ouidire.store import conversations, followed, mentions, watches
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, Said, World, item, keep_found

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
def said(store: Store, world: World) -> Said:
    return builders.said(store, world, place=world.crescent)


def test_a_message_that_is_about_us_after_all_is_ours_again_and_so_is_what_answers_it(
    store: Store, world: World, said: Said
) -> None:
    with store.transaction() as tx:
        act.not_about_us(tx, world.manager, said.mention_id)
        act.reopen(tx, world.manager, said.conversation_id)
        assert mentions.get(tx, said.mention_id).mention.state is MentionState.OURS
        assert conversations.get(tx, said.conversation_id).state is ConversationState.WAITING
        heard = {(one.key, one.kind) for one in followed.since(tx, 0, NOW)[0] if one.expires_at > NOW}
    assert {(said.item.key, "item"), (f"simulated:{said.item.author.uri}", "author")} <= heard


def test_what_its_author_deleted_cannot_be_opened_again(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", said.item.uri),))
    with pytest.raises(BadInput), store.transaction() as tx:
        act.reopen(tx, world.manager, said.conversation_id)


def test_a_muted_author_is_listed_by_name_until_somebody_hears_them_again(
    store: Store, world: World, said: Said
) -> None:
    with store.transaction() as tx:
        act.mute_author(tx, world.manager, said.mention_id)
        (muted,) = watches.muted_of(tx, world.headquarters)
        assert (muted.handle, muted.name, muted.member_id, muted.muted_at) == ("nadia", "Nadia", world.manager.id, NOW)
        watches.unmute(tx, world.headquarters, muted.author_key)
        assert watches.muted_of(tx, world.headquarters) == []


def test_what_was_closed_by_mistake_waits_again(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.close(tx, world.manager, said.conversation_id, Outcome.NOTHING_TO_DO)
        act.reopen(tx, world.manager, said.conversation_id)
        assert read.waiting_count(tx, world.manager) == 1


def test_the_inbox_is_filtered_by_the_network_people_know(store: Store, world: World, said: Said) -> None:
    elsewhere = item("Encore !", author="kate", uri="sim://photogram/1", written_at=NOW - timedelta(minutes=2))
    other = builders.said(store, world, place=world.crescent, item=elsewhere)
    every = tuple(ConversationState)

    def found(network: str) -> set[str]:
        with store.reading() as tx:
            return {card.conversation_id for card in read.cards(tx, world.manager, every, network=network)}

    assert found("gazouille") == {said.conversation_id}
    assert found("photogram") == {other.conversation_id}
    assert found("simulated") == {said.conversation_id, other.conversation_id}
    assert found("bluesky") == set()


def test_two_names_with_only_a_comma_between_are_one_mark(store: Store, world: World) -> None:
    text = "Mathis, Léa, au comptoir, traînent. Merci Zoé !"
    made = builders.said(store, world, text, world.crescent, staff=["Mathis", "Léa", "au comptoir", "Zoé"])
    with store.reading() as tx:
        (shown,) = read.conversation_view(tx, world.headquarters, made.conversation_id).messages
        (clear,) = read.conversation_view(tx, world.manager, made.conversation_id).messages
    assert shown.text == "…, traînent. Merci … !"
    assert [shown.text[start:end] for start, end in shown.hidden] == ["…", "…"]
    assert (clear.text, clear.hidden) == (text, ())
