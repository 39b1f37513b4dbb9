"""Whom a text names of the house: what the first reader's net and the second reader hear of its words, together."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from ouidire.domain.enrichment import Span
from ouidire.enrich.employees import Named
from ouidire.enrich.encoder import Said
from ouidire.enrich.sentiment import Floats
from ouidire.shield.fold import fold
from ouidire.shield.staff import is_first_name


class _Limits(NamedTuple):
    """Log-odds from which a word names somebody, and one that has no capital and is no first name; from which it goes
    with one that does, beside it ("the one with *the round* glasses"); under which a name in a list is left: a place, a
    guest."""

    somebody: float
    in_small: float
    beside: float
    nobody: float


_BOTH, _ALONE = _Limits(-2.0, -1.0, -7.5, -7.0), _Limits(-1.5, -1.0, -3.0, -6.5)
"""Where both readers have heard, and where the first has alone: found on posts that were not learned from."""

_SECOND, _FIRST, _LEAN = 0.8, 0.4, 0.9
_FIRST_ALONE, _LEAN_ALONE = 1.31, 1.0
"""What each one's log-odds count for where both have heard a word, on the second's scale; and the first's in the middle
of a long text, which the second does not read. Found on the same posts."""

_LEADING_ON = frozenset(("qui", "que", "who", "that", "which"))
"""Words that lead from somebody on to what is said of them, and are no part of who they are."""

_APART = re.compile(r"[.!?;:,()\n]")
"""What stands between words that do not describe the same person."""

_start, _end = itemgetter(0), itemgetter(1)


@dataclass(frozen=True)
class Whom:
    """One text. `named` is what the net hears of each word, `said` what the second reader does; `names` are folded
    words of the names of places and brands, which are no employee's unless they are first names. In a language that the
    first reader was taught little of (not `is_taught`), the second is heard by itself."""

    text: str
    named: Named
    said: Said | None
    names: frozenset[str] = frozenset()
    is_taught: bool = True

    @property
    def _limits(self) -> _Limits:
        return _ALONE if self.said is None else _BOTH

    @cached_property
    def _odds(self) -> list[float]:
        """How much like an employee's name each word and sign is."""
        if self.said is None or not self.named.words:
            return list(map(float, self.named.odds))
        first, second = self.named.odds, _by_words(self.said, self.named)
        both = _SECOND * second + _FIRST * first + _LEAN if self.is_taught else second
        heard: list[float] = np.where(np.isnan(second), _FIRST_ALONE * first + _LEAN_ALONE, both).tolist()
        return heard

    def employees(self) -> tuple[Span, ...]:
        """The words that name an employee or make one recognisable."""
        limits = self._limits
        if not self._odds or max(self._odds) <= limits.somebody:
            return ()
        every = zip(self.named.words, self._odds, strict=True)
        words = [(span, odds) for span, odds in every if self.text[span[0]].isalnum() and not self._is_ours(span)]
        named = [odds > limits.somebody and (odds > limits.in_small or self._may_be_name(at)) for at, odds in words]
        if not any(named):
            return ()
        for along in (range(len(words)), range(len(words) - 1, -1, -1)):
            for before, at in pairwise(along):
                goes_along = words[at][1] > limits.beside and not self._is_apart(words[before][0], words[at][0])
                named[at] = named[at] or (named[before] and goes_along)
        for at, (span, odds) in enumerate(words):  # "Rose qui m'a servie": what only leads on describes nobody
            leads_on = named[at] and odds <= limits.somebody and self._folded(span) in _LEADING_ON
            if leads_on and not (at + 1 < len(words) and named[at + 1]):
                named[at] = False
        return tuple(span for (span, _), is_named in zip(words, named, strict=True) if is_named)

    def is_nobody(self, span: Span) -> bool:
        """Is it sure that these words, which look like a name, name nobody of the house?"""
        first = bisect_right(self.named.words, span[0], key=_end)
        last = bisect_left(self.named.words, span[1], key=_start)
        return max(self._odds[first:last], default=0.0) < self._limits.nobody

    def _folded(self, span: Span) -> str:
        return fold(self.text[slice(*span)]).text

    def _may_be_name(self, span: Span) -> bool:
        return self.text[span[0]].isupper() or is_first_name(self._folded(span))

    def _is_ours(self, span: Span) -> bool:
        """Is it a word of the house's own name, spelt as a name is, and no first name? "Delorière a fermé": nobody."""
        if not self.names or not self.text[span[0]].isupper():
            return False
        folded = self._folded(span)
        return folded in self.names and not is_first_name(folded)

    def _is_apart(self, one: Span, other: Span) -> bool:
        first, second = sorted((one, other))
        return _APART.search(self.text, first[1], second[0]) is not None


def _by_words(said: Said, named: Named) -> Floats:
    """The most that the second reader hears in a piece of each word; NaN where it has read none."""
    odds = np.full(len(named.words), np.nan, dtype=np.float32)
    if not said.tokens:
        return odds
    starts, ends = np.array(named.words).T
    pieces = np.array(said.tokens)
    first, last = np.searchsorted(ends, pieces[:, 0], "right"), np.searchsorted(starts, pieces[:, 1], "left")
    for low, high, heard in zip(first.tolist(), last.tolist(), said.named.tolist(), strict=True):
        if low < high:
            odds[low:high] = np.fmax(odds[low:high], heard)
    return odds
