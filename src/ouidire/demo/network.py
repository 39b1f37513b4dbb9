"""One pretended network: what happened on it, in order, and what stands there now.

The state is the fold of its events, so that a journal of them brings it back after a restart.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice

import msgspec

from ouidire import clock
from ouidire.domain.ids import new_id

KEPT_EVENTS = 100_000
"""Older events fall out, and a reader that asks for them is told of a gap: memory stays flat."""


class Kind(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    REPOST = "repost"
    AUTHOR_GONE = "author_gone"


class Person(msgspec.Struct, frozen=True):
    handle: str
    name: str = ""


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody does. References are ids on the same network; `at` None means now."""

    kind: Kind = Kind.CREATE
    author: Person = Person("")
    id: str = ""
    text: str = ""
    parent: str = ""
    quoted: str = ""
    reposted: str = ""
    lang: str = ""
    geo: tuple[float, float] | None = None
    rating: float | None = None
    listing_id: str = ""
    at: datetime | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened. `seq` counts from 1 without holes; `revision` is the seq of the latest edit, 0 for none."""

    seq: int
    kind: Kind
    at: datetime
    id: str
    author: Person
    text: str = ""
    parent: str = ""
    root: str = ""
    quoted: str = ""
    reposted: str = ""
    lang: str = ""
    geo: tuple[float, float] | None = None
    rating: float | None = None
    listing_id: str = ""
    revision: int = 0


class Garbled(msgspec.Struct, frozen=True):
    """What stands in an event's place when the network sends bytes that mean nothing."""

    seq: int
    at: datetime
    raw: bytes


@dataclass(frozen=True, slots=True)
class Style:
    """How a network is: its name in addresses, its title for people, and whether programs may answer there."""

    name: str
    title: str
    can_reply: bool = True
    max_text: int = 1000


STYLES = (
    Style("gazouille", "Gazouille"),
    Style("photogram", "Photogram"),
    Style("ciel", "Ciel"),
    Style("bonnetable", "Bonne Table, le guide de votre ville", can_reply=False),
)


class Network:
    """Used from one event loop; `keep` bounds its events, its posts and its remembered idempotency keys."""

    def __init__(self, style: Style, keep: int = KEPT_EVENTS) -> None:
        self.style, self.seq, self._keep = style, 0, keep
        self.accounts: dict[str, Person] = {}
        self.first_at: datetime | None = None
        self._events: deque[Event | Garbled] = deque(maxlen=keep)
        self._posts: dict[str, Event] = {}
        self._keys: dict[tuple[str, str], str] = {}
        self._changed = asyncio.Event()

    def happen(self, act: Act) -> Event:
        """The event that `act` makes, not yet applied. Raises `LookupError` when what it changes is not there."""
        at = act.at or clock.now()
        seq, post_id = self.seq + 1, act.id
        if act.kind in (Kind.UPDATE, Kind.DELETE):
            return self._change(act, seq, at)
        if act.kind is Kind.AUTHOR_GONE:
            return Event(seq=seq, kind=act.kind, at=at, id="", author=act.author)
        fields = {
            name: getattr(act, name) for name in ("text", "parent", "quoted", "reposted", "lang", "geo", "rating")
        }
        return Event(
            seq=seq,
            kind=act.kind,
            at=at,
            id=post_id or new_id().replace("-", "")[:20],
            author=act.author,
            root=self._root(act.parent),
            listing_id=act.listing_id,
            **fields,
        )

    def _change(self, act: Act, seq: int, at: datetime) -> Event:
        former = self._posts[act.id]
        if act.kind is Kind.DELETE:
            return Event(seq=seq, kind=act.kind, at=at, id=act.id, author=former.author)
        # An edited post keeps the time it was written; only its revision tells that it changed.
        return msgspec.structs.replace(former, seq=seq, kind=Kind.UPDATE, text=act.text, revision=seq)

    def _root(self, parent: str) -> str:
        above = self._posts.get(parent)
        return (above.root or above.id) if above else parent

    def apply(self, event: Event, key: str = "") -> None:
        """Let `event` be true, and wake whoever waits for news."""
        self._tell(event)
        self._stand(event)
        if key:
            self._keys[event.author.handle, key] = event.id
        for kept in (self._posts, self._keys):
            while len(kept) > self._keep:
                kept.pop(next(iter(kept)))  # type: ignore[call-overload]

    def garble(self, garbled: Garbled) -> None:
        """Let those bytes be sent in the place of an event."""
        self._tell(garbled)

    def _tell(self, event: Event | Garbled) -> None:
        self.seq = event.seq
        self.first_at = self.first_at or event.at
        self._events.append(event)
        self._changed.set()
        self._changed = asyncio.Event()

    def _stand(self, event: Event) -> None:
        if event.kind is Kind.DELETE:
            self._posts.pop(event.id, None)
        elif event.kind is Kind.AUTHOR_GONE:
            theirs = [p.id for p in self._posts.values() if p.author.handle == event.author.handle]
            for post_id in theirs:
                del self._posts[post_id]
        else:
            self._posts[event.id] = event

    @property
    def oldest_seq(self) -> int:
        return self._events[0].seq if self._events else self.seq + 1

    @property
    def oldest_at(self) -> datetime | None:
        return self._events[0].at if self._events else None

    def after(self, seq: int, limit: int = 500) -> list[Event | Garbled]:
        """Up to `limit` kept events after `seq`, oldest first."""
        start = max(0, seq + 1 - self.oldest_seq)
        return list(islice(self._events, start, start + limit))

    async def wait(self, seq: int, seconds: float) -> None:
        """Return when there is something after `seq`, or after `seconds`."""
        if self.seq > seq:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def wake(self) -> None:
        """Let everybody who waits go (the house closes)."""
        self._changed.set()

    def post(self, post_id: str) -> Event | None:
        return self._posts.get(post_id)

    def post_by_key(self, handle: str, key: str) -> Event | None:
        return self._posts.get(self._keys.get((handle, key), ""))

    def thread(self, post_id: str) -> list[Event]:
        """The posts of the conversation that `post_id` stands in, oldest first; reposts left out."""
        post = self._posts.get(post_id)
        root = (post.root or post.id) if post else post_id
        return [p for p in self._written() if root in (p.id, p.root)]

    def latest(self, limit: int = 100) -> list[Event]:
        """The newest posts first."""
        return list(islice(reversed(self._posts.values()), limit))

    def relays(self, post_id: str) -> list[Event]:
        """Who carried `post_id` further, by repost or quote."""
        return [p for p in self._posts.values() if post_id in (p.reposted, p.quoted)]

    def _written(self) -> Iterator[Event]:
        return (p for p in self._posts.values() if not p.reposted)
