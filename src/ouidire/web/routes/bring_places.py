"""Many places from a list: brought, understood, shown with what becomes of each row, then added at once."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.errors import BadInput
from ouidire.match.zones import zones_of
from ouidire.places.bring import bring, planned
from ouidire.places.columns import missing
from ouidire.places.meanings import Column
from ouidire.places.plan import Doubt, Fate, Plan, Planned
from ouidire.store import organisations, watches
from ouidire.web import brought
from ouidire.web.brought import Brought, Decided
from ouidire.web.routes.places import country_choices
from ouidire.web.visit import Configuring, Form, Visit

router = APIRouter(prefix="/places/import")

SHOWN = 100
"""Rows of the preview on one page, those with a question first."""
_ORDER = {Fate.UNCLEAR: 0, Fate.UNUSABLE: 1, Fate.NEW: 2, Fate.TWICE: 3, Fate.SAME: 4, Fate.LEFT_OUT: 5}


@router.get("")
def begin(visit: Configuring) -> Response:
    return _begin(visit)


@router.post("")
def take(visit: Configuring, form: Form) -> Response:
    """Keep the list apart until it is added; what cannot be read is refused with why."""
    given = form.files.get("file")
    pasted = form.raw("pasted")
    try:
        if (given is None or not given.filename) and not pasted.strip():
            raise BadInput("Choose a file, or paste a list.")
        list_id = brought.keep(
            visit.app.settings.folder,
            visit.member.organisation_id,
            given if given is not None and given.filename else pasted,
            form["country"],
            _usual_country(visit),
            form["only"][:200],
        )
    except BadInput as error:
        return _begin(visit, visit.words.problem(error), pasted[:20_000])
    return visit.go(f"/places/import/{list_id}")


@router.get("/{list_id}")
def show(visit: Configuring, list_id: str, page: int = 1) -> Response:
    return _preview(visit, _mine(visit, list_id), page)


@router.post("/{list_id}")
def decide(visit: Configuring, list_id: str, form: Form) -> Response:
    """What the columns mean, and the answers to our questions; the preview is made anew."""
    one = _mine(visit, list_id)
    one.decide(_decided(one, form))
    return visit.go(f"/places/import/{list_id}#rows")


@router.post("/{list_id}/add")
def add(visit: Configuring, list_id: str, form: Form) -> Response:
    """All new places in one transaction, planned anew within it: what happened meanwhile is seen."""
    one = _mine(visit, list_id)
    try:
        if missing(one.columns):
            raise BadInput("No column holds the names of the places: say which one does.")
        with visit.app.store.transaction() as tx:
            plan = planned(tx, visit.member, one.table, one.columns, one.decided.wishes)
            bring(tx, visit.member, plan, names=form["names"] == "yes")
    except BadInput as error:
        return _preview(visit, one, 1, visit.words.problem(error))
    one.forget()
    visit.app.wake()
    return visit.go("/places", "places-added")


@router.post("/{list_id}/forget")
def forget(visit: Configuring, list_id: str, form: Form) -> Response:
    _mine(visit, list_id).forget()
    return visit.go("/places")


def _usual_country(visit: Visit) -> str:
    with visit.app.store.reading() as tx:
        known = organisations.places(tx, visit.member)
    return known[0].country if known else "FR"


def _mine(visit: Visit, list_id: str) -> Brought:
    return brought.find(visit.app.settings.folder, visit.member.organisation_id, list_id)


def _decided(one: Brought, form: Form) -> Decided:
    columns = {header: form[f"c-{n}"] for n, header in enumerate(one.table.headers) if f"c-{n}" in form.fields}
    was = one.decided.wishes
    wishes = replace(
        was,
        country=form["country"] or was.country,
        zone=form["zone"] or was.zone,
        swapped=form["swapped"] or was.swapped,
        far=form["far"] or was.far,
    )
    return replace(one.decided, columns={**one.decided.columns, **columns}, wishes=wishes)


def _begin(visit: Visit, error: str = "", pasted: str = "") -> Response:
    with visit.app.store.reading() as tx:
        return visit.show(
            "places_import.html",
            tx,
            422 if error else 200,
            section="/places",
            error=error,
            pasted=pasted,
            countries=country_choices(visit),
        )


def _preview(visit: Visit, one: Brought, page: int, error: str = "") -> Response:
    with visit.app.store.reading() as tx:
        plan = planned(tx, visit.member, one.table, one.columns, one.decided.wishes)
        rows, last = _page(plan, page)
        return visit.show(
            "places_preview.html",
            tx,
            422 if error else 200,
            section="/places",
            error=error,
            one=one,
            plan=plan,
            rows=rows,
            page=min(max(1, page), last),
            last=last,
            lacks_names=bool(missing(one.columns)),
            columns=[(column.value, visit.words.label("place_column", column)) for column in Column],
            doubts=[(doubt, count, plan.first(doubt)) for doubt, count in plan.doubts.items()],
            zones=_zones(plan),
            countries=country_choices(visit),
            hears=bool(watches.of(tx, visit.member)),
        )


def _page(plan: Plan, page: int) -> tuple[list[Planned], int]:
    ordered = sorted(plan.rows, key=lambda row: (_ORDER[row.fate], row.line))
    last = max(1, -(-len(ordered) // SHOWN))
    first = (min(max(1, page), last) - 1) * SHOWN
    return ordered[first : first + SHOWN], last


def _zones(plan: Plan) -> list[tuple[str, str]]:
    """The clocks to choose from for rows whose town we do not know: those of their countries."""
    wanted = {row.place.country for row in plan.rows if Doubt.CLOCK in row.doubts}
    names = dict.fromkeys(zone for country in sorted(wanted) for zone in zones_of(country))
    return [(zone, zone.rpartition("/")[2].replace("_", " ")) for zone in names or {"Europe/Paris": None}]
