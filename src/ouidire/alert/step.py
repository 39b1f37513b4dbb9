"""The stage: plans the deliveries of an incident that is new or grew. Sending is `deliver`'s."""

from __future__ import annotations

from collections.abc import Sequence

from ouidire import clock
from ouidire.alert.plan import Telling, plan
from ouidire.domain.alert import Because
from ouidire.store import alerts, incidents, members, organisations
from ouidire.store.engine import Tx


def step(tx: Tx, incident_id: str) -> Sequence[str]:
    """Plan what is told now. One living alert an incident: a graver incident is the alert's next version."""
    incident = incidents.get(tx, incident_id)
    at = clock.now()
    alert = alerts.alert_for(tx, incident.organisation_id, incident.id, at)
    because = Because.FIRST
    if alerts.was_planned(tx, alert):
        alert, because = alerts.grow(tx, alert, at), Because.GREW
    places = organisations.places_of(tx, incident.organisation_id)
    place = next((one for one in places if one.id == incident.place_id), None)
    silence = alerts.silenced(tx, incident.organisation_id, incident.place_id, at)
    telling = Telling(incident, alert, place, because, silence, at)
    planned = plan(
        telling,
        members.of_organisation(tx, incident.organisation_id),
        alerts.routes_of(tx, incident.organisation_id),
    )
    alerts.plan(tx, planned, at)
    return ()
