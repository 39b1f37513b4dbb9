"""Text without case and accents, that still knows where each of its characters stood.

Unlike `domain.fold`, which is for comparing names, it keeps hyphens, apostrophes and punctuation: patterns read them.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass

from ouidire.domain.enrichment import Span

_NOT_SAID = re.compile(r"https?://\S+|www\.\S+|(?<![\w.])@[\w.@-]+")
_LIKE = {
    "’": "'",
    "‘": "'",
    "ʼ": "'",
    "`": "'",
    "œ": "oe",
    "Œ": "oe",
    "æ": "ae",
    "Æ": "ae",
    "ß": "ss",
    "‐": "-",
    "‑": "-",
}


class _Table(dict[int, str]):
    """Folds a character the first time it is met, for `str.translate`; `uneven` are those that fold to none or several
    characters."""

    def __init__(self) -> None:
        self.uneven: set[str] = set()

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = _LIKE.get(letter) or _plain(letter)
        if len(folded) != 1:
            self.uneven.add(letter)
        self[code] = folded
        return folded


def _plain(letter: str) -> str:
    if letter.isspace():
        return " "
    bare = unicodedata.normalize("NFD", letter)
    return "".join(part for part in bare if not unicodedata.combining(part)).lower()


_TABLE = _Table()


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is lower case without accents; `at` gives the original offset of each character, None when they agree."""

    text: str
    at: tuple[int, ...] | None

    def span(self, start: int, end: int) -> Span:
        """The same stretch in the original text."""
        if self.at is None or end <= start:
            return start, end
        return self.at[start], self.at[end - 1] + 1

    def found(self, place: int) -> int:
        """Where the character at `place` of the original text stands in the folded one."""
        return place if self.at is None else bisect_left(self.at, place)


def fold(text: str) -> Folded:
    """`text` folded; links and @handles become blanks of the same length, because nobody said them.

    >>> fold("Très reçu").text
    'tres recu'
    """
    addressed = "@" in text or "://" in text or "www." in text
    said = _NOT_SAID.sub(lambda found: " " * len(found[0]), text) if addressed else text
    folded = said.translate(_TABLE)
    if _TABLE.uneven.isdisjoint(said):
        return Folded(folded, None)
    at = [place for place, letter in enumerate(said) for _ in _TABLE[ord(letter)]]
    return Folded(folded, tuple(at))
