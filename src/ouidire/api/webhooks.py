"""Webhooks: addresses of programs that are told, with what signs the calls."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from pydantic import Field

from ouidire.alert import trial
from ouidire.api.door import Asks, needs, router
from ouidire.api.shapes import Id, IdIn, In, Out, Page, Paged, Whole
from ouidire.domain.alert import Route
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.program import Scope
from ouidire.errors import NotAllowed, NotFound, OuidireError, Permanent
from ouidire.inbox import tell
from ouidire.notifiers import webhook
from ouidire.store import alerts
from ouidire.store.engine import Tx

routes = router("/webhooks", "webhooks")


class WebhookIn(In):
    """A new address. It gets a signed POST for each alert."""

    url: Annotated[str, Field(max_length=1000, pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?$")] = Field(
        examples=["https://till.example/ouidire"],
        description="Where others use the page, it must be public and begin with https://.",
    )
    min_gravity: Whole = Field(1, ge=0, le=3, description="From this gravity on.")
    place_id: IdIn | None = Field(None, description="Of which place; null: all that the member may see.")


class WebhookOut(Out):
    """A route that tells a program. Its deliveries: `/deliveries?route_id=` and this id."""

    id: str
    url: str = Field(validation_alias="target")
    member_id: str
    place_id: str | None
    min_gravity: int


class SecretOut(Out):
    """What signs the calls to one address."""

    secret: str
    header: str = Field(description="The header with the signature and its time.", examples=[webhook.SIGNED])


class TrialOut(Out):
    """What became of a test event."""

    event_id: str = Field(description="`id` in the body, and the header Ouidire-Delivery.")
    arrived: bool
    why_not: str = Field(description="What the other side, or the line, said; empty when it arrived.")


@routes.get("", **needs(Scope.ALERTS_READ))
def list_webhooks(asker: Asks, wanted: Annotated[Paged, Query()]) -> Page[WebhookOut]:
    """The member's own webhooks, and for who configures all of the house, newest first."""
    with asker.reading() as tx:
        every = [one for one in alerts.routes(tx, asker.member) if one.notifier == webhook.NAME]
    return asker.page_of_all(every, wanted, lambda one: one.id, WebhookOut.model_validate)


@routes.post("", status_code=201, response_model=WebhookOut, **needs(Scope.ALERTS_WRITE))
def add_webhook(asker: Asks, said: WebhookIn) -> Response:
    """Tell an address from now on. Then ask for its secret, and try it."""

    def add(tx: Tx) -> WebhookOut:
        made = tell.add_route(
            tx,
            asker.member,
            notifier=webhook.NAME,
            min_gravity=said.min_gravity,
            place_id=said.place_id,
            target=said.url,
        )
        return WebhookOut.model_validate(made)

    return asker.once(add)


@routes.get("/{webhook_id}", **needs(Scope.ALERTS_READ))
def get_webhook(asker: Asks, webhook_id: Id) -> WebhookOut:
    """One webhook."""
    with asker.reading() as tx:
        return WebhookOut.model_validate(_mine(tx, asker.member, webhook_id))


@routes.get("/{webhook_id}/secret", **needs(Scope.ALERTS_WRITE))
def get_secret(asker: Asks, webhook_id: Id) -> SecretOut:
    """What signs the calls to this address; made from the house's key and the address. For who configures."""
    with asker.reading() as tx:
        one = _mine(tx, asker.member, webhook_id)
    if not asker.member.may_configure:
        raise NotAllowed("Only the owner and headquarters set this up.")
    return SecretOut(secret=asker.house.webhook_secret(one.target), header=webhook.SIGNED)


@routes.post("/{webhook_id}/test", response_model=TrialOut, **needs(Scope.ALERTS_WRITE))
async def try_webhook(asker: Asks, webhook_id: Id) -> Response:
    """Send a test event there now, signed like an alert, and say whether it arrived."""
    one = await asker.house.store.read(_mine, asker.member, webhook_id)

    async def send(event_id: str) -> TrialOut:
        message = trial.message(asker.member, event_id[:36] or new_id(), asker.house.base_url)
        why_not = ""
        try:
            notifier = asker.house.notifiers.get(webhook.NAME)
            if notifier is None:
                raise Permanent("There is no HTTP client here.")
            await notifier.send(message, one.target)
        except OuidireError as error:
            why_not = str(error)
        return TrialOut(event_id=message.id, arrived=not why_not, why_not=why_not)

    return await asker.once_outside(send)


@routes.delete("/{webhook_id}", status_code=204, **needs(Scope.ALERTS_WRITE))
def remove_webhook(asker: Asks, webhook_id: Id) -> Response:
    """Tell this address no more."""

    def remove(tx: Tx) -> None:
        alerts.remove_route(tx, asker.member, _mine(tx, asker.member, webhook_id).id)

    return asker.once(remove)


def _mine(tx: Tx, member: Member, webhook_id: str) -> Route:
    found = tell.route(tx, member, webhook_id)
    if found.notifier != webhook.NAME:
        raise NotFound("There is no such webhook.")
    return found
