"""One conversation: what was said, what we did, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock
from ouidire.connectors import registry
from ouidire.domain.conversation import Outcome
from ouidire.domain.correction import Judged
from ouidire.domain.enrichment import Act, Aspect, Sentiment, Urgency
from ouidire.domain.reply import ReplyState
from ouidire.errors import BadInput, Permanent
from ouidire.guard.draft import Verdict
from ouidire.inbox import act, answer, correct, read
from ouidire.inbox.views import ConversationView
from ouidire.locale.labels import N_
from ouidire.store import organisations, pauses
from ouidire.web import pages
from ouidire.web.visit import Answering, Anyone, Form, Visit

router = APIRouter(prefix="/c/{conversation_id}")

SHEETS = ("answer", "note", "hand", "later", "place", "more", "read")
LATER: Mapping[str, str] = {
    "hour": N_("In an hour"),
    "evening": N_("This evening"),
    "morning": N_("Tomorrow morning"),
    "week": N_("In a week"),
}


@router.get("")
def conversation(visit: Anyone, conversation_id: str, do: str = "", message: str = "") -> Response:
    return _show(visit, conversation_id, "conversation.html", sheet=do, message_id=message)


@router.get("/thread")
def thread(visit: Anyone, conversation_id: str) -> Response:
    return _show(visit, conversation_id, "parts/thread.html")


@router.get("/sheet")
def sheet(visit: Answering, conversation_id: str, do: str = "", message: str = "") -> Response:
    return _show(visit, conversation_id, "parts/sheet.html", sheet=do, message_id=message)


@router.post("/check")
def check(visit: Answering, conversation_id: str, form: Form) -> Response:
    """The guard's word on a draft, as it is typed; nothing is sent."""
    text = form.raw("text")
    with visit.app.store.reading() as tx:
        verdict = answer.propose(tx, visit.member, conversation_id, text, key=visit.app.key)
        view = read.conversation_view(tx, visit.member, conversation_id)
    return visit.show("parts/verdict.html", **_draft(view, text, verdict))


@router.post("/answer")
def say(visit: Answering, conversation_id: str, form: Form) -> Response:
    """Send what the member decided to say; what the guard refuses comes back with the text and the reasons."""
    text = form.raw("text").replace("\r\n", "\n").strip()
    try:
        with visit.app.store.transaction() as tx:
            reply = answer.send(tx, visit.member, conversation_id, text, key=visit.app.key)
            on_its_way = "waits" if pauses.is_paused(tx, visit.member.organisation_id) else "sent"
    except answer.Objected as error:
        return _show(
            visit, conversation_id, "conversation.html", status=422, sheet="answer", draft=text, verdict=error.verdict
        )
    visit.app.wake()
    return visit.go(f"/c/{conversation_id}", "on-site" if reply.state is ReplyState.ON_SITE else on_its_way)


