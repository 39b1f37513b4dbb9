"""Subscription: a network's promise to call us for a time when there is something new; and what came so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SubscriptionState(StrEnum):
    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Subscription:
    """`hub` is who calls, `topic` about what. Active until `until`; `because` says why it was refused or failed.

    `missed` counts what polling found although the hub should have called: one that misses is not relied on.
    """

    source_id: str
    hub: str
    topic: str
    state: SubscriptionState
    asked_at: datetime
    until: datetime | None = None
    because: str = ""
    missed: int = 0

    def holds(self, at: datetime) -> bool:
        """Will we be called?"""
        return self.state is SubscriptionState.ACTIVE and self.until is not None and self.until > at


@dataclass(frozen=True, slots=True)
class Received:
    """The body of a network's call, kept before it was answered: no cursor brings it back."""

    id: str
    source_id: str
    kind: str
    body: bytes
    at: datetime
