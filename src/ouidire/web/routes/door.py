"""Coming in and going out: signing in, invitations, and the links of alerts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.people import door, invite, pairing, signin
from ouidire.store import organisations, tokens
from ouidire.web import cookies, pages
from ouidire.web.tries import Tries
from ouidire.web.visit import Anyone, Form, Visit, let_in

router = APIRouter()

_WINDOW = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Patience:
    """How many wrong passwords are borne within a quarter of an hour: for one mail address, from one machine."""

    by_email: Tries = field(default_factory=lambda: Tries(8, _WINDOW))
    by_address: Tries = field(default_factory=lambda: Tries(30, _WINDOW))

    def is_over(self, email: str, address: str, at: datetime) -> bool:
        return self.by_email.too_many(email, at) or self.by_address.too_many(address, at)

    def failed(self, email: str, address: str, at: datetime) -> None:
        self.by_email.failed(email, at)
        self.by_address.failed(address, at)


@router.get("/signin")
def signin_page(visit: Anyone, next: str = "/") -> Response:
    if visit.someone is not None:
        return visit.go(next)
    with visit.app.store.reading() as tx:
        is_new = organisations.count(tx) == 0
    return visit.show("signin.html", next=cookies.safe_next(next), email="", is_new=is_new)


@router.post("/signin")
def enter(visit: Anyone, form: Form) -> Response:
    """The same words, and about the same time, for an unknown address and a wrong password."""
    email, address, at = form["email"].lower(), _address(visit), clock.now()
    patience: Patience = visit.request.app.state.patience
    if patience.is_over(email, address, at):
        return _again(visit, form, 429, visit.t.gettext("Too many tries. Wait a quarter of an hour, then try again."))
    try:
        with visit.app.store.transaction() as tx:
            member = signin.sign_in(tx, email, form.raw("password")[:1000])
            response = visit.go(form["next"])
            let_in(visit, tx, member, response)
    except NotAllowed as error:
        patience.failed(email, address, at)
        return _again(visit, form, 401, visit.words.problem(error))
    patience.by_email.forget(email)
    return response


@router.post("/signout")
def leave(visit: Anyone, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        pairing.goodbye(tx, visit.session)
    response = visit.go("/signin")
    cookies.take(visit.request, response, cookies.SESSION)
    return response


@router.get("/join/{token}")
def join_page(visit: Anyone, token: str) -> Response:
    return _join(visit, token, pages.Blanks(), "", 200)


@router.post("/join/{token}")
def join(visit: Anyone, token: str, form: Form) -> Response:
    try:
        too_short(visit, form.raw("password"))
        with visit.app.store.transaction() as tx:
            member = invite.accept(
                tx,
                token,
                email=form["email"],
                name=form["name"],
                password=form.raw("password"),
                language=visit.t.language,
            )
            response = visit.go("/")
            let_in(visit, tx, member, response)
    except BadInput as error:
        return _join(visit, token, pages.Blanks(form.fields), visit.words.problem(error), 422)
    return response


@router.get("/pair/{token}")
def pair_page(visit: Anyone, token: str) -> Response:
    """Looking uses nothing up: cameras and messengers open links by themselves. Only the button pairs."""
    with visit.app.store.reading() as tx:
        member = pairing.look(tx, token)
    if member is None:
        return _used_code(visit)
    return visit.show("pair.html", me=None, token=token, whose=member.name)


@router.post("/pair/{token}")
def pair(visit: Anyone, token: str, form: Form) -> Response:
    """From now on this browser comes in as the member who asked for the code."""
    with visit.app.store.transaction() as tx:
        session = pairing.pair(tx, token, visit.request.headers.get("user-agent", ""))
        if session is None:
            return _used_code(visit)
        if visit.session:
            pairing.goodbye(tx, visit.session)
    response = visit.go("/wake", "paired")
    cookies.give(visit.request, response, cookies.SESSION, session, cookies.PHONE_S)
    return response


@router.get("/a/{token}")
def alert_link(visit: Anyone, token: str) -> Response:
    """Mail readers open links by themselves: looking uses nothing up; only the button does."""
    with visit.app.store.reading() as tx:
        behind = door.look(tx, token)
    if behind is None:
        raise NotFound("There is nothing behind this link.")
    if (visit.someone and visit.someone.id == behind.member_id) or not behind.is_open:
        return visit.go(f"/c/{behind.conversation_id}")
    return visit.show("alert_link.html", token=token)


@router.post("/a/{token}")
def open_alert(visit: Anyone, token: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        entered = door.enter(tx, token)
        if entered is None:
            return visit.go(f"/a/{token}")
        member, conversation_id = entered
        response = visit.go(f"/c/{conversation_id}")
        let_in(visit, tx, member, response)
    return response


def _used_code(visit: Visit) -> Response:
    return visit.show("pair.html", status=410, me=None, token="", whose="")


def too_short(visit: Visit, password: str) -> None:
    """Raises `BadInput` in the visitor's language."""
    if len(password) < signin.SHORTEST_PASSWORD:
        raise BadInput(visit.t.gettext("The password needs at least 10 characters; a sentence is fine."))
    if len(password) > 1000:
        raise BadInput(visit.t.gettext("This password is too long."))


def _again(visit: Visit, form: Form, status: int, error: str) -> Response:
    return visit.show(
        "signin.html",
        status=status,
        next=cookies.safe_next(form["next"]),
        email=form["email"],
        error=error,
        is_new=False,
    )


def _address(visit: Visit) -> str:
    return visit.request.client.host if visit.request.client else ""


def _join(visit: Visit, token: str, values: pages.Blanks, error: str, status: int) -> Response:
    with visit.app.store.reading() as tx:
        invitation = tokens.peek(tx, tokens.TokenKind.INVITATION, token, clock.now())
        if invitation is None or invitation.organisation_id is None:
            raise NotFound("This invitation was used already or is too old: ask for a new one.")
        house = organisations.get(tx, invitation.organisation_id)
        wanted = invitation.facts.get("places", "").split(",")
        names = [one.name for one in organisations.places_of(tx, house.id) if one.id in wanted]
    return visit.show(
        "join.html",
        status=status,
        me=None,
        token=token,
        organisation=house.name,
        role=invitation.facts["role"],
        place_names=names,
        values=values,
        error=error,
    )
