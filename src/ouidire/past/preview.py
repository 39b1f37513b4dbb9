"""What the first posts of a file would become here: which are kept, for which place, which are of no use and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ouidire import clock
from ouidire.connectors.files.look import Sample
from ouidire.connectors.files.propose import Doubt
from ouidire.domain.enrichment import Span
from ouidire.domain.item import Item
from ouidire.domain.member import Member
from ouidire.domain.mention import found_at
from ouidire.inbox import read
from ouidire.match.followed import Followed
from ouidire.match.hot import sift
from ouidire.match.matcher import Matcher
from ouidire.shield.known import known_names
from ouidire.store import organisations, watches
from ouidire.store.engine import Tx

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Post:
    """One post as it would be kept; `hidden` are the marks that stand for names."""

    text: str
    spans: tuple[Span, ...]
    hidden: tuple[Span, ...]
    written_at: datetime
    author: str
    rating: float | None
    network: str
    place_id: str | None
    is_ours: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """Of `heard` posts, `kept` speak of us, `others` do not, `dropped` are of no use; `posts` are the first kept."""

    heard: int
    kept: int
    others: int
    dropped: int
    posts: tuple[Post, ...]
    reasons: tuple[tuple[str, int], ...]
    doubts: tuple[Doubt, ...]
    is_hopeless: bool


def matcher_for(tx: Tx, organisation_id: str) -> Matcher:
    """What one organisation listens for, ready to look at posts."""
    return Matcher(watches.of_organisation(tx, organisation_id), organisations.places_of(tx, organisation_id))


def preview(tx: Tx, member: Member, found: Sample) -> Preview:
    """What would be kept for this member's organisation, masked as they would read it."""
    matcher, known = matcher_for(tx, member.organisation_id), read.names_known_to(tx, member)
    candidates = sift(found.items, matcher, Followed(), clock.now())
    posts = [
        _post(one.item, one.match.place_id, found_at(one.match.evidence), member, known) for one in candidates[:SHOWN]
    ]
    kept = len({one.item.uri for one in candidates})
    return Preview(
        heard=found.heard,
        kept=kept,
        others=len(found.items) - kept,
        dropped=len(found.dropped),
        posts=tuple(posts),
        reasons=found.reasons,
        doubts=found.doubts,
        is_hopeless=found.is_hopeless,
    )


def veil(tx: Tx, organisation_id: str, member: Member | None) -> Callable[[str], str]:
    """How raw words of a file are shown: without names of employees, but to who manages the only place."""
    if member is not None and member.sees_names(None):
        return str
    known = known_names(watches.of_organisation(tx, organisation_id), organisations.places_of(tx, organisation_id))
    return lambda text: read.masked(text, (), known)[0]


def _post(item: Item, place_id: str | None, spans: tuple[Span, ...], member: Member, known: Sequence[str]) -> Post:
    sees = member.sees_names(place_id)
    text, marked, hidden = (item.text, spans, ()) if sees else read.masked(item.text, spans, known)
    author = item.author.name or item.author.handle
    return Post(
        text, tuple(marked), tuple(hidden), item.written_at, author, item.rating, item.said_on, place_id, item.is_ours
    )
