"""Stories and conversations, the edges that put mentions into them, and notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, case, cast, delete, func, insert, or_, select, update

from ouidire.domain.conversation import Conversation, ConversationState, Edge, EdgeKind, Note, Outcome
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.errors import NotFound
from ouidire.store.engine import Tx, upsert
from ouidire.store.mentions import on_network
from ouidire.store.rows import Row, to_conversation
from ouidire.store.schema import conversation, edge, enrichment, item, mention, note, reply, story
from ouidire.store.stretch import Stretch

ASKED_AGAIN = "asked_again"
"""Why a conversation is closed whose only message somebody called ours and took it back: it is in no list."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a mention stands already."""

    mention_id: str
    story_id: str
    conversation_id: str


def story_for(tx: Tx, organisation_id: str, root_key: str) -> str:
    """The id of the story that grew from `root_key`, made if there is none."""
    story_id = new_id()
    row = {"id": story_id, "organisation_id": organisation_id, "root_key": root_key}
    tx.execute(upsert(tx, story).values(**row).on_conflict_do_nothing(index_elements=["organisation_id", "root_key"]))
    query = select(story.c.id).where(story.c.organisation_id == organisation_id, story.c.root_key == root_key)
    return str(tx.execute(query).scalar_one())


def first_relay(tx: Tx, story_id: str, at: datetime) -> bool:
    """Mark that the story was carried further. True only the first time."""
    marked = tx.execute(
        update(story).where(story.c.id == story_id, story.c.first_relay_at.is_(None)).values(first_relay_at=at)
    )
    return marked.rowcount == 1


def open_one(tx: Tx, organisation_id: str, place_id: str | None, author_key: str, at: datetime) -> str:
    conversation_id = new_id()
    tx.execute(
        insert(conversation).values(
            id=conversation_id,
            organisation_id=organisation_id,
            place_id=place_id,
            author_key=author_key,
            state=ConversationState.WAITING,
            gravity=0,
            opened_at=at,
            updated_at=at,
            because="",
        )
    )
    return conversation_id


def connect(tx: Tx, organisation_id: str, where: Standing, one: Edge) -> None:
    """Put a mention where it belongs, with the reason; a mention stands in one place only."""
    row = {
        "mention_id": one.mention_id,
        "organisation_id": organisation_id,
        "story_id": where.story_id,
        "conversation_id": where.conversation_id,
        "kind": one.kind,
        "because": one.because,
        "to_mention_id": one.to_mention_id,
        "undone_at": one.undone_at,
    }
    tx.execute(upsert(tx, edge).values(**row).on_conflict_do_update(index_elements=["mention_id"], set_=row))


def take_out(tx: Tx, mention_id: str) -> None:
    """This mention stands nowhere any more."""
    tx.execute(delete(edge).where(edge.c.mention_id == mention_id))


def is_touched(tx: Tx, conversation_id: str) -> bool:
    """Has somebody of ours taken it in hand, answered it or noted something down?"""
    taken = select(conversation.c.id).where(
        conversation.c.id == conversation_id, conversation.c.assignee_id.is_not(None)
    )
    wrote = (select(one.c.id).where(one.c.conversation_id == conversation_id) for one in (note, reply))
    return any(tx.execute(query.limit(1)).first() for query in (taken, *wrote))


def standing(tx: Tx, mention_id: str) -> Standing | None:
    row = tx.execute(select(edge.c.story_id, edge.c.conversation_id).where(edge.c.mention_id == mention_id)).first()
    return None if row is None else Standing(mention_id, row.story_id, row.conversation_id)


def by_reply_uri(tx: Tx, organisation_id: str, uri: str) -> str | None:
    """The conversation in which we said what stands at `uri`."""
    return tx.execute(
        select(reply.c.conversation_id).where(reply.c.organisation_id == organisation_id, reply.c.uri == uri)
    ).scalar()


