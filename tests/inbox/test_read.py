"""What a screen shows: names masked by role, spans that still point at the right words, counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.clock import HandClock
from ouidire.domain.conversation import ConversationState, EdgeKind
from ouidire.domain.enrichment import mask
from ouidire.domain.item import Gone, ItemKind
from ouidire.domain.member import Member
from ouidire.domain.mention import Evidence, EvidenceKind, Match
from ouidire.inbox import act, read
from ouidire.inbox.views import MessageView
from ouidire.store import conversations, sources
from ouidire.store.engine import Store
from tests import builders
from tests.builders import CONTENT, NOW, World, found, item, keep_found, reading

pytestmark = pytest.mark.usefixtures("hand_clock")

TEXT = "Léa et Tom m'ignorent, trente minutes d'attente chez Delorière"


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def seen(store: Store, member: Member, conversation_id: str) -> MessageView:
    with store.reading() as tx:
        return read.conversation_view(tx, member, conversation_id).messages[0]


def test_names_are_shown_to_who_manages_the_place_and_masked_for_all_others(store: Store, world: World) -> None:
    said = builders.said(store, world, TEXT, world.crescent, staff=["Léa", "Tom"])
    clear = seen(store, world.manager, said.conversation_id)
    assert (clear.text, clear.is_masked) == (TEXT, False)
    for member in (world.owner, world.headquarters, world.viewer):
        masked = seen(store, member, said.conversation_id)
        assert masked.text == "… et … m'ignorent, trente minutes d'attente chez Delorière"
        assert masked.is_masked
    alone = replace(world.owner, is_only_place=True)
    assert seen(store, alone, said.conversation_id).text == TEXT


def test_names_are_masked_where_the_place_is_unknown(store: Store, world: World) -> None:
    said = builders.said(store, world, TEXT, staff=["Léa", "Tom"])
    assert "Léa" not in seen(store, world.headquarters, said.conversation_id).text


def test_spans_and_evidence_point_at_the_same_words_after_masking(store: Store, world: World) -> None:
    one = item(TEXT)
    what = reading(TEXT, staff=["Léa", "Tom"], rule="waiting", words="trente minutes")
    start, end = builders.span(TEXT, "Delorière")
    evidence = (Evidence(EvidenceKind.NAME, "Delorière", start, end), Evidence(EvidenceKind.NAME, "Tom", 7, 10))
    with store.transaction() as tx:
        match = Match(world.organisation.id, world.crescent.id, None, (*evidence, Evidence(EvidenceKind.HANDLE, "us")))
        (mention_id,) = keep_found(tx, world, replace(found(world, one), match=match)).mention_ids
        builders.read(tx, mention_id, what)
        conversation_id = conversations.open_one(tx, world.organisation.id, world.crescent.id, "x", NOW)
        story_id = conversations.story_for(tx, world.organisation.id, "k")
        standing = conversations.Standing(mention_id, story_id, conversation_id)
        first = conversations.Edge(mention_id, EdgeKind.FIRST, "first_message")
        conversations.connect(tx, world.organisation.id, standing, first)
    view = seen(store, world.headquarters, conversation_id)
    assert view.reading is not None
    (words,) = view.reading.sentiment_words
    assert view.text[slice(*words)] == "trente minutes"
    ((rule, rule_words),) = view.reading.because
    assert (rule, [view.text[slice(*one)] for one in rule_words]) == ("waiting", ["trente minutes"])
    named, hidden, plain = view.evidence
    assert view.text[named.start : named.end] == "Delorière"
    assert (hidden.found, hidden.start) == ("…", -1)
    assert plain == Evidence(EvidenceKind.HANDLE, "us")


@given(st.data())
def test_moved_spans_hold_the_same_words_whatever_is_masked(data: st.DataObject) -> None:
    text = data.draw(st.text(max_size=60))
    edges = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    staff = tuple((a, b) for a, b in zip(edges[::2], edges[1::2], strict=False) if a < b)
    spans = [tuple(sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))) for _ in range(4)]
    shown = mask(text, staff, read.MASK)
    for start, end in spans:
        free = not any(start < b and a < end for a, b in staff)
        moved = read._moved(staff, [(start, end)])
        assert bool(moved) is free
        if start < end:
            assert [shown[slice(*one)] for one in moved] == ([text[start:end]] if free else [])


def test_words_that_nobody_has_read_yet_are_shown_only_to_who_may_see_names(store: Store, world: World) -> None:
    """An edit is on the screen before it is read again, and may name anybody."""
    said = builders.said(store, world, TEXT, world.crescent, staff=["Léa", "Tom"])
    edited = msgspec.structs.replace(said.item, text="Et Zoé aussi !", revision="2")
    with store.transaction() as tx:
        keep_found(tx, world, found(world, edited, world.crescent))
    assert seen(store, world.manager, said.conversation_id).text == "Et Zoé aussi !"
    masked = seen(store, world.headquarters, said.conversation_id)
    assert (masked.text, masked.is_masked, masked.reading) == ("…", True, None)


def test_a_deleted_message_is_shown_as_gone_and_cannot_be_answered(store: Store, world: World) -> None:
    said = builders.said(store, world, TEXT, world.crescent, staff=["Léa"])
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", said.item.uri),))
        view = read.conversation_view(tx, world.manager, said.conversation_id)
        cards = read.cards(tx, world.headquarters, tuple(ConversationState))
    assert view.messages[0].is_gone
    assert (view.messages[0].text, view.messages[0].author_name, view.messages[0].evidence) == ("", "", ())
    assert (view.can_answer, view.why_not) == (False, "gone")
    assert cards[0].first.is_gone


@pytest.mark.parametrize(
    ("who", "changes", "why_not"),
    [
        ("manager", {}, ""),
        ("viewer", {}, "viewer"),
        ("manager", {"imported": True}, "imported"),
        ("manager", {"connector": "files"}, "no_reply"),
        ("manager", {"uri": "sim://causette/x/1"}, "no_source"),
    ],
)
def test_why_a_message_cannot_be_answered_here(
    store: Store, world: World, who: str, changes: dict[str, object], why_not: str
) -> None:
    said = builders.said(store, world, TEXT, world.crescent, item=item(TEXT, **changes))
    with store.reading() as tx:
        view = read.conversation_view(tx, getattr(world, who), said.conversation_id)
    assert (view.can_answer, view.why_not) == (why_not == "", why_not)


def test_a_card_counts_messages_and_relays_apart(store: Store, world: World) -> None:
    said = builders.said(store, world, TEXT, world.crescent)
    builders.joined(store, world, said, item("Toujours rien", written_at=NOW), EdgeKind.REPLY)
    relay = item("", author="guide", kind=ItemKind.REPOST, reposted_uri=said.item.uri)
    builders.joined(store, world, said, relay, EdgeKind.REPOST)
    with store.reading() as tx:
        (card,) = read.cards(tx, world.manager, (ConversationState.WAITING,))
        view = read.conversation_view(tx, world.manager, said.conversation_id)
    assert (card.messages, card.relays, card.first.text, card.place_name) == (2, 1, TEXT, world.crescent.name)
    assert (len(view.messages), len(view.relays)) == (2, 1)


def test_the_gravest_comes_first_then_the_newest(store: Store, world: World) -> None:
    made = [builders.said(store, world, str(n), world.crescent) for n in range(3)]
    with store.transaction() as tx:
        conversations.change(tx, made[1].conversation_id, gravity=3)
        conversations.change(tx, made[0].conversation_id, updated_at=NOW + timedelta(minutes=1))
        shown = [card.first.text for card in read.cards(tx, world.owner, (ConversationState.WAITING,))]
    assert shown == ["1", "0", "2"]


def test_cards_are_found_by_words_network_and_place(store: Store, world: World) -> None:
    builders.said(store, world, "Trente minutes d'attente", world.crescent)
    builders.said(store, world, "Un accueil glacial", world.yorkville)

    def texts(**asked: str) -> list[str]:
        with store.reading() as tx:
            return [c.first.text for c in read.cards(tx, world.owner, (ConversationState.WAITING,), **asked)]

    assert texts(query="ACCUEIL") == ["Un accueil glacial"]
    assert texts(query="attente accueil") == []
    assert texts(query="  ") == texts()
    assert texts(query="!!") == []
    assert texts(place_id=world.crescent.id) == ["Trente minutes d'attente"]
    assert len(texts(network="simulated")) == 2
    assert texts(network="simul%") == texts(network="bluesky") == []


def test_what_was_put_off_is_out_of_sight_and_comes_back(store: Store, world: World, hand_clock: HandClock) -> None:
    said = builders.said(store, world, TEXT, world.crescent)
    with store.transaction() as tx:
        act.later(tx, world.manager, said.conversation_id, hours=2)
        assert read.cards(tx, world.manager, (ConversationState.WAITING,)) == ()
        assert read.waiting_count(tx, world.manager) == 0
        hand_clock.advance(hours=2)
        assert read.waiting_count(tx, world.manager) == 1
        assert len(read.cards(tx, world.manager, (ConversationState.WAITING,))) == 1


def test_now_counts_what_was_read_today_and_knows_when_it_last_heard(store: Store, world: World) -> None:
    builders.said(store, world, TEXT, world.crescent)
    builders.said(store, world, "Merci !", world.crescent, reading=reading(**CONTENT))
    with store.transaction() as tx:
        keep_found(tx, world, found(world, item("pas encore lu"), world.crescent))
        view = read.now_view(tx, world.manager)
        assert (view.mentions_today, view.positive_today, view.negative_today) == (3, 1, 1)
        assert view.last_heard_at == NOW
        assert read.now_view(tx, world.other_manager).mentions_today == 0
        sources.went_deaf(tx, world.stream.id, "Cut line.", NOW)
        lines = {line.source_id: line for line in read.source_lines(tx, world.manager)}
    assert lines[world.stream.id].because == "Cut line."
    assert set(lines) == {world.stream.id, world.account.id}
