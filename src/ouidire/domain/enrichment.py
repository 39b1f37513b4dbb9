"""Enrichment: what was read in a mention, how sure, and the words that say so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

Span = tuple[int, int]
"""Start and end offsets, in characters, in the item's text."""


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Act(StrEnum):
    """What an author does with a text. Which one when several fit: labels/GUIDELINE.md."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    THANKS = "thanks"
    SUGGESTION = "suggestion"
    INFORMATION = "information"
    THREAT = "threat"
    BOYCOTT = "boycott"
    RELAY = "relay"
    OFFER = "offer"
    OTHER = "other"


class Aspect(StrEnum):
    """A side of a business that customers judge."""

    SERVICE = "service"
    STAFF = "staff"
    WAITING = "waiting"
    PRODUCT = "product"
    PRICE = "price"
    CLEANLINESS = "cleanliness"
    PLACE = "place"
    AVAILABILITY = "availability"
    OPENING = "opening"
    PAYMENT = "payment"
    DELIVERY = "delivery"


class Unsure(StrEnum):
    """Why a reader would rather not say: the classes are close, praise and blame, irony, too few words, a language
    that it was not taught."""

    CLOSE = "close"
    MIXED = "mixed"
    IRONY = "irony"
    SHORT = "short"
    LANGUAGE = "language"


class Urgency(IntEnum):
    """0 can wait for the quiet hour, 1 today, 2 someone is waiting now, 3 someone may be in danger."""

    CALM = 0
    TODAY = 1
    NOW = 2
    DANGER = 3


@dataclass(frozen=True, slots=True)
class Because:
    """One rule that fired: its name (translated by the faces) and the words that made it fire."""

    rule: str
    words: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """One aspect that is judged, how, how surely, and the words that say it."""

    aspect: Aspect
    polarity: Sentiment
    p: float
    words: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader understood of one text.

    Probabilities are in [0, 1]; `sentiment_p` is (negative, neutral, positive).

    `language` is ISO 639-1 or 'und'. `sentiment_words` are the spans that weighed most for the label given.
    `staff` are the spans of names of people, masked at the door by role. `sure` is false where it would rather not say,
    and `unsure` says why. `aspects` has an aspect once at most, the surest first.
    """

    reader: str
    language: str
    language_p: float
    sentiment: Sentiment
    sentiment_p: tuple[float, float, float]
    sentiment_words: tuple[Span, ...]
    act: Act
    act_p: float
    act_because: tuple[Because, ...]
    urgency: Urgency
    urgency_p: float
    urgency_because: tuple[Because, ...]
    staff: tuple[Span, ...]
    sure: bool
    aspects: tuple[Opinion, ...] = ()
    unsure: tuple[Unsure, ...] = ()

    @property
    def confidence(self) -> float:
        return max(self.sentiment_p)


HEALTH = frozenset({"ill", "allergy", "despair"})
"""Reasons that say something of a person's health."""

GRAVE_WORDS = "grave_words"
"""The reason that stands for these where the network's terms forbid to infer anybody's health: the words alone."""


def without_health(reading: Reading) -> Reading:
    """The same reading with no word of ours on anybody's health; how urgent it is, and the author's words, stay."""
    return replace(
        reading,
        act_because=tuple(map(_of_words_alone, reading.act_because)),
        urgency_because=tuple(map(_of_words_alone, reading.urgency_because)),
    )


def _of_words_alone(one: Because) -> Because:
    return replace(one, rule=GRAVE_WORDS) if one.rule in HEALTH else one


@dataclass(frozen=True, slots=True)
class Enrichment:
    id: str
    mention_id: str
    reading: Reading


_BETWEEN = re.compile(r"""[\s,;:/()\[\]"'«»“”’–—-]*""")


def adjoining(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """`spans` in order, those with nothing but signs and spaces between them made one: one mark tells as much as two.

    >>> adjoining("Mathis, au comptoir, dort", ((0, 6), (8, 19)))
    ((0, 19),)
    """
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and (start <= joined[-1][1] or _BETWEEN.fullmatch(text, joined[-1][1], start)):
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def mask(text: str, staff: tuple[Span, ...], mark: str = "…") -> str:
    """`text` with each span of `staff` replaced by `mark`; spans may overlap and come in any order.

    >>> mask("Merci Léa et Tom", ((6, 9), (13, 16)))
    'Merci … et …'
    """
    out, at = [], 0
    for start, end in sorted(staff):
        if end <= at:
            continue
        out += [text[at : max(start, at)], mark if start >= at else ""]
        at = end
    return "".join(out) + text[at:]
