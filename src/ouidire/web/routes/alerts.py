"""Alerts: what was told to whom, by what, why; what was held back and why."""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.domain.alert import Judgement, Route
from ouidire.domain.ids import new_id
from ouidire.errors import NotAllowed, NotFound
from ouidire.inbox import act, read
from ouidire.locale.labels import N_
from ouidire.store import alerts, members, organisations
from ouidire.store.engine import Tx
from ouidire.web import pages
from ouidire.web.visit import Anyone, Form, Visit

router = APIRouter(prefix="/alerts")

NOTIFIERS = ("email", "browser", "webhook")
NOT_AN_ADDRESS = N_("A webhook needs an address that begins with https:// or http://.")


@router.get("")
def told(visit: Anyone) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx)


@router.post("/{delivery_id}/judge")
def judge(visit: Anyone, delivery_id: str, form: Form) -> Response:
    word = Judgement.USEFUL if form["judgement"] == Judgement.USEFUL else Judgement.TOO_MUCH
    with visit.app.store.transaction() as tx:
        act.judge_delivery(tx, visit.member, delivery_id, word)
    return visit.go(form["next"] or "/alerts", "judged")


@router.post("/routes")
def add_route(visit: Anyone, form: Form) -> Response:
    """Tell somebody from now on: oneself, or, for who configures, a colleague."""
    member = visit.member
    whom = form["member"] or member.id
    if whom != member.id and not member.may_configure:
        raise NotAllowed(visit.t.gettext("Only the owner and headquarters set this up."))
    notifier = form["notifier"] if form["notifier"] in NOTIFIERS else "email"
    target = form["target"] if notifier == "webhook" else ""
    with visit.app.store.transaction() as tx:
        if notifier == "webhook" and not _is_web_address(target):
            return _show(visit, tx, NOT_AN_ADDRESS)
        _hold_to_own(visit, tx, whom, form["place"])
        gravity = min(3, max(0, int(form["min_gravity"]) if form["min_gravity"].isdigit() else 1))
        alerts.add_route(
            tx, Route(new_id(), member.organisation_id, whom, form["place"] or None, gravity, notifier, target)
        )
    return visit.go("/alerts", "kept")


@router.post("/routes/{route_id}/forget")
def remove_route(visit: Anyone, route_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        if route_id not in {one.id for one in alerts.routes(tx, visit.member)}:
            raise NotFound("There is no such route.")
        alerts.remove_route(tx, visit.member, route_id)
    return visit.go("/alerts", "gone")


def _hold_to_own(visit: Visit, tx: Tx, whom: str, place_id: str) -> None:
    """Raises `NotFound` for a colleague or a place that is not of the member's house."""
    if whom not in {one.id for one in members.colleagues(tx, visit.member)}:
        raise NotFound("There is no such member.")
    if place_id and place_id not in {one.id for one in organisations.places(tx, visit.member)}:
        raise NotFound("There is no such place.")


def _is_web_address(target: str) -> bool:
    parts = urlsplit(target)
    return parts.scheme in ("https", "http") and bool(parts.hostname)


def _show(visit: Visit, tx: Tx, target_error: str = "") -> Response:
    member = visit.member
    people, places = members.colleagues(tx, member), organisations.places(tx, member)
    names = {one.id: one.name for one in people}
    routes = sorted(alerts.routes(tx, member), key=lambda one: (names.get(one.member_id, ""), one.notifier, one.id))
    return visit.show(
        "alerts.html",
        tx,
        422 if target_error else 200,
        tellings=pages.tellings(read.told(tx, member)),
        zones={one.name: one.time_zone for one in places},
        routes=routes,
        signing={
            one.id: visit.app.webhook_secret(one.target)
            for one in routes
            if one.notifier == "webhook" and member.may_configure
        },
        member_names=names,
        members=[(one.id, one.name) for one in people],
        places=places,
        place_names={one.id: one.name for one in places},
        place_options=[(one.id, one.name) for one in places],
        errors=pages.Blanks({"target": visit.t.gettext(target_error)} if target_error else {}),
    )
