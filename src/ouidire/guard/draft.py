"""What a member wants to say, what the network bears, and what the guard answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ouidire.connectors.manifest import Manifest, Unit
from ouidire.domain.clearance import Clearance, Objection
from ouidire.domain.enrichment import Span
from ouidire.domain.member import Member


@dataclass(frozen=True, slots=True)
class Limits:
    """What the source's network bears. `max_length` and `rate_count` 0, and `max_links` None: no limit."""

    max_length: int = 0
    unit: Unit = "characters"
    max_links: int | None = None
    rate_count: int = 0
    rate_window_s: int = 3600

    @classmethod
    def of(cls, manifest: Manifest) -> Limits:
        """The limits that a connector's manifest declares."""
        rate = manifest.reply_rate
        return cls(
            max_length=manifest.max_reply_length,
            unit=manifest.unit,
            max_links=manifest.max_reply_links,
            rate_count=rate.count if rate else 0,
            rate_window_s=rate.per_s if rate else 3600,
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """A reply before it is cleared. `decided_at` is the moment the member clicked; None: nobody did.

    `recent` are the times and texts of the organisation's other replies (never of this one), reaching back at least
    24 h and `limits.rate_window_s`. `staff` are the spans of employees' names in `text`.
    """

    reply_id: str
    organisation_id: str
    member: Member
    source_id: str
    connector: str
    target_uri: str
    text: str
    decided_at: datetime | None
    limits: Limits
    recent: tuple[tuple[datetime, str], ...] = ()
    staff: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Either a clearance and no objection, or no clearance and every objection at once."""

    clearance: Clearance | None
    objections: tuple[Objection, ...]
