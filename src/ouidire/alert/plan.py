"""Who is to be told: a plain decision on values. Every member and route gets a line, also when held back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ouidire.domain.alert import LONGEST_QUIET, Alert, Because, Delivery, DeliveryState, Route
from ouidire.domain.gravity import GRAVE
from ouidire.domain.ids import new_id
from ouidire.domain.incident import Incident
from ouidire.domain.member import Member
from ouidire.domain.place import Place, QuietHours

DANGER = 3
"""From this gravity on, quiet hours and silences are broken."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One telling: the incident, its alert, the place (None: unknown), why now, and why perhaps not.

    `is_pile` says that enough of what came during the same absence was told of this place already.
    """

    incident: Incident
    alert: Alert
    place: Place | None
    because: Because
    silence: str
    at: datetime
    is_pile: bool = False

    @property
    def is_only_counted(self) -> bool:
        """What came while we were absent is no news: only a grave one is told, and of a pile only danger."""
        if self.incident.absence_id is None or self.incident.gravity >= DANGER:
            return False
        return self.incident.gravity < GRAVE or self.is_pile


def plan(telling: Telling, members: Sequence[Member], routes: Sequence[Route]) -> list[Delivery]:
    """The deliveries of one telling: headquarters and place in the same step.

    A member hears of places they may see; a place that is not known is told to those who see all. A member's several
    routes by one notifier to one target are one delivery, by the most permissive of them.
    """
    planned: dict[tuple[str, str, str], Delivery] = {}
    by_id = {member.id: member for member in members}
    for route in sorted(routes, key=lambda one: one.min_gravity):
        member = by_id.get(route.member_id)
        if member is None or not _covers(route, member, telling.incident.place_id):
            continue
        key = (member.id, route.notifier, route.target)
        if key not in planned:
            planned[key] = _delivery(telling, member, route)
    return list(planned.values())


def _covers(route: Route, member: Member, place_id: str | None) -> bool:
    return member.sees_place(place_id) and route.place_id in (None, place_id)


def _delivery(telling: Telling, member: Member, route: Route) -> Delivery:
    state, because, due_at = _verdict(telling, route)
    return Delivery(
        id=new_id(),
        organisation_id=member.organisation_id,
        alert_id=telling.alert.id,
        version=telling.alert.version,
        member_id=member.id,
        route_id=route.id,
        notifier=route.notifier,
        target=route.target,
        state=state,
        because=because,
        due_at=due_at,
    )


def _verdict(telling: Telling, route: Route) -> tuple[DeliveryState, Because, datetime]:
    weight, at = telling.incident.gravity, telling.at
    if weight < route.min_gravity:
        return DeliveryState.HELD, Because.BELOW_GRAVITY, at
    if telling.is_only_counted:
        return DeliveryState.HELD, Because.BACKLOG, at
    if weight >= DANGER:
        return DeliveryState.DUE, telling.because, at
    if telling.silence:
        return DeliveryState.HELD, Because.MUTED, at
    # A page that is open disturbs nobody: quiet hours are for what rings.
    if (
        route.notifier != "browser"
        and telling.place is not None
        and (end := quiet_until(telling.place, at)) is not None
    ):
        return DeliveryState.DUE, Because.QUIET_HOURS, end
    return DeliveryState.DUE, telling.because, at


def quiet_until(place: Place, at: datetime, unless_said: QuietHours | None = None) -> datetime | None:
    """When the quiet that covers `at` ends: quiet hours, and the closed door where the place wishes it; None outside.

    Where one ends within the other, it is quiet until both have ended, on the place's own clock. `unless_said` are
    the quiet hours of a place that names none.
    """
    longest = at + LONGEST_QUIET
    until = None
    while end := _quiet_hours_end(place, until or at, unless_said) or _door_opens(place, until or at, longest):
        until = end
        if until >= longest:
            break
    return until


def _door_opens(place: Place, at: datetime, longest: datetime) -> datetime | None:
    """The end of a closed time that is to be quiet, `longest` at the most: a guest has waited long enough then."""
    hours, local = place.hours, place.local(at)
    if not place.quiet_when_closed or hours is None or not hours.says_something or hours.is_open(local):
        return None
    opens = hours.next_change(local)
    return longest if opens is None or opens > longest else opens


def _quiet_hours_end(place: Place, at: datetime, unless_said: QuietHours | None) -> datetime | None:
    quiet = place.quiet_hours or unless_said
    local = place.local(at)
    if quiet is None or not quiet.covers(local):
        return None
    end = local.replace(hour=quiet.end.hour, minute=quiet.end.minute, second=0, microsecond=0)
    return end if end > local else end + timedelta(days=1)
