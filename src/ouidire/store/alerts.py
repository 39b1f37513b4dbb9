"""Routes, alerts and deliveries: who is to be told, what was told, and what was held back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, insert, or_, select, update

from ouidire.domain.alert import LONGEST_QUIET, Alert, Because, Delivery, DeliveryState, Judgement, Route
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.errors import NotFound
from ouidire.store.engine import Tx, upsert
from ouidire.store.leases import is_due, is_free, made_ahead
from ouidire.store.pauses import may_send
from ouidire.store.rows import Row, to_alert, to_delivery, to_route
from ouidire.store.schema import alert, delivery, incident, route, silence
from ouidire.store.stretch import Stretch

LEASE = timedelta(seconds=60)


def add_route(tx: Tx, one: Route) -> None:
    tx.execute(insert(route).values(**{name: getattr(one, name) for name in Route.__dataclass_fields__}))


def remove_route(tx: Tx, member: Member, route_id: str) -> None:
    """Who configures removes any route of the organisation, everybody else their own. Raises `NotFound` otherwise."""
    query = delete(route).where(route.c.id == route_id, route.c.organisation_id == member.organisation_id)
    if not member.may_configure:
        query = query.where(route.c.member_id == member.id)
    if tx.execute(query).rowcount != 1:
        raise NotFound("There is no such route of yours.")


def routes_of(tx: Tx, organisation_id: str) -> list[Route]:
    """Every route of an organisation: for the stage that tells."""
    rows = tx.execute(select(route).where(route.c.organisation_id == organisation_id).order_by(route.c.id))
    return [to_route(r) for r in rows.mappings()]


def routes(tx: Tx, member: Member) -> list[Route]:
    """The routes this member may see: all of the organisation for who configures, else the own ones."""
    found = routes_of(tx, member.organisation_id)
    return found if member.may_configure else [one for one in found if one.member_id == member.id]


def silenced(tx: Tx, organisation_id: str, place_id: str | None, at: datetime) -> str:
    """Why nothing is to be told about this place now; empty when nothing forbids it."""
    found = tx.execute(
        select(silence.c.because).where(
            silence.c.organisation_id == organisation_id,
            silence.c.until > at,
            or_(silence.c.place_id.is_(None), silence.c.place_id == place_id),
        )
    ).scalar()
    return found or ""


def alert_for(tx: Tx, organisation_id: str, incident_id: str, at: datetime) -> Alert:
    """The one living alert of an incident, made at its first telling with version 1."""
    row = {
        "id": new_id(),
        "organisation_id": organisation_id,
        "incident_id": incident_id,
        "version": 1,
        "updated_at": at,
        "gravity": 0,
    }
    tx.execute(upsert(tx, alert).values(**row).on_conflict_do_nothing(index_elements=["incident_id"]))
    return to_alert(tx.execute(select(alert).where(alert.c.incident_id == incident_id)).mappings().one())


def grow(tx: Tx, one: Alert, gravity: int, at: datetime) -> Alert:
    """The alert at this gravity: its next version, or still the first when nobody was told of it."""
    version = one.version + was_planned(tx, one)
    values = {"version": version, "gravity": gravity, "updated_at": at}
    tx.execute(update(alert).where(alert.c.id == one.id).values(**values))
    return to_alert(tx.execute(select(alert).where(alert.c.id == one.id)).mappings().one())


def get_alert(tx: Tx, alert_id: str) -> Alert:
    return to_alert(tx.execute(select(alert).where(alert.c.id == alert_id)).mappings().one())


def plan(tx: Tx, deliveries: Sequence[Delivery], at: datetime) -> None:
    """Write what is to be told or held back; what was planned before stays as it is."""
    for one in deliveries:
        row = {name: getattr(one, name) for name in Delivery.__dataclass_fields__} | {"made_at": at}
        tx.execute(upsert(tx, delivery).values(**row).on_conflict_do_nothing())


def claim(tx: Tx, at: datetime, limit: int) -> list[Delivery]:
    """Deliveries that are due and that nobody holds; a killed sender's come back when the lease ends."""
    free = (
        select(delivery.c.id)
        .where(delivery.c.state.in_([DeliveryState.DUE, DeliveryState.SENDING]), _due(at))
        .where(_free(at), may_send(delivery.c.organisation_id))
        .order_by(delivery.c.due_at, delivery.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("free")
    )
    taken = tx.execute(
        update(delivery)
        .where(delivery.c.id.in_(select(free.c.id)))
        .values(state=DeliveryState.SENDING, claimed_until=at + LEASE)
        .returning(*delivery.c)
    )
    return [to_delivery(r) for r in taken.mappings()]


def next_due(tx: Tx, at: datetime) -> datetime | None:
    """When the next delivery that waits becomes due."""
    query = select(delivery.c.due_at).where(delivery.c.state == DeliveryState.DUE, delivery.c.due_at > at)
    return tx.execute(query.order_by(delivery.c.due_at).limit(1)).scalar()


def sent(tx: Tx, delivery_id: str, at: datetime) -> None:
    tx.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id)
        .values(state=DeliveryState.SENT, sent_at=at, claimed_until=None, error="")
    )


