"""The first run: see a day, or three questions and it listens."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock
from ouidire.app import App
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.locale import LANGUAGES
from ouidire.match.checks import refuse
from ouidire.match.towns import find_town
from ouidire.match.zones import zone_of
from ouidire.people import begin
from ouidire.people.begin import Beginning
from ouidire.store import tokens
from ouidire.web import cookies, pages
from ouidire.web.routes.door import too_short
from ouidire.web.typed import placed, several
from ouidire.web.visit import Anyone, Form, Visit, let_in

router = APIRouter()

USED = "This set-up link was used already or is too old. Sign in, or run “ouidire up” again for a new one."


def _may_set_up(visit: Visit, token: str) -> None:
    """Raises `NotAllowed` without the one-time secret that the command line printed."""
    with visit.app.store.reading() as tx:
        if tokens.peek(tx, tokens.TokenKind.SETUP, token, clock.now()) is None:
            raise NotAllowed(visit.t.gettext(USED))


@router.get("/setup")
def setup(visit: Anyone, token: str = "") -> Response:
    _may_set_up(visit, token)
    wants_business = visit.request.query_params.get("for") == "business"
    return _show(visit, token, wants_business, pages.Blanks(), "", 200)


@router.post("/setup")
def found(visit: Anyone, form: Form) -> Response:
    """Make the business and its owner, and let them in. The token is spent only when all of it worked."""
    token = form["token"]
    _may_set_up(visit, token)
    try:
        too_short(visit, form.raw("password"))
        said = _beginning(form)
        refuse(begin.first_watch(said))
        with visit.app.store.transaction() as tx:
            owner = begin.begin(tx, said)
            if tokens.spend(tx, tokens.TokenKind.SETUP, token, clock.now()) is None:
                raise NotAllowed(visit.t.gettext(USED))
            response = visit.go("/listening", "welcome")
            let_in(visit, tx, owner, response)
    except BadInput as error:
        return _show(visit, token, True, pages.Blanks(form.fields), visit.words.problem(error), 422)
    visit.app.wake()
    return response


@router.post("/setup/demo")
async def see_a_day(visit: Anyone, form: Form) -> Response:
    """Whoever may set up may look first; the set-up secret waits in a cookie for the way back."""
    await asyncio.to_thread(_may_set_up, visit, form["token"])
    if visit.demo is None:
        raise NotFound("The demo world is not part of this house.")
    response = await asyncio.to_thread(_enter_as, visit, await visit.demo.begin(), "/")
    cookies.give(visit.request, response, cookies.SETUP, form["token"])
    return response


@router.get("/demo")
def look_in(visit: Anyone) -> Response:
    """Into the demo world while its day happens. Nothing in it is real, so nobody is asked who they are."""
    members = visit.demo.members() if visit.demo else ()
    if not members:
        raise NotFound("The demo world is not open.")
    if visit.someone is not None and visit.someone.id in {one.id for one in members}:
        return visit.go("/")
    return _enter_as(visit, members[0], "/")


@router.post("/demo/as")
def look_as(visit: Anyone, form: Form) -> Response:
    """Whose eyes: only from inside the demo world, and only those of its members."""
    member = next((one for one in _cast(visit) if one.id == form["member"]), None)
    if member is None:
        raise NotFound("There is nobody of that name in the demo world.")
    return _enter_as(visit, member, form["next"])


@router.post("/demo/leave")
async def leave(visit: Anyone, form: Form) -> Response:
    """Back to the real house, and to its set-up when that is where one came from."""
    _cast(visit)
    assert visit.demo is not None
    await visit.demo.leave()
    token = cookies.read(visit.request, cookies.SETUP)
    response = visit.go(f"/setup?token={quote(token)}" if token else "/")
    cookies.take(visit.request, response, cookies.SESSION)
    cookies.take(visit.request, response, cookies.SETUP)
    return response


@router.post("/demo/speed")
async def set_speed(visit: Anyone, form: Form) -> Response:
    _cast(visit)
    assert visit.demo is not None
    await visit.demo.set_speed(form["speed"])
    return visit.go(form["next"])


def _cast(visit: Visit) -> list[Member]:
    """The members of the demo world, for one of them. Raises `NotFound` for everybody else."""
    cast = list(visit.demo.members()) if visit.demo else []
    if visit.member.id not in {one.id for one in cast}:
        raise NotFound("This is not the demo world.")
    return cast


def _enter_as(visit: Visit, member: Member, path: str) -> Response:
    response = visit.go(path)
    house: App = visit.request.app.state.house  # the demo's own, if its day has just begun
    with house.store.transaction() as tx:
        let_in(visit, tx, member, response)
    return response


def _beginning(form: Form) -> Beginning:
    language = form["language"] if form["language"] in LANGUAGES else LANGUAGES[0]
    return Beginning(
        name=form["business"],
        place=_place(form),
        handles=several(form["handles"], sigil="@"),
        language=language,
        email=form["email"],
        member_name=form["name"],
        password=form.raw("password"),
    )


def _place(form: Form) -> Place:
    """The business at its town, as far as we know towns; one we do not know is kept as it was typed.

    Raises `BadInput` where towns of one name live by different clocks: Saint-Denis, near Paris or on Réunion.
    """
    towns = find_town(form["town"]) if form["town"] else []
    if towns and zone_of(form["town"], country=towns[0].country) is None:
        raise BadInput("There are several towns of this name, with different clocks. Write the postcode instead.")
    here = Place(id=new_id(), organisation_id=new_id(), name=form["business"], town=form["town"])
    return placed(here, towns[0]) if towns else here


def _show(visit: Visit, token: str, business: bool, values: pages.Blanks, error: str, status: int) -> Response:
    return visit.show("setup.html", status=status, me=None, token=token, business=business, values=values, error=error)
