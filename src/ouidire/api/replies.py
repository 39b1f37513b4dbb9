"""Replies: what we answer in public. A person decides; the guard clears; then it is said once."""

from __future__ import annotations

from fastapi import Response
from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.problems import ObjectionOut, Refused, as_things_stand
from ouidire.api.shapes import WORDS, Id, In, Moment, Out, Span
from ouidire.domain.clearance import Objection
from ouidire.domain.program import Scope
from ouidire.domain.reply import ReplyState
from ouidire.errors import BadInput
from ouidire.inbox import answer, read
from ouidire.locale import Translator
from ouidire.store.engine import Tx

routes = router("", "replies")


class DraftIn(In):
    """A text as it would be said."""

    text: str = Field(pattern=WORDS, min_length=1, max_length=20_000, examples=["Bonjour Nadia, nous arrivons."])


class VerdictOut(Out):
    """The guard's word on a draft: all objections at once, or none."""

    may_be_said: bool
    objections: list[ObjectionOut]


class ReplyOut(Out):
    """An answer of ours. `due` and `sending` are on their way, `sent` stands there; `on_site` is for a hand to post."""

    id: str
    text: str
    member_name: str = Field(description="Who decided.")
    state: ReplyState
    written_at: Moment
    sent_at: Moment | None
    url: str = Field(description="Where it stands, once it does.")
    because: str = Field(description="Why nothing was said, or why it is unclear.")
    seen_on_network: bool = Field(description="Has the network shown it back to us?")
    hidden: list[Span] = Field(description="The marks that stand for names of employees.")


@routes.post(
    "/conversations/{conversation_id}/replies/check",
    response_model=VerdictOut,
    **needs(Scope.CONVERSATIONS_READ),
)
def check_draft(asker: Asks, conversation_id: Id, said: DraftIn) -> Response:
    """What the guard says of a text, before anybody decides. Nothing is kept, nothing is sent."""

    def check(tx: Tx) -> VerdictOut:
        with as_things_stand():
            verdict = answer.propose(tx, asker.member, conversation_id, said.text, key=asker.house.key)
        objections = [_objection(one, asker.speaks) for one in verdict.objections]
        return VerdictOut(may_be_said=not objections, objections=objections)

    return asker.once(check)


@routes.post(
    "/conversations/{conversation_id}/replies",
    status_code=201,
    response_model=ReplyOut,
    **needs(Scope.REPLIES_SEND),
)
def send_reply(asker: Asks, conversation_id: Id, said: DraftIn) -> Response:
    """Say this in public, in the member's name: the call is the decision of the person who pressed the button.

    Nothing may be said without a person: a program must not decide by itself. The guard is asked here as everywhere;
    what it objects to is not sent (`objected`). Send an Idempotency-Key, so that a cut line says nothing twice.
    """

    def send(tx: Tx) -> ReplyOut:
        made = answer.send(tx, asker.member, conversation_id, said.text, key=asker.house.key)
        return ReplyOut.model_validate(read.reply_view(tx, asker.member, made.id))

    try:
        return asker.once(send)
    except answer.Objected as error:
        objections = [_objection(one, asker.speaks).model_dump() for one in error.verdict.objections]
        raise Refused("objected", objections=objections) from None
    except BadInput as error:
        raise Refused("not-possible", str(error)) from None


@routes.get("/replies/{reply_id}", **needs(Scope.CONVERSATIONS_READ))
def get_reply(asker: Asks, reply_id: Id) -> ReplyOut:
    """One answer: ask again until it is `sent`, `on_site` or `refused`."""
    with asker.reading() as tx:
        return ReplyOut.model_validate(read.reply_view(tx, asker.member, reply_id))


def _objection(one: Objection, t: Translator) -> ObjectionOut:
    why = t.gettext(one.sentence) % dict(one.values)
    return ObjectionOut(rule=one.rule, why=why, start=one.start, end=one.end)
