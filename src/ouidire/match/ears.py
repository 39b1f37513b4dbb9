"""The ears: everything the hot path needs in memory, kept in step with the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ouidire.domain.item import Batch, Dropped, Gone, Item, clean
from ouidire.domain.mention import MentionState
from ouidire.domain.sound import sound
from ouidire.match.followed import Followed, FollowedKind
from ouidire.match.hot import Candidate, sift
from ouidire.match.matcher import Matcher
from ouidire.match.window import OrphanWindow
from ouidire.store import followed as followed_rows
from ouidire.store import keep, organisations, states, watches
from ouidire.store.engine import Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.keep import Found

UNSTORABLE = "It holds letters that no store keeps (NUL or half a character): its connector should have removed them."


@dataclass(frozen=True, slots=True)
class Sifted:
    """What of a batch concerns somebody, oldest words first; which deletions do; and what could not be used."""

    found: tuple[Found, ...]
    gone: tuple[Gone, ...]
    dropped: tuple[Dropped, ...]


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

    def sift(self, batch: Batch, at: datetime) -> Sifted:
        """What of a batch concerns somebody; own and muted authors are marked, never dropped."""
        self._forget(batch.gone)  # a reply deleted while it waited for its parent must not come back
        found: list[Found] = []
        dropped: list[Dropped] = []
        for one in sift(batch.items, self.matcher, self.followed, at, self.window):
            item = sound(one.item, at)
            if item is None:
                dropped.append(Dropped(UNSTORABLE, clean(one.item.text[:200])))
            else:
                found.append(self._marked(one, item))
        self._forget(batch.gone)  # nor one that began to wait in this very batch
        found.sort(key=lambda one: one.item.written_at)  # a parent that came after its child is placed before it
        self._authors.update(f"{one.item.connector}:{one.item.author.uri}" for one in found)
        return Sifted(tuple(found), self._concerned(batch.gone, {one.item.key for one in found}), tuple(dropped))

    def _forget(self, gone: Iterable[Gone]) -> None:
        for one in gone:
            self.window.forget(one)

    def _concerned(self, gone: Iterable[Gone], just_found: set[str]) -> tuple[Gone, ...]:
        """Which of these deletions touch something we keep, or are about to."""

        def is_ours(one: Gone) -> bool:
            if one.uri:
                key = f"{one.connector}:{one.uri}"
                return key in self.followed or key in just_found
            return f"{one.connector}:{one.author_uri}" in self._authors

        return tuple(one for one in gone if is_ours(one))

    def _marked(self, one: Candidate, item: Item) -> Found:
        who = (one.match.organisation_id, f"{item.connector}:{item.author.uri}")
        state = MentionState.MUTED if who in self._muted else MentionState.OURS
        return Found(item, one.match, state, who in self._own)
