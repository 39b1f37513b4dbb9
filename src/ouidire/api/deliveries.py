"""Deliveries: who was told of what, by what, when; and what was held back, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.shapes import Id, IdIn, In, Moment, Out, Page, Paged
from ouidire.domain.alert import Because, DeliveryState, Judgement
from ouidire.domain.program import Scope
from ouidire.inbox import act, read
from ouidire.store.engine import Tx

routes = router("/deliveries", "deliveries")


class DeliveryOut(Out):
    """One sending, or not, of one alert to one member. Its id goes out as the message's id, whatever the try."""

    id: str = Field(validation_alias="delivery_id")
    conversation_id: str
    route_id: str | None
    incident_kind: str
    gravity: int
    place_name: str
    member_name: str
    notifier: str = Field(examples=["webhook"])
    state: DeliveryState
    because: Because = Field(description="Why it was made or held back.")
    at: Moment = Field(description="When it was sent, or is due.")
    error: str = Field(description="Why it could not be sent; empty when it could.")
    judgement: Judgement | None
    is_mine: bool = Field(description="Was it for the program's member?")


class Deliveries(Paged):
    """What a list of deliveries is narrowed to."""

    conversation_id: IdIn | None = None
    route_id: IdIn | None = Field(None, description="The log of one route, e.g. of a webhook.")
    state: DeliveryState | None = None


class JudgementIn(In):
    judgement: Judgement


@routes.get("", **needs(Scope.ALERTS_READ))
def list_deliveries(asker: Asks, wanted: Annotated[Deliveries, Query()]) -> Page[DeliveryOut]:
    """Who was told, newest first, as far as the member may see the places."""
    with asker.reading() as tx:
        found = read.told_stretch(
            tx,
            asker.member,
            wanted.stretch,
            conversation_id=wanted.conversation_id or "",
            route_id=wanted.route_id or "",
            state=wanted.state,
        )
    return asker.page(found, wanted, lambda one: one.delivery_id, DeliveryOut.model_validate)


@routes.post("/{delivery_id}/judgement", status_code=204, **needs(Scope.ALERTS_WRITE))
def judge_delivery(asker: Asks, delivery_id: Id, said: JudgementIn) -> Response:
    """The member's own word on an alert they got: useful, or too much."""

    def judge(tx: Tx) -> None:
        act.judge_delivery(tx, asker.member, delivery_id, said.judgement)

    return asker.once(judge)
