"""What is asked of an organisation at every post that may be about it, made ready once: no post walks its places."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property
from math import cos, floor, radians

from ouidire.domain.place import Coordinates, Place
from ouidire.match.categories import EVERY, Category, together
from ouidire.match.geo import distance_m
from ouidire.match.locality import Localities, firsts, in_full, plain, town_spellings
from ouidire.match.towns import Town

CELL = 0.1
"""Degrees: about eleven kilometres from south to north."""

METRES_A_DEGREE = 111_000

FEW_PLACES = 50
"""So many places may be looked at one by one, where that tells more than the cells around."""


Premises = tuple[str, str]
_Point = tuple[str, Coordinates]
"""A place's id, and where it lies."""

_NUMBER = re.compile(r"\b\d+\w?\b")


class Known:
    """An organisation's places by what posts say of them. `localities` are their words.

    What is kept here of each place is little; `places` and `find`, by id, may read them where they lie.
    """

    def __init__(
        self,
        places: Collection[Place],
        find: Callable[[str], Place | None],
        has: Callable[[str], bool],
        localities: Localities,
    ) -> None:
        self.localities = localities
        self.count = len(places)
        self.has = has
        """Is this the id of one of them? Costs little, in a house of any size."""
        self._places, self._find = places, find

    @property
    def only(self) -> Place | None:
        """Its one place, where it has no other."""
        return next(iter(self._places)) if self.count == 1 else None

    def place(self, place_id: str) -> Place:
        """Raises `KeyError` for a place that is none of its own."""
        place = self._find(place_id)
        if place is None:
            raise KeyError(place_id)
        return place

    @cached_property
    def towns(self) -> frozenset[str]:
        """Its towns, in the spellings of people."""
        names = {place.town for place in self._places if place.town}
        return frozenset(spelling for name in names for spelling in town_spellings(name))

    def premises(self, of: Collection[str] = ()) -> frozenset[Premises]:
        """What these places, or all, are known by, whoever listens: pages, points, streets with their town."""
        if not of:
            return self._all_premises
        left = (place for place_id in of if (place := self._find(place_id)))  # a watch may outlive its place
        return frozenset(one for place in left for one in _premises_of(place))

    @cached_property
    def _all_premises(self) -> frozenset[Premises]:
        return frozenset(one for place in self._places for one in _premises_of(place))

    @cached_property
    def languages(self) -> frozenset[str]:
        """In which its guests write; empty when that is not known of each place."""
        each = [place.languages for place in self._places]
        return frozenset(one for some in each for one in some) if all(each) else frozenset()

    @cached_property
    def category(self) -> Category:
        return together(frozenset((EVERY, *(place.category for place in self._places if place.category))))

    @cached_property
    def has_kind(self) -> bool:
        return any(place.category for place in self._places)

    @cached_property
    def products(self) -> Mapping[str, frozenset[str]]:
        """Phrases of its menus and shelves, folded, with the places that have them."""
        return _by_phrase((plain(word), place.id) for place in self._places for word in place.products)

    @cached_property
    def begins_product(self) -> Callable[[str], bool]:
        """Does one of these phrases begin with this word?"""
        return firsts(self.products).__contains__

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(plain(role) for place in self._places for role in place.roles)

    @cached_property
    def _cells(self) -> Mapping[tuple[int, int], list[_Point]]:
        cells: dict[tuple[int, int], list[_Point]] = {}
        for place_id, at in _points(self._places):
            cells.setdefault(_cell(at.lat, at.lon), []).append((place_id, at))
        return cells

    @cached_property
    def is_located(self) -> bool:
        """Are the coordinates of every place known? Only then is a far post far from all."""
        return self.count > 0 and all(place.coordinates for place in self._places)

    @cached_property
    def widest_m(self) -> int:
        """The largest radius of a place."""
        return max((place.radius_m for place in self._places), default=0)

    def around(self, lat: float, lon: float, within_m: float) -> dict[str, float]:
        """Metres to the places within a distance: of all where there are few, else of those in the cells around."""
        north = within_m / METRES_A_DEGREE
        east = north / max(0.1, cos(radians(lat)))
        found: dict[str, float] = {}
        for place_id, at in _points(self._places) if self.count <= FEW_PLACES else self._beside(lat, lon):
            if abs(at.lat - lat) > north or abs(at.lon - lon) > east:
                continue  # a box costs a tenth of a distance
            if (far := distance_m(lat, lon, at.lat, at.lon)) <= within_m:
                found[place_id] = far
        return found

    def is_far(self, lat: float, lon: float, metres: float) -> bool:
        """Is every place known to be farther away? Of many, the cells around say so."""
        if not self.is_located:
            return False
        if self.count > FEW_PLACES:
            return next(self._beside(lat, lon), None) is None
        return not self.around(lat, lon, metres)

    def _beside(self, lat: float, lon: float) -> Iterator[_Point]:
        row, column = _cell(lat, lon)
        for r in (row - 1, row, row + 1):
            for c in (column - 1, column, column + 1):
                yield from self._cells.get((r, c), ())

    def is_near(self, towns: Iterable[Town], metres: float) -> bool:
        """Does one of these towns lie so near to a place of ours that people may say it for that place?"""
        return any(self.around(one.coordinates.lat, one.coordinates.lon, metres) for one in towns if one.coordinates)


def _points(places: Iterable[Place]) -> Iterator[_Point]:
    for place in places:
        if place.coordinates:
            yield place.id, place.coordinates


def _premises_of(place: Place) -> Iterator[Premises]:
    """Two owners hardly write an address alike: the number is left out, a point is known to some hundred metres."""
    for key in place.listing_ids:
        yield "page", key
    if place.coordinates:
        yield f"{place.coordinates.lat:.3f}", f"{place.coordinates.lon:.3f}"
    if place.town and (street := " ".join(_NUMBER.sub(" ", in_full(plain(place.street))).split())):
        yield street, plain(place.town)


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return floor(lat / CELL), floor(lon / CELL)


def _by_phrase(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for phrase, place_id in pairs:
        if phrase:
            found.setdefault(phrase, set()).add(place_id)
    return {phrase: frozenset(ids) for phrase, ids in found.items()}
