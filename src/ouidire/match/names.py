"""Many names at once: every whole-word occurrence of every watched name, in one pass over a folded text.

The only file that knows which automaton does it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ahocorasick_rs import BytesAhoCorasick

from ouidire.errors import BadInput

Hit = tuple[int, int, int]
"""Owner, start, end; offsets in characters of the folded text."""


class NameIndex:
    """Folded names, each with the integer ids of its owners.

    Raises `BadInput` for a name without any letter or digit: it would be found between any two words.
    """

    def __init__(self, patterns: Mapping[str, Sequence[int]] | Iterable[tuple[str, int]]) -> None:
        owners = _by_name(patterns)
        for name in owners:
            if not any(c.isalnum() for c in name):
                raise BadInput(f"The name {name!r} has no letter or digit to look for; write it in letters.")
        self._owners = [tuple(sorted(set(ids))) for ids in owners.values()]
        self._automaton = BytesAhoCorasick([name.encode("utf-8", "surrogatepass") for name in owners])

    def __len__(self) -> int:
        return len(self._owners)

    def scan(self, folded: str) -> list[Hit]:
        """All whole-word occurrences, overlapping ones too, in order of start, end and owner.

        A whole word has no letter or digit right before it and none right after it.
        """
        raw = folded.encode("utf-8", "surrogatepass")
        found = self._automaton.find_matches_as_indexes(raw, overlapping=True)
        if not found:
            return []
        return sorted(self._whole_words(folded, raw, found))

    def _whole_words(self, folded: str, raw: bytes, found: Iterable[Hit]) -> Iterable[Hit]:
        for pattern, first, last in found:
            start, end = (first, last) if len(raw) == len(folded) else (_chars(raw, first), _chars(raw, last))
            if is_whole(folded, start, end):
                for owner in self._owners[pattern]:
                    yield owner, start, end


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
