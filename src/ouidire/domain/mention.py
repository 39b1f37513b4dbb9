"""Mention: an item that speaks of an organisation, with the evidence that says so."""

from __future__ import annotations

from collections.abc import Iterable
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
    FORMER = "former"
    """A name that it had before."""
    SPELLING = "spelling"
    """A name with one slip of the pen."""
    VENUE = "venue"
    """The place that the network itself attached: a check-in, a venue."""
    PRODUCT = "product"
    """Something that only this place sells, or that its kind of house does."""
    CONTEXT = "context"
    """Words that usually stand beside the name when it is ours."""
    LANGUAGE = "language"
    OPEN = "open"
    """It was open at that moment, and the author speaks of being there."""
    HABIT = "habit"
    """The author has spoken of this place before."""
    ALONE = "alone"
    """The organisation has only this one place."""
    RULE = "rule"
    COMMON = "common"
    """Against: the name is an ordinary word, too."""
    SHARED = "shared"
    """Against: others bear the same name."""
    ELSEWHERE = "elsewhere"
    """Against: a town is named in which there is no place of ours."""
    FAR = "far"
    """Against: it was written far from the place."""
    SISTERS = "sisters"
    """Against: several places of ours fit as well."""
    ODD = "odd"
    """Against: words that usually stand beside the name when it is not ours."""
    WORDING = "wording"
    """How the sentence goes: as those about a business do, or (against) as others."""
    SHORT = "short"
    """A name without what such houses are called, beside a word of its place: 'Kerbrat' for 'Pharmacie Kerbrat'."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason, as a value: what was found (`found`, in the post's own words) and where (offsets in the text).

    `place_id`: the one place it speaks for or against; None: the organisation as a whole. `weight`: by how much it
    moved the log-odds; below nought it speaks against.
    """

    kind: EvidenceKind
    found: str
    start: int = -1
    end: int = -1
    place_id: str | None = None
    weight: float = 0.0

    def weighing(self, weight: float) -> Evidence:
        """The same with another weight: `replace` takes three times as long, and every piece is weighed."""
        return Evidence(self.kind, self.found, self.start, self.end, self.place_id, weight)


def found_at(evidence: Iterable[Evidence]) -> tuple[tuple[int, int], ...]:
    """Where the words stand by which a post was found, for whoever marks them. How its sentence goes is told in words:
    marked, it would hide the name.

    >>> found_at([Evidence(EvidenceKind.NAME, "Lulu", 5, 9), Evidence(EvidenceKind.WORDING, "chez", 0, 4)])
    ((5, 9),)
    """
    return tuple((one.start, one.end) for one in evidence if one.start >= 0 and one.kind is not EvidenceKind.WORDING)


class Ask(StrEnum):
    """What a member has to be asked about a post; NOTHING: the decision stands."""

    NOTHING = ""
    ABOUT_US = "about_us"
    WHICH_PLACE = "which_place"


@dataclass(frozen=True, slots=True)
class PlaceCandidate:
    """A place that may be meant, and the probability that it is."""

    place_id: str
    p: float


@dataclass(frozen=True, slots=True)
class Match:
    """A decision of `match`: this item speaks of this organisation, at this place (None: place unknown).

    `p` is the probability of both together (of the organisation alone where the place is unknown); `candidates` are the
    places that may be meant, the likeliest first. `ask` says what a member is to be asked before it counts.
    """

    organisation_id: str
    place_id: str | None
    watch_id: str | None
    evidence: tuple[Evidence, ...]
    p: float = 1.0
    candidates: tuple[PlaceCandidate, ...] = ()
    ask: Ask = Ask.NOTHING


class MentionState(StrEnum):
    OURS = "ours"
    NOT_OURS = "not_ours"
    MUTED = "muted"
    ASKED = "asked"
    """Perhaps about us: it counts for nothing until a member has said so."""


@dataclass(frozen=True, slots=True)
class Mention:
    """`is_news` was decided when it was first seen; of one that was ASKED, again when a member called it ours.

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
    p: float = 1.0
    candidates: tuple[PlaceCandidate, ...] = ()
