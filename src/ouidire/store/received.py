"""Calls of networks, kept before they are answered and forgotten in the commit of what they brought (invariant 1)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, func, insert, select

from ouidire.domain.subscription import Received
from ouidire.store.engine import Tx
from ouidire.store.schema import received

MOST_WAITING = 200
"""So many calls of one source may wait; a network that calls more often is told to come again later."""
AT_ONCE = 20


def add(tx: Tx, one: Received) -> bool:
    """Keep a call; False when too many of this source wait already."""
    waiting = select(func.count()).select_from(received).where(received.c.source_id == one.source_id)
    if tx.execute(waiting).scalar_one() >= MOST_WAITING:
        return False
    tx.execute(insert(received).values(id=one.id, source_id=one.source_id, kind=one.kind, body=one.body, at=one.at))
    return True


def sources_called(tx: Tx) -> list[str]:
    """The sources for which calls wait."""
    return list(tx.execute(select(received.c.source_id).distinct()).scalars())


def waiting(tx: Tx, source_id: str, taken: Sequence[str] = ()) -> list[Received]:
    """The oldest calls of a source that are not among `taken`: those are on their way into the store."""
    rows = tx.execute(
        select(received)
        .where(received.c.source_id == source_id, received.c.id.not_in(taken))
        .order_by(received.c.at, received.c.id)
        .limit(AT_ONCE)
    )
    return [Received(r["id"], r["source_id"], r["kind"], bytes(r["body"]), r["at"]) for r in rows.mappings()]


def forget(tx: Tx, ids: Sequence[str]) -> None:
    """What these calls brought is committed."""
    if ids:
        tx.execute(delete(received).where(received.c.id.in_(ids)))
