"""Questions to a member: one to answer, all that wait, and the one word more that an answer may teach."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.domain.question import AnswerKind
from ouidire.errors import BadInput
from ouidire.inbox import ask, read
from ouidire.store import questions
from ouidire.web.visit import Answering, Configuring, Form, Visit

router = APIRouter(prefix="/questions")

AT_ONCE = 10
"""So many questions stand on one page."""


@router.get("")
def every(visit: Answering) -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        found = read.question_views(tx, member, questions.waiting(tx, member, AT_ONCE))
        left = questions.counted(tx, member)
        return visit.show("questions.html", tx, questions=found, left=left, section="/")


@router.get("/{question_id}")
def one(visit: Answering, question_id: str, late: str = "") -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        view = read.question_view(tx, member, question_id)
        others = (q.id for q in questions.waiting(tx, member, 2) if q.id != question_id)
        return visit.show(
            "question.html",
            tx,
            q=view,
            left=questions.counted(tx, member),
            following=next(others, ""),
            too_late=bool(late) and not view.is_mine,
            section="/",
        )


@router.post("/{question_id}")
def say(visit: Answering, question_id: str, form: Form) -> Response:
    """The tap. Where a colleague was quicker, nothing changes, and the page says so."""
    kind, place_id = _said(form["answer"], form["place"])
    with visit.app.store.transaction() as tx:
        was_open = questions.of(tx, visit.member, question_id).is_open
        ask.answer(tx, visit.member, question_id, kind, place_id)
    visit.app.wake()
    return visit.go(f"/questions/{question_id}" + ("" if was_open else "?late=1"))


@router.post("/{question_id}/undo")
def undo(visit: Answering, question_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        ask.undo(tx, visit.member, question_id)
    visit.app.wake()
    return visit.go(f"/questions/{question_id}", "asked-again")


@router.post("/{question_id}/understand")
def understand(visit: Configuring, question_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        ask.understand(tx, visit.member, question_id, form["phrase"])
    return _taught(visit, question_id)


@router.post("/{question_id}/ignore")
def ignore(visit: Configuring, question_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        ask.ignore(tx, visit.member, question_id, form["word"])
    return _taught(visit, question_id)


def _taught(visit: Visit, question_id: str) -> Response:
    visit.app.wake()
    return visit.go(f"/questions/{question_id}", "taught")


def _said(answer: str, place_id: str) -> tuple[AnswerKind, str | None]:
    """What the button says: "place:" and an id, "place" alone for the one that was chosen, or another answer."""
    kind, _, named = answer.partition(":")
    try:
        return AnswerKind(kind), named or place_id or None
    except ValueError:
        raise BadInput("Say which place is meant.") from None
