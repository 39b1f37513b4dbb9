"""Signing in: argon2 passwords, sessions as random tokens of which only the digest is stored."""

from __future__ import annotations

from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ouidire import clock
from ouidire.domain.member import Member
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.store import members, tokens
from ouidire.store.engine import Tx
from ouidire.store.tokens import TokenKind

SESSION_LASTS = timedelta(days=30)
SHORTEST_PASSWORD = 10

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")
"""Checked when there is no such member, so that the time taken does not tell who exists."""


def hash_password(password: str) -> str:
    """The argon2id hash to store. Raises `BadInput` when the password is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadInput(f"A password needs at least {SHORTEST_PASSWORD} characters.")
    return _hasher.hash(password)


def sign_in(tx: Tx, email: str, password: str) -> Member:
    """The member. Raises `NotAllowed`, with the same words for an unknown address and a wrong password."""
    found = members.by_email(tx, email)
    stored = found[1] if found else _NOBODY
    try:
        _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        found = None
    if found is None:
        raise NotAllowed("This address and this password do not go together.")
    member = found[0]
    if _hasher.check_needs_rehash(stored):
        members.set_password(tx, member.id, _hasher.hash(password))
    return member


def open_session(tx: Tx, member: Member) -> str:
    """A secret for the member's cookie."""
    return tokens.issue(
        tx,
        TokenKind.SESSION,
        clock.now() + SESSION_LASTS,
        organisation_id=member.organisation_id,
        member_id=member.id,
    )


def member_of_session(tx: Tx, secret: str) -> Member | None:
    """Who this cookie belongs to; None when it is unknown, expired, or its member has left."""
    found = tokens.peek(tx, TokenKind.SESSION, secret, clock.now())
    if found is None or found.member_id is None:
        return None
    try:
        return members.get(tx, found.member_id)
    except NotFound:
        return None


def sign_out(tx: Tx, secret: str) -> None:
    tokens.revoke(tx, secret)


def change_password(tx: Tx, member: Member, old: str, new: str) -> None:
    """Raises `NotAllowed` when `old` is wrong, `BadInput` when `new` is too short. Ends all sessions."""
    sign_in(tx, member.email, old)
    set_password(tx, member.id, new)


def set_password(tx: Tx, member_id: str, new: str) -> None:
    """Without asking for the old one: for `ouidire passwd`, whose user has the store in hand.

    Ends all sessions, of phones too, and the links of alerts.
    """
    members.set_password(tx, member_id, hash_password(new))
    for kind in (TokenKind.SESSION, TokenKind.ALERT_LINK, TokenKind.PAIRING):
        tokens.revoke_all(tx, kind, member_id)
