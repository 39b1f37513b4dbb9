"""Questions: what only a member can know about a message, and the answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.mentions import MessageOut
from ouidire.api.problems import as_things_stand
from ouidire.api.shapes import Flag, Id, IdIn, In, Moment, Out, Page, Paged
from ouidire.domain.mention import Ask
from ouidire.domain.program import Scope
from ouidire.domain.question import AnswerKind
from ouidire.inbox import ask, read
from ouidire.store import questions
from ouidire.store.engine import Tx

routes = router("/questions", "questions")


class ChoiceOut(Out):
    """A place that may be meant."""

    place_id: str
    short: str = Field(description="What it is called among its sisters.", examples=["rue Crescent"])
    name: str
    p: float = Field(description="How probable it is, in [0, 1].")


class QuestionOut(Out):
    """One question about one message. It has an answer, or waits for one."""

    id: str
    ask: Ask = Field(description="`about_us`: is it about us at all? `which_place`: about which of our places?")
    asked_at: Moment
    message: MessageOut
    p: float = Field(description="How probable it is that the message is about us, in [0, 1].")
    choices: list[ChoiceOut] = Field(description="The places that may be meant, the likeliest first.")
    answer: AnswerKind | None = Field(description="Null until somebody has answered.")
    place_id: str | None = Field(description="The place of the answer.")
    answered_by: str = Field(description="Who answered; empty: nobody, or it became clear in another way.")
    answered_at: Moment | None


class Questions(Paged):
    """What a list of questions is narrowed to."""

    open: Flag | None = Field(True, description="Those that wait for an answer; false: those that have one.")


class AnswerIn(In):
    answer: AnswerKind = Field(description="`unsure`: it is not asked again.")
    place_id: IdIn | None = Field(None, description="With `place`: one of the choices, or another of the member's.")


@routes.get("", **needs(Scope.CONVERSATIONS_READ))
def list_questions(asker: Asks, wanted: Annotated[Questions, Query()]) -> Page[QuestionOut]:
    """What the member is asked, newest first. A question whose message is gone is not shown."""
    with asker.reading() as tx:
        found = questions.listed(tx, asker.member, wanted.stretch, is_open=wanted.open)
        views = {one.id: one for one in read.question_views(tx, asker.member, found)}
    made = asker.page(found, wanted, lambda one: one.id, lambda one: views.get(one.id))
    return Page[QuestionOut](items=[QuestionOut.model_validate(one) for one in made.items if one], next=made.next)


@routes.get("/{question_id}", **needs(Scope.CONVERSATIONS_READ))
def get_question(asker: Asks, question_id: Id) -> QuestionOut:
    """One question."""
    with asker.reading() as tx:
        return QuestionOut.model_validate(read.question_view(tx, asker.member, question_id))


@routes.post("/{question_id}/answer", response_model=QuestionOut, **needs(Scope.CONVERSATIONS_WRITE))
def answer_question(asker: Asks, question_id: Id, said: AnswerIn) -> Response:
    """Answer it; that acts at once. Where somebody has answered already, theirs stands and comes back."""

    def answer(tx: Tx) -> QuestionOut:
        with as_things_stand():
            ask.answer(tx, asker.member, question_id, said.answer, said.place_id)
        return QuestionOut.model_validate(read.question_view(tx, asker.member, question_id))

    return asker.once(answer)


@routes.post("/{question_id}/undo", response_model=QuestionOut, **needs(Scope.CONVERSATIONS_WRITE))
def undo_answer(asker: Asks, question_id: Id) -> Response:
    """Take the member's own answer back, within a minute."""

    def undo(tx: Tx) -> QuestionOut:
        with as_things_stand():
            ask.undo(tx, asker.member, question_id)
        return QuestionOut.model_validate(read.question_view(tx, asker.member, question_id))

    return asker.once(undo)
