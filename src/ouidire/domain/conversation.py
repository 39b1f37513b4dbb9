"""Story (what spread from one item) and conversation (one visit, until it is put right)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConversationState(StrEnum):
    WAITING = "waiting"
    """It needs us: nobody has it in hand."""
    OURS = "ours"
    """A member has it in hand."""
    THEIRS = "theirs"
    """We answered; the customer's word is next."""
    CLOSED = "closed"


class Outcome(StrEnum):
    """How it ended, in the author's own words, or because a member said so."""

    PUT_RIGHT = "put_right"
    BY_MEMBER = "by_member"
    NOTHING_TO_DO = "nothing_to_do"
    GONE = "gone"


class EdgeKind(StrEnum):
    FIRST = "first"
    REPLY = "reply"
    QUOTE = "quote"
    REPOST = "repost"
    SAME_VISIT = "same_visit"


@dataclass(frozen=True, slots=True)
class Edge:
    """Why a mention stands where it stands; `because` is a sentence's key, `undone_at` when a member took it back."""

    mention_id: str
    kind: EdgeKind
    because: str
    to_mention_id: str | None = None
    undone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    organisation_id: str
    place_id: str | None
    state: ConversationState
    outcome: Outcome | None
    assignee_id: str | None
    gravity: int
    opened_at: datetime
    updated_at: datetime
    because: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    id: str
    conversation_id: str
    member_id: str
    text: str
    written_at: datetime
