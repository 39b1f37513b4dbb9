"""What a message does to its conversation: tables of turns."""

from __future__ import annotations

import pytest

from ouidire.domain.conversation import ConversationState, Outcome
from ouidire.domain.enrichment import Act, Reading, Sentiment, Urgency
from ouidire.relate.follow_up import Turn, author_again, opening, somebody_joins, we_spoke
from tests.builders import CONTENT, reading

WAITING, OURS, THEIRS, CLOSED = ConversationState

COMPLAINT = reading()
THANKS = reading(**CONTENT)
CALM = {"urgency": Urgency.CALM, "urgency_because": ()}
QUESTION = reading(act=Act.QUESTION, sentiment=Sentiment.NEUTRAL, sentiment_p=(0.1, 0.8, 0.1), **CALM)
NEWS = reading(act=Act.INFORMATION, sentiment=Sentiment.NEUTRAL, sentiment_p=(0.1, 0.8, 0.1), **CALM)
IRONY = reading(act=Act.THANKS, **CALM)
DANGER = reading(urgency=Urgency.DANGER)
MILD = reading(sentiment_p=(0.7, 0.2, 0.1), **CALM)


@pytest.mark.parametrize(
    ("what", "rating", "is_news", "is_own", "state", "because"),
    [
        (COMPLAINT, None, True, False, WAITING, "needs_answer"),
        (MILD, None, True, False, WAITING, "needs_answer"),
        (QUESTION, None, True, False, WAITING, "needs_answer"),
        (THANKS, None, True, False, CLOSED, "nothing_asked"),
        (NEWS, None, True, False, CLOSED, "nothing_asked"),
        (NEWS, 2.0, True, False, WAITING, "needs_answer"),
        (None, None, True, False, WAITING, "unread"),
        (QUESTION, None, False, False, CLOSED, "not_news"),
        (MILD, None, False, False, CLOSED, "not_news"),
        (COMPLAINT, None, False, False, WAITING, "old_but_grave"),
        (DANGER, None, False, False, WAITING, "old_but_grave"),
        (DANGER, None, True, True, CLOSED, "own_words"),
        (None, None, True, True, CLOSED, "own_words"),
    ],
)
def test_how_a_conversation_begins(
    what: Reading | None, rating: float | None, is_news: bool, is_own: bool, state: ConversationState, because: str
) -> None:
    outcome = Outcome.NOTHING_TO_DO if state is CLOSED else None
    assert opening(what, rating, is_news=is_news, is_own=is_own) == Turn(state, outcome, because)


@pytest.mark.parametrize("now", ConversationState)
@pytest.mark.parametrize(
    ("what", "does"),
    [
        (THANKS, "closes"),
        (COMPLAINT, "asks"),
        (QUESTION, "asks"),
        (NEWS, "nothing"),
        (IRONY, "nothing"),
        (None, "nothing"),
    ],
)
def test_what_the_customers_next_words_do(now: ConversationState, what: Reading | None, does: str) -> None:
    expected = None
    if does == "closes":
        expected = Turn(CLOSED, Outcome.PUT_RIGHT, "author_thanks")
    elif does == "asks" and now in (THEIRS, CLOSED):
        expected = Turn(WAITING, None, "author_wrote_again")
    assert author_again(now, what) == expected


@pytest.mark.parametrize("now", ConversationState)
def test_our_words_on_the_site_give_the_turn_to_the_customer(now: ConversationState) -> None:
    expected = Turn(THEIRS, None, "answered_on_site") if now in (WAITING, OURS) else None
    assert we_spoke(now) == expected


@pytest.mark.parametrize("now", ConversationState)
@pytest.mark.parametrize(("what", "asks"), [(COMPLAINT, True), (THANKS, False), (QUESTION, False), (None, False)])
def test_who_joins_unhappily_is_not_lost_in_what_was_done_with(
    now: ConversationState, what: Reading | None, asks: bool
) -> None:
    expected = Turn(WAITING, None, "somebody_joins") if asks and now in (THEIRS, CLOSED) else None
    assert somebody_joins(now, what) == expected
