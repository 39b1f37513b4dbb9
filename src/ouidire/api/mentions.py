"""Mentions: single messages that speak of the organisation, masked for the member who asks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field, field_validator

from ouidire.api.door import Asks, needs, router
from ouidire.api.problems import as_things_stand
from ouidire.api.shapes import Flag, Id, IdIn, Line, Moment, Out, Page, Paged, Span
from ouidire.domain.conversation import EdgeKind
from ouidire.domain.enrichment import Act, Aspect, Sentiment, Unsure, Urgency
from ouidire.domain.mention import EvidenceKind, MentionState
from ouidire.domain.program import Scope
from ouidire.inbox import act, read
from ouidire.inbox.views import MentionView
from ouidire.store.engine import Tx
from ouidire.store.mentions import Sought

routes = router("/mentions", "mentions")


class EvidenceOut(Out):
    """One reason why the message is here, or against it: what was found, and where in the text (-1: not in it)."""

    kind: EvidenceKind
    found: str
    start: int
    end: int
    place_id: str | None = Field(description="The one place it speaks for or against; null: all of them.")
    weight: float = Field(description="By how much it moved the log-odds; below 0: against. 0: not known.")


class PlaceCandidateOut(Out):
    """A place that may be meant."""

    place_id: str
    p: float = Field(description="Probability in [0, 1].")


class RuleOut(Out):
    """A rule that fired, and the words that made it."""

    rule: str
    words: list[Span]


class OpinionOut(Out):
    """One aspect that is judged, how, how surely, and the words that say it."""

    aspect: Aspect
    polarity: Sentiment
    p: float
    words: list[Span]


class ReadingOut(Out):
    """How the message was read, how sure, and the words that say so. Probabilities are in [0, 1]."""

    sentiment: Sentiment
    sentiment_p: float
    sentiment_words: list[Span]
    act: Act
    act_p: float
    urgency: Urgency = Field(description="0 can wait, 1 today, 2 someone waits now, 3 someone may be in danger.")
    urgency_p: float
    because: list[RuleOut]
    aspects: list[OpinionOut] = Field(description="What is judged, the surest first; each aspect once at most.")
    language: str = Field(description="ISO 639-1, or `und`.", examples=["fr"])
    sure: bool = Field(description="False: it would rather not say.")
    unsure: list[Unsure] = Field(description="Why it would rather not say.")
    reader: str = Field(description="What read it, with its version.")

    @field_validator("because", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return [{"rule": rule, "words": words} for rule, words in value]


class MessageOut(Out):
    """One message. Spans count characters in `text`, which is masked where the member may not see names."""

    mention_id: str
    network: str = Field(examples=["bluesky"])
    author_name: str
    author_handle: str
    text: str = Field(description="Empty once its author deleted it (`is_gone`).")
    url: str = Field(description="Where a person can see it.")
    written_at: Moment
    first_seen_at: Moment
    edge: EdgeKind = Field(description="How it came into its conversation.")
    edge_because: str
    evidence: list[EvidenceOut]
    p: float = Field(description="How sure we are, in [0, 1], of the organisation and the place together.")
    candidates: list[PlaceCandidateOut] = Field(description="The places that may be meant, the likeliest first.")
    reading: ReadingOut | None = Field(description="Null until it was read.")
    rating: float | None = Field(description="1 to 5, where the network has stars.")
    hidden: list[Span] = Field(description="The marks that stand for names of employees.")
    is_masked: bool
    is_gone: bool
    is_own: Flag = Field(description="Written by an account of ours.")
    is_relay: bool


class MentionOut(Out):
    """A message by itself, and where it stands."""

    message: MessageOut
    state: MentionState
    place_id: str | None = Field(description="Null: the place is unknown.")
    place_name: str
    conversation_id: str = Field(description="Empty until it was put into a conversation.")


class Mentions(Paged):
    """What a list of mentions is narrowed to."""

    place_id: IdIn | None = Field(None, description="Said about this place.")
    since: Moment | None = Field(None, description="First seen then or later.")
    until: Moment | None = Field(None, description="First seen before.")
    sentiment: Sentiment | None = None
    act: Act | None = None
    urgency: int = Field(0, ge=0, le=3, description="At least so urgent.")
    state: MentionState = Field(MentionState.OURS, description="`ours`, what a member put away, or `asked`: perhaps.")
    language: str = Field("", pattern=r"^([a-z]{2,3})?$", description="ISO 639-1, or `und`.")
    network: str = Field("", max_length=40, pattern=r"^[a-z0-9_.-]*$")
    own: Flag = Field(False, description="Also what our own accounts wrote.")
    q: Line = Field("", description="All these words, in any spelling; not by names that are masked for the member.")

    @property
    def sought(self) -> Sought:
        return Sought(
            place_id=self.place_id,
            state=self.state,
            is_own=None if self.own else False,
            network=self.network,
            sentiment=self.sentiment or "",
            act=self.act or "",
            urgency=self.urgency,
            language=self.language,
            since=self.since,
            until=self.until,
            query=self.q,
        )


class Moved(Out):
    """What became of a message."""

    mention_id: str
    conversation_id: str
    state: MentionState

    @classmethod
    def of(cls, view: MentionView) -> Moved:
        return cls(mention_id=view.message.mention_id, conversation_id=view.conversation_id, state=view.state)


@routes.get("", **needs(Scope.CONVERSATIONS_READ))
def list_mentions(asker: Asks, wanted: Annotated[Mentions, Query()]) -> Page[MentionOut]:
    """What was said, newest first."""
    with asker.reading() as tx:
        found = read.mention_stretch(tx, asker.member, wanted.sought, wanted.stretch)
    return asker.page(found, wanted, lambda one: one.message.mention_id, MentionOut.model_validate)


@routes.get("/{mention_id}", **needs(Scope.CONVERSATIONS_READ))
def get_mention(asker: Asks, mention_id: Id) -> MentionOut:
    """One message."""
    with asker.reading() as tx:
        return MentionOut.model_validate(read.mention_view(tx, asker.member, mention_id))


@routes.post("/{mention_id}/not-ours", response_model=Moved, **needs(Scope.CONVERSATIONS_WRITE))
def not_about_us(asker: Asks, mention_id: Id) -> Response:
    """It does not speak of us. Its conversation ends when nothing else is in it."""

    def put_away(tx: Tx) -> Moved:
        with as_things_stand():
            act.not_about_us(tx, asker.member, mention_id)
        return Moved.of(read.mention_view(tx, asker.member, mention_id))

    return asker.once(put_away)


@routes.post("/{mention_id}/mute-author", response_model=Moved, **needs(Scope.CONVERSATIONS_WRITE))
def mute_author(asker: Asks, mention_id: Id) -> Response:
    """Hear its author no more. Members can undo it on the page of what is listened for."""

    def mute(tx: Tx) -> Moved:
        with as_things_stand():
            act.mute_author(tx, asker.member, mention_id)
        return Moved.of(read.mention_view(tx, asker.member, mention_id))

    return asker.once(mute)


@routes.post("/{mention_id}/apart", response_model=Moved, **needs(Scope.CONVERSATIONS_WRITE))
def take_apart(asker: Asks, mention_id: Id) -> Response:
    """It does not belong to its conversation: it gets one of its own."""

    def part(tx: Tx) -> Moved:
        with as_things_stand():
            act.undo_edge(tx, asker.member, mention_id)
        return Moved.of(read.mention_view(tx, asker.member, mention_id))

    return asker.once(part)
