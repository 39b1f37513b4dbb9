"""Forgetting in time: what a network's terms or the organisation's own choice no longer lets us keep."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from ouidire.domain.conversation import Outcome
from ouidire.domain.question import ASKED_FOR
from ouidire.store import (
    absences,
    calms,
    followed,
    notices,
    phones,
    programs,
    questions,
    refused,
    request_keys,
    tokens,
)
from ouidire.store.engine import Tx
from ouidire.store.keep import close_emptied, drop, erase
from ouidire.store.schema import item

PHONES_REMEMBERED = timedelta(days=200)
"""Longer than a phone stays signed in: one whose pairing ended is told so for as long as it may ask."""
CALM_REMEMBERED = timedelta(days=8)


def purge(tx: Tx, at: datetime, limit: int = 500) -> int:
    """Erase up to `limit` items whose time is over, and forget what has expired. Returns the items."""
    query = select(item.c.id).where(item.c.retain_until <= at, item.c.gone_at.is_(None))
    over = tx.execute(query.limit(limit)).scalars().all()
    for item_id in over:
        erase(tx, item_id, at)
    close_emptied(tx, over, Outcome.NOTHING_TO_DO, "too_old", at)
    drop(tx, questions.forget_unanswered(tx, at - ASKED_FOR, limit))
    followed.forget_expired(tx, at)
    tokens.forget_expired(tx, at)
    programs.forget_ended(tx, at)
    request_keys.forget_old(tx, at)
    absences.forget_old(tx, at)
    notices.forget_old(tx, at)
    refused.forget_old(tx, at)
    phones.forget_ended(tx, at - PHONES_REMEMBERED)
    calms.forget_days(tx, (at - CALM_REMEMBERED).date().isoformat())
    return len(over)
