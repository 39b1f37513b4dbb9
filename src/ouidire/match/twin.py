"""The kernel's twin in Python: the same names found, where no compiler was. `names.py` is the only user.

Each text is folded and cut into tokens; a token is asked whether any name begins with it, which nearly all deny. What
is left costs a few look-ups. What limits it is what every text pays: folding, cutting, a look-up a token, and where
names are wanted with their slips, three more for each token that no name has and that is no ordinary word.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

import msgspec

from ouidire.domain.fold import fold, fold_with_offsets
from ouidire.errors import BadInput
from ouidire.match import index_file
from ouidire.match.hits import EXACT, GLUED, SLIP, Hit, Scanned

GLUED_LETTERS = 8
SLIP_LETTERS = 8
WORD_LETTERS = 5
WORD_LONGEST = 40
_TOKENS = re.compile(r"\w+")  # of folded text, which has no underscore
_SIGILS = re.compile(r"(?<!\w)([#@])(\w+)")
_DIGIT = re.compile("[0-9]")
_OWNERS = range(1 << 32)
_CELLS = range(-(1 << 31), 1 << 31)

Slips = dict[int, bool]
"""Owners, and whether they want slips too."""


class Entry(NamedTuple):
    """One name of one owner, as it was added; the name and its contexts as they are stored."""

    name: str
    contexts: tuple[str, ...]
    cells: tuple[int, ...]
    conditional: bool
    slips: bool


@dataclass(slots=True)
class _Name:
    """Whose a name is: without condition, beside a context, in a cell."""

    owners: Slips = field(default_factory=dict)
    contexts: dict[str, Slips] = field(default_factory=dict)
    cells: dict[int, Slips] = field(default_factory=dict)

    def fields(self, entry: Entry) -> Iterator[Slips]:
        if not entry.conditional:
            yield self.owners
        else:
            yield from (self.contexts.setdefault(context, {}) for context in entry.contexts)
            yield from (self.cells.setdefault(cell, {}) for cell in entry.cells)

    def forget(self, owner: int, entry: Entry) -> bool:
        """True when nobody is left."""
        for owners in self.fields(entry):
            owners.pop(owner, None)
        self.contexts = {context: owners for context, owners in self.contexts.items() if owners}
        self.cells = {cell: owners for cell, owners in self.cells.items() if owners}
        return not (self.owners or self.contexts or self.cells)


class Seen(NamedTuple):
    """A stored name in a text: tokens `first` to `last`, with the sigil before them where it belongs to it."""

    name: str
    first: int
    last: int
    how: int
    sigil: str = ""


class Text:
    """A text being looked at: its tokens, and where they stand once somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.folded = fold(text)
        self.tokens: list[str] = _TOKENS.findall(self.folded)

    def spans(self) -> list[tuple[int, int]]:
        return [found.span() for found in _TOKENS.finditer(self.folded)]

    def sigils(self) -> Iterator[tuple[str, str, int]]:
        """'#' or '@' where no letter is right before it, the token right behind it, and where that begins."""
        return ((found[1], found[2], found.start(2)) for found in _SIGILS.finditer(self.folded))

    def at(self, start: int) -> int:
        """The token that begins there."""
        return bisect_left(self.spans(), (start, 0))

    @property
    def has_underscores(self) -> bool:
        return "_" in self._text

    def tag_end(self, first: int) -> int:
        """The last token of the tag that begins with token `first`: underscores alone do not end it."""
        if not self.has_underscores:
            return first
        offsets, spans, last = fold_with_offsets(self._text)[1], self.spans(), first
        while last + 1 < len(spans) and spans[last][1] + 1 == spans[last + 1][0]:
            between = self._text[offsets[spans[last][1] - 1] + 1 : offsets[spans[last + 1][0]]]
            if "_" not in between or fold(between.replace("_", "")) or " " in _spaced(between):
                break
            last += 1
        return last


def _spaced(between: str) -> str:
    """What stands between two tokens, without underscores: a space in it where anything visible is left."""
    return fold(f"a{between.replace('_', '')}a")


