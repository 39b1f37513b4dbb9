"""What stands beside a message for whoever must judge how much it weighs: clues, never a verdict.

How many others say the same or the contrary, whether its author has written before, what in its words tells of a visit,
who else wrote nearly the same. A business is never told that a message is false: nobody can know that from its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from ouidire.domain.enrichment import Act, Aspect, Reading, Sentiment
from ouidire.domain.fold import fold

ALIKE_FROM, FEWEST_WORDS = 0.7, 6
"""Two messages are nearly the same when they share so much of all their words, and have so many."""


class Detail(StrEnum):
    """What in a message somebody tells who was there."""

    TIME = "time"
    SUM = "sum"
    FIRST_PERSON = "first_person"
    STAFF = "staff"
    PICTURE = "picture"
    CHECK_IN = "check_in"


_TELLS = {
    Detail.TIME: re.compile(
        r"(?<!\w)(?:\d{1,3} ?(?:h|min\w*|mn|heures?|hours?)|\d{1,2}[h:]\d{2}|(?:ce|hier) (?:matin|midi|soir)|"
        r"yesterday|last night|this (?:morning|evening)|(?:lun|mar|mercre|jeu|vendre|same)di|dimanche|"
        r"(?:mon|tues|wednes|thurs|fri|satur|sun)day)(?!\w)"
    ),
    Detail.SUM: re.compile(r"\d+(?:[.,]\d{1,2})? ?(?:€|\$|£|euros?|dollars?|chf|fr\b)|[€$£] ?\d"),
    Detail.FIRST_PERSON: re.compile(r"(?<!\w)(?:j'|(?:je|nous|on (?:a|est|nous)|ma|mon|mes|i|we|my|our)(?!\w))"),
}


@dataclass(frozen=True, slots=True)
class Voice:
    """One message as a voice among others: what it says, and who says it (any stable key)."""

    author: str
    text: str
    reading: Reading | None
    has_picture: bool = False
    has_checked_in: bool = False


@dataclass(frozen=True, slots=True)
class Voices:
    """The clues beside one message.

    Of other authors: `alike` judge `aspect` as it does, `otherwise` judge it the other way; `same_words` wrote nearly
    the same. Of its own author: `before` earlier messages, of which `complained` were complaints. `details` are what it
    tells of a visit; `only_stars` when it has no words.
    """

    aspect: Aspect | None
    sentiment: Sentiment
    alike: int
    otherwise: int
    same_words: int
    before: int
    complained: int
    details: tuple[Detail, ...]
    only_stars: bool


def voices(one: Voice, others: Sequence[Voice], before: Sequence[Voice]) -> Voices:
    """The clues beside `one`, among `others` (other messages about the same place) and what its author wrote before."""
    aspect, sentiment = _says(one.reading)
    strangers = [other for other in others if other.author != one.author]
    said = [(other.author, _of(other.reading, aspect)) for other in strangers]
    words = _words(one.text)
    return Voices(
        aspect=aspect,
        sentiment=sentiment,
        alike=len({author for author, felt in said if felt is sentiment}),
        otherwise=len({author for author, felt in said if felt is _other_way(sentiment)}),
        same_words=len({other.author for other in strangers if _are_alike(words, _words(other.text))}),
        before=len(before),
        complained=sum(b.reading is not None and b.reading.act is Act.COMPLAINT for b in before),
        details=tuple(_details(one)),
        only_stars=not any(letter.isalnum() for letter in one.text),
    )


def _says(reading: Reading | None) -> tuple[Aspect | None, Sentiment]:
    """What it judges most surely the way it feels on the whole, or no aspect and the whole feeling."""
    if reading is None:
        return None, Sentiment.NEUTRAL
    fitting = [one for one in reading.aspects if one.polarity is reading.sentiment is not Sentiment.NEUTRAL]
    return (fitting[0].aspect if fitting else None), reading.sentiment


def _of(reading: Reading | None, aspect: Aspect | None) -> Sentiment | None:
    """How a reading judges that aspect; without one, how it feels on the whole. None where it says nothing of it."""
    if reading is None:
        return None
    if aspect is None:
        return reading.sentiment
    return next((one.polarity for one in reading.aspects if one.aspect is aspect), None)


def _other_way(sentiment: Sentiment) -> Sentiment | None:
    return {Sentiment.NEGATIVE: Sentiment.POSITIVE, Sentiment.POSITIVE: Sentiment.NEGATIVE}.get(sentiment)


def _details(one: Voice) -> Iterable[Detail]:
    words = one.text.lower().replace("’", "'")
    yield from (detail for detail, tells in _TELLS.items() if tells.search(words))
    if one.reading is not None and one.reading.staff:
        yield Detail.STAFF
    if one.has_picture:
        yield Detail.PICTURE
    if one.has_checked_in:
        yield Detail.CHECK_IN


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", fold(text)))


def _are_alike(first: set[str], second: set[str]) -> bool:
    """Are these nearly the same words? (Jaccard's index)"""
    if min(len(first), len(second)) < FEWEST_WORDS:
        return False
    return len(first & second) >= ALIKE_FROM * len(first | second)
