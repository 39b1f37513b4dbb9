"""The shortest way from a network's JSON to mentions: typed decoding, one scan, and items only of what was hit.

The house's own way (`connectors.bluesky` and `match.hot`) makes an item of every post, for it also follows replies,
quotes and deletions; it is measured beside.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ouidire.connectors.bluesky.mapping import jetstream
from ouidire.domain.mention import Match
from ouidire.match.matcher import Matcher

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


def matches(matcher: Matcher, frames: Sequence[bytes]) -> list[Match]:
    """What these posts speak of, by their texts."""
    events = [decode(frame) for frame in frames]
    scanned = matcher.signs.index.scan([event.commit.record.text for event in events])
    if not scanned:
        return []
    items = _whole.decode([frames[number] for number in scanned], _LATEST_US).items
    return [
        match
        for item, found in zip(items, scanned.values(), strict=True)
        for match in matcher.match_scanned(item, found)
    ]
