"""Absences: when a source heard nothing, how far it is caught up, and what came meanwhile."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from ouidire import clock
from ouidire.domain.absence import LIVE, SHORT, Absence, Away, Cause, Line, absent, is_backlog, is_live
from ouidire.domain.ids import new_id
from ouidire.domain.item import Batch, Item
from ouidire.domain.member import Member
from ouidire.domain.mention import MentionState
from ouidire.domain.source import SourceState
from ouidire.store import states
from ouidire.store.engine import Tx
from ouidire.store.rows import Row
from ouidire.store.schema import absence, conversation, edge, enrichment, mention, source

_AWAKE = "awake_at"
"""The house's last sign of life."""

_LINE = (
    select(source.c.last_heard_at, source.c.deaf_since, source.c.state, absence)
    .outerjoin(absence, (absence.c.source_id == source.c.id) & absence.c.caught_up_at.is_(None))
    .order_by(absence.c.since.desc())
    .limit(1)
)


def meet(tx: Tx, source_id: str, batch: Batch, at: datetime, mode: str, away: Away | None) -> Absence | None:
    """The absence that this batch ends or catches up with, written down; None when the source was there all along.

    Before the batch is kept: what it brings, and its sign of life, still lie ahead. `mode` is how the connector reads.
    """
    if mode not in ("stream", "poll"):
        return None
    row = tx.execute(_LINE.where(source.c.id == source_id)).mappings().first()
    if row is None:
        return None
    line = Line(row["last_heard_at"], row["deaf_since"], row["state"] == SourceState.NEW, is_stream=mode == "stream")
    began = absent(line, at, away, clock.lasting(SHORT))
    known = _absence(row) if row["id"] is not None else None
    if began is None and known is None:
        return None
    now = _begin(tx, source_id, known, began, at)
    if batch.gap is not None and batch.gap.because:
        now = replace(now, because=batch.gap.because, lost_until=batch.gap.until)
    return replace(now, position=batch.told_at or now.position)


def _begin(
    tx: Tx, source_id: str, known: Absence | None, began: tuple[datetime, Cause] | None, at: datetime
) -> Absence:
    """A new absence; or the one that was not caught up with when the next began, which then reaches until now."""
    if known is not None:
        return known if began is None else replace(known, until=at)
    assert began is not None
    since, cause = began
    one = Absence(new_id(), source_id, since, at, cause)
    tx.execute(
        insert(absence).values(
            id=one.id, source_id=source_id, since=since, until=at, cause=cause, because="", heard=0, kept=0
        )
    )
    return one


def came(tx: Tx, one: Absence, batch: Batch, kept: int, at: datetime) -> Absence:
    """Count what a batch brought, and say so when it was the last that had been missed."""
    done = at if is_live(batch.lag_s, clock.lasting(LIVE)) else None
    tx.execute(
        update(absence)
        .where(absence.c.id == one.id)
        .values(
            until=one.until,
            position=one.position,
            because=one.because,
            lost_until=one.lost_until,
            caught_up_at=done,
            heard=absence.c.heard + batch.heard,
            kept=absence.c.kept + kept,
        )
    )
    return replace(one, caught_up_at=done, heard=one.heard + batch.heard, kept=one.kept + kept)


def came_meanwhile(one: Absence | None, item: Item, batch: Batch) -> bool:
    """Was this written while we were away? While catching up the network's own time says so, else the author's."""
    if one is None:
        return False
    return item.written_at <= one.until or (batch.told_at is not None and batch.told_at <= one.until)


def is_late(absence_id: str | None, written_at: datetime, seen_at: datetime) -> bool:
    """Did it come during an absence, and so long ago that it is counted and not pushed?"""
    return absence_id is not None and is_backlog(written_at, seen_at)


def recent(tx: Tx, source_ids: Iterable[str], since: datetime) -> list[Absence]:
    """Absences of these sources that ended after `since` or are being caught up with, newest first."""
    query = select(absence).where(
        absence.c.source_id.in_(list(source_ids)), (absence.c.until >= since) | absence.c.caught_up_at.is_(None)
    )
    return [_absence(r) for r in tx.execute(query.order_by(absence.c.until.desc()).limit(200)).mappings()]


def get(tx: Tx, absence_id: str) -> Absence | None:
    row = tx.execute(select(absence).where(absence.c.id == absence_id)).mappings().first()
    return None if row is None else _absence(row)


def meanwhile(tx: Tx, member: Member, absence_ids: Sequence[str]) -> dict[str, int]:
    """How many mentions came to this member's places during these absences, by sentiment ('' where not read yet)."""
    query: Any = (
        select(func.coalesce(enrichment.c.sentiment, ""), func.count())
        .select_from(mention.outerjoin(enrichment, enrichment.c.id == mention.c.enrichment_id))
        .where(
            mention.c.organisation_id == member.organisation_id,
            mention.c.absence_id.in_(absence_ids),
            mention.c.state == MentionState.OURS,
            mention.c.is_own.is_(False),
        )
        .group_by(enrichment.c.sentiment)
    )
    if not member.sees_all_places:
        query = query.where(mention.c.place_id.in_(member.place_ids))
    return {row[0]: row[1] for row in tx.execute(query)} if absence_ids else {}


def grave_meanwhile(tx: Tx, member: Member, absence_ids: Sequence[str], gravity: int) -> int:
    """How many conversations that wait were grave when they came during these absences."""
    query = (
        select(func.count(func.distinct(conversation.c.id)))
        .select_from(mention)
        .join(edge, edge.c.mention_id == mention.c.id)
        .join(conversation, conversation.c.id == edge.c.conversation_id)
        .where(
            mention.c.organisation_id == member.organisation_id,
            mention.c.absence_id.in_(absence_ids),
            conversation.c.gravity >= gravity,
            conversation.c.state == "waiting",
        )
    )
    if not member.sees_all_places:
        query = query.where(conversation.c.place_id.in_(member.place_ids))
    return int(tx.execute(query).scalar_one()) if absence_ids else 0


def awake(tx: Tx, at: datetime) -> None:
    """The house lives: said now and then, so that the next start knows for how long it was away."""
    states.put(tx, _AWAKE, at.isoformat())


def awake_at(tx: Tx) -> datetime | None:
    """When the house last said that it lives."""
    said = states.get(tx, _AWAKE)
    return datetime.fromisoformat(said) if said else None


def forget_old(tx: Tx, at: datetime, keep: timedelta = timedelta(days=400)) -> None:
    """Drop absences of long ago; what came during them stays."""
    tx.execute(absence.delete().where(absence.c.until < at - keep, absence.c.caught_up_at.is_not(None)))


def _absence(row: Row) -> Absence:
    return Absence(
        id=row["id"],
        source_id=row["source_id"],
        since=row["since"],
        until=row["until"],
        cause=Cause(row["cause"]),
        position=row["position"],
        caught_up_at=row["caught_up_at"],
        because=row["because"],
        lost_until=row["lost_until"],
        heard=row["heard"],
        kept=row["kept"],
    )
