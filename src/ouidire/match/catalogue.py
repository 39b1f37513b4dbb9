"""The catalogue: watches and places by what the matcher asks for. It changes in place, one watch or place at a time."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from threading import Lock

from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.known import FEW_PLACES, Known
from ouidire.match.links import parse_handle, parse_link
from ouidire.match.locality import Localities
from ouidire.match.packed import Keys, Records
from ouidire.match.shelf import Shelf

WATCH_KEYS: Keys[Watch] = {
    "id": lambda watch: (watch.id,),
    "organisation": lambda watch: (watch.organisation_id,),
    "about": lambda watch: (watch.place_id or watch.organisation_id,),
    "near": lambda watch: (watch.organisation_id,) if watch.place_id and watch.near else (),
    "handle": lambda watch: [parse_handle(handle) for handle in watch.handles],
    "link": lambda watch: ["/".join(parse_link(link)) for link in watch.links],
    "host": lambda watch: [parse_link(link).host for link in watch.links],
}
PLACE_KEYS: Keys[Place] = {
    "id": lambda place: (place.id,),
    "organisation": lambda place: (place.organisation_id,),
    "listing": lambda place: place.listing_ids,
}

MOST_OF_SMALL, MOST_OF_LARGE = 12_000_000, 50_000_000
"""So many bytes what posts may say of small houses takes that is kept ready, and of large ones: there it would take
long to make it ready anew. A hundred houses of fifty places are kept, fifteen hundred of one, and large ones with a
hundred thousand places in all."""

A_HOUSE, A_SMALL_ONES_PLACE, A_LARGE_ONES_PLACE, A_NEAR_WORD = 6_000, 2_000, 500, 100
"""What each takes of that, as measured where many are kept."""

MOST_AT_ADDRESS = 64
"""Watches that share one address are looked at up to here; whose it is has been said by then."""


class Catalogue:
    """All watches and places of all organisations. A watch has a number, too, by which the signs know it."""

    def __init__(
        self,
        watches: Iterable[Watch] = (),
        places: Iterable[Place] = (),
        *,
        packed_watches: Records[Watch] | None = None,
        packed_places: Records[Place] | None = None,
    ) -> None:
        self._watches = Shelf(WATCH_KEYS, packed_watches)
        self._places = Shelf(PLACE_KEYS, packed_places)
        self._small, self._large = _Latest(MOST_OF_SMALL), _Latest(MOST_OF_LARGE)
        self._changes = 0
        self._door = Lock()
        for place in places:
            self.put_place(place)
        for watch in watches:
            self.put_watch(watch)

    def put_watch(self, watch: Watch) -> int:
        """Add a watch, or replace the one with its id; returns its number, which is a new one."""
        self.remove_watch(watch.id)
        number = self._watches.put(watch)
        if watch.place_id and watch.near:
            self._forget(watch.organisation_id)
        return number

    def remove_watch(self, watch_id: str) -> tuple[int, Watch] | None:
        """What it was; None, and nothing happens, when there is none."""
        for number, watch in list(self._watches.find("id", watch_id)):
            self._watches.remove(number)
            if watch.place_id and watch.near:
                self._forget(watch.organisation_id)
            return number, watch
        return None

    def put_place(self, place: Place) -> None:
        """Add a place, or replace the one with its id."""
        self.remove_place(place.id)
        self._places.put(place)
        self._forget(place.organisation_id)

    def remove_place(self, place_id: str) -> Place | None:
        """What it was; None, and nothing happens, when there is none."""
        for number, place in list(self._places.find("id", place_id)):
            self._places.remove(number)
            self._forget(place.organisation_id)
            return place
        return None

    def watches(self) -> Sequence[Watch]:
        return list(self._watches)

    def numbered(self) -> Iterator[tuple[int, Watch]]:
        """Every watch with its number, in the order of the numbers; they are not held all at once."""
        for number in self._watches.numbers():
            if (watch := self._watches.at(number)) is not None:
                yield number, watch

    def every_place(self) -> Iterator[Place]:
        """Every place; they are not held all at once."""
        yield from self._places

    def __len__(self) -> int:
        """How many watches there are."""
        return len(self._watches)

    def watch(self, watch_id: str) -> Watch | None:
        return next((watch for _, watch in self._watches.find("id", watch_id)), None)

    def watch_at(self, number: int) -> Watch | None:
        """The watch of this number; None when it has been removed."""
        return self._watches.at(number)

    def watches_of(self, organisation_id: str) -> Iterator[tuple[int, Watch]]:
        """All watches of an organisation, with their numbers."""
        return self._watches.find("organisation", organisation_id)

    def watches_about(self, subject_id: str) -> Iterator[tuple[int, Watch]]:
        """The watches of one place, or those of an organisation as a whole, with their numbers."""
        return self._watches.find("about", subject_id)

    def handled(self, handle: str) -> list[Watch]:
        """The watches with this handle, as `parse_handle` gives it."""
        return [watch for _, watch in islice(self._watches.find("handle", handle), MOST_AT_ADDRESS)]

    def linked(self, link: str) -> list[Watch]:
        """The watches with this very address: 'host/path'."""
        return [watch for _, watch in islice(self._watches.find("link", link), MOST_AT_ADDRESS)]

    def may_have_host(self, host: str) -> bool:
        """False: no watch has a link to this host."""
        return self._watches.may_have("host", host)

    def place(self, place_id: str) -> Place | None:
        return next((place for _, place in self._places.find("id", place_id)), None)

    def places_of(self, organisation_id: str) -> Sequence[Place]:
        return [place for _, place in self._places.find("organisation", organisation_id)]

    def some_places_of(self, organisation_id: str, most: int) -> Sequence[Place]:
        """At most so many of them: of a chain of thousands not all are read."""
        return [place for _, place in islice(self._places.find("organisation", organisation_id), most)]

    def listed(self, listing_id: str) -> Sequence[Place]:
        """The places that a network knows by this id."""
        return [place for _, place in self._places.find("listing", listing_id)]

    def localities(self, organisation_id: str) -> Localities:
        """The words by which a post says which of the organisation's places it means."""
        return self.known(organisation_id).localities

    def known(self, organisation_id: str) -> Known:
        """The organisation's places made ready, until one of them or its near words changes; at the first question.

        Any thread may ask while another one changes them: what was read before a change is not kept after it.
        """
        with self._door:
            known = self._small.get(organisation_id) or self._large.get(organisation_id)
            changes = self._changes
        if known is not None:
            return known
        near = (watch for _, watch in self._watches.find("near", organisation_id))
        pairs = [(watch.place_id, word) for watch in near if watch.place_id for word in watch.near]
        some = self.some_places_of(organisation_id, FEW_PLACES + 1)
        if len(some) <= FEW_PLACES:
            found = {place.id: place for place in some}
            known = Known(some, found.get, found.__contains__, Localities(some, pairs))
            latest, a_place = self._small, A_SMALL_ONES_PLACE
        else:
            shelved = _Shelved(self._places, organisation_id)
            known = Known(shelved, shelved.find, shelved.has, Localities(shelved, pairs))
            latest, a_place = self._large, A_LARGE_ONES_PLACE
        with self._door:
            if changes == self._changes:
                latest.put(organisation_id, known, A_HOUSE + a_place * known.count + A_NEAR_WORD * len(pairs))
        return known

    def _forget(self, organisation_id: str) -> None:
        """Said behind every change, never before it."""
        with self._door:
            self._changes += 1
            self._small.drop(organisation_id)
            self._large.drop(organisation_id)


