"""The words by which a post says which of an organisation's places it means: town, district, street, landmark."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from ouidire.domain.fold import fold
from ouidire.domain.place import Place

_WORD = re.compile(r"[^\W_]+")
_SAINT = re.compile(r"\bsaint(e?)\b")
_ARRONDISSEMENT = re.compile(r" \d+e?r? arrondissement$")
_MAX_WORDS = 6
_MOST_TOWNS = 2_048
"""Of so many towns and districts the spellings are remembered: places of a house and of others lie in the same."""

_MOST_AREAS = 1_024
"""Of so many areas, each a town with a district and a postcode, the words are remembered."""

_FEW_WORDS = 6
"""So many `Words` of one house (a place has two, a near word one) are kept as they are, and looked through one by one;
more become one table of a few bytes a phrase."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WAYS = _set(
    "rue avenue av boulevard boul bd bld blvd bvd place pl quai chemin allee allees impasse passage cours route square "
    "faubourg fg street st road rd lane drive strasse calle via plaza chaussee galerie mail esplanade promenade "
    "sentier villa cote rang montee voie"
)
FULL = {"st": "saint", "ste": "sainte", "bd": "boulevard", "bld": "boulevard", "blvd": "boulevard",
        "boul": "boulevard", "av": "avenue", "ave": "avenue", "pl": "place", "rd": "road", "r": "rue"}  # fmt: skip
"""What people shorten in an address, and what it stands for."""

_STOPS = _set("metro station tram tramway rer arret stop subway underground tube")
_BEFORE_STOP = ("metro", "station", "station de metro", "arret", "tram")
_AFTER_STOP = ("metro", "station", "metro station", "tube", "subway", "stop")
_LINKING = _set("de du des d la le les l the of et")
_SIDES = _set("est ouest nord sud east west north south bis ter quater")

_ORDINARY_TOWNS = _set(
    "nice tours orange sens gap die rue ham contes grasse vire vitre bath reading cork split bar mobile bois mer eu y "
    "pau lens agde loches bourg condom nancy brest serres bonneville salon aire"
)
"""Towns that are also words of a sentence: they count after a preposition, or with a capital in mid-sentence."""

_BEFORE_TOWN = _set("a de d in at from near vers sur pres ville")


class Strength(IntEnum):
    """How narrowly a word points: a street of a town weighs more than the town."""

    TOWN = 1
    NEAR = 2
    LANDMARK = 3
    """What people name instead of the address: a station, a square."""
    STREET = 4


class How(NamedTuple):
    """How a phrase points; `careful` when it is also an ordinary word, which then needs a capital."""

    strength: Strength
    careful: bool = False


class Sign(NamedTuple):
    """A phrase that points to a place; for `careful` see `How`."""

    place_id: str
    strength: Strength
    careful: bool = False


class Words(NamedTuple):
    """Phrases, folded, each with how it points, and the words that they begin with."""

    how: Mapping[str, tuple[How, ...]]
    firsts: frozenset[str]


_HOWS = tuple(How(strength, careful) for strength in Strength for careful in (False, True))
_HOW_BITS = 3
_HOW_MASK = (1 << _HOW_BITS) - 1
_TOWN, _CAREFUL_TOWN, _NEAR, _CAREFUL_NEAR, _LANDMARK, _CAREFUL_LANDMARK, _STREET, _CAREFUL_STREET = _HOWS


@dataclass(frozen=True, slots=True)
class Found:
    """A sign in a folded text; `first` is the position of its first word."""

    sign: Sign
    start: int
    end: int
    introduced: bool


class Localities:
    """The locality words of one organisation's places."""

    def __init__(self, places: Collection[Place], near: Iterable[tuple[str, str]] = ()) -> None:
        """`near`: pairs of place id and a word a watch of that place gives as pointing there."""
        words = chain(
            (one for place in places for one in ((place.id, _area_of(place)), (place.id, _premises_of(place)))),
            ((place_id, _near(word)) for place_id, word in near),
        )
        some = list(islice(words, _FEW_WORDS + 1))
        self._said = _Few(some) if len(some) <= _FEW_WORDS else _Many(chain(some, words))
        self.begins = self._said.begins
        """May a phrase that begins with this word point to a place?"""

    def of(self, phrase: str) -> Sequence[Sign]:
        """What a folded phrase points to."""
        return self._said.of(phrase)

    def find(self, folded: str) -> list[Found]:
        """Every phrase of ours in `folded`, in the order of the text."""
        return [
            Found(sign, start, end, introduced)
            for phrase, start, end, introduced in phrases(folded, self.begins)
            for sign in self.of(phrase)
        ]


