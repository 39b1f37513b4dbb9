"""Members: who belongs to the house, with which role, for which places."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field

from ouidire.api.door import Asks, needs, router
from ouidire.api.shapes import Id, Out, Page, Paged
from ouidire.domain.member import Role
from ouidire.domain.program import Scope
from ouidire.errors import NotFound
from ouidire.store import members

routes = router("/members", "members")


class MemberOut(Out):
    """A person who signs in. How they sign in is not told."""

    id: str
    name: str = Field(examples=["Camille"])
    role: Role
    place_ids: list[str] = Field(
        description="The places a manager or a viewer is for; owners and headquarters see all."
    )
    language: str = Field(description="The language of their pages and mails.", examples=["fr"])


@routes.get("", **needs(Scope.TEAM_READ))
def list_members(asker: Asks, wanted: Annotated[Paged, Query()]) -> Page[MemberOut]:
    """Everybody of the house, newest first."""
    with asker.reading() as tx:
        every = members.colleagues(tx, asker.member)
    return asker.page_of_all(every, wanted, lambda one: one.id, MemberOut.model_validate)


@routes.get("/{member_id}", **needs(Scope.TEAM_READ))
def get_member(asker: Asks, member_id: Id) -> MemberOut:
    """One colleague."""
    with asker.reading() as tx:
        found = [one for one in members.colleagues(tx, asker.member) if one.id == member_id]
    if not found:
        raise NotFound("There is no such member.")
    return MemberOut.model_validate(found[0])
