"""The stage: plans the deliveries of an incident that is new, graver, or known to others. Sending is `deliver`'s."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ouidire import clock
from ouidire.alert.plan import Telling, plan
from ouidire.domain.absence import MOST_TOLD
from ouidire.domain.alert import Because
from ouidire.domain.gravity import GRAVE
from ouidire.domain.incident import Incident
from ouidire.store import alerts, incidents, members, organisations
from ouidire.store.engine import Tx

ONE_PILE = timedelta(hours=1)
"""Sources that were absent together are caught up with within so long."""


def step(tx: Tx, incident_id: str) -> Sequence[str]:
    """Plan what is told now. One living alert an incident: a graver incident is the alert's next version.

    When it is no graver, those hear of it who have not heard: its place has become known, and it is theirs. What was
    only counted, because it came during an absence, was told to nobody: the first word that is news tells it.
    """
    incident = incidents.get(tx, incident_id)
    at = clock.now()
    alert = alerts.alert_for(tx, incident.organisation_id, incident.id, at)
    told = alerts.members_told(tx, alert)
    is_graver = incident.gravity > alert.gravity
    because = Because.GREW if alert.gravity and is_graver else Because.FIRST
    places = organisations.places_of(tx, incident.organisation_id)
    place = next((one for one in places if one.id == incident.place_id), None)
    silence = alerts.silenced(tx, incident.organisation_id, incident.place_id, at)
    telling = Telling(incident, alert, place, because, silence, at, is_pile=_is_pile(tx, incident, at))
    if is_graver and not telling.is_only_counted:
        telling = replace(telling, alert=alerts.grow(tx, alert, incident.gravity, at))
    planned = plan(
        telling,
        members.of_organisation(tx, incident.organisation_id),
        alerts.routes_of(tx, incident.organisation_id),
    )
    alerts.plan(tx, [one for one in planned if is_graver or one.member_id not in told], at)
    return ()


def _is_pile(tx: Tx, incident: Incident, at: datetime) -> bool:
    """Were as many of an absence's grave messages about this place told as people read one by one?"""
    if incident.absence_id is None:
        return False
    return incidents.told_before(tx, incident, at - ONE_PILE, GRAVE) >= MOST_TOLD
