"""An item being looked at closely, once something in it has been found: offsets, words and tokens."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

from ouidire.domain.fold import fold, fold_with_offsets, span
from ouidire.domain.item import Item
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.match.names import is_whole

_OPENING = "([{<«“\"'‘‚„*_~|"
_CLOSING = ")]}>»”\"'’.,;:!?…*_~|"


class Post:
    """`folded` is the item's text, folded; `taken` are the stretches of it that a watch has recognised."""

    def __init__(self, item: Item, folded: str | None = None) -> None:
        self.item = item
        self.folded = fold(item.text) if folded is None else folded
        self.taken: list[tuple[int, int]] = []

    @cached_property
    def _offsets(self) -> list[int]:
        return fold_with_offsets(self.item.text)[1]

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
        text = self.item.text
        first = last = self._offsets[start]
        while first > 0 and not text[first - 1].isspace():
            first -= 1
        while last < len(text) and not text[last].isspace():
            last += 1
        while first < last and text[first] in _OPENING:
            first += 1
        while last > first and text[last - 1] in _CLOSING:
            last -= 1
        return first, last

    def is_free(self, start: int, end: int) -> bool:
        """Does `start`..`end` of `folded` touch nothing that a watch has recognised?"""
        return all(end <= first or last <= start for first, last in self.taken)
