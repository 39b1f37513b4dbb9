"""The alert's link: opens one conversation, once, for the member it was sent to."""

from __future__ import annotations

from dataclasses import dataclass

from ouidire import clock
from ouidire.domain.member import Member
from ouidire.store import members, tokens
from ouidire.store.engine import Tx
from ouidire.store.tokens import TokenKind


@dataclass(frozen=True, slots=True)
class Door:
    """`member_id` and the conversation behind a link; `is_open` false: it was used or is too old, sign in instead."""

    member_id: str
    conversation_id: str
    is_open: bool


def look(tx: Tx, secret: str) -> Door | None:
    """What is behind a link, without using it (mail readers look at links by themselves). None: not ours."""
    found = tokens.peek(tx, TokenKind.ALERT_LINK, secret, clock.now())
    known = found or tokens.used_facts(tx, TokenKind.ALERT_LINK, secret)
    if known is None or known.member_id is None:
        return None
    return Door(known.member_id, known.facts["conversation_id"], found is not None)


def enter(tx: Tx, secret: str) -> tuple[Member, str] | None:
    """Use the link: the member and the conversation. None when somebody did so already."""
    found = tokens.spend(tx, TokenKind.ALERT_LINK, secret, clock.now())
    if found is None or found.member_id is None:
        return None
    return members.get(tx, found.member_id), found.facts["conversation_id"]
