"""What was nearly about an organisation and was not kept: shown for a day, so that a member can say that it was.

Bounded, never exported and in no backup; what its author deletes is gone from here in the commit that hears of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from ouidire.domain.ids import new_id
from ouidire.domain.item import Item
from ouidire.domain.member import Member
from ouidire.domain.mention import Evidence, Match, PlaceCandidate
from ouidire.errors import NotFound
from ouidire.store.engine import Tx
from ouidire.store.rows import Row, back, plain
from ouidire.store.schema import refused

KEPT_FOR = timedelta(hours=24)
MOST_OF_ONE = 500
"""So many of one organisation are kept, the newest."""
MOST_IN_ALL = 20_000


@dataclass(frozen=True, slots=True)
class Refused:
    """An item and the organisation that it was nearly about, on its way into the store."""

    item: Item
    match: Match


@dataclass(frozen=True, slots=True)
class LeftAside:
    """The same as it is kept."""

    id: str
    item: Item
    match: Match
    refused_at: datetime


def put(tx: Tx, some: Sequence[Refused], at: datetime) -> None:
    """Keep these; what an item was left aside with before is replaced, and what is too many goes, the oldest first."""
    if not some:
        return
    drop(tx, [(one.match.organisation_id, one.item.key) for one in some])
    tx.execute(insert(refused), [_row(one, at) for one in some])
    for organisation_id in dict.fromkeys(one.match.organisation_id for one in some):
        _cut(tx, MOST_OF_ONE, organisation_id)


def _row(one: Refused, at: datetime) -> dict[str, object]:
    return {
        "id": new_id(),
        "organisation_id": one.match.organisation_id,
        "item_key": one.item.key,
        "author_key": f"{one.item.connector}:{one.item.author.uri}",
        "item": plain(one.item),
        "p": one.match.p,
        "candidates": plain(one.match.candidates),
        "evidence": plain(one.match.evidence),
        "refused_at": at,
    }


def _cut(tx: Tx, most: int, organisation_id: str = "") -> None:
    """Only the newest `most` stay, of one organisation or of all. Ids grow with time."""
    ours = [refused.c.organisation_id == organisation_id] if organisation_id else []
    newest_too_many = select(refused.c.id).where(*ours).order_by(refused.c.id.desc()).offset(most).limit(1)
    tx.execute(delete(refused).where(*ours, refused.c.id <= newest_too_many.scalar_subquery()))


def drop(tx: Tx, some: Iterable[tuple[str, str]]) -> None:
    """(organisation id, item key): these are left aside no longer, for they are kept or were looked at anew."""
    keys: dict[str, list[str]] = {}
    for organisation_id, item_key in some:
        keys.setdefault(organisation_id, []).append(item_key)
    for organisation_id, theirs in keys.items():
        ours = refused.c.organisation_id == organisation_id
        tx.execute(delete(refused).where(ours, refused.c.item_key.in_(theirs)))


def forget(tx: Tx, *, item_key: str = "", author_key: str = "") -> int:
    """What was deleted at its source: an item, or all of an author's. Returns how many rows were removed."""
    theirs = refused.c.item_key == item_key if item_key else refused.c.author_key == author_key
    return tx.execute(delete(refused).where(theirs)).rowcount


def forget_old(tx: Tx, at: datetime) -> None:
    tx.execute(delete(refused).where(refused.c.refused_at < at - KEPT_FOR))
    if tx.execute(select(func.count()).select_from(refused)).scalar_one() > MOST_IN_ALL:
        _cut(tx, MOST_IN_ALL)


def clear(tx: Tx) -> None:
    """All of it: the house keeps nothing that it was not asked for."""
    tx.execute(delete(refused))


def of(tx: Tx, member: Member) -> list[LeftAside]:
    """What was left aside of this member's organisation, newest first. Whose place is not known is for who sees all."""
    if not member.sees_all_places:
        return []
    query = select(refused).where(refused.c.organisation_id == member.organisation_id)
    rows = tx.execute(query.order_by(refused.c.refused_at.desc(), refused.c.id.desc())).mappings()
    return [_left_aside(row) for row in rows]


def get(tx: Tx, member: Member, refused_id: str) -> LeftAside:
    """One of them. Raises `NotFound` when it is not this member's to see, or is gone."""
    query = select(refused).where(refused.c.organisation_id == member.organisation_id, refused.c.id == refused_id)
    row = tx.execute(query).mappings().first()
    if row is None or not member.sees_all_places:
        raise NotFound("This message is not kept any more.")
    return _left_aside(row)


def keys(tx: Tx) -> list[tuple[str, str]]:
    """(item key, author key) of all, oldest first: whose deletions concern us."""
    return [(one, author) for one, author in tx.execute(_KEYS)]


_KEYS = select(refused.c.item_key, refused.c.author_key).order_by(refused.c.id)


def _left_aside(row: Row) -> LeftAside:
    match = Match(
        organisation_id=row["organisation_id"],
        place_id=None,
        watch_id=None,
        evidence=back(row["evidence"], tuple[Evidence, ...]),
        p=row["p"],
        candidates=back(row["candidates"], tuple[PlaceCandidate, ...]),
    )
    return LeftAside(row["id"], back(row["item"], Item), match, row["refused_at"])
