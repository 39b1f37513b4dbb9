"""What a program was answered under its own key: asked again with the same key, it gets the same answer.

The key is written in the transaction that does the work. Killed between work and answer, both stand or neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from ouidire.store.engine import Tx, upsert
from ouidire.store.schema import request_key

LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answered:
    """What was asked (its digest) and what was answered."""

    asked: str
    status: int
    body: str


def claim(tx: Tx, program_id: str, key: str, asked: str, at: datetime) -> Answered | None:
    """What was answered under this key before; None: the key is now ours, until the transaction ends.

    On PostgreSQL a second transaction with the same key waits here for the first.
    """
    mine = (request_key.c.program_id == program_id, request_key.c.key == key)
    tx.execute(delete(request_key).where(*mine, request_key.c.made_at <= at - LASTS))
    row = {"program_id": program_id, "key": key, "asked": asked, "status": 0, "body": "", "made_at": at}
    made = upsert(tx, request_key).values(**row).on_conflict_do_nothing().returning(request_key.c.key)
    if tx.execute(made).first() is not None:
        return None
    return _answered(tx, program_id, key)


def look(tx: Tx, program_id: str, key: str, at: datetime) -> Answered | None:
    """What was answered under this key, without taking it."""
    return _answered(tx, program_id, key, at - LASTS)


def _answered(tx: Tx, program_id: str, key: str, after: datetime | None = None) -> Answered | None:
    query = select(request_key.c.asked, request_key.c.status, request_key.c.body).where(
        request_key.c.program_id == program_id, request_key.c.key == key
    )
    row = tx.execute(query if after is None else query.where(request_key.c.made_at > after)).first()
    return None if row is None else Answered(row.asked, row.status, row.body)


def answer(tx: Tx, program_id: str, key: str, status: int, body: str) -> None:
    tx.execute(
        update(request_key)
        .where(request_key.c.program_id == program_id, request_key.c.key == key)
        .values(status=status, body=body)
    )


def forget_old(tx: Tx, at: datetime) -> None:
    tx.execute(delete(request_key).where(request_key.c.made_at <= at - LASTS))


def forget_of(tx: Tx, program_ids: Sequence[str]) -> None:
    tx.execute(delete(request_key).where(request_key.c.program_id.in_(program_ids)))
