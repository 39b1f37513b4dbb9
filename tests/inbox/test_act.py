"""What a member does with a conversation, and what follows from it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire.domain.conversation import ConversationState, EdgeKind, Outcome
from ouidire.domain.mention import Ask, MentionState
from ouidire.errors import BadInput, NotFound
from ouidire.inbox import act, read
from ouidire.store import conversations, followed, incidents, mentions, questions, watches
from ouidire.store.engine import Store
from ouidire.store.followed import FollowedKey
from tests import builders
from tests.builders import NOW, Said, World, item
from tests.inbox.asked import perhaps

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
def said(store: Store, world: World) -> Said:
    """At the rue Crescent, with an open incident and a followed author."""
    made = builders.said(store, world, place=world.crescent)
    with store.transaction() as tx:
        incidents.open_or_grow(tx, builders.incident(world, made, world.crescent))
        key = FollowedKey(
            f"simulated:{made.item.author.uri}",
            world.organisation.id,
            world.crescent.id,
            "author",
            NOW + timedelta(days=7),
        )
        followed.follow(tx, [key])
    return made


def is_followed(store: Store, key: str) -> bool:
    with store.reading() as tx:
        return key in {one.key for one in followed.since(tx, 0, NOW)[0]}


def test_taking_it_in_hand_is_seen_by_everybody(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.take(tx, world.manager, said.conversation_id)
        card = read.conversation_view(tx, world.headquarters, said.conversation_id).card
    assert (card.state, card.assignee_name) == (ConversationState.OURS, world.manager.name)


@pytest.mark.parametrize("who", ["other_manager", "viewer"])
def test_it_is_not_handed_to_who_cannot_act_on_it(store: Store, world: World, said: Said, who: str) -> None:
    with pytest.raises(BadInput), store.transaction() as tx:
        act.hand_to(tx, world.headquarters, said.conversation_id, getattr(world, who).id)


def test_a_closed_conversation_that_is_taken_is_open_again(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.close(tx, world.manager, said.conversation_id, Outcome.PUT_RIGHT)
        act.take(tx, world.manager, said.conversation_id)
        one = conversations.get(tx, said.conversation_id)
    assert (one.state, one.outcome) == (ConversationState.OURS, None)


def test_closing_ends_incidents_and_following_the_author(store: Store, world: World, said: Said) -> None:
    author = f"simulated:{said.item.author.uri}"
    assert is_followed(store, author)
    with store.transaction() as tx:
        act.close(tx, world.manager, said.conversation_id, Outcome.PUT_RIGHT)
        (incident,) = incidents.of_conversation(tx, said.conversation_id)
        one = conversations.get(tx, said.conversation_id)
    assert (one.state, one.outcome, incident.closed_at) == (ConversationState.CLOSED, Outcome.PUT_RIGHT, NOW)
    assert not is_followed(store, author)


@pytest.mark.parametrize("text", ["", " \n ", "x" * 5001])
def test_a_note_that_is_empty_or_too_long_is_refused(store: Store, world: World, said: Said, text: str) -> None:
    with pytest.raises(BadInput, match="note"), store.transaction() as tx:
        act.note(tx, world.manager, said.conversation_id, text)


def test_a_note_stands_under_its_writers_name(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.note(tx, world.manager, said.conversation_id, " Thé offert.\0 ")
        (shown,) = read.conversation_view(tx, world.manager, said.conversation_id).notes
    assert (shown.text, shown.member_name) == ("Thé offert.", world.manager.name)


def test_a_message_that_is_not_about_us_closes_its_conversation(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.not_about_us(tx, world.manager, said.mention_id)
        assert conversations.get(tx, said.conversation_id).outcome is Outcome.NOTHING_TO_DO
        assert mentions.get(tx, said.mention_id).mention.state is MentionState.NOT_OURS
    assert not is_followed(store, said.item.key)


def test_one_message_that_is_not_about_us_leaves_the_others(store: Store, world: World, said: Said) -> None:
    second = builders.joined(store, world, said, item(), EdgeKind.REPLY)
    with store.transaction() as tx:
        act.not_about_us(tx, world.manager, second)
        assert conversations.get(tx, said.conversation_id).state is ConversationState.WAITING


def test_a_muted_author_is_heard_no_more(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        act.mute_author(tx, world.manager, said.mention_id)
        key = f"simulated:{said.item.author.uri}"
        assert (world.organisation.id, key) in watches.muted(tx)
        assert conversations.get(tx, said.conversation_id).because == "author_muted"
        watches.unmute(tx, world.manager, key)
        assert watches.muted(tx) == set()


def test_nobody_is_asked_about_a_muted_author(store: Store, world: World, said: Said) -> None:
    theirs = perhaps(world, item("Montréal, toujours pareil", author="nadia"), Ask.ABOUT_US, world.crescent)
    others = perhaps(world, item("Montréal sous la neige", author="zoe"), Ask.ABOUT_US, world.crescent)
    with store.transaction() as tx:
        assert said.item.author.uri == theirs.item.author.uri
        (asked_id,) = builders.keep_found(tx, world, theirs).mention_ids
        (other_id,) = builders.keep_found(tx, world, others).mention_ids
        assert questions.counted(tx, world.owner) == 2
        act.mute_author(tx, world.manager, said.mention_id)
        (left,) = questions.waiting(tx, world.owner)
        assert left.mention_id == other_id
        assert mentions.get(tx, asked_id).mention.state is MentionState.MUTED


def test_another_place_moves_messages_incidents_and_what_is_heard(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        _, last = followed.since(tx, 0, NOW)
        act.set_place(tx, world.headquarters, said.conversation_id, world.yorkville.id)
        assert mentions.get(tx, said.mention_id).mention.place_id == world.yorkville.id
        assert {one.place_id for one in incidents.of_conversation(tx, said.conversation_id)} == {world.yorkville.id}
        moved = {one.key: one.place_id for one in followed.since(tx, last, NOW)[0]}
        assert moved[said.item.key] == world.yorkville.id
        assert moved[f"simulated:{said.item.author.uri}"] == world.yorkville.id
        assert read.waiting_count(tx, world.manager) == 0
        assert read.waiting_count(tx, world.other_manager) == 1


def test_a_message_that_does_not_belong_gets_a_conversation_of_its_own(store: Store, world: World, said: Said) -> None:
    second = builders.joined(store, world, said, item("Autre chose"), EdgeKind.SAME_VISIT)
    with store.transaction() as tx:
        builders.read(tx, second, builders.reading())
        fresh = act.undo_edge(tx, world.manager, second)
        view = read.conversation_view(tx, world.manager, fresh)
        assert [m.text for m in view.messages] == ["Autre chose"]
        assert view.card.gravity == 2
        assert len(read.conversation_view(tx, world.manager, said.conversation_id).messages) == 1
        (edge,) = conversations.edges(tx, fresh)
        assert (edge.because, edge.undone_at) == ("parted_by_member", NOW)


def test_a_message_that_stands_alone_is_not_parted(store: Store, world: World, said: Said) -> None:
    with pytest.raises(BadInput, match="alone"), store.transaction() as tx:
        act.undo_edge(tx, world.manager, said.mention_id)


def test_what_is_not_there_is_not_found(store: Store, world: World) -> None:
    with pytest.raises(NotFound), store.transaction() as tx:
        act.undo_edge(tx, world.manager, "no such message")
