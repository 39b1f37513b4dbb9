"""The stage on both engines: what is written around a decision."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire.domain.conversation import ConversationState, EdgeKind, Outcome
from ouidire.domain.enrichment import Reading
from ouidire.domain.item import Gone, Item, ItemKind
from ouidire.domain.mention import MentionState
from ouidire.domain.place import Place
from ouidire.relate import step as relate
from ouidire.store import conversations, followed, incidents, mentions
from ouidire.store.engine import Store
from tests import builders
from tests.builders import CONTENT, NOW, World, found, item, keep_found, reading

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def heard(
    store: Store, world: World, one: Item, place: Place | None = None, what: Reading | None = None, **other: object
) -> str:
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, one, place, **other)).mention_ids
        builders.read(tx, mention_id, what or reading())
        assert relate.step(tx, mention_id) == (mention_id,)
    return mention_id


def where(store: Store, mention_id: str) -> conversations.Standing:
    with store.reading() as tx:
        stands = conversations.standing(tx, mention_id)
    assert stands is not None
    return stands


def conversation(store: Store, mention_id: str) -> conversations.Conversation:
    with store.reading() as tx:
        return conversations.get(tx, where(store, mention_id).conversation_id)


def test_a_first_message_opens_a_conversation_and_its_author_is_followed(store: Store, world: World) -> None:
    one = item()
    mention_id = heard(store, world, one, world.crescent)
    opened = conversation(store, mention_id)
    assert (opened.state, opened.gravity, opened.place_id) == (ConversationState.WAITING, 2, world.crescent.id)
    with store.reading() as tx:
        keys = {k.key: k.place_id for k in followed.since(tx, 0, NOW)[0] if k.kind == "author"}
    assert keys == {f"simulated:{one.author.uri}": world.crescent.id}


def test_relating_twice_changes_nothing(store: Store, world: World) -> None:
    mention_id = heard(store, world, item(), world.crescent)
    before = (where(store, mention_id), conversation(store, mention_id))
    with store.transaction() as tx:
        relate.step(tx, mention_id)
    assert (where(store, mention_id), conversation(store, mention_id)) == before


def test_thanks_of_the_author_close_it_and_end_following(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    with store.transaction() as tx:
        stands = where(store, mention_id)
        incidents.open_or_grow(
            tx, builders.incident(world, builders.Said(mention_id, stands.conversation_id, stands.story_id, first))
        )
    heard(store, world, item("Merci, réglé", parent_uri=first.uri), None, reading(**CONTENT))
    closed = conversation(store, mention_id)
    assert (closed.state, closed.outcome) == (ConversationState.CLOSED, Outcome.PUT_RIGHT)
    with store.reading() as tx:
        assert not [k for k in followed.since(tx, 0, NOW)[0] if k.kind == "author"]
        assert [one.closed_at for one in incidents.of_conversation(tx, closed.id)] == [NOW]


def test_thanks_of_somebody_else_close_nothing(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    heard(store, world, item("Merci !", author="paul", parent_uri=first.uri), None, reading(**CONTENT))
    assert conversation(store, mention_id).state is ConversationState.WAITING


def test_a_relay_changes_no_turn(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    relay = item("", author="guide", kind=ItemKind.REPOST, reposted_uri=first.uri)
    relayed = heard(store, world, relay, None, reading(**CONTENT))
    assert where(store, relayed).conversation_id == where(store, mention_id).conversation_id
    assert where(store, relayed).story_id == where(store, mention_id).story_id
    assert conversation(store, mention_id).state is ConversationState.WAITING


def test_our_own_words_on_the_site_give_the_turn_to_the_customer(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    heard(store, world, item("Nous arrivons", author="us", parent_uri=first.uri), None, is_own=True)
    assert conversation(store, mention_id).state is ConversationState.THEIRS


def test_a_place_said_later_is_the_place_of_all_the_messages(store: Store, world: World) -> None:
    first = item("Trente minutes !")
    mention_id = heard(store, world, first)
    with store.transaction() as tx:
        stands = where(store, mention_id)
        incidents.open_or_grow(
            tx, builders.incident(world, builders.Said(mention_id, stands.conversation_id, stands.story_id, first))
        )
    second = heard(store, world, item("Rue Crescent, je veux dire", written_at=NOW), world.crescent)
    assert where(store, second).conversation_id == where(store, mention_id).conversation_id
    with store.reading() as tx:
        assert mentions.get(tx, mention_id).mention.place_id == world.crescent.id
        assert {one.place_id for one in incidents.of_conversation(tx, where(store, mention_id).conversation_id)} == {
            world.crescent.id
        }
        assert {k.place_id for k in followed.since(tx, 0, NOW)[0] if k.key == first.key} == {world.crescent.id}


def test_a_message_without_a_place_takes_its_conversations(store: Store, world: World) -> None:
    heard(store, world, item(), world.crescent)
    second = heard(store, world, item("Toujours rien", written_at=NOW))
    with store.reading() as tx:
        assert mentions.get(tx, second).mention.place_id == world.crescent.id


def test_another_place_is_another_visit(store: Store, world: World) -> None:
    first = heard(store, world, item(), world.crescent)
    second = heard(store, world, item(), world.yorkville)
    assert where(store, first).conversation_id != where(store, second).conversation_id


def test_what_answers_a_deleted_message_stays_in_its_conversation(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", first.uri),))
    answer = heard(store, world, item("Moi aussi", author="paul", parent_uri=first.uri))
    assert where(store, answer).conversation_id == where(store, mention_id).conversation_id
    with store.transaction() as tx:
        assert relate.step(tx, mention_id) == ()


def test_two_days_later_it_is_another_visit(store: Store, world: World) -> None:
    first = heard(store, world, item(written_at=NOW - timedelta(hours=40)), world.crescent)
    second = heard(store, world, item(written_at=NOW), world.crescent)
    assert where(store, first).conversation_id != where(store, second).conversation_id


def test_the_edge_says_why(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    heard(store, world, item("", author="guide", kind=ItemKind.REPOST, reposted_uri=first.uri))
    with store.reading() as tx:
        edges = conversations.edges(tx, where(store, mention_id).conversation_id)
    assert [(e.kind, e.because) for e in edges] == [(EdgeKind.FIRST, "first_message"), (EdgeKind.REPOST, "repeats")]
    assert edges[1].to_mention_id == mention_id


# --- who speaks to whom ---------------------------------------------------------------------------------------------


def test_who_repeated_a_message_and_then_complains_has_a_conversation_of_their_own(store: Store, world: World) -> None:
    first = item()
    nadias = heard(store, world, first, world.crescent)
    heard(store, world, item("", author="paul", kind=ItemKind.REPOST, reposted_uri=first.uri))
    pauls = heard(store, world, item("Moi aussi, malade !", author="paul", written_at=NOW), world.crescent)
    assert where(store, pauls).conversation_id != where(store, nadias).conversation_id
    assert conversation(store, pauls).state is ConversationState.WAITING


def test_what_we_publish_after_an_answer_is_no_answer(store: Store, world: World) -> None:
    first = item()
    heard(store, world, first, world.crescent)
    heard(store, world, item("Nous arrivons", author="us", parent_uri=first.uri), None, is_own=True)
    again = heard(store, world, item("Toujours rien !", parent_uri=first.uri, written_at=NOW))
    assert conversation(store, again).state is ConversationState.WAITING
    heard(store, world, item("La fournée sort", author="us", written_at=NOW), world.crescent, is_own=True)
    assert conversation(store, again).state is ConversationState.WAITING


def test_a_complaint_under_our_own_words_waits_for_us_in_its_authors_name(store: Store, world: World) -> None:
    ours = item("La fournée sort", author="us")
    own = heard(store, world, ours, world.crescent, is_own=True)
    complaint = heard(store, world, item("Il n'y en avait plus", author="paul", parent_uri=ours.uri), world.crescent)
    assert where(store, complaint).conversation_id != where(store, own).conversation_id
    assert where(store, complaint).story_id == where(store, own).story_id
    waiting = conversation(store, complaint)
    assert (waiting.state, waiting.place_id) == (ConversationState.WAITING, world.crescent.id)
    heard(store, world, item("Merci", author="paul", parent_uri=ours.uri, written_at=NOW), None, reading(**CONTENT))
    assert conversation(store, complaint).outcome is Outcome.PUT_RIGHT


def test_somebody_elses_complaint_under_what_was_put_right_waits_for_us(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    heard(store, world, item("Merci, réglé", parent_uri=first.uri), None, reading(**CONTENT))
    heard(store, world, item("Bravo", author="lea", parent_uri=first.uri), None, reading(**CONTENT))
    assert conversation(store, mention_id).state is ConversationState.CLOSED
    heard(store, world, item("Moi, j'attends encore", author="paul", parent_uri=first.uri))
    opened = conversation(store, mention_id)
    assert (opened.state, opened.outcome) == (ConversationState.WAITING, None)


def test_thanks_to_a_friend_while_nobody_of_ours_spoke_put_nothing_right(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    friend = item("Courage", author="lea", parent_uri=first.uri)
    heard(store, world, friend, None, reading(**CONTENT))
    heard(store, world, item("Merci Léa", parent_uri=friend.uri, root_uri=first.uri), None, reading(**CONTENT))
    assert conversation(store, mention_id).state is ConversationState.WAITING


def test_a_muted_author_waits_for_nobody(store: Store, world: World) -> None:
    mention_id = heard(store, world, item(), world.crescent, state=MentionState.MUTED)
    assert conversation(store, mention_id).state is ConversationState.CLOSED
    again = heard(store, world, item(written_at=NOW), world.crescent, state=MentionState.MUTED)
    assert conversation(store, again).state is ConversationState.CLOSED


def test_what_was_put_off_comes_back_when_its_author_writes_again(store: Store, world: World) -> None:
    first = item()
    mention_id = heard(store, world, first, world.crescent)
    with store.transaction() as tx:
        later = NOW + timedelta(hours=2)
        conversations.change(tx, where(store, mention_id).conversation_id, later_until=later)
    heard(store, world, item("Toujours rien", parent_uri=first.uri))
    with store.reading() as tx:
        assert conversations.listed(tx, world.owner, [ConversationState.WAITING], at=NOW)
