"""What a screen shows, already scoped and masked for the member who asks; the faces add words and layout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ouidire.domain.absence import Summary
from ouidire.domain.alert import Because, DeliveryState, Judgement
from ouidire.domain.conversation import ConversationState, EdgeKind, Outcome
from ouidire.domain.correction import Correction
from ouidire.domain.enrichment import Act, Opinion, Sentiment, Span, Unsure, Urgency
from ouidire.domain.gravity import GRAVE
from ouidire.domain.item import Gap
from ouidire.domain.mention import Ask, Evidence, MentionState, PlaceCandidate
from ouidire.domain.question import AnswerKind
from ouidire.domain.reply import ReplyState
from ouidire.domain.source import SourceState
from ouidire.domain.voices import Voices


@dataclass(frozen=True, slots=True)
class ReadingView:
    """How a message was read. `because` are rule names with their words; spans index `text`."""

    sentiment: Sentiment
    sentiment_p: float
    sentiment_words: tuple[Span, ...]
    act: Act
    act_p: float
    urgency: Urgency
    urgency_p: float
    because: tuple[tuple[str, tuple[Span, ...]], ...]
    language: str
    sure: bool
    reader: str
    aspects: tuple[Opinion, ...] = ()
    unsure: tuple[Unsure, ...] = ()
    said: tuple[Correction, ...] = ()
    """What members said of this reading."""

    def corrected(self, judged: str, aspect: str = "") -> Correction | None:
        """What was said of one of its lines, if anything was."""
        return next((one for one in self.said if (one.judged, one.aspect) == (judged, aspect)), None)


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message in a conversation. `text` is masked where the member may not see names (`is_masked`).

    `hidden` are the marks that stand for names, as spans of `text`; so in replies and notes.
    """

    mention_id: str
    network: str
    author_name: str
    author_handle: str
    text: str
    url: str
    written_at: datetime
    first_seen_at: datetime
    edge: EdgeKind
    edge_because: str
    evidence: tuple[Evidence, ...]
    reading: ReadingView | None
    is_masked: bool = False
    is_gone: bool = False
    is_own: bool = False
    is_relay: bool = False
    rating: float | None = None
    hidden: tuple[Span, ...] = ()
    p: float = 1.0
    candidates: tuple[PlaceCandidate, ...] = ()
    """How sure `match` was, and of which places it thought."""


@dataclass(frozen=True, slots=True)
class ReplyView:
    id: str
    text: str
    member_name: str
    state: ReplyState
    written_at: datetime
    sent_at: datetime | None
    url: str
    because: str
    seen_on_network: bool
    hidden: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteView:
    id: str
    member_name: str
    text: str
    written_at: datetime
    hidden: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class ToldView:
    """One line of 'who knew when': a delivery made or held back, and why."""

    delivery_id: str
    conversation_id: str
    place_name: str
    member_name: str
    notifier: str
    state: DeliveryState
    because: Because
    at: datetime
    error: str
    judgement: Judgement | None
    incident_kind: str
    gravity: int
    is_mine: bool
    route_id: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A conversation at a glance. `place_name` is empty where the place is unknown."""

    conversation_id: str
    place_id: str | None
    place_name: str
    time_zone: str
    state: ConversationState
    outcome: Outcome | None
    gravity: int
    first: MessageView
    messages: int
    relays: int
    assignee_name: str
    told: tuple[str, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ConversationView:
    """Everything of one conversation, in time order. `can_answer` false: answer on the site, `why_not` is a key."""

    card: Card
    messages: tuple[MessageView, ...]
    relays: tuple[MessageView, ...]
    replies: tuple[ReplyView, ...]
    notes: tuple[NoteView, ...]
    told: tuple[ToldView, ...]
    can_answer: bool
    why_not: str
    answer_url: str
    max_length: int
    members: tuple[tuple[str, str], ...] = ()
    places: tuple[tuple[str, str], ...] = ()
    questions: tuple[QuestionView, ...] = ()
    """What was asked about its messages, answered or not."""

    voices: Voices | None = None
    """The clues beside its first message; None for our own."""


@dataclass(frozen=True, slots=True)
class SourceLine:
    """A source as every screen's listening line shows it."""

    source_id: str
    name: str
    connector: str
    state: SourceState
    last_heard_at: datetime | None
    deaf_since: datetime | None
    because: str
    heard: int
    kept: int
    dropped: int
    can_reply: bool
    listens: bool
    gaps: tuple[Gap, ...] = ()
    """What it could not hear and could not catch up with, newest first."""
    address: str = ""
    """Where it is heard, without what may be a key in it."""
    due_at: datetime | None = None
    usual_s: float | None = None
    spoke_at: datetime | None = None
    is_silent: bool = False
    """It hears, but has been silent for much longer than it usually is."""
    note: str = ""
    called_by: str = ""
    """Who calls us when there is something new; empty: nobody, it is asked."""
    may_remove: bool = False
    absences: tuple[Summary, ...] = ()
    """When it was away in the last days, newest first, one night's in one."""


@dataclass(frozen=True, slots=True)
class MentionView:
    """One message by itself. `conversation_id` is empty until it was put into one."""

    message: MessageView
    state: MentionState
    place_id: str | None
    place_name: str
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A place that a question may be answered with: its short name, its whole name, and the probability that it is.

    `p` is 0 where nothing of the post speaks for it.
    """

    place_id: str
    short: str
    name: str
    p: float = 0.0


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One question, with the message it is about and what it may be answered with.

    `p`: how probable it is that the message is about the organisation. `choices` are the places that may be meant, the
    likeliest first; `others` the member's further ones. `answered_by` is empty where the house itself settled it;
    `place_name` is the place of the answer. `phrase` and `word` are what the answer might teach besides, where the
    member may decide that: words of the text that could name the place, or say that another is meant.
    """

    id: str
    ask: Ask
    asked_at: datetime
    message: MessageView
    p: float
    choices: tuple[Choice, ...]
    others: tuple[Choice, ...]
    conversation_id: str = ""
    answer: AnswerKind | None = None
    place_id: str | None = None
    place_name: str = ""
    answered_by: str = ""
    answered_at: datetime | None = None
    is_mine: bool = False
    may_undo: bool = False
    phrase: str = ""
    word: str = ""

    @property
    def is_grave(self) -> bool:
        return self.message.reading is not None and self.message.reading.urgency >= GRAVE


@dataclass(frozen=True, slots=True)
class AbsenceView:
    """When we could not hear lately, and what came meanwhile: counted by sentiment, `grave` of them still wait.

    `names` are the sources that were away; empty when all were. `zone` is the clock to tell it by.
    """

    summary: Summary
    names: tuple[str, ...]
    came: Mapping[str, int]
    grave: int
    zone: str


@dataclass(frozen=True, slots=True)
class NowView:
    """Does someone need me now? `waiting` first; the calm state reads the counts of today."""

    waiting: tuple[Card, ...]
    handled: tuple[Card, ...]
    mentions_today: int
    positive_today: int
    negative_today: int
    last_heard_at: datetime | None
    sources: tuple[SourceLine, ...] = field(default=())
    absence: AbsenceView | None = None
    question: QuestionView | None = None
    """What we would like to know of the member, one thing at a time."""
    questions: int = 0
    """How many questions wait for an answer of theirs."""
    clock_behind: timedelta | None = None
    """How wrong this machine's clock is; None: right, as far as we know."""
