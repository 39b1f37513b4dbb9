"""Pauses: an organisation that was restored from a backup sends nothing until a person says so."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update

from ouidire.domain.alert import Because, DeliveryState
from ouidire.domain.member import Member, Role
from ouidire.domain.pause import DROPPED, PERHAPS_SAID, WAITS, Pause
from ouidire.domain.reply import ReplyState
from ouidire.errors import NotAllowed
from ouidire.store import tokens
from ouidire.store.engine import Tx
from ouidire.store.schema import (
    calm,
    calm_day,
    conversation,
    delivery,
    notice,
    organisation,
    program,
    reply,
    request_key,
    work,
)
from ouidire.store.tokens import TokenKind

_PAUSED = select(organisation.c.id).where(organisation.c.paused_at.is_not(None))


def may_send(organisation_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """True of rows whose organisation is not paused: part of every question for what is to leave the house."""
    return organisation_id.not_in(_PAUSED)


def begin(tx: Tx, at: datetime, restored_from: datetime) -> None:
    """The rows have come back from a backup of `restored_from`: nothing leaves, and nobody and no program is in.

    A reply on its way then may have been said since: it is asked about, never repeated. An alert may have arrived: if
    it goes out again, then under the same id.
    """
    tx.execute(update(organisation).values(paused_at=at, restored_from=restored_from))
    on_their_way = reply.c.state.in_([ReplyState.DUE, ReplyState.SENDING, ReplyState.UNCLEAR])
    asked = {"state": ReplyState.UNCLEAR, "because": PERHAPS_SAID, "claimed_until": None, "due_at": at}
    tx.execute(update(reply).where(on_their_way).values(asked))
    sending = delivery.c.state == DeliveryState.SENDING
    tx.execute(update(delivery).where(sending).values(state=DeliveryState.DUE, claimed_until=None))
    tx.execute(update(work).values(claimed_until=None, claimed_by=None))
    for kind in (TokenKind.SESSION, TokenKind.ALERT_LINK, TokenKind.INVITATION, TokenKind.PAIRING):
        tokens.revoke_all(tx, kind)
    for table in (request_key, program):
        tx.execute(delete(table))


def is_paused(tx: Tx, organisation_id: str) -> bool:
    return tx.execute(_PAUSED.where(organisation.c.id == organisation_id)).first() is not None


def of(tx: Tx, member: Member) -> Pause | None:
    """The pause of this member's organisation, with what waits; None: everything leaves as it should."""
    about = select(organisation.c.paused_at, organisation.c.restored_from)
    found = tx.execute(about.where(organisation.c.id == member.organisation_id)).one()
    if found.paused_at is None:
        return None
    ours = reply.c.organisation_id == member.organisation_id
    counted = tx.execute(select(reply.c.state, func.count()).where(ours).group_by(reply.c.state))
    replies: dict[str, int] = {state: number for state, number in counted}
    waiting = select(func.count()).select_from(delivery)
    waiting = waiting.where(delivery.c.organisation_id == member.organisation_id, delivery.c.state == DeliveryState.DUE)
    return Pause(
        since=found.paused_at,
        restored_from=found.restored_from or found.paused_at,
        replies=replies.get(ReplyState.DUE, 0),
        asked=replies.get(ReplyState.UNCLEAR, 0),
        alerts=tx.execute(waiting).scalar_one(),
    )


def send(tx: Tx, member: Member) -> None:
    """What waits may leave. Raises `NotAllowed` for who is not the owner."""
    _owner(member)
    tx.execute(
        update(organisation)
        .where(organisation.c.id == member.organisation_id)
        .values(paused_at=None, restored_from=None)
    )


def drop(tx: Tx, member: Member, at: datetime) -> None:
    """What waits is not sent: replies go back to their people, alerts stay as lines that say why. Then sending goes on.

    Notices and calm messages of before are no news any more.

    A reply of which the network has not yet told whether it was said is still asked about.
    """
    _owner(member)
    refused = update(reply).where(reply.c.organisation_id == member.organisation_id, reply.c.state == ReplyState.DUE)
    refused = refused.values(state=ReplyState.REFUSED, because=DROPPED, claimed_until=None)
    back = tx.execute(refused.returning(reply.c.conversation_id)).scalars().all()
    tx.execute(update(conversation).where(conversation.c.id.in_(back)).values(because="answer_refused", updated_at=at))
    waiting = (delivery.c.organisation_id == member.organisation_id, delivery.c.state == DeliveryState.DUE)
    tx.execute(update(delivery).where(*waiting).values(state=DeliveryState.HELD, because=Because.RESTORED))
    _drop_news(tx, member)
    send(tx, member)


def _drop_news(tx: Tx, member: Member) -> None:
    ours = calm_day.c.calm_id.in_(select(calm.c.id).where(calm.c.organisation_id == member.organisation_id))
    for table, whose in ((notice, notice.c.organisation_id == member.organisation_id), (calm_day, ours)):
        waits = table.c.state.in_([DeliveryState.DUE, DeliveryState.SENDING])
        held = {"state": DeliveryState.HELD, "error": Because.RESTORED, "claimed_until": None}
        tx.execute(update(table).where(whose, waits).values(held))


def wait_for_word(tx: Tx, reply_id: str, organisation_id: str, at: datetime) -> bool:
    """A reply that the network surely does not have, of a paused organisation, waits; False: there is no pause."""
    if not is_paused(tx, organisation_id):
        return False
    waits = {"state": ReplyState.DUE, "because": WAITS, "due_at": at, "claimed_until": None}
    tx.execute(update(reply).where(reply.c.id == reply_id).values(waits))
    return True


def _owner(member: Member) -> None:
    if member.role is not Role.OWNER:
        raise NotAllowed("Only the owner decides what is sent after a restore.")


def let_go_of_sealed(tx: Tx) -> None:
    """The key is another: what the guard sealed with the old one goes back to its people, to be decided again."""
    open_states = [ReplyState.DUE, ReplyState.SENDING, ReplyState.UNCLEAR]
    tx.execute(update(reply).where(reply.c.state.in_(open_states)).values(state=ReplyState.REFUSED, because=DROPPED))
