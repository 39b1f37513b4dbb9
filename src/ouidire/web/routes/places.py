"""Places: where people meet us, and what tells one from another."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.domain.ids import new_id
from ouidire.domain.place import Place
from ouidire.errors import BadInput, NotFound
from ouidire.store import organisations
from ouidire.web import pages
from ouidire.web.typed import COUNTRIES, ZONES, place_of, typed_place
from ouidire.web.visit import Anyone, Configuring, Form, Visit

router = APIRouter(prefix="/places")


@router.get("")
def places(visit: Anyone) -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        return visit.show("places.html", tx, places=organisations.places(tx, member))


@router.get("/new")
def new(visit: Configuring) -> Response:
    return _form(visit, "/places", typed_place(_blank(visit)))


@router.post("")
def add(visit: Configuring, form: Form) -> Response:
    try:
        place = place_of(form, _blank(visit))
    except BadInput as error:
        return _form(visit, "/places", dict(form.fields), visit.words.problem(error))
    with visit.app.store.transaction() as tx:
        organisations.add_place(tx, place)
    visit.app.wake()
    return visit.go("/places", "kept")


@router.get("/{place_id}")
def one(visit: Configuring, place_id: str) -> Response:
    return _form(visit, f"/places/{place_id}", typed_place(_mine(visit, place_id)))


@router.post("/{place_id}")
def change(visit: Configuring, place_id: str, form: Form) -> Response:
    before = _mine(visit, place_id)
    try:
        place = place_of(form, before)
    except BadInput as error:
        return _form(visit, f"/places/{place_id}", dict(form.fields), visit.words.problem(error))
    with visit.app.store.transaction() as tx:
        organisations.change_place(tx, visit.member, place)
    visit.app.wake()
    return visit.go("/places", "kept")


def _blank(visit: Visit) -> Place:
    return Place(id=new_id(), organisation_id=visit.member.organisation_id, name="")


def _mine(visit: Visit, place_id: str) -> Place:
    with visit.app.store.reading() as tx:
        found = [one for one in organisations.places(tx, visit.member) if one.id == place_id]
    if not found:
        raise NotFound("There is no such place.")
    return found[0]


def _form(visit: Visit, action: str, values: dict[str, str], error: str = "") -> Response:
    zone = values.get("time_zone") or ZONES[0]
    zones = ZONES if zone in ZONES else (zone, *ZONES)
    with visit.app.store.reading() as tx:
        return visit.show(
            "place_form.html",
            tx,
            422 if error else 200,
            section="/places",
            action=action,
            values=pages.Blanks(values),
            error=error,
            countries=[(code, visit.t.gettext(name)) for code, name in COUNTRIES.items()],
            zones=[(zone, zone.rpartition("/")[2].replace("_", " ")) for zone in zones],
        )