class _Few:
    """The words of each place as they are: those of its area are shared with all who lie in it."""

    def __init__(self, words: Sequence[tuple[str, Words]]) -> None:
        self._words = words
        self.begins = frozenset[str]().union(*(one.firsts for _, one in self._words)).__contains__

    def of(self, phrase: str) -> Sequence[Sign]:
        found = [Sign(place_id, *how) for place_id, one in self._words for how in one.how.get(phrase, ())]
        return found if len(found) < 2 else tuple(dict.fromkeys(found))


class _Many:
    """The words of many places in a few bytes each: the phrases by their hashes, in order, with what they point to."""

    def __init__(self, words: Iterable[tuple[str, Words]]) -> None:
        ids: dict[str, int] = {}
        pairs: set[tuple[int, int]] = set()
        firsts: set[int] = set()
        for place_id, one in words:
            place = ids.setdefault(place_id, len(ids)) << _HOW_BITS
            pairs |= {(hash(phrase), place | _HOWS.index(how)) for phrase, some in one.how.items() for how in some}
            firsts |= set(map(hash, one.firsts))
        self._ids = list(ids)
        self._firsts = array("q", sorted(firsts))
        ordered = sorted(pairs)
        self._phrases = array("q", (phrase for phrase, _ in ordered))
        self._signs = array("Q", (sign for _, sign in ordered))

    def begins(self, word: str) -> bool:
        wanted = hash(word)
        at = bisect_left(self._firsts, wanted)
        return at < len(self._firsts) and self._firsts[at] == wanted

    def of(self, phrase: str) -> Sequence[Sign]:
        wanted = hash(phrase)
        first, last = bisect_left(self._phrases, wanted), bisect_right(self._phrases, wanted)
        return [Sign(self._ids[one >> _HOW_BITS], *_HOWS[one & _HOW_MASK]) for one in self._signs[first:last]]


def _near(word: str) -> Words:
    return _gathered((phrase, _NEAR) for phrase in town_spellings(word))


def _gathered(pairs: Iterable[tuple[str, How]]) -> Words:
    found: dict[str, tuple[How, ...]] = {}
    for phrase, how in pairs:
        known = found.get(phrase, ())
        if phrase and how not in known:
            found[phrase] = (*known, how)
    return Words(found, firsts(found))


def firsts(phrases: Iterable[str]) -> frozenset[str]:
    """The words that phrases begin with."""
    return frozenset([phrase.partition(" ")[0] for phrase in phrases])


def phrases(folded: str, begins: Callable[[str], bool]) -> Iterator[tuple[str, int, int, bool]]:
    """Each run of one to six words, the first of which `begins`, with its span, and whether a preposition (or '#')
    stands before it."""
    words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(folded)]
    for i, (word, _, _) in enumerate(words):
        if begins(word):
            yield from phrases_from(folded, words, i)


def phrases_from(folded: str, words: Sequence[tuple[str, int, int]], i: int) -> Iterator[tuple[str, int, int, bool]]:
    """Those that begin with the text's word number `i`."""
    start = words[i][1]
    introduced = (i > 0 and words[i - 1][0] in _BEFORE_TOWN) or (start > 0 and folded[start - 1] in "#(")
    phrase = ""
    for word, _, end in words[i : i + _MAX_WORDS]:
        phrase = f"{phrase} {word}" if phrase else word
        yield phrase, start, end, introduced


def plain(text: str) -> str:
    """The words of `text`, folded, one space between: 'St. Malo' → 'st malo'."""
    return " ".join(_WORD.findall(fold(text)))


@lru_cache(_MOST_TOWNS)
def town_spellings(name: str) -> tuple[str, ...]:
    """A town as people write it: 'Le Mans' is also 'au Mans', 'Saint-Malo' also 'St Malo' and '#SaintMalo'.

    >>> sorted(town_spellings("Saint-Malo"))
    ['saint malo', 'saintmalo', 'st malo', 'stmalo']
    """
    whole = _ARRONDISSEMENT.sub("", plain(name))
    article, _, rest = whole.partition(" ")
    turned = {"le": ("au", "du"), "les": ("aux", "des")}.get(article, ()) if rest else ()
    found: dict[str, None] = {}
    for spelling in (whole, *(f"{word} {rest}" for word in turned)):
        for form in (spelling, _SAINT.sub(r"st\1", spelling)):
            found |= {form: None, form.replace(" ", ""): None}
    return tuple(found)


def words_of(place: Place) -> Iterator[str]:
    """The phrases that point to a place, folded: towns, district, postcode, street, each in its spellings."""
    yield from _area_of(place).how
    yield from _premises_of(place).how


def _area_of(place: Place) -> Words:
    return _area(place.town, place.district, place.postcode, place.country)


