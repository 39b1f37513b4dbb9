"""Programs: how a member lets software ask for them, what it may, and how that ends."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import timedelta

import structlog

from ouidire import clock
from ouidire.domain.ids import digest, new_id
from ouidire.domain.member import Member
from ouidire.domain.program import Program, Scope, may_give
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.store import members, programs
from ouidire.store.engine import Tx

log = structlog.get_logger()

PREFIX = "ouid_"
"""How each token begins, so that a scanner of secrets knows one that was published by mistake."""
HINT = len(PREFIX) + 4
LASTS_DAYS = (30, 90, 365)
MOST = 50
LONGEST_NAME = 80
LOOKS_USED = timedelta(minutes=1)
"""How exactly it is known when a token was last used: not every call is worth a write."""

_TOKEN = re.compile(PREFIX + r"[A-Za-z0-9_-]{43}")


def let_in(tx: Tx, member: Member, name: str, scopes: Sequence[Scope], lasts_days: int) -> tuple[Program, str]:
    """A program that acts for `member`, and its token, which is shown once and never again.

    Raises `BadInput` without a name, a scope or a known time, `NotAllowed` for more than the member may.
    """
    name = " ".join(name.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise BadInput("Give the program a name of at most 80 letters, so that you know it again.")
    if not scopes:
        raise BadInput("Choose at least one thing that the program may do.")
    if lasts_days not in LASTS_DAYS:
        raise BadInput("Choose how long the program is let in.")
    if not all(may_give(member, scope) for scope in scopes):
        raise NotAllowed("Your role cannot let a program do this.")
    if programs.count(tx, member.id) >= MOST:
        raise BadInput("You have let in 50 programs: end one that you do not use.")
    token = PREFIX + secrets.token_urlsafe(32)
    at = clock.now()
    one = Program(
        id=new_id(),
        organisation_id=member.organisation_id,
        member_id=member.id,
        name=name,
        hint=token[:HINT],
        scopes=tuple(scope for scope in Scope if scope in scopes),
        made_at=at,
        expires_at=at + timedelta(days=lasts_days),
    )
    programs.add(tx, one, digest(token))
    log.info("program let in", program=one.id, called=name, by=member.id, scopes=list(one.scopes), days=lasts_days)
    return one, token


def asking(tx: Tx, token: str) -> tuple[Program, Member] | None:
    """Whose token this is, and for whom it acts; None when it is unknown, over, or its member has left."""
    if not _TOKEN.fullmatch(token):
        return None
    found = programs.by_digest(tx, digest(token), clock.now())
    if found is None:
        return None
    try:
        return found, members.get(tx, found.member_id)
    except NotFound:
        return None


def is_used_anew(one: Program) -> bool:
    """Is it worth writing down that the token is used now?"""
    return one.last_used_at is None or clock.now() - one.last_used_at >= LOOKS_USED


def end(tx: Tx, member: Member, program_id: str) -> None:
    """The program is let in no more, from its next call on. Raises `NotFound` for somebody else's."""
    programs.remove(tx, member, program_id)
    log.info("program ended", program=program_id, by=member.id)
