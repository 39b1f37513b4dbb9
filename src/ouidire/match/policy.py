"""The policy on names: which of them speak for themselves, and what has to stand beside the others.

"Orange" and "Le Central" stand in many posts that are about something else. At a million watches a few hundred such
words would cause nearly all hits. So in a large house a name that is an ordinary word counts only beside a word that
tells whose it is, or near its place; and so does, in any house, a name that many share. This is the gate of the index
and no decision: what passes is weighed as evidence. A small house can afford to weigh every hit, and learns from it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import dropwhile

from ouidire.domain.fold import fold, glue
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.domain.words import common
from ouidire.match.categories import category_words
from ouidire.match.fulfil import asked_for
from ouidire.match.locality import plain, town_spellings, words_of
from ouidire.match.packed import Multi
from ouidire.match.towns import find_town
from ouidire.shield.staff import is_first_name

COMMON = 1.0
"""Posts per 10,000: a name that stands in more of them is an ordinary word."""

MANY = 20
"""A name that more organisations share, or more places of one, says too little alone."""

SMALL_HOUSE = 1_000
"""With up to so many watches, every hit of an ordinary word is looked at."""

HOUSE_WORDS = 5.0
"""Posts per 10,000, for a name of which every word is one that such houses are called by."""

SMALL_WORDS = frozenset(["a", "au", "aux", "chez", "d", "de", "des", "du", "et", "l", "la", "le", "les", "of", "the"])

TELLING = 20.0
"""Posts per 10,000: a word that stands in more of them stands beside any name, and tells nothing of whose it is."""

SHORT_UP_TO, SHORT_AGAIN = 200_000, 180_000
"""With more watches no name is understood for short unless it is given: they would take half as much memory again, and
most such names are those of many families. With as few as the second number they are understood again."""

MELTED = frozenset(("au", "aux", "du", "des"))
"""What a preposition and an article melt into."""

_NO_WORDS = re.compile(r"[\d&+]")
"""Signs by which a name is more than words: a number, two things joined."""

LEAST_SHORT = 5
"""So many letters has a name that customers say for a longer one."""

_KNOWN_TOWN = 2_000
"""So many people live in a town that is meant when its name stands alone; smaller ones bear the names of families."""

_LEAST_ORDINARY = 4
"""A shorter word is not looked at for slips, and so need not be known."""

_MOST_WORDS = 3
"""Longer phrases than these were not counted; a longer name stands nowhere by accident."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What must stand in a post beside a name: one of these words, or coordinates in one of these cells."""

    contexts: tuple[str, ...]
    cells: tuple[int, ...]

    def __bool__(self) -> bool:
        return bool(self.contexts or self.cells)


class Counts:
    """How often each text was noted; packed figures below, changes on top."""

    def __init__(self, packed: Multi | None = None) -> None:
        self._packed = packed
        self._changed: dict[str, int] = {}

    def get(self, text: str) -> int:
        below = max(self._packed.get(text), default=0) if self._packed else 0
        return below + self._changed.get(text, 0)

    def add(self, text: str, times: int) -> None:
        if left := self._changed.get(text, 0) + times:
            self._changed[text] = left
        else:
            self._changed.pop(text, None)

    def items(self) -> Iterator[tuple[str, int]]:
        """What was noted since it was opened."""
        yield from self._changed.items()


class Bearers:
    """Who bears which name: how many organisations, and how many watches of one."""

    def __init__(self, organisations: Counts | None = None, watches: Counts | None = None) -> None:
        self.organisations = organisations or Counts()
        self.watches = watches or Counts()

    def note(self, watch: Watch) -> None:
        for key in names_of(watch):
            own = _own(watch.organisation_id, key)
            if not self.watches.get(own):
                self.organisations.add(key, 1)
            self.watches.add(own, 1)

    def forget(self, watch: Watch) -> None:
        for key in names_of(watch):
            own = _own(watch.organisation_id, key)
            self.watches.add(own, -1)
            if not self.watches.get(own):
                self.organisations.add(key, -1)

    def sisters(self, organisation_id: str, key: str) -> int:
        """How many watches of the organisation bear this name, itself counted."""
        return self.watches.get(_own(organisation_id, key))