class Twin:
    """Finds names; see `names.NameIndex` for what each method promises."""

    def __init__(self, ordinary: Iterable[str] = ()) -> None:
        self._ordinary = frozenset(ordinary)
        self._entries: dict[int, list[Entry]] = {}
        self._names: dict[str, _Name] = {}
        self._contexts: set[str] = set()
        self._lengths: dict[str, tuple[int, ...]] = {}
        self._glued: dict[str, tuple[str, ...]] = {}
        self._words = set(self._ordinary)  # what is right elsewhere
        self._near: dict[str, tuple[str, ...]] = {}
        self._alone: set[str] = set()
        self._after: dict[str, set[str]] = {}
        self._before: dict[str, set[str]] = {}
        self._longest = 0

    # ---- changing

    def add(
        self, owner: int, name: str, contexts: Sequence[str], cells: Sequence[int], conditional: bool, slips: bool
    ) -> None:
        if owner not in _OWNERS or (conditional and not all(cell in _CELLS for cell in cells)):
            raise OverflowError("it has more than 32 bits")
        beside = tuple(stored(context) for context in contexts) if conditional else ()
        entry = Entry(stored(name), beside, tuple(cells) if conditional else (), conditional, slips)
        if not conditional or beside or entry.cells:
            self._enter(owner, entry)

    def _enter(self, owner: int, entry: Entry) -> None:
        self._entries.setdefault(owner, []).append(entry)
        slips = entry.slips and entry.name[0] not in "#@" and len(entry.name.replace(" ", "")) >= SLIP_LETTERS
        for owners in self._names.setdefault(entry.name, _Name()).fields(entry):
            owners[owner] = owners.get(owner, False) or slips
        self._contexts.update(entry.contexts)
        for name in (entry.name, *entry.contexts):
            self._learn(name)
        if slips:
            self._want_slips(entry.name)

    def _learn(self, name: str) -> None:
        """Make a stored name known by its first token, its letters and its words. What is known stays known."""
        words = name.split(" ")
        known = self._lengths.get(words[0], ())
        if len(words) not in known:
            self._lengths[words[0]] = tuple(sorted((*known, len(words))))
        if name[0] in "#@":
            return
        self._words.update(word for word in words if len(word) >= WORD_LETTERS - 1)
        letters = "".join(words)
        if len(words) > 1 and name not in self._glued.get(letters, ()):
            self._glued[letters] = (*self._glued.get(letters, ()), name)

    def _want_slips(self, name: str) -> None:
        words = name.split(" ")
        self._longest = max(self._longest, len(words))
        for at, word in enumerate(words):
            if not self._may_slip(words, at):
                continue
            self._stand(words, at).update(half for more in (-1, 0, 1) for half in halves(word, len(word) + more))
            if word not in self._near.get(word, ()):
                for variant in variants(word):
                    self._near[variant] = (*self._near.get(variant, ()), word)

    def _may_slip(self, words: Sequence[str], at: int) -> bool:
        """Does a slip count in this word? In an ordinary one where that before it, or behind the first, is as long."""
        beside = words[at - 1] if at else words[1] if words[1:] else ""
        return _can_slip(words[at]) and (words[at] not in self._ordinary or _can_slip(beside))

    def _stand(self, words: Sequence[str], at: int) -> set[str]:
        """Where the halves of a word are kept: by the word before it; by the one behind it; or it stands alone."""
        if at:
            return self._after.setdefault(words[at - 1], set())
        return self._before.setdefault(words[1], set()) if words[1:] else self._alone

    def remove(self, owner: int) -> None:
        if owner not in _OWNERS:
            raise OverflowError("it has more than 32 bits")
        for entry in self._entries.pop(owner, ()):
            name = self._names.get(entry.name)
            if name is not None and name.forget(owner, entry):
                del self._names[entry.name]

    # ---- looking

    def scan(self, texts: Sequence[str], cells: Sequence[Sequence[int] | None] | None) -> dict[int, Scanned]:
        if cells is not None and len(cells) != len(texts):
            raise ValueError("as many lists of cells as texts")
        found: dict[int, Scanned] = {}
        for number, written in enumerate(texts):
            text = Text(written)
            seen = [*self._exact(text), *self._special(text), *self._slips(text)]
            if seen and (hits := self._hits(text, seen, (cells[number] if cells else None) or ())):
                found[number] = Scanned(text.folded, hits)
        return found

    def _exact(self, text: Text) -> Iterator[Seen]:
        lengths, tokens = self._lengths, text.tokens
        for first in [at for at, token in enumerate(tokens) if token in lengths]:
            yield from self._runs(tokens, first, "")

    def _runs(self, tokens: Sequence[str], first: int, sigil: str) -> Iterator[Seen]:
        for count in self._lengths.get(sigil + tokens[first], ()):
            name = sigil + " ".join(tokens[first : first + count])
            if first + count <= len(tokens) and (name in self._names or name in self._contexts):
                yield Seen(name, first, first + count - 1, EXACT, sigil)

    def _special(self, text: Text) -> Iterator[Seen]:
        """Tags, handles, and names in one piece."""
        tags: set[int] = set()
        for sigil, token, start in text.sigils() if "#" in text.folded or "@" in text.folded else ():
            if sigil + token not in self._lengths and (sigil == "@" or not self._may_be_tag(text, token)):
                continue
            first = text.at(start)
            if sigil == "@":
                yield from self._runs(text.tokens, first, sigil)
                continue
            last = text.tag_end(first)
            letters = "".join(text.tokens[first : last + 1])
            tags.update((first,) if first == last else ())
            if f"#{letters}" in self._names or f"#{letters}" in self._contexts:
                yield Seen(f"#{letters}", first, last, EXACT, sigil)
            yield from (Seen(name, first, last, GLUED, sigil) for name in self._glued.get(letters, ()))
        for at in [at for at, token in enumerate(text.tokens) if len(token) >= GLUED_LETTERS and token in self._glued]:
            if at not in tags:
                yield from (Seen(name, at, at, GLUED) for name in self._glued[text.tokens[at]])

    def _may_be_tag(self, text: Text, token: str) -> bool:
        return token in self._glued or text.has_underscores

    def _slips(self, text: Text) -> Iterator[Seen]:
        if not self._near:
            return
        words, near, after, before = self._words, self._near, self._after, self._before
        padded = [*text.tokens, ""]  # nothing stands before the first token and behind the last
        for at in [
            at
            for at, token in enumerate(text.tokens)
            if len(token) >= WORD_LETTERS - 1
            and token not in words
            and (len(token) >= SLIP_LETTERS - 1 or padded[at - 1] in after or padded[at + 1] in before)
        ]:
            token = text.tokens[at]
            if not self._has_half(padded, at, token):
                continue
            meant = {word for variant in variants(token) if variant in near for word in near[variant]}
            for word in meant:
                if is_slip(token, word):
                    yield from self._swapped([*text.tokens[:at], word, *text.tokens[at + 1 :]], at)

    def _has_half(self, padded: Sequence[str], at: int, token: str) -> bool:
        """Has this token a half in common with a word that belongs where it stands? A slip spoils only one of two."""
        if len(token) > WORD_LONGEST + 1:
            return False
        head, tail = halves(token, len(token))
        if len(token) >= SLIP_LETTERS - 1 and (head in self._alone or tail in self._alone):
            return True
        after, before = self._after.get(padded[at - 1], ()), self._before.get(padded[at + 1], ())
        return head in after or tail in after or head in before or tail in before

    def _swapped(self, tokens: Sequence[str], at: int) -> Iterator[Seen]:
        for first in range(max(0, at - self._longest + 1), at + 1):
            for seen in self._runs(tokens, first, ""):
                if first <= at <= seen.last and self._may_slip(tokens[first : seen.last + 1], at - first):
                    yield seen._replace(how=SLIP)

    def _hits(self, text: Text, seen: Sequence[Seen], cells: Sequence[int]) -> list[Hit]:
        contexts = _contexts(one for one in seen if one.how == EXACT and one.name in self._contexts)
        spans = text.spans()
        hits = {
            Hit(owner, spans[one.first][0] - len(one.sigil), spans[one.last][1], one.how)
            for one in seen
            if (name := self._names.get(one.name))
            for owners in (name.owners, *_beside(name, one, contexts), *_within(name, cells))
            for owner, slips in owners.items()
            if slips or one.how != SLIP
        }
        return sorted(hits)

    # ---- keeping

    def save(self, path: Path) -> None:
        index_file.write(path, "twin", [msgspec.msgpack.encode((sorted(self._ordinary), self._entries))])

    @classmethod
    def open(cls, path: Path) -> Self:
        try:
            (whole,) = index_file.read(path, "twin")
            ordinary, entries = msgspec.msgpack.decode(whole, type=tuple[list[str], dict[int, list[Entry]]])
        except (ValueError, msgspec.MsgspecError):
            raise index_file.damaged(path) from None
        made = cls(ordinary)
        for owner, its in entries.items():
            for entry in its:
                made._enter(owner, entry)
        return made

    @property
    def nbytes(self) -> int:
        kept: Iterable[object] = (self._entries, self._names, self._lengths, self._glued, self._words, self._near)
        each = sys.getsizeof(_Name()) + sys.getsizeof(Entry("", (), (), False, False)) + 3 * sys.getsizeof({1: True})
        return sum(map(sys.getsizeof, kept)) + sum(each + len(name) for name in self._names)

    def __len__(self) -> int:
        return len(self._entries)


