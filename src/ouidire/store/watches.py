"""Watches, muted authors: what the matcher is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update

from ouidire.domain.member import Member
from ouidire.domain.watch import Watch
from ouidire.errors import NotFound
from ouidire.store import heard
from ouidire.store.engine import Tx, in_parts, upsert
from ouidire.store.heard import Subject
from ouidire.store.rows import from_watch, to_watch
from ouidire.store.schema import item, muted_author, place, source, watch

_AT_ONCE = 500
_HEARD = select(watch).outerjoin(place, place.c.id == watch.c.place_id).where(place.c.closed_at.is_(None))


@dataclass(frozen=True, slots=True)
class Muted:
    """An author nobody of ours hears any more; `handle` and `name` are empty when nothing of theirs is kept."""

    author_key: str
    handle: str
    name: str
    member_id: str
    muted_at: datetime


def add(tx: Tx, one: Watch) -> None:
    tx.execute(insert(watch).values(**from_watch(one)))
    heard.changed(tx, Subject.WATCH, (one.id,))


def add_many(tx: Tx, ones: Iterable[Watch]) -> None:
    """Many at once, all or none: whoever listens looks again once."""
    if rows := [from_watch(one) for one in ones]:
        tx.execute(insert(watch), rows)
        heard.changed(tx, Subject.WATCH, (row["id"] for row in rows))


def change(tx: Tx, member: Member, one: Watch) -> None:
    """Write `one` over what is stored. Raises `NotFound` when it is not the member's organisation's."""
    changed = tx.execute(
        update(watch)
        .where(watch.c.id == one.id, watch.c.organisation_id == member.organisation_id)
        .values(**from_watch(one))
    )
    if changed.rowcount != 1:
        raise NotFound("There is no such watch.")
    heard.changed(tx, Subject.WATCH, (one.id,))


def remove(tx: Tx, member: Member, watch_id: str) -> None:
    gone = tx.execute(delete(watch).where(watch.c.id == watch_id, watch.c.organisation_id == member.organisation_id))
    if gone.rowcount:
        heard.changed(tx, Subject.WATCH, (watch_id,))


def of(tx: Tx, member: Member) -> list[Watch]:
    """The watches of the places this member may see, and the brand's own."""
    rows = tx.execute(select(watch).where(watch.c.organisation_id == member.organisation_id).order_by(watch.c.id))
    found = [to_watch(r) for r in rows.mappings()]
    return [one for one in found if one.place_id is None or member.sees_place(one.place_id)]


def every(tx: Tx) -> list[Watch]:
    """All watches of all organisations, but for those of places that have closed: for the matcher alone."""
    return list(each(tx))


def each(tx: Tx) -> Iterator[Watch]:
    """The same, in the order of their ids, a few at a time."""
    rows = tx.execute(_HEARD.order_by(watch.c.id), execution_options={"yield_per": _AT_ONCE})
    for row in rows.mappings():
        yield to_watch(row)


def some(tx: Tx, ids: Iterable[str], place_ids: Iterable[str]) -> list[Watch]:
    """Of `every`, those with these ids and those of these places."""
    found: dict[str, Watch] = {}
    for column, wanted in ((watch.c.id, ids), (watch.c.place_id, place_ids)):
        for part in in_parts(wanted):
            rows = tx.execute(_HEARD.where(column.in_(part))).mappings()
            found |= {row["id"]: to_watch(row) for row in rows}
    return list(found.values())


def how_many(tx: Tx) -> int:
    return tx.execute(select(func.count()).select_from(watch)).scalar_one()


def mute(tx: Tx, member: Member, author_key: str, at: datetime) -> None:
    """Hear this author no more, for this organisation."""
    row = {
        "organisation_id": member.organisation_id,
        "author_key": author_key,
        "member_id": member.id,
        "muted_at": at,
    }
    tx.execute(upsert(tx, muted_author).values(**row).on_conflict_do_nothing())
    heard.changed(tx, Subject.PEOPLE)


def unmute(tx: Tx, member: Member, author_key: str) -> None:
    tx.execute(
        delete(muted_author).where(
            muted_author.c.organisation_id == member.organisation_id, muted_author.c.author_key == author_key
        )
    )
    heard.changed(tx, Subject.PEOPLE)


def muted(tx: Tx) -> set[tuple[str, str]]:
    """All (organisation_id, author_key) that are muted."""
    found = tx.execute(select(muted_author.c.organisation_id, muted_author.c.author_key))
    return {(organisation, author) for organisation, author in found}


def muted_of(tx: Tx, member: Member) -> list[Muted]:
    """Whom this member's organisation hears no more, the last muted first."""
    kept = item.c.author_key == muted_author.c.author_key
    query = (
        select(muted_author, func.max(item.c.author_handle).label("handle"), func.max(item.c.author_name).label("name"))
        .outerjoin(item, kept)
        .where(muted_author.c.organisation_id == member.organisation_id)
        .group_by(*muted_author.c)
        .order_by(muted_author.c.muted_at.desc(), muted_author.c.author_key)
    )
    return [
        Muted(r["author_key"], r["handle"] or "", r["name"] or "", r["member_id"], r["muted_at"])
        for r in tx.execute(query).mappings()
    ]


def own_authors(tx: Tx) -> set[tuple[str, str]]:
    """All (organisation_id, author_key) of our own accounts on the networks."""
    found = tx.execute(
        select(source.c.organisation_id, source.c.connector, source.c.own_uri).where(
            source.c.own_uri != "", source.c.organisation_id.is_not(None)
        )
    )
    return {(organisation, f"{connector}:{uri}") for organisation, connector, uri in found}


def of_organisation(tx: Tx, organisation_id: str) -> list[Watch]:
    """The watches of one organisation: for a stage acting for it."""
    rows = tx.execute(select(watch).where(watch.c.organisation_id == organisation_id).order_by(watch.c.id))
    return [to_watch(r) for r in rows.mappings()]
