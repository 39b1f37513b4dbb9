"""Words that stand beside a business of each kind, from `categories.toml`: what is asked of them at every post."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ouidire.domain.fold import fold

EVERY = "every"
OTHERWISE = "otherwise"
SPAM = "spam"
NOW = "now"
BRAND = "brand"
COMPARED = "compared"
WAY = "way"
PERSON = "person"
CHEZ = "chez"
_NO_KIND = frozenset((EVERY, OTHERWISE, SPAM, NOW, BRAND, COMPARED, WAY, PERSON, CHEZ))


@dataclass(frozen=True, slots=True)
class Category:
    """`house`: what a business of this kind is called; `words`: what people meet there. Folded."""

    house: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


_NONE = Category()


def category(key: str) -> Category:
    """The words of a kind; none at all for one that we do not know."""
    return _table().get(key, _NONE)


def keys() -> tuple[str, ...]:
    """The kinds of business that we know, in the order of the table."""
    return tuple(key for key in _table() if key not in _NO_KIND)


def category_words(key: str) -> tuple[str, ...]:
    """Every word of a kind, of whatever sort, in alphabetical order."""
    found = category(key)
    return tuple(sorted(found.house | found.words))


@cache
def together(of: frozenset[str]) -> Category:
    """The words of several kinds at once, for an organisation with houses of each."""
    known = [category(key) for key in of]
    return Category(_all(one.house for one in known), _all(one.words for one in known))


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(word for words in sets for word in words)


@cache
def _table() -> dict[str, Category]:
    kept = tomllib.loads(files("ouidire.match").joinpath("categories.toml").read_text("utf-8"))
    return {key: Category(_folded(one["house"]), _folded(one["words"])) for key, one in kept.items()}


def _folded(words: Iterable[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)
