"""Routes: who is told, of which place, from which gravity on, by what."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Response
from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.shapes import Id, IdIn, In, Out, Page, Paged, Whole
from ouidire.domain.program import Scope
from ouidire.inbox import tell
from ouidire.store import alerts
from ouidire.store.engine import Tx

routes = router("/routes", "routes")


class RouteIn(In):
    """A new route. To tell a program, make a webhook."""

    notifier: Literal["email", "browser"] = Field(description="By mail, or on the open page.")
    min_gravity: Whole = Field(1, ge=0, le=3, description="From this gravity on.")
    member_id: IdIn | None = Field(None, description="Whom; null: the program's member. Others: for who configures.")
    place_id: IdIn | None = Field(None, description="Of which place; null: all that the person may see.")


class RouteOut(Out):
    """Who is told. The address a route goes to is not told: it may be a secret."""

    id: str
    member_id: str
    place_id: str | None
    min_gravity: int
    notifier: str = Field(examples=["email"])


@routes.get("", **needs(Scope.ALERTS_READ))
def list_routes(asker: Asks, wanted: Annotated[Paged, Query()]) -> Page[RouteOut]:
    """The member's own routes, and for who configures all of the house, newest first."""
    with asker.reading() as tx:
        every = alerts.routes(tx, asker.member)
    return asker.page_of_all(every, wanted, lambda one: one.id, RouteOut.model_validate)


@routes.post("", status_code=201, response_model=RouteOut, **needs(Scope.ALERTS_WRITE))
def add_route(asker: Asks, said: RouteIn) -> Response:
    """Tell somebody from now on."""

    def add(tx: Tx) -> RouteOut:
        made = tell.add_route(
            tx,
            asker.member,
            notifier=said.notifier,
            min_gravity=said.min_gravity,
            member_id=said.member_id,
            place_id=said.place_id,
        )
        return RouteOut.model_validate(made)

    return asker.once(add)


@routes.get("/{route_id}", **needs(Scope.ALERTS_READ))
def get_route(asker: Asks, route_id: Id) -> RouteOut:
    """One route."""
    with asker.reading() as tx:
        return RouteOut.model_validate(tell.route(tx, asker.member, route_id))


@routes.delete("/{route_id}", status_code=204, **needs(Scope.ALERTS_WRITE))
def remove_route(asker: Asks, route_id: Id) -> Response:
    """Tell nobody by it any more."""

    def remove(tx: Tx) -> None:
        alerts.remove_route(tx, asker.member, route_id)

    return asker.once(remove)
