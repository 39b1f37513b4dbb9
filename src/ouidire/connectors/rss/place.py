"""Where we stand in a feed: the cursor."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from ouidire.connectors.rhythm import remembered

from .document import Entry

LEFT = 200
"""So many entries that are no longer in the feed are remembered: some feeds show them again."""


class Place(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`seen` has a key for each entry that was given: which one it is, and what it said then.

    `etag` and `modified` belong to the last document that was given whole. `spoke` are the latest moments at which the
    feed spoke (Unix time). `moved_to` is where the feed went for good; `has_begun` is false until it was read once.
    """

    v: int = 1
    etag: str = ""
    modified: str = ""
    moved_to: str = ""
    hub: str = ""
    topic: str = ""
    least_s: float = 0.0
    hours: list[int] = []
    weekdays: list[int] = []
    seen: list[str] = []
    spoke: list[int] = []
    note: str = ""
    has_begun: bool = False

    def __str__(self) -> str:
        return msgspec.json.encode(self).decode()

    def moments(self) -> list[datetime]:
        return [datetime.fromtimestamp(one, UTC) for one in self.spoke]

    def spoken(self, at: Iterable[datetime]) -> list[int]:
        """`spoke`, with more moments."""
        return [int(one.timestamp()) for one in remembered([*self.moments(), *at])]


def place_of(cursor: str) -> Place | None:
    """None when this is no cursor of ours."""
    if not cursor:
        return Place()
    try:
        found = msgspec.json.decode(cursor, type=Place)
        found.moments()
    except (msgspec.DecodeError, ValueError, OverflowError, OSError):
        return None
    return found if cursor.startswith("{") and found.v == 1 else None


def key(uri: str, text: str) -> str:
    """Which entry, and what it says: 16 + 8 hexadecimal digits."""
    which = hashlib.blake2b(uri.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return which + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()


def said(entry: Entry) -> str:
    return f"{entry.title}\n{entry.body}"


def remember(before: Iterable[str], shown: Iterable[str]) -> list[str]:
    """The keys of what the feed shows now, and some of what it showed before; of each entry the latest."""
    latest = {one[:16]: one for one in shown}
    left = [one for one in before if one[:16] not in latest][-LEFT:]
    return [*left, *latest.values()]
