"""The ears: everything the hot path needs in memory, kept in step with the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from ouidire.domain.item import Batch, Dropped, Gone, Item, clean
from ouidire.domain.lesson import Lessons
from ouidire.domain.mention import MentionState
from ouidire.domain.sound import sound
from ouidire.errors import BadInput
from ouidire.match import snapshot
from ouidire.match.aside import Aside
from ouidire.match.followed import Followed, FollowedKind
from ouidire.match.hot import Candidate, sift
from ouidire.match.links import parse_handle
from ouidire.match.matcher import Matcher
from ouidire.match.window import OrphanWindow
from ouidire.store import followed as followed_rows
from ouidire.store import heard, keep, lessons, organisations, states, watches
from ouidire.store import refused as refused_rows
from ouidire.store.engine import Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.heard import Changes, Version
from ouidire.store.keep import Found
from ouidire.store.refused import MOST_IN_ALL, Refused

log = structlog.get_logger()

UNSTORABLE = (
    "It holds what no store keeps (NUL, half a character, an endless address): its connector should have removed it."
)
FAULT = "A fault of ours, not of the message"

SNAPSHOT_FROM = 50_000
"""From so many watches on they are packed into a snapshot: fewer are read in a second or two."""

ANEW = timedelta(days=1)
"""How often what is followed is read anew: what has expired since is then followed no longer."""


LEFT_AT_ONCE = 20
"""So many are left aside of one batch, the likeliest: a name that everybody says must not fill the store."""


@dataclass(frozen=True, slots=True)
class Sifted:
    """What of a batch concerns somebody, oldest words first; which deletions do; and what could not be used.

    `refused` was nearly about somebody.
    """

    found: tuple[Found, ...]
    gone: tuple[Gone, ...]
    dropped: tuple[Dropped, ...]
    refused: tuple[Refused, ...] = ()


class Ears:
    """The matcher, the followed keys, the muted and the own authors. `refresh` reads only what changed.

    `leaves_aside`: what was nearly about somebody is handed on, too.
    """

    def __init__(self, folder: Path | None = None, *, leaves_aside: bool = False) -> None:
        """`folder`: where a large house keeps its snapshot, which every process opens and shares; None: nowhere."""
        self._folder = folder
        self._leaves_aside = leaves_aside
        self._aside = Aside(MOST_IN_ALL)
        self.matcher = Matcher((), ())
        self.followed = Followed()
        self.window = OrphanWindow()
        self._muted: set[tuple[str, str]] = set()
        self._own: set[tuple[str, str]] = set()
        self._authors: set[str] = set()
        self._version: Version | None = None
        self._lessons = Lessons()
        self._learned = "0"
        self._last_followed = 0
        self._read_anew_at: datetime | None = None

    def refresh(self, tx: Tx, at: datetime) -> None:
        """Take over what other parts of the house have changed since the last call. Cheap when nothing has."""
        version = heard.version(tx)
        if version != self._version:
            self._take_over(tx, version)
            self.matcher.set_lessons(self._lessons)
            self._muted, self._own = watches.muted(tx), watches.own_authors(tx)
            self._version = version
        learned = states.get(tx, states.LESSONS, "0")
        if learned != self._learned:
            self._lessons, self._learned = lessons.read(tx), learned
            self.matcher.set_lessons(self._lessons)
        if self._read_anew_at is None or abs(at - self._read_anew_at) >= ANEW:
            self.followed, self._last_followed, self._read_anew_at = Followed(), 0, at
            self._authors = keep.authors(tx)
            self._aside = Aside(MOST_IN_ALL, refused_rows.keys(tx))
        keys, self._last_followed = followed_rows.since(tx, self._last_followed, at)
        self.follow(one for one in keys if one.expires_at > at)
        for one in keys:
            if one.expires_at <= at:
                self.followed.discard(one.key, one.organisation_id)

    def _take_over(self, tx: Tx, version: Version) -> None:
        """Only what has changed, where that is known; else everything, from the snapshot if there is one."""
        if self._version is None and self._folder is not None:
            self._open(self._folder)
        changes = heard.since(tx, self._version) if self._version else None
        if changes is not None:
            self._change(tx, changes)
        if changes is None or self.matcher.signs.is_outgrown():
            self._take_over_all(tx, version)

    def _take_over_all(self, tx: Tx, version: Version) -> None:
        if self._folder is not None and watches.how_many(tx) >= SNAPSHOT_FROM:
            self._pack(tx, self._folder, version)
        else:
            self.matcher = Matcher(watches.each(tx), organisations.each_place(tx))

    def _open(self, folder: Path) -> None:
        try:
            self.matcher, said = snapshot.open_snapshot(folder)
        except FileNotFoundError:
            return
        except (BadInput, OSError) as error:
            log.warning("the snapshot is made anew", because=str(error))
            return
        line, _, number = said.partition(":")
        self._version = Version(line, int(number))

    def _pack(self, tx: Tx, folder: Path, version: Version) -> None:
        try:
            snapshot.write(folder, watches.each(tx), organisations.each_place(tx), f"{version.line}:{version.number}")
            self.matcher, _ = snapshot.open_snapshot(folder)
        except OSError as error:  # no room, or another process holds the old one: it works in memory as well
            log.warning("no snapshot could be written", because=str(error))
            self.matcher = Matcher(watches.each(tx), organisations.each_place(tx))

    def _change(self, tx: Tx, changes: Changes) -> None:
        """Places first: their words may be what a name needs beside it."""
        of_places = {one.id for place in changes.places for _, one in self.matcher.catalogue.watches_about(place)}
        places = organisations.some_places(tx, changes.places)
        ones = watches.some(tx, {*changes.watches, *of_places}, changes.places)
        for place_id in changes.places - {place.id for place in places}:
            self.matcher.remove_place(place_id)
        for watch_id in (changes.watches | of_places) - {one.id for one in ones}:
            self.matcher.remove_watch(watch_id)
        for place in places:
            self.matcher.put_place(place)
        for one in ones:
            if self.matcher.catalogue.watch(one.id) != one:
                self.matcher.put_watch(one)

    def follow(self, keys: Iterable[FollowedKey]) -> None:
        """Listen for these from now on, before the next `refresh` would say so."""
        for one in keys:
            self.followed.add(one.key, one.organisation_id, one.place_id, FollowedKind(one.kind))

    def sift(self, batch: Batch, at: datetime, whose: str | None = None) -> Sifted:
        """What of a batch concerns somebody; own and muted authors are marked, never dropped.

        `whose` is the organisation that the source belongs to: what it brings is for nobody else. None: for everyone.
        """
        self._forget(batch.gone)  # a reply deleted while it waited for its parent must not come back
        found: list[Found] = []
        failed: list[tuple[Item, Exception]] = []
        fell: list[Candidate] | None = [] if self._leaves_aside else None
        candidates = sift(batch.items, self.matcher, self.followed, at, self.window, failed, fell)
        dropped = [_failed(item, error) for item, error in failed]
        for one in candidates:
            if whose not in (None, one.match.organisation_id):
                continue
            item = sound(one.item, at)
            if item is None:
                dropped.append(Dropped(UNSTORABLE, clean(one.item.text[:200])))
            else:
                found.append(self._marked(one, item))
        self._forget(batch.gone)  # nor one that began to wait in this very batch
        found.sort(key=lambda one: one.item.written_at)  # a parent that came after its child is placed before it
        self._authors.update(f"{one.item.connector}:{one.item.author.uri}" for one in found)
        refused = self._left_aside(fell, at, whose) if fell else ()
        gone = self._concerned(batch.gone, {one.item.key for one in found})
        return Sifted(tuple(found), gone, tuple(dropped), refused)

    def _left_aside(self, fell: Iterable[Candidate], at: datetime, whose: str | None) -> tuple[Refused, ...]:
        """What of it a member might want to see: not what they imported, muted or wrote themselves."""
        left: list[Refused] = []
        for one in sorted(fell, key=lambda one: -one.match.p):
            who = (one.match.organisation_id, f"{one.item.connector}:{one.item.author.uri}")
            if whose not in (None, who[0]) or one.item.imported or who in self._muted or who in self._own:
                continue
            if (item := sound(one.item, at)) is not None and len(left) < LEFT_AT_ONCE:
                left.append(Refused(item, one.match))
                self._aside.add(item.key, who[1])
        return tuple(left)

    def _forget(self, gone: Iterable[Gone]) -> None:
        for one in gone:
            self.window.forget(one)

    def _concerned(self, gone: Iterable[Gone], just_found: set[str]) -> tuple[Gone, ...]:
        """Which of these deletions touch something we keep, or are about to."""

        def is_ours(one: Gone) -> bool:
            if one.uri:
                # What is kept is not followed for as long; of whom nothing is kept, there is nothing to forget.
                key = f"{one.connector}:{one.uri}"
                if key in self.followed or key in just_found or self._aside.holds(key) or not one.author_uri:
                    return True
            author_key = f"{one.connector}:{one.author_uri}"
            return author_key in self._authors or (not one.uri and self._aside.holds_author(author_key))

        return tuple(one for one in gone if is_ours(one))

    def _marked(self, one: Candidate, item: Item) -> Found:
        who = (one.match.organisation_id, f"{item.connector}:{item.author.uri}")
        state = MentionState.MUTED if who in self._muted else MentionState.OURS
        return Found(item, one.match, state, who in self._own or self._is_ours(item, one.match.organisation_id))

    def _is_ours(self, item: Item, organisation_id: str) -> bool:
        """In an import nobody tells whose account is whose: its format knows our words, or our handle does."""
        if not item.imported:
            return False
        if item.is_ours or not item.author.handle:
            return item.is_ours
        ours = self.matcher.catalogue.handled(parse_handle(item.author.handle))
        return any(one.organisation_id == organisation_id for one in ours)


def _failed(item: Item, error: Exception) -> Dropped:
    log.error("a message could not be matched", item=item.key[:200], exc_info=error)
    return Dropped(f"{FAULT} ({type(error).__name__})", clean(item.key[:200]))
