"""The calm message of the day: who wished for it, and each day's sending."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, select, update

from ouidire.domain.alert import DeliveryState
from ouidire.domain.calm import Calm, CalmDay
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.store.engine import Tx, upsert
from ouidire.store.leases import is_due, is_free
from ouidire.store.pauses import may_send
from ouidire.store.rows import to_calm
from ouidire.store.schema import calm, calm_day

LEASE = timedelta(seconds=60)


def wish(tx: Tx, one: Calm) -> None:
    """Keep the wish, in place of the one before for the same place: what was said today stays said."""
    values = {name: getattr(one, name) for name in Calm.__dataclass_fields__} | {"hour": one.hour.strftime("%H:%M")}
    insertion = upsert(tx, calm).values(**values)
    changed = {name: values[name] for name in ("hour", "notifier", "target", "made_at")}
    tx.execute(insertion.on_conflict_do_update(index_elements=["member_id", "place_id"], set_=changed))


def forget(tx: Tx, member_id: str, place_id: str = "") -> None:
    """No more calm message for this place; without a place: for none."""
    theirs = select(calm.c.id).where(calm.c.member_id == member_id)
    if place_id:
        theirs = theirs.where(calm.c.place_id == place_id)
    tx.execute(delete(calm_day).where(calm_day.c.calm_id.in_(theirs)))
    tx.execute(delete(calm).where(calm.c.id.in_(theirs)))


def of(tx: Tx, member: Member) -> list[Calm]:
    rows = tx.execute(select(calm).where(calm.c.member_id == member.id).order_by(calm.c.hour, calm.c.id))
    return [to_calm(r) for r in rows.mappings()]


def every(tx: Tx) -> list[Calm]:
    """All wishes of all houses: for the stage that says them."""
    return [to_calm(r) for r in tx.execute(select(calm).order_by(calm.c.id)).mappings()]


def said_today(tx: Tx, calm_id: str) -> tuple[str, str, str] | None:
    """(day, state, error) of the latest sending of a wish."""
    query = select(calm_day).where(calm_day.c.calm_id == calm_id).order_by(calm_day.c.day.desc()).limit(1)
    row = tx.execute(query).mappings().first()
    return None if row is None else (row["day"], row["state"], row["error"])


def is_planned(tx: Tx, calm_id: str, day: str) -> bool:
    """Was this day's sending written down already?"""
    query = select(calm_day.c.id).where(calm_day.c.calm_id == calm_id, calm_day.c.day == day)
    return tx.execute(query).first() is not None


def any_due(tx: Tx, at: datetime) -> bool:
    """Is a sending to be done now?"""
    return tx.execute(_free(at).limit(1)).first() is not None


def plan(tx: Tx, due: Sequence[tuple[Calm, str]], at: datetime) -> None:
    """One sending a wish and day, however often it is planned."""
    for one, day in due:
        row = {"id": new_id(), "calm_id": one.id, "day": day, "state": DeliveryState.DUE, "due_at": at, "tries": 0}
        insertion = upsert(tx, calm_day).values(**row, error="")
        tx.execute(insertion.on_conflict_do_nothing(index_elements=["calm_id", "day"]))


def claim(tx: Tx, at: datetime, limit: int) -> list[CalmDay]:
    """Sendings that are due and that nobody holds; a killed sender's come back, under the same id, after the lease."""
    free = _free(at).limit(limit).with_for_update(skip_locked=True).cte("free")
    taken = update(calm_day).where(calm_day.c.id.in_(select(free.c.id)))
    taken = taken.values(state=DeliveryState.SENDING, claimed_until=at + LEASE)
    ids = list(tx.execute(taken.returning(calm_day.c.id)).scalars())
    query = select(calm_day.c.id.label("day_id"), calm_day.c.day, calm_day.c.tries, calm).join(calm)
    rows = tx.execute(query.where(calm_day.c.id.in_(ids)).order_by(calm_day.c.id)).mappings()
    return [CalmDay(r["day_id"], to_calm(r), r["day"], r["tries"]) for r in rows]


def sent(tx: Tx, day_id: str, at: datetime) -> None:
    values = {"state": DeliveryState.SENT, "sent_at": at, "claimed_until": None, "error": ""}
    tx.execute(update(calm_day).where(calm_day.c.id == day_id).values(**values))


def not_sent(tx: Tx, day_id: str, error: str, due_at: datetime | None) -> None:
    """It could not be sent: due again at `due_at`, or not at all today when that is None."""
    values: dict[str, object] = {"error": error[:500], "claimed_until": None, "tries": calm_day.c.tries + 1}
    values |= {"state": DeliveryState.FAILED} if due_at is None else {"state": DeliveryState.DUE, "due_at": due_at}
    tx.execute(update(calm_day).where(calm_day.c.id == day_id).values(**values))


def _free(at: datetime) -> Select[tuple[str]]:
    return (
        select(calm_day.c.id)
        .where(calm_day.c.state.in_([DeliveryState.DUE, DeliveryState.SENDING]), is_due(calm_day.c.due_at, at))
        .where(is_free(calm_day.c.claimed_until, at, LEASE))
        .where(calm_day.c.calm_id.in_(select(calm.c.id).where(may_send(calm.c.organisation_id))))
        .order_by(calm_day.c.due_at, calm_day.c.id)
    )


def forget_days(tx: Tx, before: str) -> None:
    """Sendings of days before `before` (ISO): they cannot be due any more."""
    tx.execute(delete(calm_day).where(calm_day.c.day < before))
