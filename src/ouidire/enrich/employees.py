"""Which words name an employee: a small net of the first reader's, which hears each word among its neighbours.

A word is the sum of what is learnt of its letters (the whole, how it begins and ends), how it is written, what lists
know of it, and how long it is; three words on each side, and what these say of two more, decide (Collobert et al. 2011,
"Natural language processing (almost) from scratch", arXiv:1103.0398). The weights (`employees.npz`) are made by
`scripts/train_employees.py`. How good it is, and what it was taught with: docs/model-card-employees.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from zlib import crc32

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Span
from ouidire.domain.words import common
from ouidire.shield.fold import fold
from ouidire.shield.staff import is_first_name, is_word_too

ROWS, TRAITS, MOST_WORDS = 1 << 15, 256, 1_200
"""Rows of the table of letters, of which the first is empty, and of the table of traits; more words are not heard."""

NEAR, FAR = 3, 2
"""So many words on each side are heard together, and so many on each side of what is heard."""

GAP = NEAR + FAR
"""Empty places between two texts, so that neither hears the other."""

_AT_ONCE = 16
"""So many rows go through a matrix at once: more, and BLAS wakes threads that cost more than they spare."""

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*|[^\w\s]")
_LETTERS, _LENGTHS, _LONGEST = 4, 200, 12
_LONGEST_WORD = 40
"""So many letters of a word are looked at: what is longer is no word, and would be remembered whole."""

_ENDS = frozenset(".!?…:")
_SMALL, _CAPITAL, _MIXED, _LOUD, _DIGITS, _SIGN, _OPENS, _OPENS_MIXED, _SHOUTED = range(1, 10)
Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Named:
    """The words of a text, and how much like an employee's name each is, in log-odds."""

    words: tuple[Span, ...]
    odds: Floats


def heard(texts: Sequence[str]) -> list[Named]:
    """Of each text, its words and signs with their log-odds; pure, whatever the text is."""
    found = [spelt(text) for text in texts]
    rows, starts = side_by_side([rows for _, rows in found])
    odds = _odds(rows)
    return [Named(words, odds[at : at + len(words)]) for at, (words, _) in zip(starts, found, strict=True)]


def side_by_side(some: Sequence[Rows]) -> tuple[Rows, list[int]]:
    """The rows of several texts in one array, apart by `GAP`, and where each begins."""
    starts, at = [], GAP
    for rows in some:
        starts.append(at)
        at += len(rows) + GAP
    every = np.zeros((at, _LETTERS + 2), dtype=np.int32)
    for start, rows in zip(starts, some, strict=True):
        every[start : start + len(rows)] = rows
    return every, starts


def spelt(text: str) -> tuple[tuple[Span, ...], Rows]:
    """Where the words and signs of a text stand, and the rows of the tables that are learnt of each (words, 6)."""
    is_shouted, opens, end = text.isupper(), True, 0
    words: list[Span] = []
    rows: list[tuple[int, ...]] = []
    for found in _WORD.finditer(text):
        start = found.start()
        *letters, shape, kind, length = _spelling(found[0][:_LONGEST_WORD])
        if shape in (_CAPITAL, _MIXED) and (opens or "\n" in text[end:start]):
            shape = _OPENS if shape == _CAPITAL else _OPENS_MIXED
        elif shape == _LOUD and is_shouted:
            shape = _SHOUTED
        rows.append((*letters, 1 + 8 * shape + kind, length))
        words.append(found.span())
        opens, end = found[0] in _ENDS, found.end()
        if len(words) == MOST_WORDS:
            break
    return tuple(words), np.array(rows, dtype=np.int32).reshape(-1, _LETTERS + 2)


@lru_cache(1 << 15)
def _spelling(word: str) -> tuple[int, ...]:
    """Rows of the whole word, its beginning and its ends; how it is written, what lists know of it, how long it is."""
    folded = fold(word).text
    kind = is_first_name(folded) + 2 * is_word_too(folded) + 4 * (folded in common())
    parts = (folded, f"<{folded[:3]}", f"{folded[-3:]}>", f"{folded[-2:]}>")
    letters = (1 + crc32(part.encode("utf-8", "replace")) % (ROWS - 1) for part in parts)
    return (*letters, _shape(word), kind, _LENGTHS + min(len(folded), _LONGEST))


def _shape(word: str) -> int:
    if not word[0].isalnum():
        return _SIGN
    if word.isdigit():
        return _DIGITS
    if len(word) > 1 and word.isupper():
        return _LOUD
    if not word[0].isupper():
        return _SMALL
    return _CAPITAL if len(word) == 1 or word[1:].islower() else _MIXED


@dataclass(frozen=True, slots=True)
class Weights:
    """`letters` (ROWS, wide) and `traits` (TRAITS, wide): what is learnt of a word. `near` ((2·NEAR + 1)·wide, deep)
    and `far` ((2·FAR + 1)·deep, deep) hear it among its neighbours; `says` (deep + wide,) decides."""

    letters: Floats
    traits: Floats
    near: Floats
    near_bias: Floats
    far: Floats
    far_bias: Floats
    says: Floats
    says_bias: float


@cache
def weights() -> Weights:
    """The shipped weights, read once."""
    with resources.files(__package__).joinpath("employees.npz").open("rb") as file, np.load(file) as kept:
        others = {name: kept[name] for name in ("traits", "near", "near_bias", "far", "far_bias", "says")}
        letters = kept["letters"].astype(np.float32) * kept["step"]
        return Weights(letters=letters, **others, says_bias=float(kept["says_bias"]))


def _odds(rows: Rows) -> Floats:
    """The log-odds of each row; where no word stands they mean nothing."""
    kept = weights()
    own = kept.letters[rows[:, 0]]
    for at in range(1, _LETTERS):
        own += kept.letters[rows[:, at]]
    own += kept.traits[rows[:, _LETTERS]] + kept.traits[rows[:, _LETTERS + 1]]
    stands = (rows[:, _LETTERS] > 0)[:, None]
    near = np.maximum(_around(own, NEAR, kept.near) + kept.near_bias, 0) * stands
    far = np.maximum(_around(near, FAR, kept.far) + kept.far_bias, 0) * stands + near
    odds: Floats = (np.concatenate([far, own], axis=1) * kept.says).sum(axis=1) + np.float32(kept.says_bias)
    return odds


def _around(values: Floats, reach: int, matrix: Floats) -> Floats:
    """What each row says with those before and behind it: one after the other ((2·reach + 1)·columns), by a matrix."""
    count = len(values)
    apart = np.zeros((-(-count // _AT_ONCE) * _AT_ONCE + 2 * reach, values.shape[1]), dtype=np.float32)
    apart[reach : reach + count] = values
    wide = np.lib.stride_tricks.sliding_window_view(apart, 2 * reach + 1, axis=0).swapaxes(1, 2)
    said: Floats = wide.reshape(-1, _AT_ONCE, len(matrix)) @ matrix
    return said.reshape(-1, matrix.shape[1])[:count]


def warm() -> None:
    """Read the tables now, so that the first post does not wait for them."""
    weights()
    heard(["Léa"])
