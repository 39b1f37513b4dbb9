"""Replies on their way out: claimed once, and asked about when unclear (invariant 1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, insert, or_, select, update

from ouidire.domain.reply import Reply, ReplyState
from ouidire.errors import NotFound
from ouidire.store.engine import Tx
from ouidire.store.leases import is_due, is_free, made_ahead
from ouidire.store.pauses import may_send
from ouidire.store.rows import back, to_reply
from ouidire.store.schema import reply

LEASE = timedelta(seconds=60)


def add(tx: Tx, one: Reply, clearance: Mapping[str, str] | None) -> None:
    """Keep a reply that a person decided, with the guard's clearance as `guard.seal.to_fields` wrote it."""
    columns = {name: getattr(one, name) for name in Reply.__dataclass_fields__}
    tx.execute(
        insert(reply).values(
            **columns, clearance=dict(clearance) if clearance else None, due_at=one.written_at, tries=0
        )
    )


def claim(tx: Tx, at: datetime, limit: int) -> list[tuple[Reply, dict[str, str]]]:
    """Replies that are due, now being sent by the caller and by nobody else, with what the guard gave."""
    free = (
        select(reply.c.id)
        .where(reply.c.state == ReplyState.DUE, _due(at), may_send(reply.c.organisation_id))
        .order_by(reply.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    taken = tx.execute(
        update(reply)
        .where(reply.c.id.in_(select(free.c.id)), reply.c.state == ReplyState.DUE)
        .values(state=ReplyState.SENDING, claimed_until=at + LEASE)
        .returning(*reply.c)
    )
    return [(to_reply(r), back(r["clearance"], dict[str, str])) for r in taken.mappings()]


def to_ask_about(tx: Tx, at: datetime, limit: int) -> list[tuple[Reply, dict[str, str]]]:
    """Replies whose sender died or whose outcome is unclear: the network is to be asked, never told again."""
    query = select(reply.c.id).where(
        or_(reply.c.state == ReplyState.UNCLEAR, reply.c.state == ReplyState.SENDING),
        is_free(reply.c.claimed_until, at, LEASE),
        _due(at),
    )
    free = query.limit(limit).with_for_update(skip_locked=True).cte("free")
    taken = tx.execute(
        update(reply)
        .where(reply.c.id.in_(select(free.c.id)))
        .values(state=ReplyState.UNCLEAR, claimed_until=at + LEASE)
        .returning(*reply.c)
    )
    return [(to_reply(r), back(r["clearance"], dict[str, str])) for r in taken.mappings()]


def sent(tx: Tx, reply_id: str, uri: str, url: str, at: datetime) -> None:
    tx.execute(
        update(reply)
        .where(reply.c.id == reply_id)
        .values(state=ReplyState.SENT, uri=uri, url=url, sent_at=at, claimed_until=None, because="")
    )


def put_back(tx: Tx, reply_id: str, because: str, due_at: datetime) -> None:
    """Nothing was said; try again later."""
    tx.execute(
        update(reply)
        .where(reply.c.id == reply_id)
        .values(state=ReplyState.DUE, because=because[:500], due_at=due_at, claimed_until=None, tries=reply.c.tries + 1)
    )


def unclear(tx: Tx, reply_id: str, because: str, ask_at: datetime) -> None:
    tx.execute(
        update(reply)
        .where(reply.c.id == reply_id)
        .values(
            state=ReplyState.UNCLEAR, because=because[:500], due_at=ask_at, claimed_until=None, tries=reply.c.tries + 1
        )
    )


def refused(tx: Tx, reply_id: str, because: str) -> None:
    """Nothing was said and it cannot be; the text stays for the person to change or to take to the site."""
    tx.execute(
        update(reply)
        .where(reply.c.id == reply_id)
        .values(state=ReplyState.REFUSED, because=because[:500], claimed_until=None)
    )


def get(tx: Tx, reply_id: str) -> Reply:
    row = tx.execute(select(reply).where(reply.c.id == reply_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such reply.")
    return to_reply(row)


def of_conversation(tx: Tx, conversation_id: str) -> list[tuple[Reply, bool]]:
    """The replies of a conversation in order, and whether the network has shown each back to us."""
    rows = tx.execute(
        select(reply).where(reply.c.conversation_id == conversation_id).order_by(reply.c.written_at)
    ).mappings()
    return [(to_reply(r), r["seen_at"] is not None) for r in rows]


def recent(tx: Tx, organisation_id: str, source_id: str, since: datetime) -> Sequence[tuple[datetime, str]]:
    """When and what this organisation said on a source lately: for the guard's rate and sameness rules."""
    rows = tx.execute(
        select(reply.c.written_at, reply.c.text).where(
            reply.c.organisation_id == organisation_id,
            reply.c.source_id == source_id,
            reply.c.written_at >= since,
            reply.c.state != ReplyState.REFUSED,
        )
    )
    return [(at, text) for at, text in rows]


def tries(tx: Tx, reply_id: str) -> int:
    return int(tx.execute(select(reply.c.tries).where(reply.c.id == reply_id)).scalar_one())


def any_due(tx: Tx, at: datetime) -> bool:
    """Is a reply to be sent, or to be asked about, now?"""
    to_ask = reply.c.state.in_([ReplyState.SENDING, ReplyState.UNCLEAR])
    to_say = and_(reply.c.state == ReplyState.DUE, may_send(reply.c.organisation_id))
    free = is_free(reply.c.claimed_until, at, LEASE)
    query = select(reply.c.id).where(or_(to_say, to_ask), _due(at), free)
    return tx.execute(query.limit(1)).first() is not None


def _due(at: datetime) -> ColumnElement[bool]:
    return or_(is_due(reply.c.due_at, at), made_ahead(reply.c.written_at, at, reply.c.tries == 0))
