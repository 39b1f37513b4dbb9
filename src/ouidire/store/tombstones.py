"""Tombstones: what was deleted at its source, as hashes; applied anew to rows that come back from a backup."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from ouidire.domain.conversation import Outcome
from ouidire.domain.ids import digest
from ouidire.store import keep
from ouidire.store.engine import Tx, upsert
from ouidire.store.schema import item, tombstone


def bury(tx: Tx, digests: Iterable[tuple[str, datetime]], at: datetime) -> int:
    """Apply deletions that were heard of after the backup; returns how many restored items they took.

    Invariant 4 holds across a restore: what was deleted at its source does not come back with an old copy.
    """
    known = dict(digests)
    for lost, gone_at in known.items():
        tx.execute(upsert(tx, tombstone).values(digest=lost, gone_at=gone_at).on_conflict_do_nothing())
    alive = tx.execute(select(item.c.id, item.c.key).where(item.c.gone_at.is_(None))).all()
    over = [item_id for item_id, key in alive if digest(key) in known]
    for item_id in over:
        keep.erase(tx, item_id, at)
    keep.close_emptied(tx, over, Outcome.GONE, "gone", at)
    return len(over)


def since(tx: Tx, moment: datetime | None = None) -> list[tuple[str, datetime]]:
    """What was deleted at its source, as hashes, oldest first; since a moment, or ever."""
    query = select(tombstone.c.digest, tombstone.c.gone_at).order_by(tombstone.c.gone_at, tombstone.c.digest)
    if moment is not None:
        query = query.where(tombstone.c.gone_at >= moment)
    return [(lost, gone_at) for lost, gone_at in tx.execute(query)]
