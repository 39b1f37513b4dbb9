"""The words by which a post says which of an organisation's places it means: town, district, street, landmark."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from ouidire.domain.fold import fold
from ouidire.domain.place import Place

_WORD = re.compile(r"[^\W_]+")
_SAINT = re.compile(r"\bsaint(e?)\b")
_ARRONDISSEMENT = re.compile(r" \d+e?r? arrondissement$")
_MAX_WORDS = 6
_MOST_TOWNS = 2_048
"""Of so many towns and districts the spellings are remembered: places of a house and of others lie in the same."""


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


class Sign(NamedTuple):
    """A phrase that points to a place; `careful` when it is also an ordinary word, which then needs a capital."""

    place_id: str
    strength: Strength
    careful: bool = False


@dataclass(frozen=True, slots=True)
class Found:
    """A sign in a folded text; `first` is the position of its first word."""

    sign: Sign
    start: int
    end: int
    introduced: bool


class Localities:
    """The locality words of one organisation's places."""

    def __init__(self, places: Sequence[Place], near: Sequence[tuple[str, str]]) -> None:
        """`near`: pairs of place id and a word a watch of that place gives as pointing there."""
        self._signs: dict[str, tuple[Sign, ...]] = {}
        self._same: dict[Sign, Sign] = {}  # each is kept once, however many phrases it has
        for place in places:
            for phrase, sign in _signs_of(place):
                self._add(phrase, sign)
        for place_id, word in near:
            for phrase in town_spellings(word):
                self._add(phrase, Sign(place_id, Strength.NEAR))
        self._same.clear()

    def _add(self, phrase: str, sign: Sign) -> None:
        if not phrase:
            return
        known = self._signs.get(phrase)
        if known is None:
            self._signs[phrase] = (self._same.setdefault(sign, sign),)
        elif sign not in known:
            self._signs[phrase] = (*known, self._same.setdefault(sign, sign))

    def of(self, phrase: str) -> Sequence[Sign]:
        """What a folded phrase points to."""
        return self._signs.get(phrase, ())

    def find(self, folded: str) -> list[Found]:
        """Every phrase of ours in `folded`, in the order of the text."""
        if not self._signs:
            return []
        return [
            Found(sign, start, end, introduced)
            for phrase, start, end, introduced in phrases(folded)
            for sign in self._signs.get(phrase, ())
        ]


def phrases(folded: str) -> Iterator[tuple[str, int, int, bool]]:
    """Each run of one to six words with its span, and whether a preposition (or '#') stands before it."""
    words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(folded)]
    for i, (_, start, _) in enumerate(words):
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
    return (phrase for phrase, _ in _signs_of(place))


def _signs_of(place: Place) -> Iterator[tuple[str, Sign]]:
    for phrase in town_spellings(place.town):
        yield phrase, Sign(place.id, Strength.TOWN, careful=phrase in _ORDINARY_TOWNS)
    for phrase in town_spellings(place.district):
        yield phrase, Sign(place.id, Strength.NEAR, careful=" " not in phrase)
    for phrase in _postcode_words(place):
        yield phrase, Sign(place.id, Strength.NEAR)
    for landmark in place.landmarks:
        yield from _landmark_signs(place, landmark)
    yield from _street_signs(place)


def _landmark_signs(place: Place, landmark: str) -> Iterator[tuple[str, Sign]]:
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
    sign = Sign(place.id, Strength.LANDMARK)
    for phrase in spellings:
        if phrase != name or len(core) > 1:
            yield phrase, sign
    if len(name) >= 4:
        yield name, Sign(place.id, Strength.LANDMARK, careful=len(core) == 1)
    if len(words) > 1:
        yield "".join(words), sign
    if len(core) > 1 and is_stop:
        yield "".join(core), sign
    rest = core[1:]  # 'place Jean-Jaurès' is also 'Jean-Jaurès', with its capital
    if core[0] in _WAYS and rest and rest[0] not in _LINKING and len(" ".join(rest)) >= 4:
        yield " ".join(rest), Sign(place.id, Strength.LANDMARK, careful=True)


def _street_signs(place: Place) -> Iterator[tuple[str, Sign]]:
    """'1455, rue Crescent' → 'rue crescent', and 'crescent' when written with a capital."""
    words = plain(place.street).split()
    while words and (words[0][0].isdigit() or words[0] in _SIDES):
        words = words[1:]
    while words and words[-1] in _SIDES:
        words = words[:-1]
    if not words:
        return
    yield " ".join(words), Sign(place.id, Strength.STREET, careful=len(words) == 1)
    core = [w for w in words if w not in _WAYS]
    while core and core[0] in _LINKING:
        core = core[1:]
    name = " ".join(core)
    if len(name) >= 4 and core != words:
        yield name, Sign(place.id, Strength.STREET, careful=len(core) == 1)


def _postcode_words(place: Place) -> Iterator[str]:
    """'H3G 2B2' → also 'h3g2b2' and 'h3g', its part of the town; '75011' → also 'paris 11', '11e arrondissement'."""
    code = plain(place.postcode)
    joined = code.replace(" ", "")
    if len(joined) < 4:
        return
    yield joined
    if place.country in _TWO_PARTS and _TWO_PARTS[place.country].fullmatch(joined):
        yield f"{joined[:-3]} {joined[-3:]}"
        yield joined[:-3]
    elif code != joined:
        yield code
    if place.country == "FR" and joined.isdecimal():
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