@router.post("/take")
def take(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _done(visit, form, conversation_id, "taken", act.take)


@router.post("/hand")
def hand(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _done(visit, form, conversation_id, "handed", act.hand_to, form["member"])


@router.post("/note")
def note(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _done(visit, form, conversation_id, "noted", act.note, form["text"])


@router.post("/later")
def later(visit: Answering, conversation_id: str, form: Form) -> Response:
    with visit.app.store.reading() as tx:
        zone = read.conversation_view(tx, visit.member, conversation_id).card.time_zone
    now = clock.now()
    hours = (back_at(form["when"], now, zone) - now).total_seconds() / 3600
    return _done(visit, form, conversation_id, "later", act.later, hours)


@router.post("/close")
def close(visit: Answering, conversation_id: str, form: Form) -> Response:
    outcome = Outcome.NOTHING_TO_DO if form["outcome"] == Outcome.NOTHING_TO_DO else Outcome.BY_MEMBER
    return _done(visit, form, conversation_id, "closed", act.close, outcome)


@router.post("/reopen")
def reopen(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _done(visit, form, conversation_id, "opened", act.reopen)


@router.post("/place")
def place(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _done(visit, form, conversation_id, "place", act.set_place, form["place"])


@router.post("/not-ours")
def not_ours(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _about_message(visit, form, conversation_id, "not-ours", act.not_about_us)


@router.post("/mute")
def mute(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _about_message(visit, form, conversation_id, "muted", act.mute_author)


@router.post("/undo")
def undo(visit: Answering, conversation_id: str, form: Form) -> Response:
    return _about_message(visit, form, conversation_id, "undone", act.undo_edge)


@router.post("/correct")
def correct_(visit: Answering, conversation_id: str, form: Form) -> Response:
    """What a message means, or that it was read rightly; `undo` takes the last word on that line back."""
    try:
        judged = Judged(form["judged"])
    except ValueError:
        raise BadInput("Nothing of this name is read in a message.") from None
    with visit.app.store.transaction() as tx:
        if form["undo"]:
            correct.take_back(tx, visit.member, form["mention"], judged, form["aspect"])
        else:
            correct.correct(tx, visit.member, form["mention"], judged, form["meant"], form["aspect"])
    visit.app.wake()
    return visit.go(form["next"] or f"/c/{conversation_id}", "read-again" if form["undo"] else "corrected")


def back_at(key: str, now: datetime, zone: str) -> datetime:
    """When something put off comes back, on the clock of the place. Raises `BadInput` for an unknown wish."""
    local = now.astimezone(ZoneInfo(zone))
    if key == "hour":
        return now + timedelta(hours=1)
    if key == "evening":
        return max(local.replace(hour=18, minute=0, second=0, microsecond=0), local + timedelta(hours=2))
    if key in ("morning", "week"):
        day = local + timedelta(days=1 if key == "morning" else 7)
        return day.replace(hour=8, minute=0, second=0, microsecond=0)
    raise BadInput("Say when it should come back.")


def _done(visit: Visit, form: Form, conversation_id: str, said: str, deed: Any, *what: object) -> Response:
    with visit.app.store.transaction() as tx:
        deed(tx, visit.member, conversation_id, *what)
    visit.app.wake()
    return visit.go(form["next"] or f"/c/{conversation_id}", said)


def _about_message(visit: Visit, form: Form, conversation_id: str, said: str, deed: Any) -> Response:
    """Something about one message; without one named, about the conversation's first."""
    mention_id = form["mention"]
    if not mention_id:
        with visit.app.store.reading() as tx:
            mention_id = read.conversation_view(tx, visit.member, conversation_id).card.first.mention_id
    with visit.app.store.transaction() as tx:
        deed(tx, visit.member, mention_id)
    visit.app.wake()
    return visit.go(form["next"] or f"/c/{conversation_id}", said)


def _show(
    visit: Visit,
    conversation_id: str,
    template: str,
    *,
    status: int = 200,
    sheet: str = "",
    message_id: str = "",
    draft: str = "",
    verdict: Verdict | None = None,
) -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        view = read.conversation_view(tx, member, conversation_id)
        return visit.show(
            template,
            tx,
            status,
            section="/inbox",
            timeline=pages.timeline(view),
            sheet=sheet if sheet in SHEETS and member.may_answer else "",
            message_id=message_id or view.card.first.mention_id,
            kinds={"sentiment": list(Sentiment), "act": list(Act), "urgency": list(Urgency), "aspect": list(Aspect)},
            places=organisations.places(tx, member),
            later=[(key, visit.t.gettext(words)) for key, words in LATER.items()],
            **_draft(view, draft, verdict),
        )


def _draft(view: ConversationView, text: str, verdict: Verdict | None) -> dict[str, Any]:
    return {"view": view, "draft": text, "verdict": verdict, "length": _length(view.card.first.network, text)}


def _length(network: str, text: str) -> int:
    """As the network counts it."""
    try:
        return registry.manifest(network).length(text)
    except Permanent:
        return len(text)