def stored(name: str) -> str:
    """A name as it is kept: 'la mie bretonne', '#lamiebretonne', '@lulu bsky social'. Raises `BadInput`."""
    folded = fold(name)
    tokens = _TOKENS.findall(folded)
    if not tokens:
        raise BadInput(f"The name {name!r} has no letter or digit to look for; write it in letters.")
    if folded[0] not in "#@" or not folded[1].isalnum():
        return " ".join(tokens)
    return "#" + "".join(tokens) if folded[0] == "#" else "@" + " ".join(tokens)


def _can_slip(word: str) -> bool:
    return WORD_LETTERS <= len(word) <= WORD_LONGEST and not _DIGIT.search(word)


def variants(word: str) -> set[str]:
    """A word, and it with one letter left out: two words that differ by one slip have one of these in common."""
    return {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}


def halves(word: str, letters: int) -> tuple[str, str]:
    """The head and the tail of a word of which a token of so many `letters`, one slip away, has at least one."""
    size = 2 if letters < WORD_LETTERS + 1 else (letters - 2) // 2
    return word[:size], f"~{word[-size:]}"


def is_slip(one: str, other: str) -> bool:
    """Is one the other with one letter more, less or other, or two neighbours swapped?"""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    head = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[head:], other[head:]
    if len(one) != len(other):
        return one[1:] == other if len(one) > len(other) else one == other[1:]
    return one[1:] == other[1:] or (one[:2] == other[1::-1] and one[2:] == other[2:])


Stands = dict[str, tuple[int, int]]
"""Of each context in a text: the token where it ends first, and the one where it begins last."""


def _contexts(seen: Iterable[Seen]) -> Stands:
    stands: Stands = {}
    for one in seen:
        ends, begins = stands.get(one.name, (one.last, one.first))
        stands[one.name] = min(ends, one.last), max(begins, one.first)
    return stands


def _beside(name: _Name, seen: Seen, contexts: Stands) -> Iterator[Slips]:
    if name.contexts:
        for context, (ends, begins) in contexts.items():
            if ends < seen.first or begins > seen.last:
                yield name.contexts.get(context, {})


def _within(name: _Name, cells: Sequence[int]) -> Iterator[Slips]:
    return (name.cells[cell] for cell in cells if cell in name.cells)
