"""The shortest way from a network's JSON to mentions: typed decoding, one scan, and whole items only of what was hit.

The house's own way (`connectors.bluesky` and `match.hot`) makes an item of every post, for it also follows replies,
quotes and deletions; it is measured beside.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from ouidire.connectors.bluesky.mapping import NAME, jetstream
from ouidire.connectors.families.atproto import POST
from ouidire.domain.item import Author, Item
from ouidire.domain.mention import Match
from ouidire.match.matcher import Matcher
from ouidire.match.post import Post
from ouidire.match.signs import Heard

_LATEST_US = 2**60


class _Record(msgspec.Struct, gc=False):
    text: str
    langs: list[str] | None = None


class _Commit(msgspec.Struct, gc=False):
    rkey: str
    record: _Record
    operation: str = ""
    collection: str = ""


class Event(msgspec.Struct, gc=False):
    """A post as Jetstream sends it, without what no name can stand in."""

    did: str
    time_us: int
    commit: _Commit


decode = msgspec.json.Decoder(Event).decode
_whole = jetstream()


def texts_of(frames: Sequence[bytes]) -> list[str]:
    return [decode(frame).commit.record.text for frame in frames]


def candidates(matcher: Matcher, frames: Sequence[bytes]) -> list[Heard]:
    """Whom these posts may speak of: every sign in their texts, looked at closely, and nothing decided yet."""
    found: list[Heard] = []
    events = [decode(frame) for frame in frames]
    for n, scanned in matcher.signs.index.scan([event.commit.record.text for event in events]).items():
        found += matcher.signs.read(Post(_spoken(events[n]), scanned.folded), scanned.hits)
    return found


def matches(matcher: Matcher, frames: Sequence[bytes]) -> list[Match]:
    """What these posts speak of, by their texts."""
    scanned = matcher.signs.index.scan(texts_of(frames))
    items = _whole.decode([frames[n] for n in scanned], _LATEST_US).items if scanned else ()
    return [
        match for item, one in zip(items, scanned.values(), strict=True) for match in matcher.match_scanned(item, one)
    ]


def _spoken(event: Event) -> Item:
    """Who said what: of a post of which only its text is looked at yet."""
    uri, at = f"at://{event.did}/{POST}/{event.commit.rkey}", datetime.fromtimestamp(event.time_us / 1e6, UTC)
    return Item(connector=NAME, uri=uri, author=Author(event.did), text=event.commit.record.text, written_at=at)
