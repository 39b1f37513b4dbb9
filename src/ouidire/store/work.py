"""Work rows: what a stage still has to do. Claimed with a lease, so that a killed worker's rows come back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from ouidire.store.engine import Tx, upsert_in
from ouidire.store.leases import is_due, is_free
from ouidire.store.schema import work

MAX_TRIES = 5
LEASE = timedelta(seconds=60)
LONGEST_WAIT = timedelta(minutes=1)
"""Nothing that failed is put off for longer."""


@dataclass(frozen=True, slots=True)
class Work:
    seq: int
    stage: str
    subject_id: str
    organisation_id: str
    tries: int


def add(tx: Tx, stage: str, subjects: Iterable[tuple[str, str]], at: datetime) -> None:
    """Ask `stage` to look at each (subject_id, organisation_id); asking twice is once, and revives a failed row."""
    rows = [
        {
            "stage": stage,
            "subject_id": subject,
            "organisation_id": organisation,
            "state": "due",
            "due_at": at,
            "tries": 0,
            "because": "",
        }
        for subject, organisation in subjects
    ]
    if rows:
        tx.execute(_ask(tx.dialect.name), rows)


@cache
def _ask(dialect: str) -> Any:
    """Made once: every mention is asked about, and naming it takes longer than doing it."""
    insert = upsert_in(dialect, work)
    fresh = {"state": "due", "due_at": insert.excluded.due_at, "tries": 0, "claimed_until": None, "because": ""}
    return insert.on_conflict_do_update(index_elements=["stage", "subject_id"], set_=fresh)


def claim(tx: Tx, stage: str, worker: str, at: datetime, limit: int) -> list[Work]:
    """Up to `limit` rows of `stage` that nobody holds, oldest first, held by `worker` until the lease ends."""
    free = (
        select(work.c.seq)
        .where(work.c.stage == stage, work.c.state == "due", is_due(work.c.due_at, at, LONGEST_WAIT))
        .where(is_free(work.c.claimed_until, at, LEASE))
        .order_by(work.c.seq)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("free")  # looked at once: as a plain subquery PostgreSQL may look again and take more than `limit`
    )
    taken = tx.execute(
        update(work)
        .where(work.c.seq.in_(select(free.c.seq)))
        .values(claimed_until=at + LEASE, claimed_by=worker)
        .returning(work.c.seq, work.c.stage, work.c.subject_id, work.c.organisation_id, work.c.tries)
    )
    return sorted((Work(*row) for row in taken), key=lambda one: one.seq)


def done(tx: Tx, one: Work, worker: str) -> bool:
    """Forget the row. False when the lease was lost to another worker, or the row was asked for anew meanwhile."""
    gone = tx.execute(delete(work).where(_same(one), work.c.claimed_by == worker, work.c.claimed_until.is_not(None)))
    return gone.rowcount == 1


def failed(tx: Tx, one: Work, because: str, at: datetime, after_s: float | None) -> None:
    """Put the row back for later, or aside for a person when it failed `MAX_TRIES` times."""
    tries = one.tries + 1
    wait = after_s if after_s is not None else 2.0**tries
    tx.execute(
        update(work)
        .where(_same(one))
        .values(
            tries=tries,
            because=because[:500],
            claimed_until=None,
            due_at=at + timedelta(seconds=wait),
            state="due" if tries < MAX_TRIES else "failed",
        )
    )


def _same(one: Work) -> ColumnElement[bool]:
    """The number alone does not do: SQLite gives the number of a deleted last row away again."""
    return and_(work.c.seq == one.seq, work.c.stage == one.stage, work.c.subject_id == one.subject_id)


def waiting(tx: Tx) -> dict[tuple[str, str], int]:
    """How many rows lie there, by (stage, state)."""
    counted = tx.execute(select(work.c.stage, work.c.state, func.count()).group_by(work.c.stage, work.c.state))
    return {(stage, state): count for stage, state, count in counted}


def is_behind(tx: Tx, stage: str, by: int, at: datetime) -> bool:
    """Do at least `by` rows of this stage wait, due at `at`? Looks at no more than these."""
    due = select(work.c.seq).where(work.c.stage == stage, work.c.state == "due", work.c.due_at <= at)
    return int(tx.execute(select(func.count()).select_from(due.limit(by).subquery())).scalar_one()) >= by


def aside(tx: Tx) -> list[tuple[str, str, int]]:
    """(stage, the reason, how many): the rows that failed too often and wait for a person."""
    counted = select(work.c.stage, work.c.because, func.count()).where(work.c.state == "failed")
    return [
        (stage, because, count)
        for stage, because, count in tx.execute(counted.group_by(work.c.stage, work.c.because).order_by(work.c.stage))
    ]


def stages_due(tx: Tx, at: datetime) -> set[str]:
    """The stages that have a row to do now, held by nobody."""
    query = (
        select(work.c.stage)
        .where(work.c.state == "due", is_due(work.c.due_at, at, LONGEST_WAIT))
        .where(is_free(work.c.claimed_until, at, LEASE))
        .distinct()
    )
    return set(tx.execute(query).scalars())
