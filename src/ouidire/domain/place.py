"""Place: a business location that people talk about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from ouidire.domain.hours import Hours


@dataclass(frozen=True, slots=True)
class Coordinates:
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class QuietHours:
    """When only danger wakes anyone; local time of the place, may pass midnight."""

    start: time
    end: time

    def covers(self, local: datetime) -> bool:
        moment = local.time()
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def listing_key(written: str) -> str:
    """A listing as people write it, in one form: 'Google : ChIJ…' → 'google:ChIJ…'; an id alone stays as it is."""
    network, colon, own_id = written.partition(":")
    return f"{network.strip().casefold()}:{own_id.strip()}" if colon and own_id.strip() else written.strip()


@dataclass(frozen=True, slots=True)
class Place:
    """A location with what is needed to recognise it; `radius_m` bounds a post's coordinates.

    `listing_ids` are the networks' own ids of it, alone or as one network's ('google:ChIJ…', see `listing_key`).
    A place whose `closed_at` is set is not watched any more; what was said about it stays. `hours` None: not known.
    `category` is a key of the table of categories ("bakery"), "" when not known. `landmarks`: what people name instead
    of the address (a métro station, a square); `products`: words of its menu or shelves; `roles`: what its staff is
    called by (never names of people); `languages`: in which its guests write. Its sisters are the
    organisation's others.
    """

    id: str
    organisation_id: str
    name: str
    street: str = ""
    district: str = ""
    town: str = ""
    postcode: str = ""
    country: str = "FR"
    coordinates: Coordinates | None = None
    radius_m: int = 300
    time_zone: str = "Europe/Paris"
    listing_ids: tuple[str, ...] = ()
    quiet_hours: QuietHours | None = None
    hours: Hours | None = None
    quiet_when_closed: bool = False
    closed_at: datetime | None = None
    category: str = ""
    landmarks: tuple[str, ...] = ()
    products: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def local(self, moment: datetime) -> datetime:
        """`moment` on the clock of this place."""
        return moment.astimezone(ZoneInfo(self.time_zone))
