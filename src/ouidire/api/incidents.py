"""Incidents: what the detectors found."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.shapes import Flag, Id, IdIn, Moment, Out, Page, Paged
from ouidire.domain.incident import IncidentKind
from ouidire.domain.program import Scope
from ouidire.store import incidents

routes = router("/incidents", "incidents")


class IncidentOut(Out):
    """Something that somebody should know. `because` names the rule that found it."""

    id: str
    kind: IncidentKind
    conversation_id: str
    place_id: str | None
    gravity: int = Field(description="0 can wait, 1 today, 2 someone waits now, 3 someone may be in danger.")
    because: str
    opened_at: Moment
    closed_at: Moment | None = Field(description="Null while it is open.")
    mentions: int
    mention_id: str | None = Field(description="The message that made it so grave; null: not known.")


class Incidents(Paged):
    """What a list of incidents is narrowed to."""

    open: Flag | None = Field(None, description="Only those that are open, or only those that are not.")
    conversation_id: IdIn | None = None
    place_id: IdIn | None = None


@routes.get("", **needs(Scope.ALERTS_READ))
def list_incidents(asker: Asks, wanted: Annotated[Incidents, Query()]) -> Page[IncidentOut]:
    """What was found, newest first."""
    with asker.reading() as tx:
        found = incidents.listed(
            tx,
            asker.member,
            wanted.stretch,
            is_open=wanted.open,
            conversation_id=wanted.conversation_id or "",
            place_id=wanted.place_id,
        )
    return asker.page(found, wanted, lambda one: one.id, IncidentOut.model_validate)


@routes.get("/{incident_id}", **needs(Scope.ALERTS_READ))
def get_incident(asker: Asks, incident_id: Id) -> IncidentOut:
    """One incident."""
    with asker.reading() as tx:
        return IncidentOut.model_validate(incidents.of(tx, asker.member, incident_id))
