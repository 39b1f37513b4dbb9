"""Followed keys: kept items, our replies and authors of open conversations, so that what answers them is heard."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select

from ouidire.store.engine import Tx, upsert
from ouidire.store.schema import followed


@dataclass(frozen=True, slots=True)
class FollowedKey:
    """`key` is connector:uri; `kind` is 'item' or 'author'."""

    key: str
    organisation_id: str
    place_id: str | None
    kind: str
    expires_at: datetime


def follow(tx: Tx, keys: Iterable[FollowedKey]) -> None:
    """Listen for these until they expire; following again only moves the end and the place."""
    rows = [
        {
            "key": one.key,
            "organisation_id": one.organisation_id,
            "place_id": one.place_id,
            "kind": one.kind,
            "expires_at": one.expires_at,
        }
        for one in keys
    ]
    if rows:
        insert = upsert(tx, followed)
        tx.execute(
            insert.on_conflict_do_update(
                index_elements=["key", "organisation_id", "kind"],
                set_={"expires_at": insert.excluded.expires_at, "place_id": insert.excluded.place_id},
            ),
            rows,
        )


def unfollow(tx: Tx, key: str, organisation_id: str, kind: str) -> None:
    tx.execute(
        delete(followed).where(
            followed.c.key == key, followed.c.organisation_id == organisation_id, followed.c.kind == kind
        )
    )


def since(tx: Tx, seq: int, at: datetime) -> tuple[list[FollowedKey], int]:
    """The keys added after row `seq` and not expired, and the new last row."""
    rows = tx.execute(select(followed).where(followed.c.seq > seq).order_by(followed.c.seq)).mappings().all()
    keys = [
        FollowedKey(r["key"], r["organisation_id"], r["place_id"], r["kind"], r["expires_at"])
        for r in rows
        if r["expires_at"] > at
    ]
    return keys, rows[-1]["seq"] if rows else seq


def forget_expired(tx: Tx, at: datetime) -> int:
    return tx.execute(delete(followed).where(followed.c.expires_at <= at)).rowcount
