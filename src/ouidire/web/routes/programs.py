"""Programs: who lets software ask for them, what it may, and how that ends."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock
from ouidire.domain.program import Scope, may_give
from ouidire.errors import BadInput, NotAllowed
from ouidire.people import programs as letting_in
from ouidire.store import members, programs
from ouidire.store.engine import Tx
from ouidire.web.visit import Anyone, Form, Visit

router = APIRouter(prefix="/settings/programs")


@router.get("")
def every(visit: Anyone) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx)


@router.post("")
def let_in(visit: Anyone, form: Form) -> Response:
    """The token is shown once, on the page that answers; it stands in no address and no log."""
    scopes = [Scope(one) for one in form.several("scope") if one in set(Scope)]
    days = next((days for days in letting_in.LASTS_DAYS if form["days"] == str(days)), 0)
    with visit.app.store.transaction() as tx:
        try:
            _, token = letting_in.let_in(tx, visit.member, form["name"], scopes, days)
        except (BadInput, NotAllowed) as error:
            typed = {"name": form["name"], "days": form["days"], "scopes": scopes}
            return _show(visit, tx, error=visit.words.problem(error), typed=typed, status=422)
        return _show(visit, tx, token=token)


@router.post("/{program_id}/end")
def end(visit: Anyone, program_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        letting_in.end(tx, visit.member, program_id)
    return visit.go("/settings/programs", "ended")


def _show(
    visit: Visit,
    tx: Tx,
    *,
    token: str = "",
    error: str = "",
    typed: Mapping[str, object] | None = None,
    status: int = 200,
) -> Response:
    at = clock.now()
    every = programs.of(tx, visit.member)
    return visit.show(
        "programs.html",
        tx,
        status,
        section="/settings",
        programs=[one for one in every if one.expires_at > at],
        ended=[one for one in every if one.expires_at <= at],
        member_names={one.id: one.name for one in members.colleagues(tx, visit.member)},
        scopes=[scope.value for scope in Scope if may_give(visit.member, scope)],
        lasts=letting_in.LASTS_DAYS,
        token=token,
        error=error,
        typed=typed or {"name": "", "days": "90", "scopes": []},
    )
