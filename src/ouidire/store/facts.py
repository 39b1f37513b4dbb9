"""Counts of the whole house, for its health and its metrics: numbers of all organisations, never a word of one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from ouidire.domain.member import Member
from ouidire.store.engine import Tx
from ouidire.store.schema import delivery, mention, organisation, reply, source, work


def damage(tx: Tx) -> str:
    """What SQLite finds wrong when it reads everything; empty: nothing. PostgreSQL keeps checksums of its own."""
    if tx.dialect.name != "sqlite":
        return ""
    said = tx.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    return "" if said == "ok" else str(said)


def newest_moment(tx: Tx) -> datetime | None:
    """The latest moment at which anything was heard."""
    heard = tx.execute(select(func.max(source.c.last_heard_at))).scalar()
    seen = tx.execute(select(func.max(mention.c.first_seen_at))).scalar()
    return max((one for one in (heard, seen) if one is not None), default=None)


def waiting(tx: Tx, member: Member | None = None) -> list[tuple[str, str, int, datetime]]:
    """(stage, state, how many rows, since when the oldest is due); of one member's organisation, or of all."""
    query = select(work.c.stage, work.c.state, func.count(), func.min(work.c.due_at))
    if member is not None:
        query = query.where(work.c.organisation_id == member.organisation_id)
    rows = tx.execute(query.group_by(work.c.stage, work.c.state).order_by(work.c.stage))
    return [(stage, state, count, oldest) for stage, state, count, oldest in rows]


def deliveries(tx: Tx) -> dict[tuple[str, str], int]:
    """How many, by (notifier, state)."""
    query = select(delivery.c.notifier, delivery.c.state, func.count())
    rows = tx.execute(query.group_by(delivery.c.notifier, delivery.c.state))
    return {(notifier, state): count for notifier, state, count in rows}


def replies(tx: Tx) -> dict[str, int]:
    rows = tx.execute(select(reply.c.state, func.count()).group_by(reply.c.state))
    return {state: count for state, count in rows}


def sources(tx: Tx) -> list[tuple[str, str, str, int, int, int, datetime | None]]:
    """(id, connector, state, heard, kept, dropped, last heard) of every source that listens; no name, no account."""
    columns = (source.c.id, source.c.connector, source.c.state, source.c.heard, source.c.kept, source.c.dropped)
    rows = tx.execute(select(*columns, source.c.last_heard_at).where(source.c.listens).order_by(source.c.id))
    return [tuple(row) for row in rows]


def paused(tx: Tx) -> int:
    """How many organisations send nothing after a restore."""
    query = select(func.count()).select_from(organisation).where(organisation.c.paused_at.is_not(None))
    return tx.execute(query).scalar_one()


def is_only_house(tx: Tx, member: Member) -> bool:
    """Does nobody else live here? Then the whole house's numbers are this organisation's own. A demo is nobody."""
    others = (organisation.c.id != member.organisation_id, organisation.c.is_demo.is_(False))
    query = select(organisation.c.id).where(*others)
    return tx.execute(query.limit(1)).first() is None
