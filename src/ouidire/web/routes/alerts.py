"""Alerts: what was told to whom, by what, why; what was held back and why."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.domain.alert import Judgement
from ouidire.errors import BadInput, NotFound
from ouidire.inbox import act, read, tell
from ouidire.store import alerts, members, organisations
from ouidire.store.engine import Tx
from ouidire.web import pages
from ouidire.web.visit import Anyone, Form, Visit

router = APIRouter(prefix="/alerts")

NOTIFIERS = ("email", "browser", "webhook")


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
    notifier = form["notifier"] if form["notifier"] in NOTIFIERS else "email"
    with visit.app.store.transaction() as tx:
        try:
            tell.add_route(
                tx,
                visit.member,
                notifier=notifier,
                min_gravity=int(form["min_gravity"]) if form["min_gravity"] in ("0", "1", "2", "3") else 1,
                member_id=form["member"],
                place_id=form["place"],
                target=form["target"] if notifier == "webhook" else "",
            )
        except BadInput as error:
            return _show(visit, tx, visit.words.problem(error))
    return visit.go("/alerts", "kept")


@router.post("/routes/{route_id}/forget")
def remove_route(visit: Anyone, route_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        if route_id not in {one.id for one in alerts.routes(tx, visit.member)}:
            raise NotFound("There is no such route.")
        alerts.remove_route(tx, visit.member, route_id)
    return visit.go("/alerts", "gone")


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
        errors=pages.Blanks({"target": target_error} if target_error else {}),
    )
