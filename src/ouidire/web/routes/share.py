"""Bring something in: a text or a link that somebody saw, typed here or shared from a phone."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock, flow
from ouidire.connectors.files.stars import read_stars
from ouidire.errors import BadInput
from ouidire.past import paste
from ouidire.past.paste import Pasted
from ouidire.queue.base import Parcel
from ouidire.store import conversations, mentions, organisations
from ouidire.store.engine import Tx
from ouidire.web import pages
from ouidire.web.visit import Answering, Form, Visit

router = APIRouter(prefix="/share")

NETWORKS = ("google", "tripadvisor", "facebook", "instagram", "x", "thefork", "yelp", "trustpilot", "booking", "tiktok")
TRIES = 40


@router.get("")
def typed(visit: Answering, title: str = "", text: str = "", url: str = "", place: str = "") -> Response:
    """The form, filled in with what a phone shares; nothing is kept before somebody sends it."""
    words, link = paste.shared(title[:500], text[:50_000], url)
    return _form(visit, pages.Blanks({"text": words, "url": link, "place": place}), "", 200)


@router.post("")
async def keep(visit: Answering, form: Form) -> Response:
    """A message of the chosen place, and off to its conversation."""
    try:
        conversation_id = await _bring_in(visit, form)
    except BadInput as error:
        values = pages.Blanks(form.fields)
        return await asyncio.to_thread(_form, visit, values, visit.words.problem(error), 422)
    return visit.go(f"/c/{conversation_id}" if conversation_id else "/inbox", "brought-in")


async def _bring_in(visit: Visit, form: Form) -> str:
    app = visit.app
    source = await app.store.run(paste.source_for, app.store, visit.member)
    with app.store.reading() as tx:
        pasted = _pasted(visit, tx, form)
        batch = paste.batch_of(tx, visit.member, source, pasted)
    await app.hear(Parcel(source.id, batch), at_once=True)
    for _ in range(TRIES):  # it is read at once, by us or by who is at it already, so that one can be led there
        await asyncio.to_thread(_understand, visit)
        found = await app.store.read(_conversation, visit, batch.items[0].key)
        if found:
            return found
        await asyncio.sleep(0.05)
    return ""


def _understand(visit: Visit) -> None:
    for stage in flow.STAGES:
        flow.work_once(visit.app.store, stage, f"{visit.app.worker}:share")


def _conversation(tx: Tx, visit: Visit, key: str) -> str:
    heard = mentions.by_item_key(tx, visit.member.organisation_id, key)
    stands = conversations.standing(tx, heard.mention.id) if heard else None
    return stands.conversation_id if stands else ""


def _pasted(visit: Visit, tx: Tx, form: Form) -> Pasted:
    places = organisations.places(tx, visit.member)
    place_id = form["place"] or (places[0].id if len(places) == 1 else "")
    if not place_id:
        raise BadInput("Say which place it is about.")
    zone = next((one.time_zone for one in places if one.id == place_id), "UTC")
    return Pasted(
        text=form.raw("text"),
        place_id=place_id,
        url=form["url"],
        network=form["network"],
        author=form["author"],
        rating=read_stars(form["rating"]),
        written_at=_day(form["written_on"], zone),
    )


def _day(said: str, zone: str) -> datetime | None:
    """Noon of a day on the calendar of the place; today is now."""
    if not said:
        return None
    try:
        noon = datetime.strptime(said, "%Y-%m-%d").replace(hour=12, tzinfo=ZoneInfo(zone))
    except ValueError:
        raise BadInput("The day is written like 2026-11-25.") from None
    return None if noon.date() >= clock.now().astimezone(ZoneInfo(zone)).date() else noon.astimezone(UTC)


def _form(visit: Visit, values: pages.Blanks, error: str, status: int) -> Response:
    with visit.app.store.reading() as tx:
        return visit.show(
            "share.html",
            tx,
            status,
            section="/inbox",
            values=values,
            error=error,
            places=organisations.places(tx, visit.member),
            networks=NETWORKS,
        )
