"""Program: software that asks the API for a member, within scopes; never more than the member may."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ouidire.domain.member import Member


class Scope(StrEnum):
    """What a program is let do. Reading and writing are apart; speaking in public is a scope of its own."""

    CONVERSATIONS_READ = "conversations:read"
    CONVERSATIONS_WRITE = "conversations:write"
    REPLIES_SEND = "replies:send"
    LISTENING_READ = "listening:read"
    LISTENING_WRITE = "listening:write"
    ALERTS_READ = "alerts:read"
    ALERTS_WRITE = "alerts:write"
    TEAM_READ = "team:read"


_ACTS = frozenset({Scope.CONVERSATIONS_WRITE, Scope.REPLIES_SEND})
_CONFIGURES = frozenset({Scope.LISTENING_WRITE, Scope.TEAM_READ})


def may_give(member: Member, scope: Scope) -> bool:
    """May this member let a program do that? Nobody gives away more than they have."""
    if scope in _ACTS:
        return member.may_answer
    return member.may_configure or scope not in _CONFIGURES


@dataclass(frozen=True, slots=True)
class Program:
    """Acts for `member_id` until `expires_at`. Its token is not kept: `hint` is how the token begins."""

    id: str
    organisation_id: str
    member_id: str
    name: str
    hint: str
    scopes: tuple[Scope, ...]
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None

    def may(self, member: Member, scope: Scope) -> bool:
        """Was it let do that, and may its member still?"""
        return scope in self.scopes and may_give(member, scope)
