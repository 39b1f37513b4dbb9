"""Tokens: sessions, invitations, the set-up token and alert links. Only their digests are stored."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, insert, select, update

from ouidire.domain.ids import digest
from ouidire.store.engine import Tx
from ouidire.store.schema import token


class TokenKind(StrEnum):
    SESSION = "session"
    INVITATION = "invitation"
    SETUP = "setup"
    ALERT_LINK = "alert_link"
    PAIRING = "pairing"


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    organisation_id: str | None
    member_id: str | None
    facts: Mapping[str, str]


def issue(
    tx: Tx,
    kind: TokenKind,
    expires_at: datetime,
    *,
    organisation_id: str | None = None,
    member_id: str | None = None,
    facts: Mapping[str, str] | None = None,
) -> str:
    """A fresh secret of 43 URL-safe characters; it is shown once and never again."""
    secret = secrets.token_urlsafe(32)
    tx.execute(
        insert(token).values(
            digest=digest(secret),
            kind=kind,
            organisation_id=organisation_id,
            member_id=member_id,
            facts=dict(facts or {}),
            expires_at=expires_at,
        )
    )
    return secret


def peek(tx: Tx, kind: TokenKind, secret: str, at: datetime) -> Token | None:
    """The token if it is valid now; it stays valid."""
    row = (
        tx.execute(
            select(token).where(
                token.c.digest == digest(secret),
                token.c.kind == kind,
                token.c.used_at.is_(None),
                token.c.expires_at > at,
            )
        )
        .mappings()
        .first()
    )
    if row is None:
        return None
    return Token(TokenKind(row["kind"]), row["organisation_id"], row["member_id"], row["facts"])


def spend(tx: Tx, kind: TokenKind, secret: str, at: datetime) -> Token | None:
    """The token if it is valid now, and never again: the database says who won."""
    found = peek(tx, kind, secret, at)
    if found is None:
        return None
    won = tx.execute(
        update(token).where(token.c.digest == digest(secret), token.c.used_at.is_(None)).values(used_at=at)
    )
    return found if won.rowcount == 1 else None


def used_facts(tx: Tx, kind: TokenKind, secret: str) -> Token | None:
    """A token that was spent already or has expired: what it once pointed to (never a right)."""
    row = tx.execute(select(token).where(token.c.digest == digest(secret), token.c.kind == kind)).mappings().first()
    return None if row is None else Token(kind, row["organisation_id"], row["member_id"], row["facts"])


def revoke(tx: Tx, secret: str) -> None:
    tx.execute(delete(token).where(token.c.digest == digest(secret)))


def is_alive(tx: Tx, of_digest: str, at: datetime) -> bool:
    """Is the token with this digest still good?"""
    query = select(token.c.digest).where(
        token.c.digest == of_digest, token.c.used_at.is_(None), token.c.expires_at > at
    )
    return tx.execute(query).first() is not None


def extend(tx: Tx, of_digest: str, until: datetime) -> None:
    tx.execute(update(token).where(token.c.digest == of_digest).values(expires_at=until))


def end(tx: Tx, of_digest: str) -> None:
    """Like `revoke`, by who knows the digest alone."""
    tx.execute(delete(token).where(token.c.digest == of_digest))


def revoke_all(tx: Tx, kind: TokenKind, member_id: str | None = None) -> None:
    query = delete(token).where(token.c.kind == kind)
    tx.execute(query if member_id is None else query.where(token.c.member_id == member_id))


def forget_expired(tx: Tx, at: datetime) -> int:
    return tx.execute(delete(token).where(token.c.expires_at <= at)).rowcount
