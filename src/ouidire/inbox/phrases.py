"""Which words of a post may name one place, or say that it is not about us: proposed to a person, no more."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib.resources import files

from ouidire.domain.enrichment import Span
from ouidire.domain.fold import fold
from ouidire.errors import BadInput

LONGEST = 60
MOST_WORDS = 6
"""As many as are looked at together in a post."""

_WORD = re.compile(r"[^\W_]+")
_JOINT = re.compile(r"[\s'’\-]*")
Word = tuple[str, int, int]
"""A word of a text, folded, and where it stands."""

_REACH = 3
"""So many words of its own a phrase has at most."""


def fits(phrase: str) -> str:
    """`phrase` with single spaces. Raises `BadInput` for what could never be recognised in a post."""
    phrase = " ".join(phrase.split())
    words = _WORD.findall(fold(phrase))
    if sum(map(len, words)) < 3:
        raise BadInput("This is too short to be recognised; write at least three letters.")
    if len(phrase) > LONGEST or len(words) > MOST_WORDS:
        raise BadInput("This is too long to be recognised; write six words at most.")
    return phrase


def place_phrase(text: str, known: Iterable[str]) -> str:
    """The words of `text` that may name one place of several, as they are written there; "" where none do.

    `known`: what says nothing new, such as the names of the house and its towns. Two shops of one town are not told
    apart by "la boutique de Montréal".
    """
    old = {word for one in known for word in _WORD.findall(fold(one))}
    words = [(fold(m.group()), m.start(), m.end()) for m in _WORD.finditer(text)]
    found = (_phrase(text, words, i, old) for i in range(len(words)))
    return next((text[start:end] for start, end in found if end > start), "")


def odd_word(text: str, names: Sequence[Span], known: Iterable[str]) -> str:
    """The word beside our name (`names`: where it stands) that may say that another is meant; "" where none does."""
    if not names:
        return ""
    old = {word for one in known for word in _WORD.findall(fold(one))}
    start, end = names[0]
    words = list(_WORD.finditer(text))
    after = [m for m in words if m.start() >= end][:_REACH]
    before = [m for m in reversed(words) if m.end() <= start][:_REACH]
    told = (m.group() for m in [*after, *before] if _says_something(fold(m.group())))
    return next((word for word in told if fold(word) not in old and len(word) >= 4), "")


@cache
def _table() -> dict[str, frozenset[str]]:
    text = files("ouidire.inbox").joinpath("phrases.toml").read_text("utf-8")
    return {name: frozenset(words.split()) for name, words in tomllib.loads(text).items()}


def _says_something(word: str) -> bool:
    return word not in _table()["links"] and word not in _table()["ends"]


def _phrase(text: str, words: Sequence[Word], i: int, old: set[str]) -> Span:
    """The phrase that the word `i` introduces; (0, 0) for none."""
    table = _table()
    word, start, end = words[i]
    is_house = word in table["houses"]
    if not (is_house or word in table["beside"]):
        return 0, 0
    run = list(_run(text, words, i))
    own = [one for one in run if _says_something(one[0])]
    if any(one[0] not in old for one in own):
        return start, own[-1][2]
    if is_house and i and _is_told_by(text, words[i - 1], words[i], old):
        return words[i - 1][1], end
    return 0, 0


def _run(text: str, words: Sequence[Word], i: int) -> Iterator[Word]:
    """What follows the word `i` without a stop: links, and a few words of its own."""
    table, left = _table(), _REACH
    for before, one in zip(words[i:], words[i + 1 :], strict=False):
        if not _JOINT.fullmatch(text, before[2], one[1]) or not left:
            return
        if one[0] in table["links"]:
            yield one
            continue
        if one[0] in table["ends"]:
            return
        left -= 1
        yield one


def _is_told_by(text: str, before: Word, house: Word, old: set[str]) -> bool:
    """Does the word before the house say which, as in "the uptown store"?"""
    close = _JOINT.fullmatch(text, before[2], house[1]) is not None
    return close and _says_something(before[0]) and before[0] not in old and len(before[0]) >= 4
