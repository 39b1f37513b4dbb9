"""Many names at once: every whole-word occurrence of every watched name, in one pass over each text.

The only file that knows what does it: our own kernel (`_names.c`), which folds, cuts into words and looks up in one
native pass without the interpreter's lock; where no compiler was, an automaton from a wheel on text folded here. One
suite asks both the same questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from ahocorasick_rs import BytesAhoCorasick

from ouidire.domain.fold import fold, fold_letter
from ouidire.errors import BadInput

try:
    from ouidire.match import _names as kernel
except ImportError:  # the extension is optional: there was no compiler
    kernel = None  # type: ignore[assignment]

Hit = tuple[int, int, int]
"""Owner, start, end; offsets in characters of the folded text."""

Found = tuple[int, str, list[Hit]]
"""The index of a text that holds names, the text folded, and (name, start, end) of each."""


class Scanned(NamedTuple):
    """A text that holds names: folded, and its hits in order of owner, start and end."""

    folded: str
    hits: list[Hit]


class Engine(Protocol):
    """Finds names, numbered as they were given, in whole batches of texts."""

    def scan(self, texts: Sequence[str]) -> Iterable[Found]: ...


class NameIndex:
    """Folded names, each with the integer ids of its owners.

    Raises `BadInput` for a name without any letter or digit: it would be found between any two words.
    """

    def __init__(
        self, patterns: Mapping[str, Sequence[int]] | Iterable[tuple[str, int]], *, native: bool = True
    ) -> None:
        """`native=False`: without the kernel, as where there is none."""
        owners = _by_name(patterns)
        for name in owners:
            if not any(c.isalnum() for c in name):
                raise BadInput(f"The name {name!r} has no letter or digit to look for; write it in letters.")
        self._owners = [tuple(sorted(set(ids))) for ids in owners.values()]
        self._engine = _engine(list(owners), native)

    def __len__(self) -> int:
        return len(self._owners)

    def scan(self, texts: Sequence[str]) -> dict[int, Scanned]:
        """Of the texts that hold a name, by their index: folded, and all whole-word occurrences, overlapping ones too.

        A whole word has no letter or digit right before it and none right after it.
        """
        return {number: Scanned(folded, self._owned(hits)) for number, folded, hits in self._engine.scan(texts)}

    def _owned(self, hits: Iterable[Hit]) -> list[Hit]:
        return sorted((owner, start, end) for name, start, end in hits for owner in self._owners[name])


class Automaton:
    """Aho and Corasick's, from the wheel `ahocorasick_rs`; borders of words are checked on what it finds."""

    def __init__(self, names: Sequence[str]) -> None:
        self._automaton = BytesAhoCorasick([name.encode("utf-8", "surrogatepass") for name in names])

    def scan(self, texts: Sequence[str]) -> Iterator[Found]:
        for number, text in enumerate(texts):
            folded = fold(text)
            raw = folded.encode("utf-8", "surrogatepass")
            found = self._automaton.find_matches_as_indexes(raw, overlapping=True)
            hits = list(_whole_words(folded, raw, found)) if found else []
            if hits:
                yield number, folded, hits


def _engine(names: Sequence[str], native: bool) -> Engine:
    if native and kernel is not None:
        return kernel.Index(names, fold_letter)
    return Automaton(names)


def _whole_words(folded: str, raw: bytes, found: Iterable[Hit]) -> Iterator[Hit]:
    for name, first, last in found:
        start, end = (first, last) if len(raw) == len(folded) else (_chars(raw, first), _chars(raw, last))
        if is_whole(folded, start, end):
            yield name, start, end


def is_whole(folded: str, start: int, end: int) -> bool:
    """Does no letter or digit touch `start`..`end` from outside?"""
    before = start > 0 and folded[start - 1].isalnum()
    return not before and not (end < len(folded) and folded[end].isalnum())


def _chars(raw: bytes, at: int) -> int:
    return len(raw[:at].decode("utf-8", "surrogatepass"))


def _by_name(patterns: Mapping[str, Sequence[int]] | Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    if isinstance(patterns, Mapping):
        return {name: list(ids) for name, ids in patterns.items()}
    owners: dict[str, list[int]] = {}
    for name, owner in patterns:
        owners.setdefault(name, []).append(owner)
    return owners
