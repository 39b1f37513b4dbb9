"""An item being looked at closely, once something in it has been found: offsets, words and tokens."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from ouidire.domain.fold import fold, offsets_of, span
from ouidire.domain.item import Item
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.match.names import is_whole

_OPENING = "([{<«“\"'‘‚„*_~|"
_CLOSING = ")]}>»”\"'’.,;:!?…*_~|"
_WORD = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"\s")


class Running(NamedTuple):
    """One word of the folded text, and where it stands there."""

    text: str
    start: int
    end: int


class Post:
    """`folded` is the item's text, folded; `taken` are the stretches of it that a watch has recognised.

    `ruled` remembers, by organisation and rule, what `fulfil` has answered: a watch may be heard by several signs.
    """

    def __init__(self, item: Item, folded: str | None = None) -> None:
        self.item = item
        self.folded = fold(item.text) if folded is None else folded
        self.taken: list[tuple[int, int]] = []
        self.ruled: dict[tuple[str, str], tuple[Evidence, ...] | None] = {}

    @cached_property
    def _offsets(self) -> Sequence[int]:
        text = self.item.text
        # No space was lost, and ASCII loses nothing else: half of all posts.
        return range(len(text)) if len(self.folded) == len(text) and text.isascii() else offsets_of(text)

    @cached_property
    def running(self) -> list[Running]:
        """Its words, one after the other."""
        return [Running(found[0], *found.span()) for found in _WORD.finditer(self.folded)]

    @cached_property
    def positions(self) -> dict[str, list[int]]:
        """Where in `running` each of its words stands."""
        found: dict[str, list[int]] = {}
        for at, word in enumerate(self.running):
            found.setdefault(word.text, []).append(at)
        return found

    def at(self, start: int) -> int:
        """Where the character `folded[start]` stands in the item's own text."""
        return self._offsets[start]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of `folded` stands in the item's own text."""
        return span(self.item.text, self._offsets, start, end)

    def folded_span(self, start: int, end: int) -> tuple[int, int]:
        """Where a stretch of the item's own text stands in `folded`."""
        return bisect_left(self._offsets, start), bisect_left(self._offsets, end)

    def words(self, start: int, end: int) -> str:
        """A stretch of `folded` in the post's own letters."""
        first, last = self.span(start, end)
        return self.item.text[first:last]

    def evidence(self, kind: EvidenceKind, start: int, end: int) -> Evidence:
        first, last = self.span(start, end)
        return Evidence(kind, self.item.text[first:last], first, last)

    def find(self, word: str) -> tuple[int, int] | None:
        """The first whole-word `word` (folded) in the post."""
        at = self.folded.find(word) if word else -1
        while at >= 0:
            if is_whole(self.folded, at, at + len(word)):
                return at, at + len(word)
            at = self.folded.find(word, at + 1)
        return None

    def token(self, start: int) -> tuple[int, int]:
        """The stretch between two spaces of the own text that holds `folded[start]`, without its punctuation."""
        text, at = self.item.text, self._offsets[start]
        before, end = text[:at].rsplit(None, 1)[-1:], _SPACE.search(text, at)
        first = at - len(before[0]) if before and not text[at - 1].isspace() else at
        last = end.start() if end else len(text)
        while first < last and text[first] in _OPENING:
            first += 1
        while last > first and text[last - 1] in _CLOSING:
            last -= 1
        return first, last

    def is_free(self, start: int, end: int) -> bool:
        """Does `start`..`end` of `folded` touch nothing that a watch has recognised?"""
        for first, last in self.taken:  # noqa: SIM110, asked of every word: this takes half the time of `all`
            if start < last and first < end:
                return False
        return True
