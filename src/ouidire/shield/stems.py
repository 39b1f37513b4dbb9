"""Which patterns can match a text at all, for a small part of what searching each of them costs.

It is derived from each pattern itself which letters all its matches hold: where no " malad" stands, nothing matches
"(?:tombee?s?|rendue?s?) malades?". Such stems of all patterns are looked for at once, in many texts at once, by their
hashes. A pattern whose stems stand in a text may still not match; one whose do not cannot.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from math import fsum
from re import _constants as kinds  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import numpy as np
import numpy.typing as npt

LONGEST = 6
"""So many characters of a stem are looked for: more say little besides."""

_NEEDS, _MOST, _FEW = 4, 96, 8
"""So many needs of an alternative are looked for; so many spellings of a part of a pattern are followed; so few are
followed into all alternatives of the next part."""

_BLANK_RARER, _DIGIT_RARER, _LETTER_RARER = 1.2, 4.0, 7.0
"""How many times rarer a stem is for one character more; roughly: it only chooses among stems."""

_RARE_ENOUGH, _SIGNS = 45.0, frozenset(".?")
"""How rare a stem must be to be worth looking for, and the signs that are alone."""

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
    return "".join(map(_like, text))


@cache
def _like(letter: str) -> str:
    return "0" if letter.isdecimal() else letter if letter.isalnum() or letter == "_" else " "


def stems(pattern: str) -> list[list[Spellings]] | None:
    r"""Of each alternative what is needed for it to match, at most `_NEEDS` things: of each one of its stems.

    They stand in its match in a `plain` text, or reach one character out of it; a sign stands in the text itself. None:
    it can match anything.

    >>> [list(map(sorted, needs)) for needs in stems(r"(?<!\w)(?:cafards?|files? .{3,9} attente)(?!\w)")]
    [[['cafard'], ['afards', 'cafard']], [['attent'], ['ttente'], [' file ', ' files'], [' file ', 'files ']]]
    """
    parsed = parser.parse(pattern)
    if parsed.state.flags & re.IGNORECASE:
        return None
    items = list(parsed)
    opens = closes = _EMPTY
    if str(items[:1]) == _NO_WORD_BEFORE:
        opens, items = _BESIDE, items[1:]
    if str(items[-1:]) == _NO_WORD_AFTER:
        closes, items = _BESIDE, items[:-1]
    branches = items[0][1][1] if len(items) == 1 and items[0][0] is kinds.BRANCH else [items]
    needs = [_needs(list(branch), opens, closes)[:_NEEDS] for branch in branches]
    return needs if all(needs) else None


_BESIDE: Spellings = frozenset(" ")
"""What stands beside a whole word, at the beginning and the end of a text too."""

_NO_WORD_BEFORE, _NO_WORD_AFTER = (str(list(parser.parse(around))) for around in (r"(?<!\w)", r"(?!\w)"))


def _needs(items: Sequence[Any], before: Spellings, after: Spellings) -> list[Spellings]:
    """For items that follow each other: the stems of each part of them, the rarest first."""
    found: list[Spellings | None] = [_sign(item) for item in items]
    run = before
    for at, item in enumerate(items):
        spelt = _spellings(item)
        if spelt is not None and len(run) * len(spelt) <= _MOST:
            run = frozenset(a + b for a in run for b in spelt)
        else:
            following = _spellings(items[at + 1]) if at + 1 < len(items) else after
            found += [*_windows(run), _inside(item, run if len(run) <= _FEW else _EMPTY, following or _EMPTY)]
            run = spelt or _EMPTY
    if len(run) * len(after) <= _MOST:
        run = frozenset(a + b for a in run for b in after)
    found += _windows(run)
    if not any(found):  # one spelling of a part is too common, but within it there may be something rarer
        found += [_inside(item, _EMPTY, _EMPTY) for item in items]
    return sorted((one for one in found if one is not None), key=_commonness)


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
        return _union([_one_of_class(one) for one in given])
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


def _windows(run: Spellings) -> list[Spellings]:
    """Of each spelling its rarest stretch, the first and the last of them; none where one is too common."""
    each = [[one[at : at + LONGEST] for at in range(max(1, len(one) - LONGEST + 1))] for one in run]
    rarest = [
        frozenset(max(some, key=_rarity) for some in each),
        frozenset(max(some[::-1], key=_rarity) for some in each),
    ]
    return [] if any(_rarity(one) < _RARE_ENOUGH for one in rarest[0]) else rarest


def _rarity(stem: str) -> float:
    if stem in _SIGNS:
        return _RARE_ENOUGH
    blanks, digits = stem.count(" "), stem.count("0")
    return _BLANK_RARER**blanks * _DIGIT_RARER**digits * _LETTER_RARER ** (len(stem) - blanks - digits)


def _commonness(some: Spellings) -> float:
    return fsum(1 / _rarity(stem) for stem in some)


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
                for number in range(_NEEDS):
                    for stem in needs[min(number, len(needs) - 1)]:
                        holders.setdefault(_hash(stem), set()).add(_NEEDS * len(self._patterns) + number)
                self._patterns.append(at)
        self._hashes = np.array(sorted(holders), dtype=np.uint64)
        self._needs = [frozenset(holders[one]) for one in sorted(holders)]
        self._flags = np.zeros(1 << _FLAGS, dtype=np.bool_)
        self._flags[_flag(self._hashes)] = True

    def may_match(self, texts: Sequence[str]) -> list[set[int]]:
        """For each text the numbers of the patterns that may match it; no other can."""
        met: list[set[int]] = [set() for _ in texts]
        for owner, stem in self._found(texts):
            met[owner] |= self._needs[stem]
        return [self._always.union(map(self._patterns.__getitem__, _all_met(some))) for some in met]

    def _found(self, texts: Sequence[str]) -> Iterator[tuple[int, int]]:
        """In which text which stem stands."""
        ends = np.cumsum([len(text) + 1 for text in texts])
        for some, flags in _stretches(f" {' '.join(texts)} "):
            places = np.flatnonzero(self._flags.take(flags))
            at = np.searchsorted(self._hashes, some[places])
            is_stem = self._hashes[np.minimum(at, len(self._hashes) - 1)] == some[places]
            owners = np.searchsorted(ends, places[is_stem], side="right")
            yield from zip(owners.tolist(), at[is_stem].tolist(), strict=True)


def _all_met(needs: set[int]) -> Iterator[int]:
    """The alternatives whose needs, which are numbered in a row, are all met."""
    firsts = (need for need in needs if need % _NEEDS == 0)
    return (need // _NEEDS for need in firsts if needs.issuperset(range(need + 1, need + _NEEDS)))


def _hash(stem: str) -> int:
    """Of one stem what `_hashes` are of all stretches."""
    total = 0
    for letter in stem:
        total = (total + ord(letter)) * int(_STEP) % 2**64
    return total


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)


def _hashes(codes: Codes) -> list[Codes]:
    """The hashes of all stretches of one character, of two, and so on to the longest."""
    runs = [codes * _STEP]
    while len(runs) < LONGEST and len(runs[-1]) > 1:
        runs.append((runs[-1][:-1] + codes[len(runs) :]) * _STEP)
    return runs


@lru_cache(maxsize=1)  # the rules, then the descriptions, are looked for in the same texts
def _stretches(text: str) -> list[tuple[Codes, npt.NDArray[np.intp]]]:
    """The hashes of all stretches of a text, signs as they stand and all else `plain`, and their flags."""
    codes = _codes(text)
    return [(some, _flag(some)) for some in (_hashes(codes)[0], *_hashes(_plain(codes))[1:])]


def _flag(hashes: Codes) -> npt.NDArray[np.intp]:
    return (hashes * _SPREAD >> np.uint64(64 - _FLAGS)).astype(np.intp)


_classes = np.zeros(0x110000, dtype=np.uint8)
"""What each character is, as far as one was met: 0 is not known yet."""


def _plain(codes: Codes) -> Codes:
    """`plain`, of the codes of many characters."""
    found = _classes[codes]
    if not found.all():
        for code in np.unique(codes[found == 0]).tolist():
            like = plain(chr(code))
            _classes[code] = {" ": _BLANK, "0": _DIGIT}.get(like, _OTHER)
        found = _classes[codes]
    return np.where(found == _BLANK, _codes(" "), np.where(found == _DIGIT, _codes("0"), codes))
