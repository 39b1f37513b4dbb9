"""Organisations and their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from sqlalchemy import func, insert, select, update

from ouidire.domain.member import Member
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Place
from ouidire.errors import NotFound
from ouidire.store import heard
from ouidire.store.engine import Tx, in_parts
from ouidire.store.heard import Subject
from ouidire.store.rows import from_place, to_organisation, to_place
from ouidire.store.schema import organisation, place

_AT_ONCE = 500
_OPEN = select(place).where(place.c.closed_at.is_(None))


def add(tx: Tx, one: Organisation) -> None:
    tx.execute(
        insert(organisation).values(
            id=one.id, name=one.name, language=one.language, is_demo=one.is_demo, created_at=one.created_at
        )
    )


def get(tx: Tx, organisation_id: str) -> Organisation:
    row = tx.execute(select(organisation).where(organisation.c.id == organisation_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such organisation.")
    return to_organisation(row)


def every(tx: Tx) -> list[Organisation]:
    """All organisations, oldest first: for stages and the command line, never for a member's screen."""
    return [to_organisation(r) for r in tx.execute(select(organisation).order_by(organisation.c.id)).mappings()]


def count(tx: Tx) -> int:
    return tx.execute(select(func.count()).select_from(organisation)).scalar_one()


def add_place(tx: Tx, one: Place) -> None:
    tx.execute(insert(place).values(**from_place(one)))
    heard.changed(tx, Subject.PLACE, (one.id,))


def add_places(tx: Tx, ones: Iterable[Place]) -> None:
    """Many at once, all or none: whoever listens looks again once."""
    if rows := [from_place(one) for one in ones]:
        tx.execute(insert(place), rows)
        heard.changed(tx, Subject.PLACE, (row["id"] for row in rows))


def change_place(tx: Tx, member: Member, one: Place) -> None:
    """Write `one` over what is stored. Raises `NotFound` when it is not a place of the member's organisation."""
    changed = tx.execute(
        update(place)
        .where(place.c.id == one.id, place.c.organisation_id == member.organisation_id)
        .values(**from_place(one))
    )
    if changed.rowcount != 1:
        raise NotFound("There is no such place.")
    heard.changed(tx, Subject.PLACE, (one.id,))


def close_place(tx: Tx, member: Member, place_id: str, at: datetime | None) -> None:
    """From `at` on it is not watched any more, what was said of it stays; None: it is open again.

    Raises `NotFound` when it is not a place of the member's organisation.
    """
    changed = tx.execute(
        update(place)
        .where(place.c.id == place_id, place.c.organisation_id == member.organisation_id)
        .values(closed_at=at)
    )
    if changed.rowcount != 1:
        raise NotFound("There is no such place.")
    heard.changed(tx, Subject.PLACE, (place_id,))


def places_of(tx: Tx, organisation_id: str) -> list[Place]:
    """Every place of an organisation, by name, closed ones too: for a stage acting for it."""
    rows = tx.execute(
        select(place).where(place.c.organisation_id == organisation_id).order_by(place.c.name, place.c.id)
    )
    return [to_place(r) for r in rows.mappings()]


def find_place(tx: Tx, place_id: str | None) -> Place | None:
    """The place with this id, also when it has closed: for a stage acting for its organisation."""
    row = tx.execute(select(place).where(place.c.id == place_id)).mappings().first() if place_id else None
    return None if row is None else to_place(row)


def places(tx: Tx, member: Member) -> list[Place]:
    """The places this member may see, by name; those that have closed too, for what was said there stays."""
    return [one for one in places_of(tx, member.organisation_id) if member.sees_place(one.id)]


def every_place(tx: Tx) -> list[Place]:
    """All places of all organisations that have not closed: for the matcher alone."""
    return list(each_place(tx))


def each_place(tx: Tx) -> Iterator[Place]:
    """The same, in the order of their ids, a few at a time."""
    rows = tx.execute(_OPEN.order_by(place.c.id), execution_options={"yield_per": _AT_ONCE})
    for row in rows.mappings():
        yield to_place(row)


def some_places(tx: Tx, ids: Iterable[str]) -> list[Place]:
    """Of `every_place`, those with these ids."""
    parts = in_parts(ids)
    return [to_place(row) for part in parts for row in tx.execute(_OPEN.where(place.c.id.in_(part))).mappings()]
