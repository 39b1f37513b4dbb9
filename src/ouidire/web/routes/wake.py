"""How shall I wake you? A member's own ways, each with a try that says what came of it; and the calm message."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock
from ouidire.alert.deliver import GONE, reach
from ouidire.domain.channel import Channel
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.errors import BadInput, OuidireError
from ouidire.notifiers.base import Lost, Message
from ouidire.notifiers.webpush import OwnKey
from ouidire.people import pairing, wake
from ouidire.people.wake import Way
from ouidire.store import alerts, calms, channels, organisations
from ouidire.store.engine import Tx
from ouidire.web import cookies, pages
from ouidire.web.visit import Anyone, Filled, Form, Visit

router = APIRouter(prefix="/wake")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a try: to which way (a channel's id, or `email`), when, with which words, or why not."""

    way: str
    at: datetime
    text: str
    trouble: str


@router.get("")
def ways(visit: Anyone) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx)


@router.post("/ntfy")
async def add_ntfy(visit: Anyone, form: Form) -> Response:
    return await _add(visit, form, "ntfy")


@router.post("/telegram")
async def add_telegram(visit: Anyone, form: Form) -> Response:
    return await _add(visit, form, "telegram")


@router.post("/other")
async def add_other(visit: Anyone, form: Form) -> Response:
    return await _add(visit, form, "other")


@router.post("/push")
async def add_push(visit: Anyone, form: Form) -> Response:
    """The browser itself, with the subscription that it gave to the page's script."""
    return await _add(visit, form, "push")


@router.post("/try")
async def try_it(visit: Anyone, form: Form) -> Response:
    """Send something now, and say what came of it."""
    tried = await _try(visit, form["way"])
    return await asyncio.to_thread(_answer, visit, tried)


@router.post("/{channel_id}/forget")
def forget(visit: Anyone, channel_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        channels.forget(tx, visit.member, channel_id)
    return visit.go("/wake", "gone")


@router.post("/calm")
def calm(visit: Anyone, form: Form) -> Response:
    """Once a day, or not any more."""
    with visit.app.store.transaction() as tx:
        try:
            if form["by"]:
                wake.wish_calm(tx, visit.member, form["place"], form["hour"], form["by"])
            else:
                calms.forget(tx, visit.member.id, form["place"])
        except BadInput as error:
            return _show(visit, tx, wrong="calm", error=visit.words.problem(error), values=form)
    return visit.go("/wake", "calm" if form["by"] else "gone")


async def _add(visit: Visit, form: Filled, kind: str) -> Response:
    """Keep what was typed, then try it at once: a way that was never tried is not one."""
    member = visit.member
    try:
        way = _typed(visit, form, kind)
        channel_id = await visit.app.store.run(wake.add, visit.app.store, member, way, _gravity(form))
    except BadInput as error:
        return await asyncio.to_thread(_refused, visit, kind, visit.words.problem(error), form)
    return await asyncio.to_thread(_answer, visit, await _try(visit, channel_id))


def _typed(visit: Visit, form: Filled, kind: str) -> Way:
    is_private = form["private"] == "yes"
    if kind == "ntfy":
        return wake.ntfy(form["server"] or wake.NTFY, form["topic"], form["token"], is_private=is_private)
    if kind == "telegram":
        return wake.telegram(form["bot"], form["chat"])
    if kind == "push":
        name = pairing.named(visit.request.headers.get("user-agent", ""))
        return wake.push(form.raw("subscription"), name, visit.session)
    return wake.other(form["address"], is_private=is_private)


def _gravity(form: Filled) -> int:
    return int(form["min_gravity"]) if form["min_gravity"] in ("0", "1", "2", "3") else 2


async def _try(visit: Visit, way: str) -> Tried:
    """Never raises: what went wrong is what the try says."""
    app, member = visit.app, visit.member
    channel, place = await app.store.read(_channel, member, way)
    message = wake.a_try(member, place, f"{app.base_url}/wake")
    name = channel.kind.notifier if channel else "email"
    trouble = await _send(visit, name, way, message)
    if channel is not None:
        await app.store.run(_noted, channel, trouble)
    return Tried(way, message.written_at, f"{message.subject}. {message.body}", trouble)


def _channel(tx: Tx, member: Member, way: str) -> tuple[Channel | None, Place | None]:
    places = organisations.places(tx, member)
    channel = None if way == "email" else channels.one_of(tx, member, way)
    return channel, places[0] if places else None


async def _send(visit: Visit, name: str, way: str, message: Message) -> str:
    app, member = visit.app, visit.member
    notifier = app.notifiers.get(name)
    if notifier is None:
        return app.why_not(name)
    try:
        found = await reach(app.store, name, way, member.id)
        if found is None:
            return GONE
        await notifier.send(message, found[1] or member.email)
    except OuidireError as error:
        if isinstance(error, Lost):
            await app.store.run(channels.lost, way, str(error), clock.now())
        return str(error)
    return ""


def _noted(tx: Tx, channel: Channel, trouble: str) -> None:
    channels.tried(tx, channel.id, trouble, clock.now())


def _answer(visit: Visit, tried: Tried) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx, tried=tried)


def _refused(visit: Visit, wrong: str, error: str, form: Filled) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx, wrong=wrong, error=error, values=form)


def _show(
    visit: Visit,
    tx: Tx,
    *,
    tried: Tried | None = None,
    wrong: str = "",
    error: str = "",
    values: Filled | None = None,
) -> Response:
    member = visit.member
    own = channels.of(tx, member)
    wishes = calms.of(tx, member)
    routes = {one.target or one.notifier: one for one in alerts.routes(tx, member) if one.member_id == member.id}
    typed = pages.Blanks(values.fields if values and wrong else {})
    return visit.show(
        "wake.html",
        tx,
        422 if error else 200,
        channels=own,
        routes=routes,
        mail_route=routes.get("email"),
        tried=tried,
        wrong=wrong,
        why=error,
        values=typed,
        topic=typed["topic"] or wake.fresh_topic(),
        server=typed["server"] or wake.NTFY,
        is_secure=cookies.is_secure(visit.request),
        push_key=OwnKey(visit.app.push_key).public,
        mail_trouble="" if "email" in visit.app.notifiers else visit.app.why_not("email"),
        places=organisations.places(tx, member),
        wishes={one.place_id: one for one in wishes},
        last_said={one.place_id: calms.said_today(tx, one.id) for one in wishes},
        calm_ways=[one for one in own if one.lost_at is None],
    )
