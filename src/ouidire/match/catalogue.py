"""The catalogue: watches and places by what the matcher asks for. It changes in place, one watch or place at a time."""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.known import FEW, Known
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

MOST_OF_SMALL, MOST_OF_LARGE = 1_024, 100_000
"""Of so many places in all what posts may say of them is kept ready: a place in a small house takes some kilobytes, one
in a large house a tenth of that, and there it would take long to make all ready anew."""

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
        for place in places:
            self.put_place(place)
        for watch in watches:
            self.put_watch(watch)

    def put_watch(self, watch: Watch) -> int:
        """Add a watch, or replace the one with its id; returns its number, which is a new one."""
        self.remove_watch(watch.id)
        if watch.place_id and watch.near:
            self._forget(watch.organisation_id)
        return self._watches.put(watch)

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
        """The organisation's places made ready, until one of them or its near words changes; at the first question."""
        known = self._small.get(organisation_id) or self._large.get(organisation_id)
        if known is None:
            near = (watch for _, watch in self._watches.find("near", organisation_id))
            pairs = [(watch.place_id, word) for watch in near if watch.place_id for word in watch.near]
            some = self.some_places_of(organisation_id, FEW + 1)
            if len(some) <= FEW:
                known = Known(some, {place.id: place for place in some}.get, Localities(some, pairs))
                self._small.put(organisation_id, known)
            else:
                lying = _Lying(self._places, organisation_id)
                known = Known(lying, lying.find, Localities(lying, pairs))
                self._large.put(organisation_id, known)
        return known

    def _forget(self, organisation_id: str) -> None:
        self._small.drop(organisation_id)
        self._large.drop(organisation_id)


class _Lying(Collection[Place]):
    """The places of a large organisation where they lie: read when they are asked for, for each takes a kilobyte."""

    def __init__(self, places: Shelf[Place], organisation_id: str) -> None:
        self._shelf = places
        self._organisation_id = organisation_id
        self._numbers = array("I", (number for number, _ in places.find("organisation", organisation_id)))

    def find(self, place_id: str) -> Place | None:
        ours = (one for _, one in self._shelf.find("id", place_id) if one.organisation_id == self._organisation_id)
        return next(ours, None)

    def __contains__(self, place: object) -> bool:
        return isinstance(place, Place) and self.find(place.id) == place

    def __iter__(self) -> Iterator[Place]:
        return (place for number in self._numbers if (place := self._shelf.at(number)) is not None)

    def __len__(self) -> int:
        return len(self._numbers)


class _Latest:
    """Organisations made ready, those asked for last, with at most so many places in all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._places = 0
        self._known: OrderedDict[str, Known] = OrderedDict()

    def get(self, organisation_id: str) -> Known | None:
        known = self._known.get(organisation_id)
        if known is not None:
            self._known.move_to_end(organisation_id)
        return known

    def put(self, organisation_id: str, known: Known) -> None:
        self.drop(organisation_id)
        self._known[organisation_id] = known
        self._places += 1 + known.count
        while self._places > self._most and len(self._known) > 1:
            self.drop(next(iter(self._known)))

    def drop(self, organisation_id: str) -> None:
        """Nothing happens when it is not there."""
        known = self._known.pop(organisation_id, None)
        if known is not None:
            self._places -= 1 + known.count
