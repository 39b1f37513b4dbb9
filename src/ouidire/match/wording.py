"""Wording: whether a sentence goes as one about a business does, wherever a name stands in it.

"a bus stop called …", "goal by …", "not even a smile at …": the words of a post, two in a row, and those right beside
the name, as hashed features of a linear model (`wording.npz`, trained by `scripts/train_match.py` on phrasings alone).
Neither the name itself is one of them nor those of others, of towns or streets: what is learned holds for every house.
What it says is one value among others.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from math import sqrt

from ouidire.match.buckets import Buckets, bucket
from ouidire.match.categories import WAY, category

BITS = 15
AROUND = 300
"""So many letters before the first name and behind it are read; what stands farther away is about something else."""

MOST_NAMES, MOST_SHOWN = 3, 5
MOST = 4.0
"""No sentence alone says more than this: three words may be chance."""

WORTH_A_LINE = 0.3
"""From which weight on it is told how the sentence goes: less than that, nobody would hear in it."""

_TOKEN = re.compile(r"\w+|[!?#@:&]")
_BEGIN, _END = "^", "$"
_NOWHERE = (-1, -1)
Span = tuple[int, int]
Token = tuple[str, Span]


@dataclass(frozen=True, slots=True)
class Weighed:
    """`value`, in log-odds: above nought, people speak so of businesses. `span`: the stretch that says so most, where
    it is worth a line."""

    value: float
    span: Span = _NOWHERE


def turns(folded: str, names: Sequence[Span], others: Sequence[Span] = ()) -> dict[int, tuple[Span, ...]]:
    """The features of a folded text in which a business is named at `names`: their buckets, and the words that make
    them. What stands at `others` is left out: localities, and names of others.

    >>> len(turns("bus stop called lulu", [(16, 20)]))
    12
    """
    if not names:
        return {}
    first = min(start for start, _ in names)
    near = range(max(0, first - AROUND), first + AROUND)
    words = list(_words(folded, near, names, others))
    if not words:
        return {}
    starts = [start for _, (start, _) in words]
    found: dict[int, tuple[Span, ...]] = {}
    for word, span in words:
        found.setdefault(bucket("b", word, BITS), (span,))
    for (one, a), (other, b) in pairwise(words):
        found.setdefault(bucket("2", f"{one} {other}", BITS), (a, b))
    where = sorted(start for start, _ in names if start in near)[:MOST_NAMES]
    for place in sorted({bisect_left(starts, start) for start in where}):
        for number, spans in _beside(words[max(0, place - 2) : place], words[place : place + 2]):
            found.setdefault(number, spans)
    return found


def _words(folded: str, near: range, names: Sequence[Span], others: Sequence[Span]) -> Iterator[Token]:
    """Words and signs outside of the names, without localities and what leads to them: "rue de Rennes à Paris"."""
    kept: list[Token] = []
    is_way = False
    left_out = [*names, *others]
    for one in _TOKEN.finditer(folded, near.start, near.stop):
        word, span = one[0], one.span()
        if _lies_in(span, left_out):
            if _lies_in(span, names):
                yield from kept
                kept, is_way = [], False
            while kept and kept[-1][0] in _LEADS:
                kept.pop()
        elif is_way or word in _WAYS:
            is_way = word in _WAYS or word in _LEADS  # until the first word of the street's own name
        else:
            kept.append((word, span))
    yield from kept


def _lies_in(span: Span, some: Sequence[Span]) -> bool:
    first, last = span
    for start, end in some:  # noqa: SIM110, asked of every word: this takes half the time of `any`
        if start < last and first < end:
            return True
    return False


_WAYS = category(WAY).words
"""What stands behind one of them is a street's: where it is our name, `evidence` says so by itself."""

_LEADS = frozenset((
    *("a", "au", "aux", "d", "de", "des", "du", "en", "sur", "vers", "pres", "la", "le", "les", "l"),
    *("in", "at", "on", "of", "the", "near", "by"),
))  # fmt: skip


def _beside(before: list[Token], after: list[Token]) -> Iterator[tuple[int, tuple[Span, ...]]]:
    """What stands right before a name, right behind it, and both."""
    left = [*[(_BEGIN, _NOWHERE)] * (2 - len(before)), *before]
    right = [*after, *[(_END, _NOWHERE)] * (2 - len(after))]
    (l2, at_l2), (l1, at_l1) = left
    (r1, at_r1), (r2, at_r2) = right
    for kind, words, spans in (
        ("l1", l1, (at_l1,)),
        ("l2", l2, (at_l2,)),
        ("ll", f"{l2} {l1}", (at_l2, at_l1)),
        ("r1", r1, (at_r1,)),
        ("r2", r2, (at_r2,)),
        ("rr", f"{r1} {r2}", (at_r1, at_r2)),
        ("lr", f"{l1} {r1}", (at_l1, at_r1)),
    ):
        yield bucket(kind, words, BITS), tuple([span for span in spans if span != _NOWHERE])


class Wording:
    """The model: one small number for each bucket."""

    def __init__(self, weights: Buckets) -> None:
        self._weights = weights

    @classmethod
    def silent(cls) -> Wording:
        """One to which no sentence says anything."""
        return cls(Buckets(bytes(1 << BITS), 1.0))

    def weigh(self, folded: str, names: Sequence[Span], others: Sequence[Span] = ()) -> Weighed:
        """What the words around `names` say; nought where there are none."""
        found = turns(folded, names, others)
        weights = self._weights.of(found)
        total = sum(weights)
        value = max(-MOST, min(MOST, total / sqrt(len(found)))) if found else 0.0
        if abs(value) < WORTH_A_LINE:
            return Weighed(value)
        by: defaultdict[Span, float] = defaultdict(float)
        for words, weight in zip(found.values(), weights, strict=True):
            for span in words:
                by[span] += weight / len(words)
        side = 1 if total > 0 else -1
        said = [(span, weight * side) for span, weight in sorted(by.items())]
        span = _most_telling(folded, said, [*names, *others])
        return Weighed(value, span)


def _most_telling(folded: str, words: Sequence[tuple[Span, float]], without: Sequence[Span]) -> Span:
    """Of all stretches of at most `MOST_SHOWN` words that hold none of `without`, the one that weighs most; it begins
    with a word, for a sign alone tells nobody anything."""
    best, found = 0.0, _NOWHERE
    for first, ((start, _), begins) in enumerate(words):
        if begins <= 0 or not folded[start].isalnum():
            continue
        weight = 0.0
        for (_, end), one in words[first : first + MOST_SHOWN]:
            weight += one
            if weight > best and not _lies_in((start, end), without):
                best, found = weight, (start, end)
    return found


@cache
def shipped() -> Wording:
    """That in the package."""
    return Wording(Buckets.shipped("wording.npz", BITS))
