"""The catalogue: watches and places by what the matcher asks for. It changes in place, one watch or place at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.locality import Localities


class Catalogue:
    """All watches and places of all organisations."""

    def __init__(self, watches: Iterable[Watch] = (), places: Iterable[Place] = ()) -> None:
        self._watches: dict[str, Watch] = {}
        self._places: dict[str, Place] = {}
        self._of: dict[str, dict[str, Place]] = {}
        self._listed: dict[str, dict[str, Place]] = {}
        self._near: dict[str, dict[str, Watch]] = {}
        self._localities: dict[str, Localities] = {}
        for place in places:
            self.put_place(place)
        for watch in watches:
            self.put_watch(watch)

    def put_watch(self, watch: Watch) -> None:
        """Add a watch, or replace the one with its id."""
        self.remove_watch(watch.id)
        self._watches[watch.id] = watch
        if watch.place_id and watch.near:
            self._near.setdefault(watch.organisation_id, {})[watch.id] = watch
            self._localities.pop(watch.organisation_id, None)

    def remove_watch(self, watch_id: str) -> None:
        """Nothing happens when there is none."""
        watch = self._watches.pop(watch_id, None)
        if watch is not None and watch_id in (near := self._near.get(watch.organisation_id, {})):
            del near[watch_id]
            self._localities.pop(watch.organisation_id, None)

    def put_place(self, place: Place) -> None:
        """Add a place, or replace the one with its id."""
        self.remove_place(place.id)
        self._places[place.id] = place
        self._of.setdefault(place.organisation_id, {})[place.id] = place
        for listing in place.listing_ids:
            self._listed.setdefault(listing, {})[place.id] = place
        self._localities.pop(place.organisation_id, None)

    def remove_place(self, place_id: str) -> None:
        """Nothing happens when there is none."""
        place = self._places.pop(place_id, None)
        if place is None:
            return
        del self._of[place.organisation_id][place_id]
        for listing in place.listing_ids:
            self._listed[listing].pop(place_id, None)
        self._localities.pop(place.organisation_id, None)

    def watches(self) -> Sequence[Watch]:
        return list(self._watches.values())

    def place(self, place_id: str) -> Place | None:
        return self._places.get(place_id)

    def places_of(self, organisation_id: str) -> Sequence[Place]:
        return list(self._of.get(organisation_id, {}).values())

    def listed(self, listing_id: str) -> Sequence[Place]:
        """The places that a network knows by this id."""
        return list(self._listed.get(listing_id, {}).values())

    def localities(self, organisation_id: str) -> Localities:
        """The words by which a post says which of the organisation's places it means; made at the first question."""
        known = self._localities.get(organisation_id)
        if known is None:
            near = self._near.get(organisation_id, {}).values()
            pairs = [(watch.place_id, word) for watch in near if watch.place_id for word in watch.near]
            known = self._localities[organisation_id] = Localities(self.places_of(organisation_id), pairs)
        return known
