"""The peers: what a plain search finds, and the rule that this house went by before it weighed evidence.

Both are kept as they are, to be measured beside; nothing else uses them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ouidire.domain.fold import fold, glue
from ouidire.domain.item import Item
from ouidire.domain.mention import Match
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.followed import FollowedBy
from ouidire.match.geo import distance_m

_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"[@#][\w.\-]+")
_MOST_WORDS = 6
_WAYS = frozenset(["rue", "avenue", "boulevard", "place", "quai", "chemin", "cours", "route", "street", "road", "lane"])


def runs(folded: str) -> Iterator[tuple[str, int, int]]:
    """Each run of one to six words of a folded text, with where it stands."""
    words = [(found.group(), found.start(), found.end()) for found in _WORD.finditer(folded)]
    for i, (_, start, _) in enumerate(words):
        run = ""
        for word, _, end in words[i : i + _MOST_WORDS]:
            run = f"{run} {word}" if run else word
            yield run, start, end


class PlainSearch:
    """Is a name, in lower case, anywhere in the text? The place: that whose town is in it, if it is the only one."""

    def __init__(self, watches: Sequence[Watch], places: Sequence[Place]) -> None:
        self._names = [(name.lower(), watch.organisation_id) for watch in watches for name in watch.names]
        self._places = _by_organisation(places)

    def match(self, item: Item, followed: FollowedBy | None = None) -> list[Match]:
        text = item.text.lower()
        found = dict.fromkeys(organisation_id for name, organisation_id in self._names if name in text)
        return [Match(one, self._place(one, text), None, ()) for one in found]

    def _place(self, organisation_id: str, text: str) -> str | None:
        places = self._places.get(organisation_id, ())
        there = [place for place in places if place.town and place.town.lower() in text]
        left = there or places
        return left[0].id if len(left) == 1 else None


class ExactRule:
    """A name as a whole word after folding, an account, a tag, a listing; then words of locality, narrowest first."""

    def __init__(self, watches: Sequence[Watch], places: Sequence[Place]) -> None:
        self._names: dict[str, dict[str, str | None]] = defaultdict(dict)
        self._signs: dict[str, dict[str, str | None]] = defaultdict(dict)
        for watch in watches:
            for name in (*watch.names, *watch.aliases):
                plain = " ".join(_WORD.findall(fold(name)))
                self._names[plain][watch.organisation_id] = watch.place_id
                self._signs[f"#{glue(fold(name))}"][watch.organisation_id] = watch.place_id
            for handle in watch.handles:
                self._signs[f"@{fold(handle)}"][watch.organisation_id] = watch.place_id
        self._places = _by_organisation(places)
        self._listed = {listing: place for place in places for listing in place.listing_ids}
        self._local = {one: _localities(ours) for one, ours in self._places.items()}

    def match(self, item: Item, followed: FollowedBy | None = None) -> list[Match]:
        folded = fold(item.text)
        stretches = list(runs(folded))
        found: dict[str, set[str | None]] = defaultdict(set)
        for run, _, _ in stretches:
            for organisation_id, place_id in self._names.get(run, {}).items():
                found[organisation_id].add(place_id)
        tokens = [f"{token[0]}{fold(token[1:].rstrip('.-'))}" for token in _TOKEN.findall(item.text)]
        tokens += [f"#{glue(fold(tag))}" for tag in item.hashtags] + [f"@{fold(one)}" for one in item.addressed]
        for token in tokens:
            for organisation_id, place_id in self._signs.get(token, {}).items():
                found[organisation_id].add(place_id)
        if place := self._listed.get(item.listing_id):
            found[place.organisation_id].add(place.id)
        if followed is not None:
            found[followed.organisation_id].add(followed.place_id)
        return [Match(one, self._place(item, one, own, stretches), None, ()) for one, own in sorted(found.items())]

    def _place(
        self, item: Item, organisation_id: str, own: set[str | None], stretches: Sequence[tuple[str, int, int]]
    ) -> str | None:
        places = self._places.get(organisation_id, [])
        listed = self._listed.get(item.listing_id)
        witnesses = [{listed.id} if listed else set(), _near(item, places)]
        local = self._local.get(organisation_id, {})
        spoken: dict[int, set[str]] = defaultdict(set)
        for run, _, _ in stretches:
            for place_id, strength in local.get(run, ()):
                spoken[strength].add(place_id)
        witnesses += [spoken[3], spoken[2], spoken[1], {one for one in own if one}]
        left = {place.id for place in places}
        for witness in witnesses:
            left = left & witness or left
        return min(left) if len(left) == 1 else None


def _by_organisation(places: Iterable[Place]) -> Mapping[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        found[place.organisation_id].append(place)
    return found


def _near(item: Item, places: Sequence[Place]) -> set[str]:
    if item.geo is None:
        return set()
    lat, lon = item.geo.lat, item.geo.lon
    return {
        place.id
        for place in places
        if place.coordinates
        if distance_m(lat, lon, place.coordinates.lat, place.coordinates.lon) <= place.radius_m
    }


def _localities(places: Sequence[Place]) -> Mapping[str, list[tuple[str, int]]]:
    """Phrases that point to a place: its street (3), its district and postcode (2), its town (1)."""
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for place in places:
        street = [word for word in _WORD.findall(fold(place.street)) if not word[0].isdigit()]
        core = [word for word in street if word not in _WAYS]
        for words, strength in ((street, 3), (core, 3)):
            if len("".join(words)) >= 4:
                found[" ".join(words)].append((place.id, strength))
        for text, strength in ((place.district, 2), (place.postcode, 2), (place.town, 1)):
            if words := _WORD.findall(fold(text)):
                found[" ".join(words)].append((place.id, strength))
    return found
