"""Item: one public message as a network gave it, and what else a network tells (gone, dropped, a gap).

These are msgspec structs, not dataclasses: thousands are made each second and nearly all are thrown away
(docs/decisions/0002-items-are-structs.md). They hold nothing that could hold them (`gc=False`): the garbage
collector need not walk the thousands that wait for a parent.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

MAX_TEXT = 20_000
"""Longer texts are cut: nobody writes a tip of ten megabytes, and every later step is linear in it."""

NEWS_AGE = timedelta(hours=6)
"""What was written longer ago than this before we saw it is counted and shown, never pushed as news."""

BY_HAND = "pasted"
"""The connector of what a member brings in by hand: news to nobody, and yet it may wait for an answer."""

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class ItemKind(StrEnum):
    POST = "post"
    REVIEW = "review"
    REPOST = "repost"


class Author(msgspec.Struct, frozen=True, gc=False):
    """Who wrote: `uri` is canonical on its network (a DID, a profile address)."""

    uri: str
    handle: str = ""
    name: str = ""


class Geo(msgspec.Struct, frozen=True, gc=False):
    lat: float
    lon: float


class Item(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One public message. `uri` is canonical; `url` is where a person can see it.

    `parent_uri`, `root_uri`, `quoted_uri`, `reposted_uri` are canonical URIs of other items on the same network.
    `addressed` are author URIs or handles the post speaks to; `hashtags` come without '#'.
    `listing_id` is the network's own id of a place (review sites, check-ins). `rating` is 1 to 5.
    What was imported may also know where it was said (`said_on`), the id of the place that a member says it is about
    (`about`), and that we wrote it ourselves (`is_ours`).
    """

    connector: str
    uri: str
    author: Author
    text: str
    written_at: datetime
    kind: ItemKind = ItemKind.POST
    url: str = ""
    languages: tuple[str, ...] = ()
    parent_uri: str = ""
    root_uri: str = ""
    quoted_uri: str = ""
    reposted_uri: str = ""
    links: tuple[str, ...] = ()
    addressed: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    listing_id: str = ""
    geo: Geo | None = None
    rating: float | None = None
    revision: str = ""
    has_picture: bool = False
    imported: bool = False
    said_on: str = ""
    about: str = ""
    is_ours: bool = False

    @property
    def key(self) -> str:
        return f"{self.connector}:{self.uri}"

    @property
    def network(self) -> str:
        """What people call the place where it was written: of one connector's several networks, the one meant."""
        scheme, _, rest = self.uri.partition("://")
        return rest.split("/", 1)[0] if scheme == "sim" else self.connector

    @property
    def listings(self) -> tuple[str, ...]:
        """What a place of ours may be listed under: the id alone, and as this network's own ('google:ChIJ…')."""
        if not self.listing_id:
            return ()
        return self.listing_id, f"{(self.said_on or self.network).casefold()}:{self.listing_id}"

    def relations(self) -> tuple[str, ...]:
        """URIs of the items this one repeats, answers or quotes, nearest first, each once."""
        near = (self.reposted_uri, self.parent_uri, self.quoted_uri, self.root_uri)
        return tuple({uri: None for uri in near if uri})

    def is_news(self, seen_at: datetime) -> bool:
        """May this be pushed to a person now? Old, imported and back-filled items may not."""
        return not self.imported and seen_at - self.written_at <= NEWS_AGE


class Gone(msgspec.Struct, frozen=True, gc=False):
    """A network says that an item, or (with `author_uri` alone) everything of an author, no longer exists.

    With both, `author_uri` says who wrote the item: most deletions concern nobody, and this tells it at once.
    """

    connector: str
    uri: str = ""
    author_uri: str = ""


class Dropped(msgspec.Struct, frozen=True, gc=False):
    """Input we could not use: why, and its beginning, so that a person can look."""

    reason: str
    sample: str = ""


class Gap(msgspec.Struct, frozen=True, gc=False):
    """A stretch of time the network could not replay for us."""

    since: datetime
    until: datetime
    because: str


class Rhythm(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How often what is polled speaks, as far as it is known.

    `next_s`: how long to wait before it is asked again. `usual_s`: the time that usually passes between two words of
    it; `spoke_at`: when it last spoke. `note`: what a person should know of the source, a sentence; empty: nothing.
    """

    next_s: float
    usual_s: float | None = None
    spoke_at: datetime | None = None
    note: str = ""


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader hands over at once; `cursor` covers everything in it and nothing after it.

    `heard` counts every event the network sent in this stretch, of use to us or not: it proves that we are not deaf.
    `lag_s` is how far behind the network's present the batch is, when known. `rhythm` is a poll's word on when to ask
    again. `received` are the ids of the kept calls that are covered: they are forgotten in the same commit. `told_at`
    is the network's own time of the newest event in it.
    """

    items: tuple[Item, ...] = ()
    gone: tuple[Gone, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    gap: Gap | None = None
    cursor: str = ""
    heard: int = 0
    lag_s: float | None = None
    rhythm: Rhythm | None = None
    received: tuple[str, ...] = ()
    told_at: datetime | None = None


def is_storable(text: str) -> bool:
    """Does every store keep `text`? No NUL, no lone surrogate."""
    return _UNSTORABLE.search(text) is None


def clean(text: str) -> str:
    """`text` without NUL and lone surrogates (no store keeps them), cut at `MAX_TEXT` characters."""
    return _UNSTORABLE.sub("", text[: MAX_TEXT * 2])[:MAX_TEXT]
