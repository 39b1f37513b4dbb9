"""Notices: who is told that a source is deaf, and that it hears again; each once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from ouidire.domain.alert import LONGEST_QUIET, DeliveryState
from ouidire.domain.notice import Notice, NoticeKind
from ouidire.domain.source import Source
from ouidire.store.alerts import LEASE
from ouidire.store.engine import Tx, upsert
from ouidire.store.leases import is_due, is_free
from ouidire.store.pauses import may_send
from ouidire.store.rows import Row, to_source
from ouidire.store.schema import absence, notice, source


def deaf(tx: Tx) -> list[Source]:
    """The sources that hear nothing now although they should, also those that wait for a person."""
    rows = tx.execute(select(source).where(source.c.listens, source.c.deaf_since.is_not(None)).order_by(source.c.id))
    return [to_source(r) for r in rows.mappings()]


def told_since(tx: Tx, source_id: str, since: datetime) -> bool:
    """Was anybody to be told since then that this source is deaf?"""
    query = select(notice.c.id).where(
        notice.c.source_id == source_id, notice.c.kind == NoticeKind.DEAF, notice.c.made_at >= since
    )
    return tx.execute(query.limit(1)).first() is not None


def plan(tx: Tx, planned: Sequence[Notice], at: datetime) -> int:
    """Write who is to be told; what was planned before stays as it is. Returns how many are new."""
    new = 0
    for one in planned:
        row = {name: getattr(one, name) for name in Notice.__dataclass_fields__} | {
            "state": DeliveryState.DUE, "made_at": at, "error": "",
        }  # fmt: skip
        done = tx.execute(upsert(tx, notice).values(**row).on_conflict_do_nothing().returning(notice.c.id)).first()
        new += done is not None
    return new


def take_back(tx: Tx, hearing: Sequence[str]) -> None:
    """Nobody needs to hear that a source was deaf that hears again."""
    tx.execute(
        update(notice)
        .where(notice.c.source_id.in_(hearing), notice.c.kind == NoticeKind.DEAF, notice.c.state == DeliveryState.DUE)
        .values(state=DeliveryState.HELD, error="It heard again before anybody was told.")
    )


def to_relieve(tx: Tx) -> list[tuple[Notice, str]]:
    """Who was told that a source is deaf which has caught up since, with the absence's id, and does not know it yet."""
    relieved = notice.alias("relieved")
    query = (
        select(notice, absence.c.id.label("caught_up"))
        .join(source, source.c.id == notice.c.source_id)
        .join(absence, absence.c.source_id == notice.c.source_id)
        .outerjoin(
            relieved,
            (relieved.c.source_id == notice.c.source_id)
            & (relieved.c.since == notice.c.since)
            & (relieved.c.member_id == notice.c.member_id)
            & (relieved.c.notifier == notice.c.notifier)
            & (relieved.c.target == notice.c.target)
            & (relieved.c.kind == NoticeKind.HEARS),
        )
        .where(notice.c.kind == NoticeKind.DEAF, notice.c.state == DeliveryState.SENT, relieved.c.id.is_(None))
        .where(source.c.deaf_since.is_(None), absence.c.caught_up_at.is_not(None), absence.c.until > notice.c.since)
        .order_by(absence.c.until)
    )
    found: dict[str, tuple[Notice, str]] = {}
    for row in tx.execute(query).mappings():
        found.setdefault(row["id"], (_notice(row), row["caught_up"]))
    return list(found.values())


def claim(tx: Tx, at: datetime, limit: int) -> list[Notice]:
    """Notices that are due and that nobody holds; a killed sender's come back when the lease ends."""
    free = (
        select(notice.c.id)
        .where(_due(at), may_send(notice.c.organisation_id))
        .order_by(notice.c.due_at, notice.c.id)
        .limit(limit)
    )
    taken = free.with_for_update(skip_locked=True).cte("free")
    rows = tx.execute(
        update(notice)
        .where(notice.c.id.in_(select(taken.c.id)))
        .values(state=DeliveryState.SENDING, claimed_until=at + LEASE)
        .returning(*notice.c)
    )
    return [_notice(r) for r in rows.mappings()]


def any_due(tx: Tx, at: datetime) -> bool:
    return (
        tx.execute(select(notice.c.id).where(_due(at), may_send(notice.c.organisation_id)).limit(1)).first() is not None
    )


def sent(tx: Tx, notice_id: str, at: datetime) -> None:
    tx.execute(
        update(notice)
        .where(notice.c.id == notice_id)
        .values(state=DeliveryState.SENT, sent_at=at, claimed_until=None, error="")
    )


def not_sent(tx: Tx, notice_id: str, error: str, due_at: datetime | None) -> None:
    """It could not be sent: due again at `due_at`, or failed for good when that is None."""
    state = DeliveryState.FAILED if due_at is None else DeliveryState.DUE
    values: dict[str, object] = {"error": error[:500], "claimed_until": None, "tries": notice.c.tries + 1}
    if due_at is not None:
        values["due_at"] = due_at
    tx.execute(update(notice).where(notice.c.id == notice_id).values(state=state, **values))


def forget_old(tx: Tx, at: datetime, keep: timedelta = timedelta(days=90)) -> None:
    tx.execute(notice.delete().where(notice.c.made_at < at - keep))


def _due(at: datetime) -> ColumnElement[bool]:
    waits = notice.c.state.in_([DeliveryState.DUE, DeliveryState.SENDING])
    return waits & is_due(notice.c.due_at, at, LONGEST_QUIET) & is_free(notice.c.claimed_until, at, LEASE)


def _notice(row: Row) -> Notice:
    return Notice(
        id=row["id"],
        organisation_id=row["organisation_id"],
        source_id=row["source_id"],
        member_id=row["member_id"],
        kind=NoticeKind(row["kind"]),
        since=row["since"],
        notifier=row["notifier"],
        target=row["target"],
        due_at=row["due_at"],
        because=row["because"],
        absence_id=row["absence_id"],
        tries=row["tries"],
    )
