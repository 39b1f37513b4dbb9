"""Phones that were paired: whose they are, when they were seen, and what ended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, delete, insert, select, update

from ouidire.domain.ids import digest
from ouidire.domain.member import Member
from ouidire.domain.phone import Phone
from ouidire.errors import NotFound
from ouidire.store.engine import Tx
from ouidire.store.rows import to_phone
from ouidire.store.schema import phone, token


def add(tx: Tx, one: Phone, session: str) -> None:
    """Keep a phone that signs in with the secret `session`."""
    values = {name: getattr(one, name) for name in Phone.__dataclass_fields__}
    tx.execute(insert(phone).values(**values, session=digest(session)))


def of_session(tx: Tx, session: str) -> Phone | None:
    """The phone that was given this secret, paired still or not."""
    row = tx.execute(select(phone).where(phone.c.session == digest(session))).mappings().first()
    return None if row is None else to_phone(row)


def paired(tx: Tx, member: Member, at: datetime) -> list[Phone]:
    """Phones that may come in now: the member's own, and for who configures everybody's; the last seen first."""
    query = select(phone).join(token, token.c.digest == phone.c.session).where(_theirs(member), token.c.expires_at > at)
    return [to_phone(r) for r in tx.execute(query.order_by(phone.c.seen_at.desc(), phone.c.id)).mappings()]


def seen(tx: Tx, phone_id: str, at: datetime) -> None:
    tx.execute(update(phone).where(phone.c.id == phone_id).values(seen_at=at))


def moved(tx: Tx, member_id: str, before: str, now: str) -> bool:
    """The same phone of the same member got a new session. False: it is no phone of this member."""
    query = update(phone).where(phone.c.session == digest(before), phone.c.member_id == member_id)
    return tx.execute(query.where(phone.c.revoked_at.is_(None)).values(session=digest(now))).rowcount == 1


def revoke(tx: Tx, member: Member, phone_id: str, at: datetime) -> str:
    """End the pairing; the digest of the session it had. Raises `NotFound` for a phone that is not theirs to end."""
    query = update(phone).where(phone.c.id == phone_id, _theirs(member), phone.c.revoked_at.is_(None))
    found = tx.execute(query.values(revoked_at=at).returning(phone.c.session)).scalar()
    if found is None:
        raise NotFound("There is no such phone.")
    return str(found)


def revoke_all(tx: Tx, member_id: str, at: datetime) -> None:
    """End every pairing of a member."""
    tx.execute(update(phone).where(phone.c.member_id == member_id, phone.c.revoked_at.is_(None)).values(revoked_at=at))


def forget(tx: Tx, session: str) -> None:
    """The phone said goodbye itself."""
    tx.execute(delete(phone).where(phone.c.session == digest(session)))


def forget_ended(tx: Tx, before: datetime) -> None:
    """What was revoked, or seen last, before then: nobody asks any more why it does not come in."""
    tx.execute(delete(phone).where((phone.c.revoked_at < before) | (phone.c.seen_at < before)))


def _theirs(member: Member) -> ColumnElement[bool]:
    if member.may_configure:
        return phone.c.organisation_id == member.organisation_id
    return phone.c.member_id == member.id
