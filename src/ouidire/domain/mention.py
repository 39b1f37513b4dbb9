"""Mention: an item that speaks of an organisation, with the evidence that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EvidenceKind(StrEnum):
    NAME = "name"
    ALIAS = "alias"
    HANDLE = "handle"
    HASHTAG = "hashtag"
    LINK = "link"
    LISTING = "listing"
    LOCALITY = "locality"
    COORDINATES = "coordinates"
    REQUIRED = "required"
    REPLY = "reply"
    QUOTE = "quote"
    REPOST = "repost"
    AUTHOR = "author"
    REVISION = "revision"
    PASTED = "pasted"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason, as a value: what was found (`found`, in the post's own words) and where (offsets in the text)."""

    kind: EvidenceKind
    found: str
    start: int = -1
    end: int = -1


@dataclass(frozen=True, slots=True)
class Match:
    """A decision of `match`: this item speaks of this organisation, at this place (None: place unknown)."""

    organisation_id: str
    place_id: str | None
    watch_id: str | None
    evidence: tuple[Evidence, ...]


class MentionState(StrEnum):
    OURS = "ours"
    NOT_OURS = "not_ours"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class Mention:
    """`is_news` was decided when it was first seen and never changes.

    `absence_id` says that it was written while its source was absent, and heard when that was caught up with.
    """

    id: str
    organisation_id: str
    item_id: str
    place_id: str | None
    state: MentionState
    evidence: tuple[Evidence, ...]
    first_seen_at: datetime
    is_news: bool
    is_own: bool = False
    enrichment_id: str | None = None
    absence_id: str | None = None
