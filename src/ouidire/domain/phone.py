"""Phone: a device that was paired once and stays signed in as its member until somebody ends that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Phone:
    """`name` says in plain words what it is; `revoked_at`: somebody ended the pairing."""

    id: str
    organisation_id: str
    member_id: str
    name: str
    paired_at: datetime
    seen_at: datetime
    revoked_at: datetime | None = None
