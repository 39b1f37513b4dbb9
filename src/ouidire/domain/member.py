"""Member: a person of the organisation who signs in, and what their role lets them see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    OWNER = "owner"
    HEADQUARTERS = "headquarters"
    PLACE_MANAGER = "place_manager"
    VIEWER = "viewer"


@dataclass(frozen=True, slots=True)
class Member:
    """`place_ids` are the places a manager or a viewer is for; owners and headquarters see all places."""

    id: str
    organisation_id: str
    email: str
    name: str
    role: Role
    language: str = "fr"
    place_ids: tuple[str, ...] = ()
    is_only_place: bool = False

    @property
    def sees_all_places(self) -> bool:
        return self.role in (Role.OWNER, Role.HEADQUARTERS)

    def sees_place(self, place_id: str | None) -> bool:
        """May this member see what is said about this place? What has no known place is for owners and headquarters."""
        return self.sees_all_places or (place_id is not None and place_id in self.place_ids)

    def sees_names(self, place_id: str | None) -> bool:
        """May this member see names of employees? Only who manages that very place (invariant 5).

        The owner of a single place is its manager.
        """
        if self.role is Role.PLACE_MANAGER:
            return place_id is not None and place_id in self.place_ids
        return self.role is Role.OWNER and self.is_only_place

    @property
    def may_answer(self) -> bool:
        return self.role is not Role.VIEWER

    @property
    def may_configure(self) -> bool:
        return self.role in (Role.OWNER, Role.HEADQUARTERS)

    @property
    def may_invite(self) -> bool:
        return self.role is Role.OWNER or self.role is Role.HEADQUARTERS
