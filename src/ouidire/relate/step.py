"""The stage: loads what stands around a mention, decides, writes the edge and the conversation's turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ouidire import clock
from ouidire.domain.conversation import ConversationState, Edge
from ouidire.domain.gravity import gravity
from ouidire.domain.item import BY_HAND
from ouidire.domain.mention import MentionState
from ouidire.relate.follow_up import MUTED, Turn, author_again, opening, somebody_joins, we_spoke
from ouidire.relate.place import VISIT, Around, Placement, decide
from ouidire.store import conversations, followed, incidents, mentions
from ouidire.store.conversations import Standing
from ouidire.store.engine import Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.mentions import Heard

FOLLOW_AUTHOR = timedelta(days=7)


def step(tx: Tx, mention_id: str) -> Sequence[str]:
    """Place one mention; the detectors look at it next. One that stands already keeps its place, and may weigh more.

    What is not about us, or only perhaps, is placed nowhere.
    """
    one = mentions.get(tx, mention_id)
    if one.is_gone or one.mention.state in (MentionState.ASKED, MentionState.NOT_OURS):
        return ()
    stands = conversations.standing(tx, mention_id)
    if stands is None:
        _place(tx, one, clock.now())
    elif (weight := _weight(one)) > conversations.get(tx, stands.conversation_id).gravity:
        conversations.change(tx, stands.conversation_id, gravity=weight)
    return (mention_id,)


def _weight(one: Heard) -> int:
    """What this message adds to the gravity of its conversation: our own words, and what is not about us, nothing."""
    return gravity(one.reading, one.item.rating) if one.reading and _counts(one) else 0


def _counts(one: Heard) -> bool:
    return not one.mention.is_own and one.mention.state is MentionState.OURS


def _place(tx: Tx, one: Heard, at: datetime) -> None:
    author_key = _author_key(one)
    where = decide(
        one.item, author_key, one.mention.place_id, _related(tx, one), _by_author(tx, one, author_key), _ours(tx, one)
    )
    organisation_id = one.mention.organisation_id
    story_id = where.story_id or conversations.story_for(tx, organisation_id, one.item.key)
    is_new = where.conversation_id is None
    conversation_id = where.conversation_id or conversations.open_one(
        tx, organisation_id, one.mention.place_id, author_key, one.item.written_at
    )
    standing = Standing(mention_id=one.mention.id, story_id=story_id, conversation_id=conversation_id)
    conversations.connect(
        tx, organisation_id, standing, Edge(one.mention.id, where.kind, where.because, where.to_mention_id)
    )
    _turn(tx, one, where, conversation_id, author_key, at, is_new=is_new)


def _turn(
    tx: Tx, one: Heard, where: Placement, conversation_id: str, author_key: str, at: datetime, *, is_new: bool
) -> None:
    now = conversations.get(tx, conversation_id)
    turn = _next_turn(tx, one, where, now.state, conversation_id, author_key, is_new=is_new)
    is_author = author_key == conversations.author_key(tx, conversation_id)
    changes: dict[str, object] = {"updated_at": max(now.updated_at, at), "gravity": max(now.gravity, _weight(one))}
    if is_author and one.reading and _counts(one) and one.mention.is_news:
        changes["later_until"] = None  # what was put off comes back
    if now.place_id is None and one.mention.place_id is not None:
        changes["place_id"] = one.mention.place_id
        _learn_place(tx, one, conversation_id)
    elif one.mention.place_id is None and now.place_id is not None:
        mentions.set_place(tx, [one.mention.id], now.place_id)
    if turn is not None:
        changes |= {"state": turn.state, "outcome": turn.outcome, "because": turn.because, "later_until": None}
        if turn.state is ConversationState.CLOSED:
            incidents.close_of_conversation(tx, conversation_id, at)
    conversations.change(tx, conversation_id, **changes)
    if is_author:
        _follow_author(tx, one, author_key, turn, at, is_new=is_new)


def _learn_place(tx: Tx, one: Heard, conversation_id: str) -> None:
    """This message says where it was: then so do those before it that did not, and what is heard because of them."""
    organisation_id, place_id = one.mention.organisation_id, one.mention.place_id
    incidents.set_place(tx, conversation_id, place_id, clock.now())
    before = mentions.many(tx, organisation_id, [e.mention_id for e in conversations.edges(tx, conversation_id)])
    unknown = [heard for heard in before if heard.mention.place_id is None]
    mentions.set_place(tx, [heard.mention.id for heard in unknown], place_id)
    for heard in unknown:
        followed.move(tx, heard.item.key, organisation_id, place_id)


def _next_turn(
    tx: Tx,
    one: Heard,
    where: Placement,
    state: ConversationState,
    conversation_id: str,
    author_key: str,
    *,
    is_new: bool,
) -> Turn | None:
    if one.mention.state is MentionState.MUTED:
        return MUTED if is_new else None
    if is_new:
        is_asked = one.mention.is_news or one.item.connector == BY_HAND
        return opening(one.reading, one.item.rating, is_news=is_asked, is_own=one.mention.is_own)
    if one.mention.is_own:
        return we_spoke(state)
    if where.is_relay or not one.mention.is_news:
        return None
    if author_key != conversations.author_key(tx, conversation_id):
        return somebody_joins(state, one.reading)
    turn = author_again(state, one.reading)
    if turn is not None and state is ConversationState.WAITING and _is_to_somebody_else(tx, one, author_key):
        return None  # they thank a friend: nobody of ours has spoken yet
    return turn


def _is_to_somebody_else(tx: Tx, one: Heard, author_key: str) -> bool:
    """Does it answer neither us nor the author's own words?"""
    uri, organisation_id = one.item.parent_uri, one.mention.organisation_id
    if not uri or conversations.by_reply_uri(tx, organisation_id, uri) is not None:
        return False
    parent = mentions.by_item_key(tx, organisation_id, f"{one.item.connector}:{uri}")
    return parent is None or not (parent.mention.is_own or _author_key(parent) == author_key)


