"""What we listen to: per place, in plain fields, with what it would have caught."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.domain.ids import new_id
from ouidire.domain.mention import MentionState
from ouidire.domain.watch import Watch
from ouidire.errors import NotFound
from ouidire.inbox import read
from ouidire.match.checks import WatchRefused, advise, check_watch, refuse
from ouidire.store import members, mentions, organisations, watches
from ouidire.store.engine import Tx
from ouidire.store.mentions import Sought
from ouidire.store.stretch import Stretch
from ouidire.web import pages
from ouidire.web.outlook import outlook, said
from ouidire.web.preview import LOOKED_BACK, past, preview
from ouidire.web.typed import WATCH_FIELDS, typed_watch, watch_of
from ouidire.web.visit import Configuring, Form, Visit

router = APIRouter(prefix="/listening")


@router.get("")
def listening(visit: Configuring, watch: str = "") -> Response:
    with visit.app.store.reading() as tx:
        every = watches.of(tx, visit.member)
        current = None if watch == "new" else next((one for one in every if one.id == watch), next(iter(every), None))
        return _show(visit, tx, current, typed_watch(current, visit.t) if current else {})


@router.post("")
def keep(visit: Configuring, form: Form) -> Response:
    """Write what is listened to; what could never be recognised is refused with its reason, beside its field."""
    with visit.app.store.transaction() as tx:
        before = _before(visit, tx, form["watch"])
        wanted = _wanted(visit, tx, form, before)
        try:
            refuse(wanted)
        except WatchRefused as error:
            return _show(visit, tx, before, dict(form.fields), error)
        if before is None:
            watches.add(tx, wanted)
        else:
            watches.change(tx, visit.member, wanted)
    visit.app.wake()
    return visit.go(f"/listening?watch={wanted.id}", "kept")


@router.post("/preview")
def what_if(visit: Configuring, form: Form) -> Response:
    """What these fields would have caught; nothing is kept."""
    member = visit.member
    with visit.app.store.reading() as tx:
        places, known = organisations.places(tx, member), read.names_known_to(tx, member)
        heard = watches.of_organisation(tx, member.organisation_id)
        wanted = _wanted(visit, tx, form, _before(visit, tx, form["watch"]))
        ours = Sought(state=MentionState.OURS, is_own=False)
        kept = mentions.listed(tx, member, ours, Stretch(LOOKED_BACK)) if wanted.rule else []
    wrong = next((visit.words.refused(one) for one in check_watch(wanted) if one.field == "rule"), "")
    at_places = [one for one in places if wanted.place_id in (None, one.id)]
    sample = visit.app.sample
    has_something = wanted.rule or wanted.former or any(getattr(wanted, name) for name in WATCH_FIELDS[:5])
    found = looked_back = None
    if has_something and not wrong:
        if sample is not None:
            # A post in the sample belongs to no place yet: only who sees every name of the house may read one.
            found = preview(wanted, places, sample, heard, sees_names=member.sees_names(None), known=known)
        looked_back = past(wanted, places, kept, heard, member, known) if kept else None
    return visit.show(
        "parts/preview.html",
        preview=found,
        outlook=list(said(ahead, visit.words)) if found and (ahead := outlook(found, visit.words.now)) else (),
        past=looked_back,
        wrong=wrong,
        advice=[] if wrong else [visit.words.refused(one) for one in advise(wanted, at_places)],
        has_sample=sample is not None,
    )


@router.post("/unmute")
def unmute(visit: Configuring, form: Form) -> Response:
    """Hear an author again, from now on."""
    with visit.app.store.transaction() as tx:
        watches.unmute(tx, visit.member, form["author"])
    visit.app.wake()
    return visit.go("/listening", "unmuted")


@router.post("/forget")
def forget(visit: Configuring, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        watches.remove(tx, visit.member, form["watch"])
    visit.app.wake()
    return visit.go("/listening", "gone")


def _before(visit: Visit, tx: Tx, watch_id: str) -> Watch | None:
    if not watch_id:
        return None
    found = [one for one in watches.of(tx, visit.member) if one.id == watch_id]
    if not found:
        raise NotFound("There is no such watch.")
    return found[0]


def _wanted(visit: Visit, tx: Tx, form: Form, before: Watch | None) -> Watch:
    place_id = before.place_id if before else form["place"] or None
    if place_id and place_id not in {one.id for one in organisations.places(tx, visit.member)}:
        raise NotFound("There is no such place.")
    return watch_of(form, before or Watch(new_id(), visit.member.organisation_id, place_id))


def _show(
    visit: Visit, tx: Tx, current: Watch | None, values: dict[str, str], refused: WatchRefused | None = None
) -> Response:
    places = organisations.places(tx, visit.member)
    errors = pages.Blanks({refused.field: visit.words.refused(refused)} if refused else {})
    return visit.show(
        "listening.html",
        tx,
        422 if refused else 200,
        watches=watches.of(tx, visit.member),
        current=current,
        values=pages.Blanks(values),
        places=[one for one in places if one.closed_at is None],
        place_names={one.id: one.name for one in places},
        preview=None,
        advice=[],
        wrong="",
        past=None,
        has_sample=visit.app.sample is not None,
        muted=watches.muted_of(tx, visit.member),
        member_names={one.id: one.name for one in members.colleagues(tx, visit.member)},
        errors=errors,
    )
