"""How many stars of five: as a number, a word, a share, or drawn."""

from __future__ import annotations

import math
import re

_WORDS = {"ONE": 1.0, "TWO": 2.0, "THREE": 3.0, "FOUR": 4.0, "FIVE": 5.0}
_SHARE = re.compile(r"(\d+(?:[.,]\d+)?)\s*(?:/|sur|out of|von|de|of)\s*(\d+)(?:\s*\w+)?", re.I)
_DRAWN = re.compile(r"(★+)☆*|(⭐+)|(\*+)")


def read_stars(said: str) -> float | None:
    """1 to 5, `nan` when it is none of these, None when nothing is said.

    A share of another number (8/10) is brought to five; a word may carry a prefix (STAR_RATING_FIVE).
    """
    said = said.strip()
    word = said.upper().rpartition("_")[2]
    if not said or word == "UNSPECIFIED":
        return None
    if word in _WORDS:
        return _WORDS[word]
    if drawn := _DRAWN.fullmatch(said):
        stars = float(len(drawn[1] or drawn[2] or drawn[3]))
    elif shared := _SHARE.fullmatch(said):
        stars = 5 * _number(shared[1]) / max(1.0, _number(shared[2]))
    else:
        stars = _number(said)
    return stars if 1 <= stars <= 5 else math.nan


def _number(said: str) -> float:
    try:
        return float(said.replace(",", "."))
    except ValueError:
        return math.nan
