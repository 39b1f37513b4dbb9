"""Now: does someone need me?"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.inbox import read
from ouidire.inbox.views import NowView
from ouidire.people import steps
from ouidire.store.engine import Tx
from ouidire.web.routes.care import notices
from ouidire.web.visit import Anyone, Form, Visit

router = APIRouter()


@router.get("/")
def now(visit: Anyone) -> Response:
    return _show(visit, "now.html")


@router.get("/part/now")
def part(visit: Anyone) -> Response:
    return _show(visit, "parts/now.html")


@router.get("/part/count")
def count(visit: Anyone) -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        return visit.show("parts/count.html", tx, me=member)


@router.post("/steps/away")
def put_away(visit: Anyone, form: Form) -> Response:
    """The first steps are not offered to this member any more."""
    with visit.app.store.transaction() as tx:
        steps.put_away(tx, visit.member)
    return visit.go("/")


def _show(visit: Visit, template: str) -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        view = read.now_view(tx, member)
        return visit.show(
            template,
            tx,
            view=view,
            care=notices(tx, visit.app, member),
            quiet_offer=_can_wait(tx, view),
            steps=_steps(tx, visit, view),
            section="/",
        )


def _steps(tx: Tx, visit: Visit, view: NowView) -> steps.Steps | None:
    """In the demo world nobody has a phone to pair."""
    if visit.demo is not None and visit.member.id in {one.id for one in visit.demo.members()}:
        return None
    return steps.left(tx, visit.member, hears=any(one.listens for one in view.sources))


def _can_wait(_tx: Tx, view: NowView) -> int:
    """How many of the messages in hand nobody is waiting on right now: offered for a quiet hour, never pushed."""
    return sum(1 for card in view.handled if card.gravity == 0)
