"""Correction: what a member says a message means, where the reader was wrong, or that it was right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ouidire.domain.enrichment import Act, Aspect, Opinion, Reading, Sentiment, Urgency

NOT_JUDGED = ""
"""What is meant where an aspect was read and none is judged."""


class Judged(StrEnum):
    """What of a reading is corrected: one line of it, of an aspect each apart."""

    SENTIMENT = "sentiment"
    ACT = "act"
    URGENCY = "urgency"
    ASPECT = "aspect"


@dataclass(frozen=True, slots=True)
class Correction:
    """A member's word on one line of a reading. `read` is what stood there, `meant` what is right; alike: it was right.

    `aspect` is set for aspects alone. One stands for each mention, `judged` and `aspect`: the last said.
    """

    id: str
    organisation_id: str
    mention_id: str
    member_id: str
    judged: Judged
    aspect: str
    read: str
    meant: str
    reader: str
    at: datetime

    @property
    def was_right(self) -> bool:
        return self.read == self.meant


def said_of(reading: Reading, judged: Judged, aspect: str = "") -> str:
    """What stands in that line of the reading, in the words of a correction."""
    if judged is Judged.SENTIMENT:
        return reading.sentiment
    if judged is Judged.ACT:
        return reading.act
    if judged is Judged.URGENCY:
        return str(int(reading.urgency))
    return next((one.polarity for one in reading.aspects if one.aspect == aspect), NOT_JUDGED)


def can_say(judged: Judged, aspect: str, meant: str) -> bool:
    """Is that something this line of a reading can say?"""
    known: dict[Judged, set[str]] = {
        Judged.SENTIMENT: {*Sentiment},
        Judged.ACT: {*Act},
        Judged.URGENCY: {str(int(one)) for one in Urgency},
        Judged.ASPECT: {*Sentiment, NOT_JUDGED},
    }
    return meant in known[judged] and (judged is not Judged.ASPECT or aspect in set(Aspect))


def meant(reading: Reading, corrections: Iterable[Correction]) -> Reading:
    """The reading as members say it is: what they said is certain, and carried by no words."""
    for one in corrections:
        if one.judged is Judged.SENTIMENT:
            reading = _felt(reading, Sentiment(one.meant))
        elif one.judged is Judged.ACT and reading.act != one.meant:
            reading = replace(reading, act=Act(one.meant), act_p=1.0, act_because=())
        elif one.judged is Judged.URGENCY and int(reading.urgency) != int(one.meant):
            reading = replace(reading, urgency=Urgency(int(one.meant)), urgency_p=1.0, urgency_because=())
        elif one.judged is Judged.ASPECT:
            reading = replace(reading, aspects=_opinions(reading.aspects, one))
    return reading


def _felt(reading: Reading, sentiment: Sentiment) -> Reading:
    shares = tuple(float(one is sentiment) for one in Sentiment)
    words = reading.sentiment_words if reading.sentiment is sentiment else ()
    return replace(
        reading,
        sentiment=sentiment,
        sentiment_p=(shares[0], shares[1], shares[2]),
        sentiment_words=words,
        sure=True,
        unsure=(),
    )


def _opinions(aspects: tuple[Opinion, ...], one: Correction) -> tuple[Opinion, ...]:
    others = tuple(opinion for opinion in aspects if opinion.aspect != one.aspect)
    if one.meant == NOT_JUDGED:
        return others
    words = next((o.words for o in aspects if o.aspect == one.aspect), ())
    return (Opinion(Aspect(one.aspect), Sentiment(one.meant), 1.0, words), *others)
