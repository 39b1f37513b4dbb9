"""The organisation that the program's member belongs to."""

from __future__ import annotations

from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.shapes import Moment, Out
from ouidire.domain.program import Scope
from ouidire.store import organisations

routes = router("/organisation", "organisation")


class OrganisationOut(Out):
    """Who uses Ouïdire here."""

    id: str
    name: str = Field(examples=["Maison Delorière"])
    language: str = Field(examples=["fr"])
    created_at: Moment
    is_demo: bool = Field(description="Is it the pretended business of the demonstration?")


@routes.get("", **needs(Scope.LISTENING_READ))
def get_organisation(asker: Asks) -> OrganisationOut:
    """The own organisation; there is no way to another."""
    with asker.reading() as tx:
        return OrganisationOut.model_validate(organisations.get(tx, asker.member.organisation_id))