def not_sent(tx: Tx, delivery_id: str, error: str, due_at: datetime | None) -> None:
    """It could not be sent: due again at `due_at`, or failed for good when that is None."""
    values: dict[str, object] = {"error": error[:500], "claimed_until": None, "tries": delivery.c.tries + 1}
    if due_at is None:
        values["state"] = DeliveryState.FAILED
    else:
        values |= {"state": DeliveryState.DUE, "due_at": due_at}
    tx.execute(update(delivery).where(delivery.c.id == delivery_id).values(**values))


def hold(tx: Tx, delivery_id: str, because: Because, error: str) -> None:
    """It is not sent, and not because sending failed."""
    tx.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id)
        .values(state=DeliveryState.HELD, because=because, error=error[:500], claimed_until=None)
    )


def judge(tx: Tx, member: Member, delivery_id: str, judgement: Judgement) -> None:
    """The member's own word on an alert they got. Raises `NotFound` for somebody else's."""
    changed = tx.execute(
        update(delivery)
        .where(delivery.c.id == delivery_id, delivery.c.member_id == member.id)
        .values(judgement=judgement)
    )
    if changed.rowcount != 1:
        raise NotFound("There is no such alert of yours.")


def _told(member: Member) -> Select[Any]:
    query = (
        select(
            delivery,
            incident.c.conversation_id,
            incident.c.place_id,
            incident.c.kind.label("incident_kind"),
            incident.c.gravity,
        )
        .join(alert, alert.c.id == delivery.c.alert_id)
        .join(incident, incident.c.id == alert.c.incident_id)
        .where(delivery.c.organisation_id == member.organisation_id)
    )
    if not member.sees_all_places:
        query = query.where(incident.c.place_id.in_(member.place_ids))
    return query


def told(tx: Tx, member: Member, *, conversation_id: str = "", limit: int = 200) -> Sequence[Row]:
    """Delivery rows with what they were about, newest first, as far as this member may see the places."""
    query = _told(member)
    if conversation_id:
        query = query.where(incident.c.conversation_id == conversation_id)
    return tx.execute(query.order_by(delivery.c.made_at.desc(), delivery.c.id.desc()).limit(limit)).mappings().all()


def deliveries(
    tx: Tx,
    member: Member,
    stretch: Stretch,
    *,
    conversation_id: str = "",
    route_id: str = "",
    state: DeliveryState | None = None,
) -> Sequence[Row]:
    """Delivery rows as `told` gives them, newest first; one more than the stretch, if there is."""
    query = _told(member)
    if conversation_id:
        query = query.where(incident.c.conversation_id == conversation_id)
    if route_id:
        query = query.where(delivery.c.route_id == route_id)
    if state is not None:
        query = query.where(delivery.c.state == state)
    return tx.execute(stretch.of(query, delivery.c.id)).mappings().all()


def was_planned(tx: Tx, one: Alert) -> bool:
    """Were deliveries of this version written already?"""
    query = select(delivery.c.id).where(delivery.c.alert_id == one.id, delivery.c.version == one.version)
    return tx.execute(query.limit(1)).first() is not None


def members_told(tx: Tx, one: Alert) -> set[str]:
    """Who has a line in any version of this alert, told or held back."""
    return set(tx.execute(select(delivery.c.member_id).where(delivery.c.alert_id == one.id).distinct()).scalars())


def incident_of(tx: Tx, alert_id: str) -> str:
    return str(tx.execute(select(alert.c.incident_id).where(alert.c.id == alert_id)).scalar_one())


def any_due(tx: Tx, at: datetime) -> bool:
    """Is a delivery to be sent now?"""
    query = select(delivery.c.id).where(delivery.c.state.in_([DeliveryState.DUE, DeliveryState.SENDING]))
    query = query.where(_due(at), _free(at), may_send(delivery.c.organisation_id))
    return tx.execute(query.limit(1)).first() is not None


def _free(at: datetime) -> ColumnElement[bool]:
    return is_free(delivery.c.claimed_until, at, LEASE)


def _due(at: datetime) -> ColumnElement[bool]:
    """What was made ahead of time is sent now; what rests for a night rests, or a wrong clock would wake somebody."""
    rings, due_at = delivery.c.because != Because.QUIET_HOURS, delivery.c.due_at
    return or_(
        is_due(due_at, at, LONGEST_QUIET),
        and_(rings, is_due(due_at, at)),
        made_ahead(delivery.c.made_at, at, rings, delivery.c.tries == 0),
    )
