"""A post looked at closely, once for all organisations that it may be about: its words, phrases, capitals, towns."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from itertools import islice
from typing import NamedTuple

from ouidire.domain.item import Geo
from ouidire.domain.lesson import learnable
from ouidire.match.categories import COMPARED, category
from ouidire.match.locality import FULL, firsts, phrases_from, plain
from ouidire.match.post import Post
from ouidire.match.towns import Town, find_town, large_towns

TOWN_MIN_PEOPLE = 2_000
"""Smaller communes bear the names of ordinary words and of people."""

LARGE_TOWN = 20_000
"""So many people live in a town that is known by its name alone, without 'à' before it."""

_TOWN_MAX_WORDS = 5
_MOST_WORDS = 1_000
"""So many words of a post begin phrases; nobody means the thousandth."""

_WORD = re.compile(r"[^\W_]+")
_JOINED = re.compile(r"[\s,(–-]*(?:(?:à|a|au|aux|de|d['’]|du|in|at|sur|near)\s*)?", re.IGNORECASE)
_TO_TOWN = re.compile(r"(?:^|[\s(])(?:à|in|vers)\s+(?=[^\W\d_])", re.IGNORECASE)
_ENDS = ".!?…:;\n"
_MAX_TOWNS = 8


def is_large_town(name: str) -> bool:
    """Is this the name of a town that many know?"""
    return name in large_towns(LARGE_TOWN)


@cache
def _begins_large_town() -> Callable[[str], bool]:
    return firsts(large_towns(LARGE_TOWN)).__contains__


@cache
def _begins_comparison() -> Callable[[str], bool]:
    return firsts(category(COMPARED).words).__contains__


class Phrase(NamedTuple):
    """Some neighbouring words of a post, folded, and where they stand; is a preposition (or '#') right before?"""

    words: str
    start: int
    end: int
    introduced: bool


class Said(NamedTuple):
    """A town that is named, all those of that name, and where the recognised name ends that it follows (-1: none).

    `introduced`: a preposition says that it is a town.
    """

    phrase: Phrase
    towns: tuple[Town, ...]
    after: int
    introduced: bool


class Word(NamedTuple):
    folded: str
    start: int
    end: int


class Look:
    """What a post holds whoever it is about. Offsets are those of the folded text."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.folded = post.folded
        self._begun: dict[int, list[Phrase]] = {}

    @cached_property
    def geo(self) -> Geo | None:
        """Where it was written; None too for a point that is nowhere on earth."""
        geo = self.post.item.geo
        return geo if geo is not None and abs(geo.lat) <= 90 and abs(geo.lon) <= 180 else None

    @cached_property
    def words(self) -> list[Word]:
        return [Word(m[0], *m.span()) for m in _WORD.finditer(self.folded)]

    @cached_property
    def is_shortened(self) -> bool:
        """Is a word among them that people shorten in an address?"""
        return not FULL.keys().isdisjoint([word.folded for word in self.words])

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Its words outside of recognised names, each once."""
        is_free = self.post.is_free
        return frozenset([word for word, start, end in self.words if is_free(start, end)])

    @cached_property
    def where(self) -> dict[str, Word]:
        """Each word where it first stands."""
        return {word.folded: word for word in reversed(self.words)}

    def phrases(self, begins: Callable[[str], bool]) -> Iterator[Phrase]:
        """Its phrases, in the order of the text, that begin with such a word: few words begin what is looked for."""
        for at, word in enumerate(self.words[:_MOST_WORDS]):
            if begins(word.folded):
                yield from self._phrases_from(at)

    def _phrases_from(self, at: int) -> list[Phrase]:
        if at not in self._begun:
            self._begun[at] = [Phrase(*found) for found in phrases_from(self.folded, self.words, at)]
        return self._begun[at]

    @cached_property
    def learnable(self) -> frozenset[str]:
        return learnable(self.post.item.text)

    @cached_property
    def _starts(self) -> list[int]:
        return [word.start for word in self.words]

    def before(self, start: int, count: int = 1) -> list[Word]:
        """The words right before `start`, the nearest last."""
        at = bisect_left(self._starts, start)
        return self.words[max(0, at - count) : at]

    def after(self, end: int, count: int = 1) -> list[Word]:
        at = bisect_left(self._starts, end)
        return self.words[at : at + count]

    def written(self, word: Word) -> str:
        return self.post.words(word.start, word.end)

    def gap(self, start: int, end: int) -> str:
        """The post's own characters between two words: what stands there says whether they belong together."""
        _, first = self.post.span(start - 1, start) if start > 0 else (0, 0)
        last, _ = self.post.span(end, end + 1) if end < len(self.folded) else (len(self.post.item.text), 0)
        return self.post.item.text[first:last]

    def begins_sentence(self, start: int) -> bool:
        """Does a capital at `start` say nothing, for a sentence begins there?"""
        before = self.before(start)
        if not before:
            return True
        return any(mark in self.gap(before[-1].end, start) for mark in _ENDS)

    def share_sentence(self, one: int, other: int) -> bool:
        """Do two words, by where they begin, stand in one sentence?"""
        first, last = (self.post.span(at, at + 1)[0] for at in sorted((one, other)))
        return not any(mark in self.post.item.text[first:last] for mark in ".!?\n")

    @cached_property
    def minds_capitals(self) -> bool:
        """Does the author write capitals where they belong, and small letters elsewhere?"""
        text = self.post.item.text
        letters = "".join(filter(str.isalpha, text))
        upper = sum(map(str.isupper, letters))
        return 0 < upper < len(letters) * 0.5

    @cached_property
    def compared(self) -> frozenset[int]:
        """Where words begin that are only compared with, or ruled out ('not the one in Laval')."""
        known = category(COMPARED).words
        return frozenset(phrase.end + 1 for phrase in self.phrases(_begins_comparison()) if phrase.words in known)

    @cached_property
    def towns(self) -> list[Said]:
        """Towns that the post names: right after a recognised name ('Café Lune à Lyon'), or after 'à' and 'in'."""
        beside = [Said(*found, end, True) for _, end in set(self.post.taken) for found in self._towns_at(end)]
        every = [*beside, *(Said(*found, -1, True) for found in self._towns_said()), *self._towns_named()]
        return list({(said.phrase.start, said.after): said for said in every[: 2 * _MAX_TOWNS]}.values())

    def _towns_at(self, end: int) -> Iterator[tuple[Phrase, tuple[Town, ...]]]:
        """The town right after a name, with a capital."""
        _, at = self.post.span(end - 1, end)
        joined = _JOINED.match(self.post.item.text, at)
        rest = self.post.item.text[joined.end() if joined else at :][:60]
        if rest[:1].isupper():
            following = self.after(end, 2)
            start = next((word.start for word in following if rest.startswith(self.written(word))), -1)
            yield from self._town(rest, start)

    def _towns_said(self) -> Iterator[tuple[Phrase, tuple[Town, ...]]]:
        """Towns anywhere after 'à' or 'in', with a capital."""
        text = self.post.item.text
        for said in islice(_TO_TOWN.finditer(text), _MAX_TOWNS):
            rest = text[said.end() :][:60]
            if rest[:1].isupper():
                head = plain(rest).split(" ")[0]
                start = next((w.start for w in self.words if w.folded == head and self._at(w) == said.end()), -1)
                yield from self._town(rest, start)

    def _towns_named(self) -> Iterator[Said]:
        """Large towns with a capital, without any preposition, outside of names."""
        if not self.minds_capitals:
            return
        begins = _begins_large_town()
        for at, word in enumerate(self.words[:_MOST_WORDS]):
            if not begins(word.folded) or not self.post.item.text[self._at(word)].isupper():
                continue
            for phrase in self._phrases_from(at):
                is_town = is_large_town(phrase.words) and not phrase.introduced
                if is_town and self.post.is_free(phrase.start, phrase.end):
                    yield Said(phrase, tuple(find_town(phrase.words)), -1, False)

    def _at(self, word: Word) -> int:
        return self.post.at(word.start)

    def _town(self, rest: str, start: int) -> Iterator[tuple[Phrase, tuple[Town, ...]]]:
        words = plain(rest).split(" ")[:_TOWN_MAX_WORDS]
        for many in range(len(words), 0, -1):
            name = " ".join(words[:many])
            large = tuple(town for town in find_town(name) if town.population >= TOWN_MIN_PEOPLE)
            if large:
                yield Phrase(name, start, start + len(name), True), large
                return
