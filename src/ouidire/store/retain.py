"""Forgetting in time: what a network's terms or the organisation's own choice no longer lets us keep."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from ouidire.domain.conversation import Outcome
from ouidire.store import absences, followed, notices, programs, request_keys, tokens
from ouidire.store.engine import Tx
from ouidire.store.keep import close_emptied, erase
from ouidire.store.schema import item


def purge(tx: Tx, at: datetime, limit: int = 500) -> int:
    """Erase up to `limit` items whose time is over, and forget what has expired. Returns the items."""
    query = select(item.c.id).where(item.c.retain_until <= at, item.c.gone_at.is_(None))
    over = tx.execute(query.limit(limit)).scalars().all()
    for item_id in over:
        erase(tx, item_id, at)
    close_emptied(tx, over, Outcome.NOTHING_TO_DO, "too_old", at)
    followed.forget_expired(tx, at)
    tokens.forget_expired(tx, at)
    programs.forget_ended(tx, at)
    request_keys.forget_old(tx, at)
    absences.forget_old(tx, at)
    notices.forget_old(tx, at)
    return len(over)