class _Shelved(Collection[Place]):
    """The places of a large organisation on their shelf: read when they are asked for, for each takes a kilobyte."""

    def __init__(self, places: Shelf[Place], organisation_id: str) -> None:
        self._shelf = places
        self._organisation_id = organisation_id
        found = [(number, hash(place.id)) for number, place in places.find("organisation", organisation_id)]
        self._numbers = array("I", (number for number, _ in found))
        self._ids = array("q", sorted(one for _, one in found))

    def find(self, place_id: str) -> Place | None:
        ours = (one for _, one in self._shelf.find("id", place_id) if one.organisation_id == self._organisation_id)
        return next(ours, None)

    def has(self, place_id: str) -> bool:
        """Told without reading it: a post may name the town of thousands."""
        wanted = hash(place_id)
        at = bisect_left(self._ids, wanted)
        return at < len(self._ids) and self._ids[at] == wanted

    def __contains__(self, place: object) -> bool:
        return isinstance(place, Place) and self.find(place.id) == place

    def __iter__(self) -> Iterator[Place]:
        return (place for number in self._numbers if (place := self._shelf.at(number)) is not None)

    def __len__(self) -> int:
        return len(self._numbers)


class _Latest:
    """Organisations made ready, those asked for last, with at most so many bytes in all. For one thread at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._bytes = 0
        self._known: OrderedDict[str, tuple[Known, int]] = OrderedDict()

    def get(self, organisation_id: str) -> Known | None:
        if organisation_id not in self._known:
            return None
        self._known.move_to_end(organisation_id)
        return self._known[organisation_id][0]

    def put(self, organisation_id: str, known: Known, size: int) -> None:
        self.drop(organisation_id)
        self._known[organisation_id] = known, size
        self._bytes += size
        while self._bytes > self._most and len(self._known) > 1:
            self.drop(next(iter(self._known)))

    def drop(self, organisation_id: str) -> None:
        """Nothing happens when it is not there."""
        _, size = self._known.pop(organisation_id, (None, 0))
        self._bytes -= size
