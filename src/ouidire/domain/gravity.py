"""Gravity: how much one message needs a person, from what was read in it. 0 nothing, 1 today, 2 now, 3 danger."""

from __future__ import annotations

from ouidire.domain.enrichment import Act, Reading, Sentiment

SURELY_NEGATIVE = 0.6

GRAVE = 2
"""From here on a message needs a person also when it is old."""

_AGAINST_US = frozenset({Act.COMPLAINT, Act.THREAT, Act.BOYCOTT})


def gravity(reading: Reading, rating: float | None = None) -> int:
    """Urgency as read; what is surely unhappy, or rated two stars or less, needs somebody today at least."""
    unhappy = reading.sentiment is Sentiment.NEGATIVE and reading.sentiment_p[0] >= SURELY_NEGATIVE
    if reading.act in _AGAINST_US and unhappy:
        return max(reading.urgency, 1)
    if rating is not None and rating <= 2:
        return max(reading.urgency, 1)
    return int(reading.urgency)


def is_harmful(reading: Reading, rating: float | None = None) -> bool:
    """Would it hurt if others carried this further?"""
    return reading.sentiment is Sentiment.NEGATIVE or (
        gravity(reading, rating) >= 1 and reading.act is not Act.QUESTION
    )


def needs_answer(reading: Reading, rating: float | None = None) -> bool:
    """Does this message wait for a word of ours?"""
    return reading.act in _AGAINST_US | {Act.QUESTION} or gravity(reading, rating) >= 1
