"""Which patterns can match a text at all, for a small part of what searching each of them costs.

It is derived from each pattern itself which letters all its matches hold: where no " malad" stands, nothing matches
"(?:tombee?s?|rendue?s?) malades?". Such stems of all patterns are looked for at once, in many texts at once, by their
hashes. A pattern whose stems stand in a text may still not match; one whose do not cannot. Only for folded texts
(`fold`), whose only white space is the blank.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import numpy.typing as npt

LONGEST = 6
"""So many characters of a stem are looked for: more say little besides."""

_MOST, _FEW = 96, 8
"""So many spellings of a part of a pattern are followed; so few are followed into all alternatives of the next part."""

_RARER = {" ": 1.2, "0": 4.0}
_LETTER, _RARE_ENOUGH, _SIGNS = 7.0, 45.0, frozenset(".?")
"""How many times rarer a stem is for one character more (roughly: it only chooses among stems), how rare one must be to
be worth looking for, and the signs that are rare enough alone."""

_STEP, _SPREAD, _FLAGS = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93), 18
_BLANK, _DIGIT, _OTHER = 1, 2, 3

Codes = npt.NDArray[np.uint64]
Spellings = frozenset[str]
_EMPTY: Spellings = frozenset([""])


def plain(text: str) -> str:
    """`text` as stems spell it: a digit is 0, and what is no part of a word is a blank.

    >>> plain("m'a servi, 12 h ?")
    'm a servi  00 h  '
    """
    return "".join("0" if one.isdecimal() else one if one.isalnum() or one == "_" else " " for one in text)


def stems(pattern: str) -> list[tuple[Spellings, Spellings]] | None:
    r"""Of each alternative what is needed for it to match: one stem of the first, and one of the second.

    They stand in its match in a `plain` text, or reach one character out of it; a sign stands in the text itself. None:
    it can match anything.

    >>> [list(map(sorted, needs)) for needs in stems(r"(?<!\w)(?:rendue? malades?|nuisibles?)(?!\w)")]
    [[['malade', 'rendue'], ['malade', 'rendue']], [['nuisib'], ['nuisib']]]
    """
    items = list(parser.parse(pattern))
    opens = closes = _EMPTY
    if str(items[:1]) == _NO_WORD_BEFORE:
        opens, items = _BESIDE, items[1:]
    if str(items[-1:]) == _NO_WORD_AFTER:
        closes, items = _BESIDE, items[:-1]
    branches = items[0][1][1] if len(items) == 1 and items[0][0] is kinds.BRANCH else [items]
    needs = [_needs(list(branch), opens, closes) for branch in branches]
    return [(some[0], some[min(1, len(some) - 1)]) for some in needs] if all(needs) else None


_BESIDE: Spellings = frozenset(" ")
"""What stands beside a whole word, at the beginning and the end of a text too."""

_NO_WORD_BEFORE, _NO_WORD_AFTER = (str(list(parser.parse(around))) for around in (r"(?<!\w)", r"(?!\w)"))


def _needs(items: Sequence[Any], before: Spellings, after: Spellings) -> list[Spellings]:
    """For items that follow each other: the stems of each part of them, the rarest first."""
    found: list[Spellings | None] = []
    within: list[Spellings | None] = []
    run = before
    for at, item in enumerate(items):
        spelt = _spellings(item)
        following = _spellings(items[at + 1]) if at + 1 < len(items) else after
        inside = _inside(item, run if len(run) <= _FEW else _EMPTY, following or _EMPTY)
        if spelt is not None and len(run) * len(spelt) <= _MOST:
            run = frozenset(a + b for a in run for b in spelt)
            within.append(inside)
        else:
            found += [_windows(run), inside]
            run = spelt or _EMPTY
        found.append(_sign(item))
    if len(run) * len(after) <= _MOST:
        run = frozenset(a + b for a in run for b in after)
    found.append(_windows(run))
    some = [one for one in found if one is not None] or [one for one in within if one is not None]
    return sorted(some, key=_commonness)


def _sign(item: Any) -> Spellings | None:
    kind, given = item
    return frozenset(chr(given)) if kind is kinds.LITERAL and chr(given) in _SIGNS else None


def _rarest(items: Sequence[Any], before: Spellings, after: Spellings) -> Spellings | None:
    return next(iter(_needs(items, before, after)), None)


def _inside(item: Any, before: Spellings, after: Spellings) -> Spellings | None:
    """The stems of what must stand within one item."""
    kind, given = item
    if kind is kinds.SUBPATTERN:
        _, added, removed, inner = given
        return None if added or removed else _rarest(list(inner), before, after)
    if kind is kinds.BRANCH:
        each = [_rarest(list(branch), before, after) for branch in given[1]]
        known = [one for one in each if one is not None]
        return frozenset().union(*known) if len(known) == len(each) else None
    if kind is kinds.MAX_REPEAT and given[0] > 0:
        return _rarest(list(given[2]), _EMPTY, _EMPTY)
    return None


def _spellings(item: Any) -> Spellings | None:
    """All that an item can match, where that is little; zero-width items match nothing, whatever they ask for."""
    kind, given = item
    if kind is kinds.LITERAL:
        return frozenset([plain(chr(given))])
    if kind is kinds.IN:
        each = [_one_of_class(one) for one in given]
        return _union(each)
    if kind in (kinds.AT, kinds.ASSERT, kinds.ASSERT_NOT):
        return _EMPTY
    if kind is kinds.SUBPATTERN:
        _, added, removed, inner = given
        return None if added or removed else _product(inner)
    if kind is kinds.BRANCH:
        return _union([_product(branch) for branch in given[1]])
    if kind is kinds.MAX_REPEAT and given[1] <= 2:
        return _union([_product([*given[2]] * times) for times in range(given[0], given[1] + 1)])
    return None


def _one_of_class(one: Any) -> Spellings | None:
    kind, given = one
    if kind is kinds.LITERAL:
        return frozenset([plain(chr(given))])
    if kind is kinds.RANGE and given[1] - given[0] < _MOST:
        return frozenset(plain(chr(code)) for code in range(given[0], given[1] + 1))
    if kind is kinds.CATEGORY:
        return {kinds.CATEGORY_SPACE: frozenset(" "), kinds.CATEGORY_DIGIT: frozenset("0")}.get(given)
    return None


def _union(each: Sequence[Spellings | None]) -> Spellings | None:
    known = [one for one in each if one is not None]
    together = frozenset[str]().union(*known)
    return together if len(known) == len(each) and len(together) <= _MOST else None


def _product(items: Iterable[Any]) -> Spellings | None:
    run = _EMPTY
    for item in items:
        spelt = _spellings(item)
        if spelt is None or len(run) * len(spelt) > _MOST:
            return None
        run = frozenset(a + b for a in run for b in spelt)
    return run


def _windows(run: Spellings) -> Spellings | None:
    """Of each spelling its rarest stretch; None where one is too common."""
    rarest = frozenset(
        max((one[at : at + LONGEST] for at in range(max(1, len(one) - LONGEST + 1))), key=_rarity) for one in run
    )
    return None if any(_rarity(one) < _RARE_ENOUGH for one in rarest) else rarest


def _rarity(stem: str) -> float:
    rarity = _RARE_ENOUGH if stem in _SIGNS else 1.0
    for letter in stem:
        rarity *= _RARER.get(letter, _LETTER)
    return rarity


def _commonness(some: Spellings) -> float:
    return sum(1 / _rarity(stem) for stem in some)


class Stems:
    """The stems of many patterns, to be looked for together."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._always: set[int] = set()
        self._patterns: list[int] = []
        holders: dict[int, set[int]] = {}
        for at, pattern in enumerate(patterns):
            if (alternatives := stems(pattern)) is None:
                self._always.add(at)
            for needs in alternatives or ():
                for side, some in enumerate(needs):
                    for stem in some:
                        holders.setdefault(_hash(stem), set()).add(2 * len(self._patterns) + side)
                self._patterns.append(at)
        self._hashes = np.array(sorted(holders), dtype=np.uint64)
        self._needs = [frozenset(holders[one]) for one in sorted(holders)]
        self._flags = np.zeros(1 << _FLAGS, dtype=np.bool_)
        self._flags[_flag(self._hashes)] = True

    def may_match(self, texts: Sequence[str]) -> list[set[int]]:
        """For each folded text the numbers of the patterns that may match it; no other can."""
        met: list[set[int]] = [set() for _ in texts]
        for owner, stem in self._found(texts):
            met[owner] |= self._needs[stem]
        # The two needs of an alternative are neighbours, the first one even.
        return [self._always.union(self._patterns[one >> 1] for one in some if one ^ 1 in some) for some in met]

    def _found(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """In which text which stem stands."""
        ends = np.cumsum([len(text) + 1 for text in texts])
        codes = _codes(f" {' '.join(texts)} ")
        for some in (_hashes(codes)[0], *_hashes(_plain(codes))[1:]):
            places = np.flatnonzero(self._flags[_flag(some)])
            at = np.searchsorted(self._hashes, some[places])
            is_stem = self._hashes[np.minimum(at, len(self._hashes) - 1)] == some[places]
            owners = np.searchsorted(ends, places[is_stem], side="right")
            yield from zip(owners.tolist(), at[is_stem].tolist(), strict=True)


def _hash(stem: str) -> int:
    return int(_hashes(_codes(stem))[len(stem) - 1][0])


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


def _hashes(codes: Codes) -> list[Codes]:
    """The hashes of all stretches of one character, of two, and so on to the longest."""
    runs = [codes * _STEP]
    while len(runs) < LONGEST and len(runs[-1]) > 1:
        runs.append((runs[-1][:-1] + codes[len(runs) :]) * _STEP)
    return runs


def _flag(hashes: Codes) -> npt.NDArray[np.intp]:
    return (hashes * _SPREAD >> np.uint64(64 - _FLAGS)).astype(np.intp)


_kinds = np.zeros(0x110000, dtype=np.uint8)
"""What each character is, as far as one was met: 0 is not known yet."""


def _plain(codes: Codes) -> Codes:
    """`plain`, of the codes of many characters."""
    found = _kinds[codes]
    if not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            like = plain(chr(code))
            _kinds[code] = {" ": _BLANK, "0": _DIGIT}.get(like, _OTHER)
        found = _kinds[codes]
    return np.where(found == _BLANK, _codes(" "), np.where(found == _DIGIT, _codes("0"), codes))
