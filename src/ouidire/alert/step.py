"""The stage: plans the deliveries of an incident that is new, graver, or known to others. Sending is `deliver`'s."""

from __future__ import annotations

from collections.abc import Sequence

from ouidire import clock
from ouidire.alert.plan import Telling, plan
from ouidire.domain.alert import Because
from ouidire.store import alerts, incidents, members, organisations
from ouidire.store.engine import Tx


def step(tx: Tx, incident_id: str) -> Sequence[str]:
    """Plan what is told now. One living alert an incident: a graver incident is the alert's next version.

    When it is no graver, those hear of it who have not heard: its place has become known, and it is theirs.
    """
    incident = incidents.get(tx, incident_id)
    at = clock.now()
    alert = alerts.alert_for(tx, incident.organisation_id, incident.id, at)
    told = alerts.members_told(tx, alert)
    is_graver = incident.gravity > alert.gravity
    if is_graver:
        alert = alerts.grow(tx, alert, incident.gravity, at)
    because = Because.GREW if told and is_graver else Because.FIRST
    places = organisations.places_of(tx, incident.organisation_id)
    place = next((one for one in places if one.id == incident.place_id), None)
    silence = alerts.silenced(tx, incident.organisation_id, incident.place_id, at)
    telling = Telling(incident, alert, place, because, silence, at)
    planned = plan(
        telling,
        members.of_organisation(tx, incident.organisation_id),
        alerts.routes_of(tx, incident.organisation_id),
    )
    alerts.plan(tx, [one for one in planned if is_graver or one.member_id not in told], at)
    return ()