def get(tx: Tx, conversation_id: str) -> Conversation:
    """A conversation, for a stage acting for its organisation."""
    row = tx.execute(select(conversation).where(conversation.c.id == conversation_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such conversation.")
    return to_conversation(row)


def of(tx: Tx, member: Member, conversation_id: str) -> Conversation:
    """A conversation the member may see. Raises `NotFound` for a stranger's, as for none."""
    row = (
        tx.execute(
            select(conversation).where(
                conversation.c.id == conversation_id, conversation.c.organisation_id == member.organisation_id
            )
        )
        .mappings()
        .first()
    )
    if row is None or not member.sees_place(row["place_id"]):
        raise NotFound("There is no such conversation.")
    return to_conversation(row)


def author_key(tx: Tx, conversation_id: str) -> str:
    return str(tx.execute(select(conversation.c.author_key).where(conversation.c.id == conversation_id)).scalar_one())


def listed(
    tx: Tx,
    member: Member,
    states: Sequence[ConversationState],
    *,
    at: datetime,
    place_id: str | None = None,
    network: str = "",
    aspect: str = "",
    query: str = "",
    limit: int = 100,
) -> list[Conversation]:
    """What the member may see in these states: gravest first, then newest. `query` is folded text, all words of it.

    `aspect`: of whose messages one judges it, praised or blamed.
    """
    wanted = _narrowed(tx, member, states, place_id, network, query).where(_in_sight(at))
    if aspect:
        wanted = wanted.where(conversation.c.id.in_(_judging(member, aspect)))
    rows = tx.execute(wanted.order_by(conversation.c.gravity.desc(), conversation.c.updated_at.desc()).limit(limit))
    return [to_conversation(r) for r in rows.mappings()]


def stretch_of(
    tx: Tx,
    member: Member,
    states: Sequence[ConversationState],
    stretch: Stretch,
    *,
    place_id: str | None = None,
    network: str = "",
    query: str = "",
    updated_since: datetime | None = None,
    at: datetime | None = None,
) -> list[Conversation]:
    """Like `listed`, newest first whatever the gravity, and one more than the stretch, if there is.

    Without `at`, what was put off until later is there too.
    """
    wanted = _narrowed(tx, member, states, place_id, network, query)
    if at is not None:
        wanted = wanted.where(_in_sight(at))
    if updated_since is not None:
        wanted = wanted.where(conversation.c.updated_at >= updated_since)
    return [to_conversation(r) for r in tx.execute(stretch.of(wanted, conversation.c.id)).mappings()]


def _in_sight(at: datetime) -> ColumnElement[bool]:
    return or_(conversation.c.later_until.is_(None), conversation.c.later_until <= at)


def _narrowed(
    tx: Tx, member: Member, states: Sequence[ConversationState], place_id: str | None, network: str, query: str
) -> Select[Any]:
    wanted: Select[Any] = select(conversation).where(
        conversation.c.organisation_id == member.organisation_id,
        conversation.c.state.in_(states),
        conversation.c.because != ASKED_AGAIN,
    )
    if not member.sees_all_places:
        wanted = wanted.where(conversation.c.place_id.in_(member.place_ids))
    if place_id is not None:
        wanted = wanted.where(conversation.c.place_id == place_id)
    if network:
        wanted = wanted.where(conversation.c.id.in_(_on_network(member, network)))
    if query:
        from ouidire.store.search import matching

        found = select(edge.c.conversation_id).where(edge.c.mention_id.in_(matching(tx, member, query)))
        wanted = wanted.where(conversation.c.id.in_(found))
    return wanted


def _on_network(member: Member, network: str) -> Select[Any]:
    """Conversations with a message of this network."""
    return (
        select(edge.c.conversation_id)
        .join(mention, mention.c.id == edge.c.mention_id)
        .join(item, item.c.id == mention.c.item_id)
        .where(edge.c.organisation_id == member.organisation_id, on_network(network))
    )


def _judging(member: Member, aspect: str) -> Select[Any]:
    """Conversations with a message that judges this aspect, by what is meant where somebody said so."""
    meant, read = cast(enrichment.c.meant, Text), cast(enrichment.c.reading, Text)
    said = case((meant.startswith("{"), meant), else_=read)
    return (
        select(edge.c.conversation_id)
        .join(mention, mention.c.id == edge.c.mention_id)
        .join(enrichment, enrichment.c.id == mention.c.enrichment_id)
        .where(edge.c.organisation_id == member.organisation_id, mention.c.is_own.is_(False))
        .where(said.contains(f'"aspect": "{aspect}"', autoescape=True))
    )


def counted(tx: Tx, member: Member, at: datetime, place_id: str = "") -> dict[ConversationState, int]:
    """How many conversations of each state this member may see, at one place or at all."""
    query: Select[Any] = (
        select(conversation.c.state, func.count())
        .where(conversation.c.organisation_id == member.organisation_id)
        .where(_in_sight(at), conversation.c.because != ASKED_AGAIN)
        .group_by(conversation.c.state)
    )
    if not member.sees_all_places:
        query = query.where(conversation.c.place_id.in_(member.place_ids))
    if place_id:
        query = query.where(conversation.c.place_id == place_id)
    return {ConversationState(state): count for state, count in tx.execute(query)}


def open_at_places(tx: Tx, member: Member, at: datetime) -> dict[str, dict[ConversationState, int]]:
    """By place id: how many of its conversations wait for somebody, or are in hand, that this member may see."""
    query: Select[Any] = (
        select(conversation.c.place_id, conversation.c.state, func.count())
        .where(conversation.c.organisation_id == member.organisation_id, conversation.c.place_id.is_not(None))
        .where(conversation.c.state.in_([ConversationState.WAITING, ConversationState.OURS]))
        .where(or_(conversation.c.later_until.is_(None), conversation.c.later_until <= at))
        .group_by(conversation.c.place_id, conversation.c.state)
    )
    if not member.sees_all_places:
        query = query.where(conversation.c.place_id.in_(member.place_ids))
    found: dict[str, dict[ConversationState, int]] = {}
    for place_id, state, count in tx.execute(query):
        found.setdefault(place_id, {})[ConversationState(state)] = count
    return found


def change(tx: Tx, conversation_id: str, **values: object) -> None:
    tx.execute(update(conversation).where(conversation.c.id == conversation_id).values(**values))


def give_back(tx: Tx, organisation_id: str, assignee_id: str, at: datetime, *, keeps: Sequence[str] = ()) -> None:
    """What this member had in hand waits for somebody again, but for what is at the places in `keeps`."""
    theirs = update(conversation).where(
        conversation.c.organisation_id == organisation_id, conversation.c.assignee_id == assignee_id
    )
    if keeps:
        theirs = theirs.where(or_(conversation.c.place_id.is_(None), conversation.c.place_id.not_in(keeps)))
    in_hand = conversation.c.state == ConversationState.OURS
    tx.execute(theirs.where(in_hand).values(state=ConversationState.WAITING, because="given_back", updated_at=at))
    tx.execute(theirs.where(conversation.c.state != ConversationState.CLOSED).values(assignee_id=None))


def edges(tx: Tx, conversation_id: str) -> list[Edge]:
    """Every mention of a conversation and why it is there, in the order they were written."""
    rows = tx.execute(
        select(edge)
        .join(mention, mention.c.id == edge.c.mention_id)
        .join(item, item.c.id == mention.c.item_id)
        .where(edge.c.conversation_id == conversation_id)
        .order_by(item.c.written_at, edge.c.mention_id)
    ).mappings()
    return [_edge(r) for r in rows]


def edges_of(tx: Tx, organisation_id: str, mention_ids: Sequence[str]) -> dict[str, tuple[str, Edge]]:
    """For each of these mentions that stands somewhere: its conversation's id, and why it is there."""
    rows = tx.execute(select(edge).where(edge.c.organisation_id == organisation_id, edge.c.mention_id.in_(mention_ids)))
    return {r["mention_id"]: (r["conversation_id"], _edge(r)) for r in rows.mappings()}


def edge_of(tx: Tx, mention_id: str) -> Edge | None:
    """Why this mention is where it is."""
    row = tx.execute(select(edge).where(edge.c.mention_id == mention_id)).mappings().first()
    return None if row is None else _edge(row)


def first_mention(tx: Tx, conversation_id: str) -> str:
    """The message that a conversation begins with."""
    query = select(edge.c.mention_id).join(mention, mention.c.id == edge.c.mention_id)
    query = query.join(item, item.c.id == mention.c.item_id).where(edge.c.conversation_id == conversation_id)
    return str(tx.execute(query.order_by(item.c.written_at, edge.c.mention_id).limit(1)).scalar_one())


def _edge(row: Row) -> Edge:
    return Edge(row["mention_id"], EdgeKind(row["kind"]), row["because"], row["to_mention_id"], row["undone_at"])


def add_note(tx: Tx, member: Member, one: Note) -> None:
    """Raises `NotFound` when the conversation is not this member's to see."""
    of(tx, member, one.conversation_id)
    tx.execute(
        insert(note).values(
            id=one.id,
            organisation_id=member.organisation_id,
            conversation_id=one.conversation_id,
            member_id=one.member_id,
            text=one.text,
            written_at=one.written_at,
        )
    )


def notes(tx: Tx, conversation_id: str) -> list[Note]:
    rows = tx.execute(
        select(note).where(note.c.conversation_id == conversation_id).order_by(note.c.written_at)
    ).mappings()
    return [Note(r["id"], r["conversation_id"], r["member_id"], r["text"], r["written_at"]) for r in rows]


def close(tx: Tx, conversation_id: str, outcome: Outcome, at: datetime, because: str) -> None:
    change(
        tx,
        conversation_id,
        state=ConversationState.CLOSED,
        outcome=outcome,
        updated_at=at,
        because=because,
        later_until=None,
    )


def every_id(tx: Tx, member: Member) -> list[str]:
    """All conversations this member may see, oldest first, whatever their state."""
    query = select(conversation.c.id).where(conversation.c.organisation_id == member.organisation_id)
    if not member.sees_all_places:
        query = query.where(conversation.c.place_id.in_(member.place_ids))
    return list(tx.execute(query.order_by(conversation.c.opened_at, conversation.c.id)).scalars())
