"""The shortest way from a network's JSON to mentions: typed decoding, one scan, and items only of what was hit.

The house's own way (`connectors.bluesky` and `match.hot`) makes an item of every post, for it also follows replies,
quotes and deletions; it is measured beside.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ouidire.connectors.bluesky.mapping import jetstream
from ouidire.domain.item import Item
from ouidire.domain.mention import Match
from ouidire.match.matcher import Matcher
from ouidire.match.names import Scanned
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
    for item, scanned in _hit(matcher, frames):
        found += matcher.signs.read(Post(item, scanned.folded), scanned.hits)
    return found


def matches(matcher: Matcher, frames: Sequence[bytes]) -> list[Match]:
    """What these posts speak of, by their texts."""
    return [match for item, scanned in _hit(matcher, frames) for match in matcher.match_scanned(item, scanned)]


def _hit(matcher: Matcher, frames: Sequence[bytes]) -> Iterable[tuple[Item, Scanned]]:
    """The posts in which a name stands, as items, with what was found in them."""
    scanned = matcher.signs.index.scan(texts_of(frames))
    if not scanned:
        return ()
    return zip(_whole.decode([frames[n] for n in scanned], _LATEST_US).items, scanned.values(), strict=True)
