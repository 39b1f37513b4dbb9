"""Members: who signs in, and which places are theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, insert, select, update

from ouidire.domain.alert import Because, DeliveryState
from ouidire.domain.member import Member, Role
from ouidire.errors import BadInput, NotFound
from ouidire.store.engine import Tx
from ouidire.store.rows import to_member
from ouidire.store.schema import delivery, member, member_place, place, route


def add(tx: Tx, one: Member, password_hash: str, at: datetime) -> None:
    """Raises `BadInput` when the mail address is in use."""
    if tx.execute(select(member.c.id).where(func.lower(member.c.email) == one.email.lower())).first():
        raise BadInput(f"Somebody already signs in with {one.email}.")
    tx.execute(
        insert(member).values(
            id=one.id,
            organisation_id=one.organisation_id,
            email=one.email,
            name=one.name,
            role=one.role,
            language=one.language,
            password_hash=password_hash,
            created_at=at,
        )
    )
    for place_id in one.place_ids:
        tx.execute(insert(member_place).values(member_id=one.id, place_id=place_id))


def _load(tx: Tx, query: Select[tuple[object, ...]]) -> list[Member]:
    rows = tx.execute(query.where(member.c.left_at.is_(None)).order_by(member.c.name, member.c.id)).mappings().all()
    theirs: dict[str, list[str]] = {}
    for member_id, place_id in tx.execute(
        select(member_place.c.member_id, member_place.c.place_id)
        .where(member_place.c.member_id.in_([r["id"] for r in rows]))
        .order_by(member_place.c.place_id)
    ):
        theirs.setdefault(member_id, []).append(place_id)
    counts: dict[str, int] = {
        organisation_id: count
        for organisation_id, count in tx.execute(
            select(place.c.organisation_id, func.count())
            .where(place.c.organisation_id.in_({r["organisation_id"] for r in rows}))
            .group_by(place.c.organisation_id)
        )
    }
    return [to_member(r, tuple(theirs.get(r["id"], ())), counts.get(r["organisation_id"], 0)) for r in rows]


def get(tx: Tx, member_id: str) -> Member:
    found = _load(tx, select(member).where(member.c.id == member_id))
    if not found:
        raise NotFound("There is no such member.")
    return found[0]


def by_email(tx: Tx, email: str) -> tuple[Member, str] | None:
    """The member who signs in with `email` and the stored hash of the password."""
    found = _load(tx, select(member).where(func.lower(member.c.email) == email.strip().lower()))
    if not found:
        return None
    stored = tx.execute(select(member.c.password_hash).where(member.c.id == found[0].id)).scalar_one()
    return found[0], stored


def of_organisation(tx: Tx, organisation_id: str) -> list[Member]:
    """Every member of an organisation, by name: for a stage acting for it."""
    return _load(tx, select(member).where(member.c.organisation_id == organisation_id))


def colleagues(tx: Tx, one: Member) -> list[Member]:
    """Who this member may see and hand things to: the own organisation."""
    return of_organisation(tx, one.organisation_id)


def set_password(tx: Tx, member_id: str, password_hash: str) -> None:
    tx.execute(update(member).where(member.c.id == member_id).values(password_hash=password_hash))


def set_language(tx: Tx, one: Member, language: str) -> None:
    tx.execute(update(member).where(member.c.id == one.id).values(language=language))


def rename(tx: Tx, one: Member, name: str) -> None:
    tx.execute(update(member).where(member.c.id == one.id).values(name=name))


def change(tx: Tx, asker: Member, member_id: str, role: Role, place_ids: Sequence[str]) -> None:
    """Give a colleague another role and other places. Raises `NotFound` for a stranger or a stranger's place."""
    own = select(place.c.id).where(place.c.organisation_id == asker.organisation_id, place.c.id.in_(place_ids))
    if len(tx.execute(own).all()) != len(set(place_ids)):
        raise NotFound("There is no such place.")
    changed = tx.execute(
        update(member)
        .where(member.c.id == member_id, member.c.organisation_id == asker.organisation_id)
        .values(role=role)
    )
    if changed.rowcount != 1:
        raise NotFound("There is no such member.")
    tx.execute(delete(member_place).where(member_place.c.member_id == member_id))
    for place_id in dict.fromkeys(place_ids):
        tx.execute(insert(member_place).values(member_id=member_id, place_id=place_id))


def leave(tx: Tx, asker: Member, member_id: str, at: datetime) -> None:
    """The colleague can no longer sign in and is told of nothing; what they did keeps their name."""
    left = tx.execute(
        update(member)
        .where(member.c.id == member_id, member.c.organisation_id == asker.organisation_id)
        .values(left_at=at)
    )
    if left.rowcount == 1:
        tx.execute(delete(route).where(route.c.member_id == member_id))
        due = update(delivery).where(delivery.c.member_id == member_id, delivery.c.state == DeliveryState.DUE)
        tx.execute(due.values(state=DeliveryState.HELD, because=Because.NO_ROUTE))
