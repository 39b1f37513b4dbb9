"""Incidents: what the detectors found. One open row per scope and kind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ouidire.domain.incident import Incident, IncidentKind
from ouidire.domain.member import Member
from ouidire.errors import NotFound
from ouidire.store import work
from ouidire.store.engine import Tx
from ouidire.store.rows import to_incident
from ouidire.store.schema import incident
from ouidire.store.stretch import Stretch

TELLS = "alert"
"""The stage that tells of an incident; it is also asked when an incident's place becomes known."""


def open_or_grow(tx: Tx, one: Incident) -> tuple[Incident, bool]:
    """Open this incident, or let the open one of its scope and kind grow. True: it is new, or graver than before."""
    for _ in range(2):
        old = open_of(tx, one.organisation_id, one.scope, one.kind)
        if old is not None:
            return _grow(tx, old, one)
        try:
            with tx.begin_nested():
                tx.execute(insert(incident).values(**_columns(one)))
            return one, True
        except IntegrityError:  # another worker opened it between our look and our insert
            continue
    raise NotFound("An incident was opened and closed while we looked.")


def _columns(one: Incident) -> dict[str, object]:
    return {name: getattr(one, name) for name in Incident.__dataclass_fields__}


def _grow(tx: Tx, old: Incident, more: Incident) -> tuple[Incident, bool]:
    # What was only counted, because it came during an absence, is news with the first word that is.
    graver = more.gravity > old.gravity or (old.absence_id is not None and more.absence_id is None)
    is_again = more.mention_id is not None and more.mention_id == old.mention_id
    tx.execute(
        update(incident)
        .where(incident.c.id == old.id)
        .values(
            mentions=incident.c.mentions + int(not is_again),
            gravity=max(old.gravity, more.gravity),
            because=more.because if more.gravity > old.gravity else old.because,
            mention_id=more.mention_id if graver else old.mention_id,
            absence_id=more.absence_id if graver else old.absence_id,
            place_id=old.place_id or more.place_id,
        )
    )
    return get(tx, old.id), graver


def open_of(tx: Tx, organisation_id: str, scope: str, kind: IncidentKind) -> Incident | None:
    row = (
        tx.execute(
            select(incident).where(
                incident.c.organisation_id == organisation_id,
                incident.c.scope == scope,
                incident.c.kind == kind,
                incident.c.closed_at.is_(None),
            )
        )
        .mappings()
        .first()
    )
    return None if row is None else to_incident(row)


def get(tx: Tx, incident_id: str) -> Incident:
    row = tx.execute(select(incident).where(incident.c.id == incident_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such incident.")
    return to_incident(row)


def _seen_by(member: Member) -> Select[Any]:
    query = select(incident).where(incident.c.organisation_id == member.organisation_id)
    return query if member.sees_all_places else query.where(incident.c.place_id.in_(member.place_ids))


def of(tx: Tx, member: Member, incident_id: str) -> Incident:
    """An incident the member may see. Raises `NotFound` otherwise."""
    row = tx.execute(_seen_by(member).where(incident.c.id == incident_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such incident.")
    return to_incident(row)


def listed(
    tx: Tx,
    member: Member,
    stretch: Stretch,
    *,
    is_open: bool | None = None,
    conversation_id: str = "",
    place_id: str | None = None,
) -> list[Incident]:
    """The incidents this member may see, newest first; one more than the stretch, if there is."""
    query = _seen_by(member)
    if is_open is not None:
        query = query.where(incident.c.closed_at.is_(None) if is_open else incident.c.closed_at.is_not(None))
    if conversation_id:
        query = query.where(incident.c.conversation_id == conversation_id)
    if place_id is not None:
        query = query.where(incident.c.place_id == place_id)
    return [to_incident(r) for r in tx.execute(stretch.of(query, incident.c.id)).mappings()]


def told_before(tx: Tx, one: Incident, since: datetime, gravity: int) -> int:
    """How many incidents of this place, as grave and from an absence too, were opened since then and before this."""
    query = select(func.count()).where(
        incident.c.organisation_id == one.organisation_id,
        incident.c.place_id == one.place_id if one.place_id else incident.c.place_id.is_(None),
        incident.c.absence_id.is_not(None),
        incident.c.gravity >= gravity,
        incident.c.opened_at >= since,
        incident.c.id < one.id,
    )
    return int(tx.execute(query).scalar_one())


def of_conversation(tx: Tx, conversation_id: str) -> list[Incident]:
    rows = tx.execute(
        select(incident).where(incident.c.conversation_id == conversation_id).order_by(incident.c.opened_at)
    )
    return [to_incident(r) for r in rows.mappings()]


def close_of_conversation(tx: Tx, conversation_id: str, at: datetime) -> None:
    tx.execute(
        update(incident)
        .where(incident.c.conversation_id == conversation_id, incident.c.closed_at.is_(None))
        .values(closed_at=at)
    )


def reopen_of_conversation(tx: Tx, conversation_id: str, place_id: str | None, at: datetime) -> None:
    """Those that ended last go on, at this place: its people hear of them now, who has heard does not again."""
    ended = select(func.max(incident.c.closed_at)).where(incident.c.conversation_id == conversation_id)
    last = (incident.c.conversation_id == conversation_id, incident.c.closed_at == ended.scalar_subquery())
    tx.execute(update(incident).where(*last).values(closed_at=None))
    set_place(tx, conversation_id, place_id, at)


def set_place(tx: Tx, conversation_id: str, place_id: str | None, at: datetime) -> None:
    """These incidents are about this place. Of the open ones its own people hear now."""
    changed = (
        update(incident)
        .where(incident.c.conversation_id == conversation_id)
        .values(place_id=place_id)
        .returning(incident.c.id, incident.c.organisation_id, incident.c.closed_at)
    )
    still_open = [(one.id, one.organisation_id) for one in tx.execute(changed) if one.closed_at is None]
    work.add(tx, TELLS, still_open, at)
