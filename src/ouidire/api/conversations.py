"""Conversations: one visit each, until it is put right; and what a member does with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field

from ouidire.api.deliveries import DeliveryOut
from ouidire.api.door import Asker, Asks, needs, router
from ouidire.api.mentions import MessageOut
from ouidire.api.problems import as_things_stand
from ouidire.api.replies import ReplyOut
from ouidire.api.shapes import WORDS, Flag, Id, IdIn, In, Line, Moment, Out, Page, Paged, Span
from ouidire.domain.conversation import ConversationState, Outcome
from ouidire.domain.program import Scope
from ouidire.inbox import act, read
from ouidire.inbox.act import LONGEST_NOTE
from ouidire.store import conversations
from ouidire.store.engine import Tx

routes = router("/conversations", "conversations")

LONGEST_WAIT_H = 365 * 24


class CardOut(Out):
    """A conversation at a glance, with its first message."""

    id: str = Field(validation_alias="conversation_id")
    place_id: str | None = Field(description="Null: the place is unknown.")
    place_name: str
    time_zone: str
    state: ConversationState
    outcome: Outcome | None = Field(description="How it ended; null while it has not.")
    gravity: int = Field(description="0 can wait, 1 today, 2 someone waits now, 3 someone may be in danger.")
    first: MessageOut
    messages: int
    relays: int
    assignee_name: str = Field(description="Who has it in hand; empty: nobody.")
    told: list[str] = Field(description="Who was told.")
    updated_at: Moment


class NoteOut(Out):
    """What a member wrote down for the team."""

    id: str
    member_name: str
    text: str
    written_at: Moment
    hidden: list[Span] = Field(description="The marks that stand for names of employees.")


class ConversationOut(Out):
    """Everything of one conversation, in time order."""

    card: CardOut
    messages: list[MessageOut]
    relays: list[MessageOut]
    replies: list[ReplyOut]
    notes: list[NoteOut]
    told: list[DeliveryOut] = Field(description="Who knew when, and who was not told and why; newest first.")
    can_answer: bool = Field(description="False: answer on the site (`answer_url`), or not at all (`why_not`).")
    why_not: str = Field(examples=["no_source"])
    answer_url: str
    max_length: int = Field(description="The longest answer the network bears; 0: no limit.")


class Standing(Out):
    """How a conversation stands after something was done."""

    id: str
    state: ConversationState
    outcome: Outcome | None
    assignee_id: str | None
    place_id: str | None
    gravity: int
    updated_at: Moment


class Conversations(Paged):
    """What a list of conversations is narrowed to."""

    state: list[ConversationState] = Field(default_factory=list, max_length=4, description="Several may be named.")
    place_id: IdIn | None = None
    network: str = Field("", max_length=40, pattern=r"^[a-z0-9_.-]*$")
    q: Line = Field("", description="All these words, in any spelling.")
    updated_since: Moment | None = Field(None, description="Something happened in it then or later.")
    put_off: Flag = Field(False, description="Also what a member wants to see later.")


class NoteIn(In):
    text: str = Field(min_length=1, max_length=LONGEST_NOTE, pattern=WORDS)


class HandIn(In):
    member_id: IdIn = Field(description="A colleague who may see its place.")


class LaterIn(In):
    hours: float = Field(2, strict=True, gt=0, le=LONGEST_WAIT_H, description="It comes back by itself then.")


class CloseIn(In):
    outcome: Literal["by_member", "nothing_to_do"] = Field(description="Put right, says the team; or nothing to do.")


class PlaceGiven(In):
    place_id: IdIn


@routes.get("", **needs(Scope.CONVERSATIONS_READ))
def list_conversations(asker: Asks, wanted: Annotated[Conversations, Query()]) -> Page[CardOut]:
    """Conversations at a glance, newest first. One of which nothing is left is not shown."""
    with asker.reading() as tx:
        found = read.card_stretch(
            tx,
            asker.member,
            wanted.state or list(ConversationState),
            wanted.stretch,
            place_id=wanted.place_id,
            network=wanted.network,
            query=wanted.q,
            updated_since=wanted.updated_since,
            put_off=wanted.put_off,
        )
    made = asker.page(found, wanted, lambda one: one[0], lambda one: one[1])
    return Page[CardOut](items=[CardOut.model_validate(card) for card in made.items if card], next=made.next)


@routes.get("/{conversation_id}", **needs(Scope.CONVERSATIONS_READ))
def get_conversation(asker: Asks, conversation_id: Id) -> ConversationOut:
    """One conversation with its messages, answers, notes, and who was told."""
    with asker.reading() as tx:
        return ConversationOut.model_validate(read.conversation_view(tx, asker.member, conversation_id))


@routes.post("/{conversation_id}/notes", status_code=201, response_model=NoteOut, **needs(Scope.CONVERSATIONS_WRITE))
def add_note(asker: Asks, conversation_id: Id, said: NoteIn) -> Response:
    """Write down what was seen or said on the spot."""

    def add(tx: Tx) -> NoteOut:
        with as_things_stand():
            made = act.note(tx, asker.member, conversation_id, said.text)
        notes = read.conversation_view(tx, asker.member, conversation_id).notes
        return NoteOut.model_validate(next(one for one in notes if one.id == made.id))

    return asker.once(add)


@routes.post("/{conversation_id}/take", response_model=Standing, **needs(Scope.CONVERSATIONS_WRITE))
def take(asker: Asks, conversation_id: Id) -> Response:
    """The program's member has it in hand, and everybody sees so."""
    return _done(asker, conversation_id, lambda tx: act.take(tx, asker.member, conversation_id))


