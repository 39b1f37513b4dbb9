"""The hot path: a batch of items in, the few that concern somebody out. What concerns nobody leaves no trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ouidire.domain.item import Item
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match
from ouidire.match.followed import Followed, FollowedBy, FollowedKind
from ouidire.match.matcher import Matcher, in_order
from ouidire.match.names import Scanned
from ouidire.match.window import OrphanWindow


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item and the organisation it speaks of."""

    item: Item
    match: Match


def sift(
    items: Sequence[Item],
    matcher: Matcher,
    followed: Followed,
    seen_at: datetime,
    window: OrphanWindow | None = None,
    failed: list[tuple[Item, Exception]] | None = None,
) -> list[Candidate]:
    """The items that concern somebody, in the order given, each with its children that had waited for it.

    An item is heard when it is, answers, quotes or repeats something followed or found earlier in this batch, or when
    `matcher` finds a sign of ours in it. `followed` is only read: the caller adds what it kept. An item at which a bug
    of ours breaks goes to `failed`, where given; else the bug is raised.
    """
    sieve = _Sieve(matcher, followed, window)
    scanned = matcher.scan(items)
    for number, item in enumerate(items):
        try:
            sieve.take(item, scanned.get(number), seen_at)
        except Exception as error:
            if failed is None:
                raise
            failed.append((item, error))
    return sieve.candidates


class _Sieve:
    """One batch on its way through; remembers what it found, for the children within the batch."""

    def __init__(self, matcher: Matcher, followed: Followed, window: OrphanWindow | None) -> None:
        self._matcher = matcher
        self._followed = followed
        self._window = window
        self._found: dict[str, dict[str, FollowedBy]] = {}
        self._found_uris: set[str] = set()
        self.candidates: list[Candidate] = []

    def take(self, item: Item, scanned: Scanned | None, seen_at: datetime) -> None:
        matches = self._matches(item, self._matcher.match_scanned(item, scanned))
        if matches:
            self._keep(item, matches)
        elif self._window is not None and (item.parent_uri or item.quoted_uri or item.reposted_uri or item.root_uri):
            self._window.add(item, seen_at)

    def _keep(self, item: Item, matches: Sequence[Match]) -> None:
        """Keep `item`, and everything that waited for it, however deep; a loop of replies ends at what is kept."""
        waiting = [(item, tuple(matches))]
        while waiting:
            parent, parent_matches = waiting.pop()
            known = self._found.setdefault(parent.key, {})
            self._found_uris.add(parent.uri)
            fresh = [m for m in parent_matches if m.organisation_id not in known or parent is item]
            for match in fresh:
                known[match.organisation_id] = FollowedBy(match.organisation_id, match.place_id, FollowedKind.ITEM)
                self.candidates.append(Candidate(parent, match))
            children = self._window.take(parent.key) if self._window is not None and fresh else []
            waiting += [(one, tuple(self._matches(one, self._matcher.match(one)))) for one in reversed(children)]

    def _matches(self, item: Item, named: list[Match]) -> list[Match]:
        if not self._is_followed(item):
            return named
        reasons = self._reasons(item)
        by_name = {match.organisation_id: match for match in named}
        for organisation_id, (entry, evidence) in reasons.items():
            match = self._followed_match(item, by_name.get(organisation_id), entry, evidence)
            if match is not None:
                by_name[organisation_id] = match
        return [by_name[organisation_id] for organisation_id in sorted(by_name)]

    def _is_followed(self, item: Item) -> bool:
        """The cheap question that every item pays for, by bare URIs; `_reasons` then asks who and why."""
        uris, found = self._followed.uris, self._found_uris
        if item.uri in uris or item.author.uri in uris or item.uri in found:
            return True
        if not (item.parent_uri or item.root_uri or item.quoted_uri or item.reposted_uri):
            return False
        return any(uri in uris or uri in found for uri in item.relations())

    def _reasons(self, item: Item) -> dict[str, tuple[FollowedBy, list[Evidence]]]:
        """Per organisation, the first followed entry and the evidence; an author comes last, as the weakest."""
        reasons: dict[str, tuple[FollowedBy, list[Evidence]]] = {}
        connector = item.connector
        for kind, uri in (
            (EvidenceKind.REVISION, item.uri),
            (EvidenceKind.REPLY, item.parent_uri),
            (EvidenceKind.QUOTE, item.quoted_uri),
            (EvidenceKind.REPOST, item.reposted_uri),
            (EvidenceKind.REPLY, item.root_uri),
            (EvidenceKind.AUTHOR, item.author.uri),
        ):
            if not uri:
                continue
            for entry in self._followers(f"{connector}:{uri}"):
                if (entry.kind is FollowedKind.AUTHOR) is (kind is EvidenceKind.AUTHOR):
                    reasons.setdefault(entry.organisation_id, (entry, []))[1].append(Evidence(kind, uri))
        return reasons

    def _followers(self, key: str) -> Sequence[FollowedBy]:
        kept = self._followed.organisations(key)
        if key not in self._found:
            return kept
        return tuple({**{e.organisation_id: e for e in kept}, **self._found[key]}.values())

    def _followed_match(
        self, item: Item, named: Match | None, entry: FollowedBy, evidence: Sequence[Evidence]
    ) -> Match | None:
        """The match that following gives; its own words decide the place before what it hangs on does."""
        where = self._matcher.locate(item, entry.organisation_id, entry.place_id)
        if named is not None:
            own = named.place_id if where.said else entry.place_id or named.place_id
            joined = in_order([*named.evidence, *evidence])
            return replace(named, place_id=own, evidence=joined, p=max(named.p, where.p), ask=Ask.NOTHING)
        if entry.kind is FollowedKind.AUTHOR and not _speaks_of(where.evidence, where.place_id, entry):
            return None
        place_id = where.place_id if where.said and where.place_id else entry.place_id
        return Match(entry.organisation_id, place_id, None, in_order([*where.evidence, *evidence]))


def _speaks_of(evidence: Sequence[Evidence], place_id: str | None, entry: FollowedBy) -> bool:
    """Does a followed author, in a post of their own, speak of the place their conversation is about?"""
    local = any(e.kind is EvidenceKind.LOCALITY for e in evidence)
    return local and (entry.place_id is None or place_id in (None, entry.place_id))
