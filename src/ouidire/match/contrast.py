"""Contrast: which of several places of one house a post means, by how the sentence goes around each of them.

"not the one in Laval", "since I moved from Lyon I go to the rue Nationale": where a post names places that cannot all
be meant, the words around each, as hashed features of a linear model (`contrast.npz`, trained by
`scripts/train_match.py` on phrasings alone). No locality itself is a feature, nor any name: what is learned holds for
every house. What it says is one value among others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations
from math import sqrt
from typing import NamedTuple

from ouidire.match.buckets import Buckets, bucket

BITS = 13
MOST = 4.0
"""No sentence alone says more than this."""

MOST_STRETCHES = 8
"""Who names more places than so many lists them, and compares nothing."""

FARTHEST = 1_000
"""Places that stand so many letters apart are not compared with each other."""

_AROUND = 6
_WITHIN = 400
"""No words are looked for farther than so many letters from the first and the last place."""

_OFTEN = 3.0
"""How much more one of the few features that say where a place stands among the others weighs than a word."""

_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
_PLACE, _NAME, _BEGIN, _END = "<place>", "<name>", "^", "$"
Span = tuple[int, int]


class Stretch(NamedTuple):
    """A stretch of a folded text that points to places."""

    start: int
    end: int
    place_ids: frozenset[str]


def is_contrast(stretches: Sequence[Stretch]) -> bool:
    """Do a few of them, in one breath, point to places that cannot all be meant?"""
    if not 2 <= len(stretches) <= MOST_STRETCHES or stretches[-1].end - stretches[0].start > FARTHEST:
        return False
    return any(one.place_ids.isdisjoint(other.place_ids) for one, other in combinations(stretches, 2))


class Turn(NamedTuple):
    """The features of one stretch: their buckets, and how much each weighs."""

    buckets: tuple[int, ...]
    shares: tuple[float, ...]


def turns(folded: str, stretches: Sequence[Stretch], names: Sequence[Span]) -> list[Turn]:
    """For each of `stretches`, which stand in the order of the text and do not overlap, how the text goes around it.

    `names`: where the house's own names stand.
    """
    first, last = max(0, stretches[0].start - _WITHIN), stretches[-1].end + _WITHIN
    near = [(start, end) for start, end in names if first < end and start < last]
    words = list(_words(folded, range(first, last), stretches, near))
    at = {word[1]: place for place, word in enumerate(words) if word[0] == _PLACE}
    return [_turn(words, at[number], number, stretches) for number in range(len(stretches))]


Token = tuple[str, int]
"""A word, sign, place or name, and of a place the number of its stretch (-1 of all else)."""


def _words(folded: str, near: range, stretches: Sequence[Stretch], names: Sequence[Span]) -> Iterator[Token]:
    """The text with each place and each name as one token."""
    last: tuple[str, int] | None = None
    for found in _TOKEN.finditer(folded, near.start, near.stop):
        first, end = found.span()
        number = next((at for at, one in enumerate(stretches) if one.start < end and first < one.end), -1)
        if number >= 0:
            token = (_PLACE, number)
        elif any(start < end and first < until for start, until in names):
            token = (_NAME, -1)
        else:
            token = ("0" if found[0].isdigit() else found[0], -1)
        if token != last or token[0] not in (_PLACE, _NAME):
            yield token
        last = token


def _turn(words: Sequence[Token], at: int, number: int, stretches: Sequence[Stretch]) -> Turn:
    left = [_BEGIN] * 3 + [word for word, _ in words[:at]]
    right = [word for word, _ in words[at + 1 :]] + [_END] * 2
    near = {
        ("l1", left[-1]), ("l2", left[-2]), ("l3", left[-3]), ("ll", " ".join(left[-2:])), ("lll", " ".join(left[-3:])),
        ("r1", right[0]), ("r2", right[1]), ("rr", " ".join(right[:2])),
        *(("b", word) for word in _until_a_place(reversed(words[:at]))),
        *(("a", word) for word in _until_a_place(words[at + 1 :])),
    }  # fmt: skip
    own = stretches[number].place_ids
    order = "first" if not number else "last" if number == len(stretches) - 1 else "between"
    again = {("again", "")} if sum(one.place_ids == own for one in stretches) > 1 else set()
    rare, often = sorted(near), sorted({("order", order), *again})
    length = sqrt(len(rare) + len(often))
    return Turn(
        tuple(bucket(kind, word, BITS) for kind, word in (*rare, *often)),
        (*(1 / length for _ in rare), *(_OFTEN / length for _ in often)),
    )


def _until_a_place(words: Iterator[Token] | Sequence[Token]) -> Iterator[str]:
    for count, (word, _) in enumerate(words):
        if word == _PLACE or count == _AROUND:
            return
        yield word


class Contrast:
    """The model: one small number for each bucket."""

    def __init__(self, weights: Buckets) -> None:
        self._weights = weights

    @classmethod
    def silent(cls) -> Contrast:
        """One to which no sentence says anything."""
        return cls(Buckets(bytes(1 << BITS), 1.0))

    def weigh(self, folded: str, stretches: Sequence[Stretch], names: Sequence[Span]) -> dict[str, float]:
        """What speaks for each place that is pointed to, in log-odds against the others; empty where no two of them
        are told apart."""
        if not is_contrast(stretches):
            return {}
        said = [self._weights.sum(turn.buckets, turn.shares) for turn in turns(folded, stretches, names)]
        return spread(stretches, said)


def spread(stretches: Sequence[Stretch], said: Sequence[float]) -> dict[str, float]:
    """What is said of each stretch, for each place: the mean of its stretches, from the mean of all."""
    middle = sum(said) / len(said)
    by: dict[str, list[float]] = {}
    for one, value in zip(stretches, said, strict=True):
        for place_id in one.place_ids:
            by.setdefault(place_id, []).append(value - middle)
    return {place_id: max(-MOST, min(MOST, sum(some) / len(some))) for place_id, some in by.items()}


@cache
def shipped() -> Contrast:
    """That in the package."""
    return Contrast(Buckets.shipped("contrast.npz", BITS))
