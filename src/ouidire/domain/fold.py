"""Folding: one spelling for what people spell in many ways, so that names are compared letter by letter.

"L’Œuf", "l'oeuf" and "L oe\u0301uf" fold alike. Every character folds by itself, whatever stands beside it: that is
what lets `str.translate` do the work, and a name found in the folded text be shown in the post's own words.
Unlike `shield.fold`, which patterns of sentences read, it drops what stands between words: names are compared here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

_LETTERS = {
    "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t", "ŋ": "n", "ı": "i",
    "ĸ": "k", "ǝ": "e", "ə": "e", "ɨ": "i", "ƀ": "b", "ȼ": "c", "ɇ": "e", "ǥ": "g", "ɉ": "j", "ɍ": "r", "ⱥ": "a",
}  # fmt: skip
"""Letters which Unicode does not take apart, and which people without the key write so."""

_APOSTROPHES = frozenset("'’‘‛ʼʻʽˈ′‵`´＇ʹʾʿ՚‹›Ꞌꞌ")
_SEPARATORS = frozenset(("Zs", "Zl", "Zp", "Cc", "Cs", "Pd", "Pc"))
_NOTHING = frozenset(("Mn", "Me", "Cf"))


def _fold_letter(char: str) -> str:
    category = unicodedata.category(char)
    if char in _APOSTROPHES or category in _SEPARATORS:
        return " "
    if category in _NOTHING:
        return ""
    return _LETTERS.get(char, char)


def _fold_char(char: str) -> str:
    if char in _APOSTROPHES:  # before decomposing: some of them fall apart into a space and a mark
        return " "
    for _ in range(2):  # what case folding gives may fall apart once more
        char = "".join(_fold_letter(c) for c in unicodedata.normalize("NFKD", char)).casefold()
    return "".join(_fold_letter(c) for c in char)


class _Folds(dict[int, str]):
    """Code point → folded text, filled as characters are met: nobody writes with all 150,000."""

    def __missing__(self, code: int) -> str:
        folded = self[code] = _fold_char(chr(code))
        return folded


_FOLDS = _Folds()
_ASCII = bytes(ord(_FOLDS[code]) for code in range(128)).ljust(256)
"""The same for plain ASCII, of which every character folds to one: half of all posts, at a third of the price."""


_FIRST_ACCENT = "\u0300"
_GAPS = re.compile("  +")
_OTHERS = re.compile(r"[^\x00-\x7f]+")
_FEW = 3


def fold(text: str) -> str:
    """`text` without case, accents, ligatures, widths and invisible characters; never raises.

    Apostrophes, hyphens, underscores, control characters and lone surrogates part words; what parts words becomes
    one space, and none stands at either end. Folding twice changes nothing.

    >>> fold("  L’Œuf\u200b à la COQUE ")
    'l oeuf a la coque'
    """
    if not text.isascii():
        text = _OTHERS.sub(_fold_few, text)  # most French becomes ASCII so, and takes the cheap road below
        if not text.isascii():
            return " ".join(text.translate(_FOLDS).split())
    return b" ".join(text.encode().translate(_ASCII).split()).decode()


def _fold_few(found: re.Match[str]) -> str:
    """An accent or an apostrophe or two; longer runs are another script, which is folded in one go."""
    run = found[0]
    return _fold_run(run) if len(run) <= _FEW else run


@lru_cache(4096)
def _fold_run(run: str) -> str:
    return run.translate(_FOLDS)


def fold_letter(code: int) -> tuple[int, ...]:
    """What the code point `code` folds to, for the kernel: code points, plus 1 << 24 where part of a word."""
    return tuple(ord(char) | char.isalnum() << 24 for char in _FOLDS[code])


def fold_with_offsets(text: str) -> tuple[str, list[int]]:
    """`fold(text)`, and for each of its characters the index in `text` of the character that gave it."""
    return fold(text), offsets_of(text)


def offsets_of(text: str) -> list[int]:
    """For each character of `fold(text)` the index in `text` of the character that gave it."""
    at: Sequence[int] = range(len(text))
    if not text.isascii():
        several = {char for char in set("".join(_OTHERS.findall(text))) if len(_FOLDS[ord(char)]) != 1}
        if several:
            at = [from_ for from_, char in enumerate(text) for _ in (_FOLDS[ord(char)] if char in several else "1")]
        text = _OTHERS.sub(_fold_few, text)
    spaced = text.encode().translate(_ASCII).decode() if text.isascii() else text.translate(_FOLDS)
    first = len(spaced) - len(spaced.lstrip(" "))
    end = len(spaced.rstrip(" "))
    offsets: list[int] = []
    for gap in _GAPS.finditer(spaced, first, end):  # of several spaces, the last one is kept
        offsets += at[first : gap.start()]
        first = gap.end() - 1
    offsets += at[first:end]
    return offsets


def span(text: str, offsets: Sequence[int], start: int, end: int) -> tuple[int, int]:
    """Where `start`..`end` of the folded text stands in `text`, with the accents that follow its last letter."""
    last = offsets[end - 1] + 1
    while last < len(text) and text[last] >= _FIRST_ACCENT and unicodedata.combining(text[last]):
        last += 1
    return offsets[start], last


def glue(folded: str) -> str:
    """Letters and digits alone, as people write a name in a hashtag: 'la mie bretonne' → 'lamiebretonne'."""
    return "".join(filter(str.isalnum, folded))
