"""Source: a connector set up; it has a cursor and a health."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SourceState(StrEnum):
    NEW = "new"
    HEARING = "hearing"
    DEAF = "deaf"
    PAUSED = "paused"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Source:
    """`organisation_id` None: a public stream heard once for everyone. `settings` hold no secret.

    `deaf_since` is when it stopped hearing; `because` says why, in a sentence for a person.
    `listens` is false for an account that is only used to answer. `own_uri` is our own account there, once tried;
    `can_reply` says that credentials to answer were tried and work. What is polled has a `due_at` (None: at once), and
    a rhythm once it is known: `usual_s` between two words, and when it last `spoke_at`. `note` says what a person
    should know of it that is no fault.
    """

    id: str
    organisation_id: str | None
    connector: str
    name: str
    settings: dict[str, str] = field(default_factory=dict)
    listens: bool = True
    cursor: str = ""
    state: SourceState = SourceState.NEW
    last_heard_at: datetime | None = None
    deaf_since: datetime | None = None
    because: str = ""
    heard: int = 0
    kept: int = 0
    dropped: int = 0
    own_uri: str = ""
    can_reply: bool = False
    due_at: datetime | None = None
    usual_s: float | None = None
    spoke_at: datetime | None = None
    note: str = ""
