"""Incident: what a detector found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class IncidentKind(StrEnum):
    GRAVE = "grave"
    """One message that matters by itself."""
    RELAY = "relay"
    """The first time that somebody else carries a negative message further."""


@dataclass(frozen=True, slots=True)
class Incident:
    """One open row per scope and kind; `scope` is the conversation or story it is about.

    `absence_id`: all of it was written while we were absent, and heard too late to be news. `mention_id`: the message
    that made it as grave as it is; None where that was not kept.
    """

    id: str
    organisation_id: str
    place_id: str | None
    conversation_id: str
    kind: IncidentKind
    scope: str
    gravity: int
    because: str
    opened_at: datetime
    closed_at: datetime | None = None
    mentions: int = 1
    absence_id: str | None = None
    mention_id: str | None = None