@routes.post("/{conversation_id}/hand", response_model=Standing, **needs(Scope.CONVERSATIONS_WRITE))
def hand(asker: Asks, conversation_id: Id, said: HandIn) -> Response:
    """Give it to a colleague."""
    return _done(asker, conversation_id, lambda tx: act.hand_to(tx, asker.member, conversation_id, said.member_id))


@routes.post("/{conversation_id}/later", response_model=Standing, **needs(Scope.CONVERSATIONS_WRITE))
def later(asker: Asks, conversation_id: Id, said: LaterIn) -> Response:
    """Out of sight until then; it comes back at once if its author writes again."""
    return _done(asker, conversation_id, lambda tx: act.later(tx, asker.member, conversation_id, said.hours))


@routes.post("/{conversation_id}/close", response_model=Standing, **needs(Scope.CONVERSATIONS_WRITE))
def close(asker: Asks, conversation_id: Id, said: CloseIn) -> Response:
    """Put right, says the team; or nothing to do."""
    outcome = Outcome(said.outcome)
    return _done(asker, conversation_id, lambda tx: act.close(tx, asker.member, conversation_id, outcome))


@routes.post("/{conversation_id}/reopen", response_model=Standing, **needs(Scope.CONVERSATIONS_WRITE))
def reopen(asker: Asks, conversation_id: Id) -> Response:
    """It waits for us again."""
    return _done(asker, conversation_id, lambda tx: act.reopen(tx, asker.member, conversation_id))


@routes.post("/{conversation_id}/place", response_model=Standing, **needs(Scope.CONVERSATIONS_WRITE))
def set_place(asker: Asks, conversation_id: Id, said: PlaceGiven) -> Response:
    """Say which place was meant; the messages, and what is told of them, move along."""
    return _done(asker, conversation_id, lambda tx: act.set_place(tx, asker.member, conversation_id, said.place_id))


def _done(asker: Asker, conversation_id: str, deed: Callable[[Tx], object]) -> Response:
    def work(tx: Tx) -> Standing:
        with as_things_stand():
            deed(tx)
        return Standing.model_validate(conversations.of(tx, asker.member, conversation_id))

    return asker.once(work)
