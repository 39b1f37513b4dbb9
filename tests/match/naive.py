"""The name index as its promises say, and nothing cleverer: every name is held against every place of every text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from ouidire.domain.fold import fold
from ouidire.match.names import EXACT, GLUED, SLIP, Hit, Scanned


class Added(NamedTuple):
    """What `NameIndex.add` was given."""

    owner: int
    name: str
    contexts: tuple[str, ...] = ()
    cells: tuple[int, ...] = ()
    conditional: bool = False
    slips: bool = False


class Place(NamedTuple):
    """Tokens first..last of a text; `tagged` with the sigil before them."""

    first: int
    last: int
    how: int
    tagged: bool = False

    def touches(self, other: Place) -> bool:
        return self.first <= other.last and other.first <= self.last


@dataclass
class Text:
    """A text in tokens. `between[n]` is what stands before token n, as it was written, letter by letter."""

    tokens: list[str] = field(default_factory=list)
    between: list[list[str]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    folded: str = ""


def read(written: str) -> Text:
    text, gap, before = Text(), [""], False
    for char in written:
        pieces = [char] if char == "_" else _pieces(char)
        for piece in pieces:
            if piece.isalnum():
                if not before:
                    text.tokens.append("")
                    text.between.append(gap)
                    gap = []
                text.tokens[-1] += piece
            else:
                gap.append(piece)
            before = piece.isalnum()
    text.folded = fold(written)
    at = 0
    for token in text.tokens:
        while not text.folded.startswith(token, at) or (at and text.folded[at - 1].isalnum()):
            at += 1
        text.spans.append((at, at + len(token)))
        at += len(token)
    return text


def _pieces(char: str) -> str:
    """What one character folds to, its spaces too, which `fold` takes off at the ends."""
    return fold(f"|{char}|").removeprefix("|").removesuffix("|")


@cache
def words_of(name: str) -> list[str]:
    return read(name).tokens


@cache
def sigil_of(name: str) -> str:
    folded = fold(name)
    return folded[0] if folded[:1] in ("#", "@") and folded[1:2].isalnum() else ""


def places(
    text: Text, name: str, slips: bool, known: Set[str] = frozenset(), ordinary: Set[str] = frozenset()
) -> Iterator[Place]:
    words, sigil, tokens = words_of(name), sigil_of(name), text.tokens
    for first in range(len(tokens)):
        last = first + len(words) - 1
        if sigil == "#":
            yield from (
                Place(first, end, EXACT, True)
                for end in tags(text, first)
                if "".join(words) == letters(text, first, end)
            )
            continue
        if tokens[first : last + 1] == words and (not sigil or sigil_before(text, first) == "@"):
            yield Place(first, last, EXACT, bool(sigil))
        if not sigil and len(words) > 1:
            yield from (
                Place(first, end, GLUED, True)
                for end in tags(text, first)
                if "".join(words) == letters(text, first, end)
            )
            whole_tag = any(end == first for end in tags(text, first))
            if tokens[first] == "".join(words) and len(tokens[first]) >= 8 and not whole_tag:
                yield Place(first, first, GLUED)
        if (
            not sigil
            and slips
            and len("".join(words)) >= 8
            and is_slip(tokens[first : last + 1], words, known, ordinary)
        ):
            yield Place(first, last, SLIP)


def sigil_before(text: Text, token: int) -> str:
    """The sigil right before a token, where no letter is right before the sigil."""
    gap = text.between[token]
    if not gap or gap[-1] not in ("#", "@") or (len(gap) == 1 and token > 0):
        return ""
    return gap[-1]


def tags(text: Text, first: int) -> Iterator[int]:
    """Where the tag ends that begins with this token, if one does."""
    if sigil_before(text, first) == "#":
        last = first
        while last + 1 < len(text.tokens) and set(text.between[last + 1]) == {"_"}:
            last += 1
        yield last


def letters(text: Text, first: int, last: int) -> str:
    return "".join(text.tokens[first : last + 1])


def is_slip(tokens: Sequence[str], words: Sequence[str], known: Set[str], ordinary: Set[str]) -> bool:
    wrong = [(token, word) for token, word in zip(tokens, words, strict=False) if token != word]
    if len(tokens) != len(words) or len(wrong) != 1:
        return False
    token, word = wrong[0]
    at = [token != word for token, word in zip(tokens, words, strict=True)].index(True)
    beside = words[at - 1 if at else 1 : (at if at else 2)]
    right = known | ordinary
    return (
        is_fit(word)
        and (word not in ordinary or any(map(is_fit, beside)))
        and token not in right
        and (token in edits(word) or word in edits(token) or same_but_one(token, word))
    )


def is_fit(word: str) -> bool:
    return 5 <= len(word) <= 40 and not any(digit in word for digit in "0123456789")


def edits(word: str) -> set[str]:
    """One letter left out, or two neighbours swapped."""
    left_out = {word[:n] + word[n + 1 :] for n in range(len(word))}
    return left_out | {word[:n] + word[n + 1] + word[n] + word[n + 2 :] for n in range(len(word) - 1)}


def same_but_one(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


class Naive:
    """Knows what was added, and which words ever were."""

    def __init__(self, ordinary: Iterable[str] = ()) -> None:
        self.ordinary = frozenset(word for word in ordinary if len(word.encode()) <= 16)
        self.added: list[Added] = []
        self.known: set[str] = set()

    def add(self, one: Added) -> None:
        if not one.conditional or one.contexts or one.cells:
            self.added.append(one)
            self._learn(one)

    def _learn(self, one: Added) -> None:
        for name in (one.name, *(one.contexts if one.conditional else ())):
            self.known.update(words_of(name) if not sigil_of(name) else ())

    def remove(self, owner: int) -> None:
        self.added = [one for one in self.added if one.owner != owner]

    def reopen(self) -> None:
        self.known = set()
        for one in self.added:
            self._learn(one)

    def owners(self) -> int:
        return len({one.owner for one in self.added})

    def scan(self, texts: Sequence[str], cells: Sequence[Sequence[int] | None] | None = None) -> dict[int, Scanned]:
        found = {}
        for number, written in enumerate(texts):
            text = read(written)
            within = (cells[number] if cells else None) or ()
            hits = {hit for one in self.added for hit in self._hits(text, one, within)}
            if hits:
                found[number] = Scanned(text.folded, sorted(hits))
        return found

    def _hits(self, text: Text, one: Added, cells: Sequence[int]) -> Iterator[Hit]:
        for place in places(text, one.name, one.slips, self.known, self.ordinary):
            if not one.conditional or set(cells) & set(one.cells) or self._beside(text, one, place):
                start, end = text.spans[place.first][0] - place.tagged, text.spans[place.last][1]
                yield Hit(one.owner, start, end, place.how)

    def _beside(self, text: Text, one: Added, place: Place) -> bool:
        standing = (other for context in one.contexts for other in places(text, context, False))
        return any(other.how == EXACT and not other.touches(place) for other in standing)