class Policy:
    """`category_words` gives the words that stand beside a house of a category, `learned` those of an organisation."""

    def __init__(
        self,
        bearers: Bearers | None = None,
        category_words: Callable[[str], Sequence[str]] = category_words,
        learned: Callable[[str], Sequence[str]] = lambda _: (),
    ) -> None:
        self.bearers = bearers or Bearers()
        self.is_large = False
        self.hears_short = True
        self._category_words = category_words
        self._learned = learned

    def fit(self, watches: int) -> None:
        """Suit a house of so many watches."""
        self.is_large, self.hears_short = self._size(watches)

    def fits(self, watches: int) -> bool:
        """Would `fit` change nothing? Else other names need something beside them, or others are heard."""
        return (self.is_large, self.hears_short) == self._size(watches)

    def _size(self, watches: int) -> tuple[bool, bool]:
        """A house about as large as the border does not change with every watch."""
        return watches > SMALL_HOUSE, watches <= (SHORT_UP_TO if self.hears_short else SHORT_AGAIN)

    def commonness(self, name: str) -> float:
        """In how many of 10,000 public posts it stands; 0.0 when in too few to have been counted."""
        return commonness(name)

    def sharers(self, name: str) -> int:
        """How many organisations bear this name, however it is spelled; 0 when none does."""
        return self.bearers.organisations.get(key_of(name))

    def heed(self, learned: Callable[[str], Sequence[str]]) -> None:
        """Ask this from now on for the words that an organisation's decisions taught."""
        self._learned = learned

    def learned(self, organisation_id: str) -> Sequence[str]:
        """Words that have been seen to stand beside the organisation's names."""
        return self._learned(organisation_id)

    def is_shared(self, name: str) -> bool:
        return self.sharers(name) > MANY

    def is_sisters(self, watch: Watch, name: str) -> bool:
        """Do so many places of the same house bear it that it does not tell which?"""
        return bool(watch.place_id) and self.bearers.sisters(watch.organisation_id, key_of(name)) > MANY

    def needs_context(self, watch: Watch, name: str, spelling: str) -> bool:
        """`spelling` is one of the ways to write `name`."""
        common = self.is_large and commonness(spelling) > COMMON
        return common or self.is_shared(name) or self.is_sisters(watch, name)

    def condition(self, watch: Watch, places: Sequence[Place], name: str) -> Condition:
        """What may stand beside a name that needs it; nothing where nothing is known.

        Of a name that many share, the words of its kind of house tell nothing: they would open all at once.
        """
        where = self.whereabouts(watch, places)
        words = [*watch.required, *asked_for(watch), *where.contexts]
        if not self.is_shared(name) and not self.is_sisters(watch, name):
            beside = [word for place in places for word in (*place.landmarks, *place.products)]
            beside += [word for category in {p.category for p in places} for word in self._category_words(category)]
            beside += self.learned(watch.organisation_id)
            words += [word for word in beside if commonness(word) <= TELLING]
        return Condition(tuple(dict.fromkeys(filter(None, map(plain, words)))), where.cells)

    def whereabouts(self, watch: Watch, places: Sequence[Place]) -> Condition:
        """That a post says where the places are: what a name that the owner did not give must stand beside."""
        words = [form for word in watch.near for form in town_spellings(word)]
        words += [word for place in places for word in words_of(place)]
        points = (place.coordinates for place in places if place.coordinates)
        cells = dict.fromkeys(cell_of(at) for at in points if _is_on_earth(at.lat, at.lon))
        return Condition(tuple(dict.fromkeys(filter(None, map(plain, words)))), tuple(cells))


def commonness(name: str) -> float:
    """In how many of 10,000 public posts the name stands (`domain/words.py`); 0.0 for too few to be counted."""
    words = plain(name).split()
    counted = common().get(" ".join(words), 0.0) if len(words) <= _MOST_WORDS else 0.0
    if words and all(word in house_words() or word in SMALL_WORDS for word in words):
        return max(counted, HOUSE_WORDS)
    return counted


def short_of(name: str) -> str:
    """A name without the words such houses are called by, or without "au", as customers say it; "" where that is no
    name of its own: an ordinary word, a town, a first name, a number, two things joined by a sign.

    >>> short_of("Pharmacie Kerbrat"), short_of("Aux Pains de Lopez"), short_of("Café de la Gare"), short_of("Kerbrat")
    ('kerbrat', 'pains de lopez', '', '')
    """
    words = plain(name).split()
    first, *others = words or [""]
    if first in MELTED and others[1:]:
        rest, is_own = others, True
    else:
        rest = list(dropwhile(lambda word: word in house_words() or word in SMALL_WORDS, words))
        is_own = any(word in house_words() for word in words[: -len(rest) or None])
    whole = " ".join(rest)
    is_name = len(glue(whole)) >= LEAST_SHORT and not _NO_WORDS.search(name)
    is_others = commonness(whole) > COMMON or _is_town(whole) or is_first_name(whole)
    return whole if is_own and is_name and not is_others else ""


def _is_town(name: str) -> bool:
    return any(town.population >= _KNOWN_TOWN for town in find_town(name))


def ordinary_words() -> list[str]:
    """The single words that were counted at all: those that stand in about one public post of 20,000 or more."""
    return [phrase for phrase in common() if len(phrase) >= _LEAST_ORDINARY and " " not in phrase]


@lru_cache(4_096)
def key_of(name: str) -> str:
    """The name as one word of its letters: by what it is told whether two are the same."""
    return glue(fold(name))


def names_of(watch: Watch) -> dict[str, None]:
    """The names by which others may be called as well, as one word of their letters, each once."""
    names = (*watch.names, *watch.aliases, *(former.name for former in watch.former))
    return {key: None for name in names if (key := key_of(name))}


def cell_of(at: Coordinates) -> int:
    """The cell of a tenth of a degree that holds a point."""
    return int((at.lat + 90) * 10) * 3600 + int((at.lon + 180) * 10) % 3600


def cells_around(lat: float, lon: float) -> list[int]:
    """The cell that holds a point, and its eight neighbours: all within at least seven kilometres, up to 50° north.

    None for a point that is not on Earth, as networks also send.
    """
    if not _is_on_earth(lat, lon):
        return []
    row, column = int((lat + 90) * 10), int((lon + 180) * 10)
    return [(row + up) * 3600 + (column + right) % 3600 for up in (-1, 0, 1) for right in (-1, 0, 1)]


def _is_on_earth(lat: float, lon: float) -> bool:
    return -90 <= lat <= 90 and -180 <= lon <= 180  # no for what is no number, too


def _own(organisation_id: str, key: str) -> str:
    return f"{organisation_id}\0{key}"


@cache
def house_words() -> frozenset[str]:
    """Words of which the names of houses are made, folded: what they are, 'cafe', and what they are like, 'petit'."""
    return house_kinds() | _listed("house_looks.txt")


@cache
def house_kinds() -> frozenset[str]:
    """Words that say what a house is, folded: 'cafe', 'pharmacie'."""
    return _listed("house_words.txt")


def _listed(name: str) -> frozenset[str]:
    lines = files("ouidire.match").joinpath(name).read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
