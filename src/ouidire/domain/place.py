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


@dataclass(frozen=True, slots=True)
class Place:
    """A location with what is needed to recognise it; `radius_m` bounds a post's coordinates.

    A place whose `closed_at` is set is not watched any more; what was said about it stays. `hours` None: not known.
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

    def local(self, moment: datetime) -> datetime:
        """`moment` on the clock of this place."""
        return moment.astimezone(ZoneInfo(self.time_zone))
