"""Subscriptions: which networks promised to call us, about what, until when."""

from __future__ import annotations

from sqlalchemy import delete, select

from ouidire.domain.subscription import Subscription, SubscriptionState
from ouidire.store.engine import Tx, upsert
from ouidire.store.schema import source, subscription


def get(tx: Tx, source_id: str) -> Subscription | None:
    row = tx.execute(select(subscription).where(subscription.c.source_id == source_id)).mappings().first()
    if row is None:
        return None
    return Subscription(
        row["source_id"], row["hub"], row["topic"], SubscriptionState(row["state"]), row["asked_at"], row["until"],
        row["because"], row["missed"],
    )  # fmt: skip


def put(tx: Tx, one: Subscription) -> None:
    """Keep it, unless its source was removed meanwhile."""
    if tx.execute(select(source.c.id).where(source.c.id == one.source_id)).first() is None:
        return
    values = {
        "hub": one.hub, "topic": one.topic, "state": one.state, "asked_at": one.asked_at, "until": one.until,
        "because": one.because[:500], "missed": one.missed,
    }  # fmt: skip
    insertion = upsert(tx, subscription).values(source_id=one.source_id, **values)
    tx.execute(insertion.on_conflict_do_update(index_elements=["source_id"], set_=values))


def end(tx: Tx, source_id: str) -> None:
    tx.execute(delete(subscription).where(subscription.c.source_id == source_id))
