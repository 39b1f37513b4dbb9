"""Route, alert and delivery: who is told, by what, when, why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

LONGEST_QUIET = timedelta(days=3)
"""A door may stay closed for weeks; nobody's words wait that long."""


class Because(StrEnum):
    """Why a delivery was made or held back; the same words stand in the log and on the screen."""

    FIRST = "first"
    GREW = "grew"
    NO_ROUTE = "no_route"
    BELOW_GRAVITY = "below_gravity"
    QUIET_HOURS = "quiet_hours"
    NOT_NEWS = "not_news"
    NOT_ADDRESSABLE = "not_addressable"
    MUTED = "muted"
    RESTORED = "restored"
    NOT_OURS = "not_ours"
    """Before it was sent, somebody said that the message is not about us, or took back that it is."""
    BACKLOG = "backlog"
    """Written while we were absent: counted, and shown on Now."""


class DeliveryState(StrEnum):
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    HELD = "held"
    FAILED = "failed"


class Judgement(StrEnum):
    USEFUL = "useful"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True)
class Route:
    """Tells `member_id` of incidents at `place_id` (None: all places the member may see) from `min_gravity` on.

    `target` is the address a notifier needs (a webhook URL); empty where the member's own address serves.
    """

    id: str
    organisation_id: str
    member_id: str
    place_id: str | None
    min_gravity: int
    notifier: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """The telling of one incident; `version` grows with the incident, and each version is told at most once a route.

    `gravity` is that of the last version; 0 when nothing was told yet.
    """

    id: str
    organisation_id: str
    incident_id: str
    version: int
    updated_at: datetime
    gravity: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending (or not) of one alert to one member. `id` goes out as the message's id, whatever the try."""

    id: str
    organisation_id: str
    alert_id: str
    version: int
    member_id: str
    route_id: str | None
    notifier: str
    target: str
    state: DeliveryState
    because: Because
    due_at: datetime
    tries: int = 0
    sent_at: datetime | None = None
    error: str = ""
    judgement: Judgement | None = None
