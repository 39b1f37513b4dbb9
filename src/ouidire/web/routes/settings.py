"""Settings: the people, their invitations, one's own language and password, and how long things are kept."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock
from ouidire.connectors.http import is_loopback
from ouidire.domain.member import Role
from ouidire.domain.share import Share
from ouidire.errors import BadInput, NotAllowed
from ouidire.inbox import correct
from ouidire.locale import LANGUAGES
from ouidire.locale.labels import N_
from ouidire.people import invite, pairing, signin, team
from ouidire.store import members, organisations, phones
from ouidire.store.engine import Tx
from ouidire.web import pages
from ouidire.web.routes.door import too_short
from ouidire.web.visit import Anyone, Configuring, Form, Visit, let_in

router = APIRouter(prefix="/settings")

ENOUGH = 10
"""So many words on readings before we say how often they were right."""

ONLY_HERE = N_(
    "No phone can reach this house yet: it answers on this machine alone. Start it with “ouidire up --lan”, "
    "or give it an address of its own (OUIDIRE_PUBLIC_URL)."
)


@router.get("")
def settings(visit: Anyone) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx)


@router.post("/invite")
def make_invitation(visit: Anyone, form: Form) -> Response:
    """The link is shown once, on the page that answers; it stands in no address and no log."""
    role = Role(form["role"]) if form["role"] in set(Role) else Role.VIEWER
    with visit.app.store.transaction() as tx:
        try:
            secret = invite.invite(tx, visit.member, role, form.several("place"))
        except BadInput as error:
            return _show(visit, tx, error=visit.words.problem(error), wrong="invite", status=422)
        return _show(visit, tx, invitation=f"{_house(visit)}/join/{secret}")


@router.post("/phones")
def offer_pairing(visit: Anyone, form: Form) -> Response:
    """The code is shown once, on the page that answers; it stands in no address of ours and no log."""
    with visit.app.store.transaction() as tx:
        house = reachable(visit)
        if not house:
            return _show(visit, tx, error=visit.t.gettext(ONLY_HERE), status=422)
        return _show(visit, tx, pairing_address=f"{house}/pair/{pairing.offer(tx, visit.member)}")


@router.post("/phones/{phone_id}/revoke")
def revoke_phone(visit: Anyone, phone_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        pairing.revoke(tx, visit.member, phone_id)
    return visit.go("/settings", "revoked")


@router.post("/me")
def me(visit: Anyone, form: Form) -> Response:
    language = form["language"] if form["language"] in LANGUAGES else visit.member.language
    with visit.app.store.transaction() as tx:
        try:
            team.rename(tx, visit.member, form["name"] or visit.member.name)
        except BadInput as error:
            return _show(visit, tx, errors=pages.Blanks({"name": visit.words.problem(error)}), status=422)
        members.set_language(tx, visit.member, language)
    return visit.go("/settings", "kept")


@router.post("/people/{member_id}")
def change_person(visit: Configuring, member_id: str, form: Form) -> Response:
    role = Role(form["role"]) if form["role"] in set(Role) else Role.VIEWER
    try:
        with visit.app.store.transaction() as tx:
            team.change(tx, visit.member, member_id, role, form.several("place"))
    except BadInput as error:
        return _wrong(visit, error, member_id)
    visit.app.wake()
    return visit.go("/settings", "kept")


@router.post("/people/{member_id}/leave")
def let_leave(visit: Configuring, member_id: str, form: Form) -> Response:
    try:
        with visit.app.store.transaction() as tx:
            team.leave(tx, visit.member, member_id)
    except BadInput as error:
        return _wrong(visit, error, member_id)
    visit.app.wake()
    return visit.go("/settings", "left")


def _wrong(visit: Visit, error: BadInput, member_id: str) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx, error=visit.words.problem(error), wrong=member_id, status=422)


@router.post("/password")
def password(visit: Anyone, form: Form) -> Response:
    """Every session ends but this one, which begins anew."""
    try:
        too_short(visit, form.raw("new"))
        with visit.app.store.transaction() as tx:
            signin.change_password(tx, visit.member, form.raw("old"), form.raw("new"))
            response = visit.go("/settings", "password")
            let_in(visit, tx, visit.member, response)
    except (BadInput, NotAllowed) as error:
        known = isinstance(error, BadInput)
        said = str(error) if known else visit.t.gettext("This is not the password you have.")
        with visit.app.store.reading() as tx:
            return _show(visit, tx, errors=pages.Blanks({"password": said}), status=422)
    return response


def _house(visit: Visit) -> str:
    return visit.app.settings.public_url.rstrip("/") or str(visit.request.base_url).rstrip("/")


def reachable(visit: Visit) -> str:
    """The address by which a phone reaches this house; empty when it answers on this very machine alone."""
    return next((one for one in (visit.app.base_url, _house(visit)) if not is_loopback(one)), "")


def _code(address: str) -> str:
    """The address as a square for a camera, to stand in a page."""
    import segno

    return str(segno.make(address, error="m", micro=False).svg_inline(border=4, light="#fff", omitsize=True))


def _show(
    visit: Visit,
    tx: Tx,
    *,
    invitation: str = "",
    pairing_address: str = "",
    error: str = "",
    wrong: str = "",
    errors: pages.Blanks | None = None,
    status: int = 200,
) -> Response:
    member = visit.member
    places, people = organisations.places(tx, member), members.colleagues(tx, member)
    is_owner = member.role is Role.OWNER
    fixed = {one.id for one in people if one.role is Role.OWNER}
    if is_owner and len(fixed) > 1:  # the last owner stays one
        fixed = set()
    changeable = [one.id for one in people if member.may_configure and one.id not in fixed]
    return visit.show(
        "settings.html",
        tx,
        status,
        people=people,
        may_change=changeable,
        roles=[role.value for role in Role if is_owner or role is not Role.OWNER],
        wrong=wrong,
        places=places,
        place_names={one.id: one.name for one in places},
        invitation=invitation,
        pairing_address=pairing_address,
        code=_code(pairing_address) if pairing_address else "",
        minutes=pairing.LASTS.seconds // 60,
        phones=phones.paired(tx, member, clock.now()),
        here=visit.phone.id if visit.phone else "",
        zone=places[0].time_zone if places else "UTC",
        member_names={one.id: one.name for one in people},
        enough=ENOUGH,
        rightness=Share(*correct.accuracy(tx, member)),
        retain_days=visit.app.settings.retain_days,
        error=error,
        errors=errors or pages.Blanks(),
    )