def _follow_author(tx: Tx, one: Heard, author_key: str, turn: Turn | None, at: datetime, *, is_new: bool) -> None:
    organisation_id = one.mention.organisation_id
    if turn is not None and turn.state is ConversationState.CLOSED and not is_new:
        followed.unfollow(tx, author_key, organisation_id, "author")
    elif turn is not None and turn.state is ConversationState.WAITING and one.mention.is_news:
        key = FollowedKey(author_key, organisation_id, one.mention.place_id, "author", at + FOLLOW_AUTHOR)
        followed.follow(tx, [key])


def _related(tx: Tx, one: Heard) -> list[Around]:
    found = (
        mentions.by_item_key(tx, one.mention.organisation_id, f"{one.item.connector}:{uri}")
        for uri in one.item.relations()
    )
    return [around for heard in found if heard is not None and (around := _around(tx, heard)) is not None]


def _by_author(tx: Tx, one: Heard, author_key: str) -> list[Around]:
    near = mentions.by_author(
        tx, one.mention.organisation_id, author_key, one.item.written_at - VISIT, one.item.written_at + VISIT
    )
    others = (heard for heard in near if heard.mention.id != one.mention.id)
    stand = [around for heard in others if (around := _around(tx, heard)) is not None]
    # What they said in somebody else's conversation was about somebody else's visit.
    return [around for around in stand if conversations.author_key(tx, around.conversation_id) == author_key]


def _ours(tx: Tx, one: Heard) -> str | None:
    for uri in one.item.relations():
        found = conversations.by_reply_uri(tx, one.mention.organisation_id, uri)
        if found is not None:
            return found
    return None


def _around(tx: Tx, heard: Heard) -> Around | None:
    stands = conversations.standing(tx, heard.mention.id)
    if stands is None:
        return None
    author_key = _author_key(heard)
    began = heard.mention.is_own and conversations.author_key(tx, stands.conversation_id) == author_key
    return Around(
        mention_id=heard.mention.id,
        key=heard.item.key,
        author_key=author_key,
        place_id=heard.mention.place_id,
        written_at=heard.item.written_at,
        story_id=stands.story_id,
        conversation_id=stands.conversation_id,
        is_our_beginning=began,
    )


def _author_key(heard: Heard) -> str:
    return f"{heard.item.connector}:{heard.item.author.uri}"
