"""Who is told, when, and why not: a plain decision on values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from ouidire.alert.plan import Telling, plan, quiet_until
from ouidire.domain.alert import Alert, Because, Delivery, DeliveryState, Route
from ouidire.domain.hours import Hours, Shift, SpecialDay
from ouidire.domain.incident import Incident, IncidentKind
from ouidire.domain.member import Member, Role
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Place, QuietHours
from tests.builders import NOW, member, route

HOUSE = Organisation("o1", "Delorière", "fr", NOW)
CRESCENT = Place("p1", "o1", "rue Crescent", time_zone="America/Toronto")
YORKVILLE = Place("p2", "o1", "Yorkville", time_zone="America/Toronto")
HQ = member(HOUSE, Role.HEADQUARTERS)
MANAGER = member(HOUSE, Role.PLACE_MANAGER, CRESCENT)
OTHER = member(HOUSE, Role.PLACE_MANAGER, YORKVILLE)
VIEWER = member(HOUSE, Role.VIEWER, CRESCENT)
MEMBERS = (HQ, MANAGER, OTHER, VIEWER)
NIGHT = QuietHours(time(22), time(7))


def telling(place: Place | None = CRESCENT, gravity: int = 2, at: datetime = NOW, **other: object) -> Telling:
    incident = Incident(
        "i1", "o1", place.id if place else None, "c1", IncidentKind.GRAVE, "c1", gravity, "waiting_now", at
    )
    return replace(Telling(incident, Alert("a1", "o1", "i1", 1, at), place, Because.FIRST, "", at), **other)  # type: ignore[arg-type]


def only(planned: list[Delivery]) -> tuple[DeliveryState, Because, datetime]:
    (one,) = planned
    return one.state, one.because, one.due_at


def test_headquarters_and_the_place_are_told_in_the_same_step() -> None:
    planned = plan(telling(), MEMBERS, [route(one) for one in MEMBERS])
    assert {one.member_id for one in planned} == {HQ.id, MANAGER.id, VIEWER.id}
    assert {(one.state, one.because, one.due_at) for one in planned} == {(DeliveryState.DUE, Because.FIRST, NOW)}
    assert len({one.id for one in planned}) == 3


@pytest.mark.parametrize(
    ("gravity", "absence", "is_pile", "told"),
    [
        (1, None, False, True),
        (1, "a night", False, False),
        (2, "a night", False, True),
        (2, "a night", True, False),
        (3, "a night", True, True),
    ],
)
def test_of_a_nights_backlog_what_is_grave_is_told_and_of_a_pile_only_danger(
    gravity: int, absence: str | None, is_pile: bool, told: bool
) -> None:
    of_a_night = replace(telling(gravity=gravity), is_pile=is_pile)
    of_a_night = replace(of_a_night, incident=replace(of_a_night.incident, absence_id=absence))
    state, because, _ = only(plan(of_a_night, [HQ], [route(HQ)]))
    assert (state, because) == ((DeliveryState.DUE, Because.FIRST) if told else (DeliveryState.HELD, Because.BACKLOG))


def test_an_unknown_place_is_told_to_those_who_see_all() -> None:
    planned = plan(telling(place=None), MEMBERS, [route(one) for one in MEMBERS])
    assert {one.member_id for one in planned} == {HQ.id}


def test_a_route_for_one_place_is_silent_about_another() -> None:
    routes = [route(HQ, place=YORKVILLE), route(HQ, "email", place=CRESCENT)]
    assert [one.notifier for one in plan(telling(), MEMBERS, routes)] == ["email"]
    assert plan(telling(place=None), MEMBERS, routes) == []


def test_several_routes_to_one_target_are_one_delivery_by_the_most_permissive() -> None:
    routes = [route(HQ, "email", 3), route(HQ, "email", 1, CRESCENT), route(HQ, "webhook")]
    planned = plan(telling(), MEMBERS, routes)
    assert sorted(one.notifier for one in planned) == ["email", "webhook"]
    assert {one.state for one in planned} == {DeliveryState.DUE}


def test_two_webhooks_of_a_member_are_two_deliveries() -> None:
    routes = [replace(route(HQ, "webhook"), target=target) for target in ("https://a.fr", "https://b.fr")]
    assert len(plan(telling(), MEMBERS, routes)) == 2


def test_who_has_left_is_not_told() -> None:
    assert plan(telling(), [HQ], [route(MANAGER)]) == []


def test_what_is_below_a_routes_gravity_is_held_and_says_so() -> None:
    assert only(plan(telling(gravity=1), [HQ], [route(HQ, min_gravity=2)]))[:2] == (
        DeliveryState.HELD, Because.BELOW_GRAVITY,
    )  # fmt: skip


def test_a_silence_holds_all_but_danger() -> None:
    routes = [route(HQ)]
    assert only(plan(telling(silence="Fermé pour travaux"), [HQ], routes))[:2] == (DeliveryState.HELD, Because.MUTED)
    assert only(plan(telling(silence="Fermé", gravity=3), [HQ], routes))[:2] == (DeliveryState.DUE, Because.FIRST)


def test_a_graver_incident_says_that_it_grew() -> None:
    assert only(plan(telling(because=Because.GREW), [HQ], [route(HQ)]))[1] is Because.GREW


QUIET = replace(CRESCENT, quiet_hours=NIGHT)
MIDNIGHT = datetime(2026, 10, 18, 4, 0, tzinfo=UTC)  # 00:00 in Montréal
MORNING = datetime(2026, 10, 18, 11, 0, tzinfo=UTC)  # 07:00 in Montréal


@pytest.mark.parametrize(
    ("notifier", "gravity", "expected"),
    [
        ("email", 2, (DeliveryState.DUE, Because.QUIET_HOURS, MORNING)),
        ("email", 3, (DeliveryState.DUE, Because.FIRST, MIDNIGHT)),
        ("browser", 2, (DeliveryState.DUE, Because.FIRST, MIDNIGHT)),
    ],
)
def test_quiet_hours_delay_what_rings_but_no_danger_and_no_open_page(
    notifier: str, gravity: int, expected: tuple[DeliveryState, Because, datetime]
) -> None:
    assert only(plan(telling(QUIET, gravity, MIDNIGHT), [HQ], [route(HQ, notifier)])) == expected


def utc(day: int, hour: float, month: int = 10) -> datetime:
    return datetime(2026, month, day, tzinfo=UTC) + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("zone", "start", "end", "at", "until"),
    [
        # the place's own clock, before and after midnight, and the two edges
        ("America/Toronto", time(22), time(7), utc(18, 3), MORNING),
        ("America/Toronto", time(22), time(7), MIDNIGHT, MORNING),
        ("America/Toronto", time(22), time(7), utc(18, 2), MORNING),
        ("America/Toronto", time(22), time(7), MORNING, None),
        ("America/Toronto", time(22), time(7), NOW, None),
        ("Europe/Paris", time(22), time(7), NOW, None),
        ("Europe/Paris", time(21), time(7), NOW, utc(18, 5)),
        # a rest at noon
        ("Europe/Paris", time(12), time(14), utc(17, 10.5), utc(17, 12)),
        ("Europe/Paris", time(12), time(14), utc(17, 12), None),
        # the night that is an hour longer, and the one that is an hour shorter
        ("Europe/Paris", time(22), time(7), utc(24, 21), utc(25, 6)),
        ("Europe/Paris", time(22), time(7), utc(28, 22, month=3), utc(29, 5, month=3)),
        # an end that the clock jumps over
        ("Europe/Paris", time(22), time(2, 30), utc(28, 23, month=3), utc(29, 1.5, month=3)),
        # no length: never quiet
        ("Europe/Paris", time(22), time(22), utc(17, 20), None),
    ],
)
def test_when_the_quiet_hours_end(zone: str, start: time, end: time, at: datetime, until: datetime | None) -> None:
    found = quiet_until(replace(CRESCENT, time_zone=zone, quiet_hours=QuietHours(start, end)), at)
    assert (found.astimezone(UTC) if found else None) == until


SHOP = Hours(((), *[(Shift(540, 720), Shift(840, 1140))] * 5, ()))
"""Tuesday to Saturday, 9 to 12 and 14 to 19."""


@pytest.mark.parametrize(
    ("at", "quiet", "until"),
    [
        ("2026-10-17 15:00", None, None),  # Saturday, open
        ("2026-10-17 13:00", None, "2026-10-17 14:00"),  # the break at noon
        ("2026-10-17 20:00", None, "2026-10-20 09:00"),  # until Tuesday
        ("2026-10-16 18:30", (18, 8), "2026-10-17 09:00"),  # quiet hours end while the door is still closed
        ("2026-10-16 20:00", (22, 10), "2026-10-17 10:00"),  # and the other way round
    ],
)
def test_a_closed_door_is_quiet_where_the_place_wishes_it(
    at: str, quiet: tuple[int, int] | None, until: str | None
) -> None:
    zone = ZoneInfo("America/Toronto")
    hours = QuietHours(time(quiet[0]), time(quiet[1])) if quiet else None
    place = replace(CRESCENT, hours=SHOP, quiet_when_closed=True, quiet_hours=hours)
    found = quiet_until(place, datetime.fromisoformat(at).replace(tzinfo=zone))
    assert found == (datetime.fromisoformat(until).replace(tzinfo=zone) if until else None)
    assert quiet_until(replace(place, quiet_when_closed=False, quiet_hours=None), MIDNIGHT) is None


def test_a_door_that_stays_closed_is_quiet_for_three_days_at_most() -> None:
    holidays = SpecialDay(date(2026, 10, 1), date(2026, 10, 31))
    place = replace(CRESCENT, hours=replace(SHOP, special=(holidays,)), quiet_when_closed=True)
    assert quiet_until(place, NOW) == NOW + timedelta(days=3)


def test_a_place_without_quiet_hours_is_never_quiet() -> None:
    assert quiet_until(CRESCENT, MIDNIGHT) is None
    assert only(plan(telling(place=None, at=MIDNIGHT), [HQ], [route(HQ, "email")]))[2] == MIDNIGHT


def test_every_route_that_may_hear_gets_a_line_even_when_held() -> None:
    routes: list[Route] = [route(one, min_gravity=n) for n, one in enumerate((HQ, MANAGER, VIEWER), start=1)]
    members: tuple[Member, ...] = (HQ, MANAGER, VIEWER)
    states = {one.member_id: one.state for one in plan(telling(), members, routes)}
    assert states == {HQ.id: DeliveryState.DUE, MANAGER.id: DeliveryState.DUE, VIEWER.id: DeliveryState.HELD}
