"""Followed keys: kept items, our replies and authors of open conversations, so that what answers them is heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import delete, func, select, update

from ouidire import clock
from ouidire.store.engine import Tx, upsert_in
from ouidire.store.schema import followed

_LATE = 1000
"""On PostgreSQL a number taken early may be committed late by another process: so many are looked at again."""

_ENDED = timedelta(seconds=20)
"""How long the end of a key stays written, so that every process sees it; then the key is gone (invariant 4)."""


@dataclass(frozen=True, slots=True)
class FollowedKey:
    """`key` is connector:uri; `kind` is 'item' or 'author'."""

    key: str
    organisation_id: str
    place_id: str | None
    kind: str
    expires_at: datetime


def follow(tx: Tx, keys: Iterable[FollowedKey]) -> None:
    """Listen for these until they expire; following again moves the end and the place, and is seen by `since`."""
    rows = [
        {
            "key": one.key,
            "organisation_id": one.organisation_id,
            "place_id": one.place_id,
            "kind": one.kind,
            "expires_at": one.expires_at,
        }
        for one in sorted(keys, key=lambda one: one.key)  # one order for all, or two processes wait for each other
    ]
    if rows:
        tx.execute(_follow(tx.dialect.name), rows)


@cache
def _follow(dialect: str) -> Any:
    """Made once: every mention is followed, and naming it takes longer than doing it."""
    insert = upsert_in(dialect, followed)
    anew = {name: insert.excluded[name] for name in ("expires_at", "place_id")}
    return insert.on_conflict_do_update(
        index_elements=["key", "organisation_id", "kind"], set_={"seq": _next_seq(dialect), **anew}
    )


def unfollow(tx: Tx, key: str, organisation_id: str, kind: str) -> None:
    """Listen for it no longer; nothing happens when it was not followed."""
    _change(
        tx,
        (followed.c.key == key, followed.c.organisation_id == organisation_id, followed.c.kind == kind),
        expires_at=clock.now(),
    )


def lose(tx: Tx, key: str) -> None:
    """It no longer exists on its network: nobody listens for it."""
    for organisation_id in tx.execute(select(followed.c.organisation_id).where(followed.c.key == key)).scalars():
        mine = (followed.c.key == key, followed.c.organisation_id == organisation_id)
        _change(tx, mine, expires_at=clock.now())


def move(tx: Tx, key: str, organisation_id: str, place_id: str | None) -> None:
    """What is heard because of this key is about another place now."""
    _change(tx, (followed.c.key == key, followed.c.organisation_id == organisation_id), place_id=place_id)


def since(tx: Tx, seq: int, at: datetime) -> tuple[list[FollowedKey], int]:
    """The keys that began, moved or ended after row `seq`, and the new last row.

    What has ended comes with an end that is past; the same key may be told again. From 0: all that is followed now.
    """
    first = seq - _LATE if seq and tx.dialect.name == "postgresql" else seq
    query = select(followed).where(followed.c.seq > first)
    if not seq:
        query = query.where(followed.c.expires_at > at)
    rows = tx.execute(query.order_by(followed.c.seq)).mappings().all()
    keys = [FollowedKey(r["key"], r["organisation_id"], r["place_id"], r["kind"], r["expires_at"]) for r in rows]
    return keys, max(rows[-1]["seq"], seq) if rows else seq


def forget_expired(tx: Tx, at: datetime) -> int:
    """Drop what ended a while ago; returns how many rows."""
    over = followed.c.expires_at <= at - _ENDED
    newest = select(func.max(followed.c.seq)).scalar_subquery()
    dropped = tx.execute(delete(followed).where(over, followed.c.seq < newest)).rowcount
    # SQLite would give the number of a deleted last row away again, and `since` would miss who gets it: it is emptied.
    return dropped + tx.execute(update(followed).where(over, followed.c.key != "").values(key="")).rowcount


def _change(tx: Tx, which: tuple[Any, ...], **values: object) -> None:
    tx.execute(update(followed).where(*which).values(seq=_next_seq(tx.dialect.name), **values))


def _next_seq(dialect: str) -> Any:
    """A number that no row had before, so that `since` sees the change."""
    if dialect == "postgresql":
        return func.nextval(func.pg_get_serial_sequence("followed", "seq"))
    return select(func.max(followed.c.seq) + 1).scalar_subquery()