@lru_cache(_MOST_AREAS)
def _area(town: str, district: str, postcode: str, country: str) -> Words:
    """The words of all places that lie there."""
    return _gathered(
        (
            *((phrase, _CAREFUL_TOWN if phrase in _ORDINARY_TOWNS else _TOWN) for phrase in town_spellings(town)),
            *((phrase, _NEAR if " " in phrase else _CAREFUL_NEAR) for phrase in town_spellings(district) if district),
            *((phrase, _NEAR) for phrase in _postcode_words(postcode, country)),
        )
    )


def _premises_of(place: Place) -> Words:
    """Those of its own."""
    landmarks = (pair for landmark in place.landmarks for pair in _landmark_signs(landmark))
    return _gathered(chain(landmarks, _street_signs(place.street)))


def _landmark_signs(landmark: str) -> Iterator[tuple[str, How]]:
    """'Métro Guy-Concordia' → also 'guy concordia', 'station guy concordia', 'guy concordia metro', '#guyconcordia'.

    'Gare du Nord' stays whole, for its core alone names nothing.
    """
    words = plain(landmark).split()
    core = words
    while len(core) > 1 and (core[0] in _STOPS or core[0] in _LINKING):
        core = core[1:]
    while len(core) > 1 and core[-1] in _STOPS:
        core = core[:-1]
    if not core:
        return
    name, is_stop = " ".join(core), core != words
    spellings = [" ".join(words)]
    if is_stop or core[0] not in _WAYS:
        spellings += [f"{kind} {name}" for kind in _BEFORE_STOP] + [f"{name} {kind}" for kind in _AFTER_STOP]
    for phrase in spellings:
        if phrase != name or len(core) > 1:
            yield phrase, _LANDMARK
    if len(name) >= 4:
        yield name, _CAREFUL_LANDMARK if len(core) == 1 else _LANDMARK
    if len(words) > 1:
        yield "".join(words), _LANDMARK
    if len(core) > 1 and is_stop:
        yield "".join(core), _LANDMARK
    rest = core[1:]  # 'place Jean-Jaurès' is also 'Jean-Jaurès', with its capital
    if core[0] in _WAYS and rest and rest[0] not in _LINKING and len(" ".join(rest)) >= 4:
        yield " ".join(rest), _CAREFUL_LANDMARK


def _street_signs(street: str) -> Iterator[tuple[str, How]]:
    """'1455, rue Crescent' → 'rue crescent', and 'crescent' when written with a capital."""
    words = plain(street).split()
    while words and (words[0][0].isdigit() or words[0] in _SIDES):
        words = words[1:]
    while words and words[-1] in _SIDES:
        words = words[:-1]
    if not words:
        return
    yield " ".join(words), _CAREFUL_STREET if len(words) == 1 else _STREET
    core = [w for w in words if w not in _WAYS]
    while core and core[0] in _LINKING:
        core = core[1:]
    name = " ".join(core)
    if len(name) >= 4 and core != words:
        yield name, _CAREFUL_STREET if len(core) == 1 else _STREET


def _postcode_words(postcode: str, country: str) -> Iterator[str]:
    """'H3G 2B2' → also 'h3g2b2' and 'h3g', its part of the town; '75011' → also 'paris 11', '11e arrondissement'."""
    code = plain(postcode)
    joined = code.replace(" ", "")
    if len(joined) < 4:
        return
    yield joined
    if country in _TWO_PARTS and _TWO_PARTS[country].fullmatch(joined):
        yield f"{joined[:-3]} {joined[-3:]}"
        yield joined[:-3]
    elif code != joined:
        yield code
    if country == "FR" and joined.isdecimal():
        yield from (f"{joined[:2]} {joined[2:]}", f"f {joined}")
        yield from _arrondissement(joined)


_TWO_PARTS = {"CA": re.compile(r"[a-z]\d[a-z]\d[a-z]\d"), "GB": re.compile(r"[a-z]{1,2}\d[a-z\d]?\d[a-z]{2}")}


def _arrondissement(code: str) -> Iterator[str]:
    city, most = {"750": ("paris", 20), "751": ("paris", 16), "690": ("lyon", 9), "130": ("marseille", 16)}.get(
        code[:3], ("", 0)
    )
    number = int(code[3:])
    if not 1 <= number <= most:
        return
    ordinals = ("1er", "1ere") if number == 1 else (f"{number}e", f"{number}eme", f"{number}ieme")
    yield from (f"{city} {number}", f"{city}{number}", f"{city} {_ROMAN[number]}")
    for ordinal in ordinals:
        yield from (f"{city} {ordinal}", f"{city}{ordinal}", f"{ordinal} arrondissement", f"dans le {ordinal}")
        yield f"{ordinal} arr"


_ROMANS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_ROMAN = dict(enumerate(re.findall(r"\w+", _ROMANS), 1))


def in_full(words: str) -> str:
    """Folded words as the owner of an address writes them.

    >>> in_full("bd st laurent")
    'boulevard saint laurent'
    """
    return " ".join(FULL.get(word, word) for word in words.split(" "))
