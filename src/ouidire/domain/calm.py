"""Calm: one message a day that says whether somebody waits, for a member who wished for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from ouidire.domain.place import Place

LATE = timedelta(hours=3)
"""A machine that slept at the hour still says it this much later; in the night it would be calm no more."""


@dataclass(frozen=True, slots=True)
class Calm:
    """A member's wish for a place: at `hour` on the place's clock, by `notifier` (to `target`, a channel's id)."""

    id: str
    organisation_id: str
    member_id: str
    place_id: str
    hour: time
    notifier: str
    target: str
    made_at: datetime

    def day_due(self, place: Place, at: datetime) -> str:
        """The day (ISO, of the place's calendar) whose message is to be said at `at`; empty when none is.

        Only the place's clock on the wall counts: an hour that a change of time leaves out is said after it, one that
        comes twice is the same day's. A wish made after its hour begins on the next day.
        """
        local, made = place.local(at), place.local(self.made_at)
        since = _wall(local) - timedelta(hours=self.hour.hour, minutes=self.hour.minute)
        is_late_wish = made.date() == local.date() and made.time() > self.hour
        return local.date().isoformat() if timedelta(0) <= since <= LATE and not is_late_wish else ""


@dataclass(frozen=True, slots=True)
class CalmDay:
    """One day's sending of a wish; `id` goes out as the message's id, whatever the try."""

    id: str
    calm: Calm
    day: str
    tries: int = 0

    def is_over(self, place: Place, at: datetime) -> bool:
        """Is it too late to say it, on the place's clock? What waited for days is no news of today."""
        hour = datetime.combine(date.fromisoformat(self.day), self.calm.hour)
        return place.local(at).replace(tzinfo=None) - hour > LATE


def _wall(local: datetime) -> timedelta:
    return timedelta(hours=local.hour, minutes=local.minute, seconds=local.second)
