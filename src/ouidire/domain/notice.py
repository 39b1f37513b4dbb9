"""Notice: a word to who runs the house, about the house itself: a source is deaf, a source hears again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from ouidire.domain.place import QuietHours

WEIGHT = 2
"""As grave as somebody who waits: routes for danger alone do not carry it."""

NIGHT = QuietHours(time(22), time(7))
"""When a place that names no quiet hours is left in peace: nobody is woken for a line."""

SELDOM = timedelta(hours=6)
"""A line that comes and goes is told of once in so long; the page shows the rest."""


class NoticeKind(StrEnum):
    DEAF = "deaf"
    HEARS = "hears"


@dataclass(frozen=True, slots=True)
class Notice:
    """One sending to one member. `since` is when the deafness began; `absence_id` what was caught up with (HEARS)."""

    id: str
    organisation_id: str
    source_id: str
    member_id: str
    kind: NoticeKind
    since: datetime
    notifier: str
    target: str
    due_at: datetime
    because: str = ""
    absence_id: str | None = None
    tries: int = 0


def is_long_deaf(deaf_since: datetime | None, awake_since: datetime, at: datetime, limit: timedelta) -> bool:
    """Has the source been deaf for `limit` while we were there to hear it? What was slept through does not count."""
    return deaf_since is not None and at - max(deaf_since, awake_since) >= limit
