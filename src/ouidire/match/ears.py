"""The ears: everything the hot path needs in memory, kept in step with the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from ouidire.domain.item import Batch, Gone
from ouidire.domain.mention import MentionState
from ouidire.match.followed import Followed, FollowedKind
from ouidire.match.hot import Candidate, sift
from ouidire.match.matcher import Matcher
from ouidire.match.window import OrphanWindow
from ouidire.store import followed as followed_rows
from ouidire.store import keep, organisations, states, watches
from ouidire.store.engine import Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.keep import Found


class Ears:
    """The matcher, the followed keys, the muted and the own authors. `refresh` reads only what changed."""

    def __init__(self) -> None:
        self.matcher = Matcher((), ())
        self.followed = Followed()
        self.window = OrphanWindow()
        self._muted: set[tuple[str, str]] = set()
        self._own: set[tuple[str, str]] = set()
        self._authors: set[str] = set()
        self._version = ""
        self._last_followed = 0

    def refresh(self, tx: Tx, at: datetime) -> None:
        """Take over what other parts of the house have changed since the last call. Cheap when nothing has."""
        version = states.get(tx, states.EARS, "0")
        if version != self._version:
            self.matcher = Matcher(watches.every(tx), organisations.every_place(tx))
            self._muted, self._own = watches.muted(tx), watches.own_authors(tx)
            self._version = version
        if not self._last_followed:
            self._authors = keep.authors(tx)
        keys, self._last_followed = followed_rows.since(tx, self._last_followed, at)
        self.follow(one for one in keys if one.expires_at > at)
        for one in keys:
            if one.expires_at <= at:
                self.followed.discard(one.key, one.organisation_id)

    def follow(self, keys: Iterable[FollowedKey]) -> None:
        """Listen for these from now on, before the next `refresh` would say so."""
        for one in keys:
            self.followed.add(one.key, one.organisation_id, one.place_id, FollowedKind(one.kind))

    def sift(self, batch: Batch, at: datetime) -> list[Found]:
        """What of a batch concerns somebody, oldest words first; own and muted authors are marked, never dropped."""
        for one in batch.gone:
            self.window.forget(one)  # a reply deleted while it waited for its parent must not come back
        found = [self._marked(one) for one in sift(batch.items, self.matcher, self.followed, at, self.window)]
        found.sort(key=lambda one: one.item.written_at)  # a parent that came after its child is placed before it
        self._authors.update(f"{one.item.connector}:{one.item.author.uri}" for one in found)
        return found

    def concerned(self, gone: Iterable[Gone]) -> tuple[Gone, ...]:
        """Which of these deletions touch something we keep."""
        return tuple(
            one
            for one in gone
            if (
                f"{one.connector}:{one.uri}" in self.followed
                if one.uri
                else f"{one.connector}:{one.author_uri}" in self._authors
            )
        )

    def _marked(self, one: Candidate) -> Found:
        who = (one.match.organisation_id, f"{one.item.connector}:{one.item.author.uri}")
        state = MentionState.MUTED if who in self._muted else MentionState.OURS
        return Found(one.item, one.match, state, who in self._own)
