"""What a message does to the conversation it joins: plain rules on values."""

from __future__ import annotations

from dataclasses import dataclass

from ouidire.domain.conversation import ConversationState, Outcome
from ouidire.domain.enrichment import Act, Reading, Sentiment
from ouidire.domain.gravity import GRAVE, gravity, needs_answer


@dataclass(frozen=True, slots=True)
class Turn:
    """The conversation's next state; `because` is a sentence's key."""

    state: ConversationState
    outcome: Outcome | None
    because: str


MUTED = Turn(ConversationState.CLOSED, Outcome.NOTHING_TO_DO, "author_muted")
"""How a conversation begins with somebody whom nobody of ours wants to hear."""


def opening(reading: Reading | None, rating: float | None, *, is_news: bool, is_own: bool) -> Turn:
    """The state in which a conversation begins. Old words wait for nobody, unless they are grave."""
    if is_own:
        return Turn(ConversationState.CLOSED, Outcome.NOTHING_TO_DO, "own_words")
    if reading is None:
        return Turn(ConversationState.WAITING, None, "unread")
    grave = gravity(reading, rating) >= GRAVE
    if (is_news and needs_answer(reading, rating)) or grave:
        return Turn(ConversationState.WAITING, None, "needs_answer" if is_news else "old_but_grave")
    return Turn(ConversationState.CLOSED, Outcome.NOTHING_TO_DO, "nothing_asked" if is_news else "not_news")


def author_again(now: ConversationState, reading: Reading | None) -> Turn | None:
    """What the customer's next words do: thanks put it right, anything else waits for us again. None: no change."""
    if reading is None:
        return None
    content = reading.act is Act.THANKS and reading.sentiment is not Sentiment.NEGATIVE and reading.urgency == 0
    if content:
        return Turn(ConversationState.CLOSED, Outcome.PUT_RIGHT, "author_thanks")
    if now in (ConversationState.THEIRS, ConversationState.CLOSED) and needs_answer(reading):
        return Turn(ConversationState.WAITING, None, "author_wrote_again")
    return None


def somebody_joins(now: ConversationState, reading: Reading | None) -> Turn | None:
    """What the words of somebody else do: who is unhappy too is not lost in what was done with."""
    if now in (ConversationState.THEIRS, ConversationState.CLOSED) and reading is not None and gravity(reading) >= 1:
        return Turn(ConversationState.WAITING, None, "somebody_joins")
    return None


def we_spoke(now: ConversationState) -> Turn | None:
    """Somebody of ours answered on the network itself."""
    if now in (ConversationState.WAITING, ConversationState.OURS):
        return Turn(ConversationState.THEIRS, None, "answered_on_site")
    return None
