"""The matcher: which organisations, and which of their places, a post speaks of.

A post that concerns nobody costs its share of one scan; everything below `match`'s first lines is for the few others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ouidire.domain.fold import fold, glue
from ouidire.domain.item import Item, ItemKind
from ouidire.domain.mention import Evidence, EvidenceKind, Match
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.catalogue import Catalogue
from ouidire.match.names import Scanned
from ouidire.match.post import Post
from ouidire.match.signs import Heard, Signs
from ouidire.match.where import Pointed, Where, decide

_ADDRESSES = frozenset((EvidenceKind.HANDLE, EvidenceKind.LINK))
_ORDER = {kind: rank for rank, kind in enumerate(EvidenceKind)}


class Matcher:
    """All watches of all organisations, ready to look at posts. Immutable: a changed watch is a new matcher."""

    def __init__(self, watches: Sequence[Watch], places: Sequence[Place]) -> None:
        self.catalogue = Catalogue(watches, places)
        self._signs = Signs(watches)

    def scan(self, items: Sequence[Item]) -> dict[int, Scanned]:
        """Which of `items` hold a name, by their index: what `match` needs to know, for a whole batch in one pass."""
        return self._signs.scan([item.text for item in items])

    def match(self, item: Item) -> list[Match]:
        """The organisations that `item` speaks of, one `Match` each, in the order of their ids.

        A repost is never matched: it says nothing of its own. `required` words guard names, aliases and hashtags (an
        address means only one thing); `excluded` words silence a watch altogether; a review on a listing of ours
        always counts, and so does what a member brought in for one of our places.
        """
        return self.match_scanned(item, self.scan((item,)).get(0))

    def match_scanned(self, item: Item, scanned: Scanned | None, refused: list[Match] | None = None) -> list[Match]:
        """The same, where `scan` has looked at the item: what it found, or None.

        What was looked at closely and is not about its organisation goes to `refused`, where given, with its evidence.
        """
        if scanned is None and not (item.addressed or item.hashtags or item.links or item.listing_id or item.about):
            return []
        if item.kind is ItemKind.REPOST:
            return []
        beside = list(self._signs.look_up(item))
        listed: Sequence[Place] = self.catalogue.listed(item.listing_id) if item.listing_id else ()
        if item.about and (about := self.catalogue.place(item.about)):
            listed = (about,)  # a member said which place it is about: that is more than a listing
        if scanned is None:
            return self._matches(Post(item), beside, listed) if beside or listed else []
        post = Post(item, scanned.folded)
        heard = [*self._signs.read(post, scanned.hits), *beside]
        return self._matches(post, heard, listed) if heard or listed else []

    def consider(self, item: Item) -> list[Match]:
        """Every organisation for which anything in `item` speaks, kept or not, with all evidence for and against."""
        return self.match(item)

    def locate(self, item: Item, organisation_id: str) -> Where:
        """Which place of the organisation `item` means, from its locality words and coordinates alone."""
        return self._where(Post(item), organisation_id, Pointed())

    def _matches(self, post: Post, heard: Sequence[Heard], listed: Sequence[Place]) -> list[Match]:
        allowed: dict[str, list[Heard]] = {place.organisation_id: [] for place in listed}
        for one in heard:
            allowed.setdefault(one.watch.organisation_id, []).append(one)
        found = (
            self._one(post, organisation_id, allowed[organisation_id], listed) for organisation_id in sorted(allowed)
        )
        return [match for match in found if match is not None]

    def _one(self, post: Post, organisation_id: str, heard: Sequence[Heard], listed: Sequence[Place]) -> Match | None:
        kept, evidence = _guarded(post, heard)
        listings = [place.id for place in listed if place.organisation_id == organisation_id]
        if not kept and not listings:
            return None
        where = self._where(post, organisation_id, _pointed(kept, listings))
        if listings:
            evidence.append(_brought(post.item))
        return Match(
            organisation_id, where.place_id, _watch_id(kept, where.place_id), in_order([*evidence, *where.evidence])
        )

    def _where(self, post: Post, organisation_id: str, pointed: Pointed) -> Where:
        places, localities = self.catalogue.places_of(organisation_id), self.catalogue.localities(organisation_id)
        return decide(post, places, localities, pointed)


def _brought(item: Item) -> Evidence:
    """Why an item stands for a place without naming it."""
    return Evidence(EvidenceKind.PASTED, "") if item.about else Evidence(EvidenceKind.LISTING, item.listing_id)


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each reason once: names before localities, then in the order of the text.

    What the network says beside the text (a tag, an account) is left out where the text itself says it.
    """
    once = set(evidence)
    written = {(e.kind, glue(fold(e.found))) for e in once if e.start >= 0}
    kept = (e for e in once if e.start >= 0 or (e.kind, glue(fold(e.found))) not in written)
    return tuple(sorted(kept, key=lambda e: (_ORDER[e.kind], e.start, e.end, e.found)))


def _guarded(post: Post, heard: Sequence[Heard]) -> tuple[list[Heard], list[Evidence]]:
    """What is left of `heard` after `required` and `excluded`, and the evidence for it."""
    kept: list[Heard] = []
    evidence: list[Evidence] = []
    for one in heard:
        if any(post.find(fold(word)) for word in one.watch.excluded):
            continue
        if one.watch.required and one.evidence.kind not in _ADDRESSES:
            spans = [at for word in one.watch.required if (at := post.find(fold(word)))]
            if not spans:
                continue
            evidence += [post.evidence(EvidenceKind.REQUIRED, *at) for at in spans]
        kept.append(one)
        evidence.append(one.evidence)
    return kept, evidence


def _pointed(kept: Sequence[Heard], listings: Sequence[str]) -> Pointed:
    own = [(one.watch.place_id, one.evidence.kind) for one in kept if one.watch.place_id]
    return Pointed(
        listings,
        {place_id for place_id, kind in own if kind in _ADDRESSES},
        {place_id for place_id, kind in own if kind not in _ADDRESSES},
    )


def _watch_id(kept: Sequence[Heard], place_id: str | None) -> str | None:
    """The watch of the place meant, else one of the whole organisation, else the first by id."""
    ranked = sorted((one.watch.place_id != place_id, one.watch.place_id is not None, one.watch.id) for one in kept)
    return ranked[0][2] if ranked else None
