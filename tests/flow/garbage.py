"""Garbage as networks and strangers send it: frames that mean nothing, and items that cannot be."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st

from ouidire.domain.item import Author, Geo, Item, ItemKind

T0 = 1_790_000_000_000_000
"""Microseconds; a moment in September 2026, before `hand_clock` stands."""

_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12)), None])
_LETTERS = st.characters(exclude_categories=())
_WORDS = st.one_of(
    st.text(_LETTERS, max_size=40), st.sampled_from(["Delorière", "Delorière \x00", "\ud83d Delorière", "@x", ""])
)
_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), _WORDS, st.sampled_from([10**400, -1, "9999-12-31"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=6,
)
_MOMENTS = st.one_of(
    st.sampled_from(
        ["", "yesterday", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2199-01-01T00:00:00Z"]
    ),
    st.datetimes().map(datetime.isoformat),
)
_TIMES_US = st.one_of(st.integers(), st.sampled_from([0, -1, 1, T0, T0 * 10, 2**63, 253_402_300_800_000_000]))


def frame(text: str, number: int, did: str = "did:plc:good", **record: object) -> bytes:
    """A sound post, as Jetstream sends it; `number` is its key and its microsecond."""
    return json.dumps(_event(text, number, did, record)).encode()


def uri(number: int, did: str = "did:plc:good") -> str:
    return f"at://{did}/app.bsky.feed.post/{number}"


def deletion(number: int, did: str = "did:plc:good") -> bytes:
    commit = {"operation": "delete", "collection": "app.bsky.feed.post", "rkey": str(number)}
    return json.dumps({"did": did, "time_us": T0 + 1_000 + number, "commit": commit}).encode()


def _event(text: str, number: int, did: str, record: dict[str, Any]) -> dict[str, Any]:
    words = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-09-21T14:13:19Z", **record}
    commit = {"operation": "create", "collection": "app.bsky.feed.post", "rkey": str(number), "record": words}
    return {"did": did, "time_us": T0 + number, "kind": "commit", "commit": {**commit, "rev": "r", "cid": "c"}}


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """A post about us in which something is not what it should be: the words may still count, or not."""
    number = draw(st.integers(1, 50))
    event = _event("Encore Delorière", number, "did:plc:bad", {})
    for _ in range(draw(st.integers(1, 3))):
        holder = draw(st.sampled_from([event, event["commit"], event["commit"].get("record")]))
        if isinstance(holder, dict) and holder:
            holder[draw(st.sampled_from([*holder, "langs", "reply", "embed", "facets", "tags"]))] = draw(_JSON)
        event.setdefault("commit", {})
        event = event if isinstance(event["commit"], dict) else {**event, "commit": {"record": {}}}
    if draw(st.booleans()) and isinstance(event["commit"].get("record"), dict):
        event["commit"]["record"]["createdAt"] = draw(_MOMENTS)
    if draw(st.booleans()):
        event["time_us"] = draw(_TIMES_US)
    raw = json.dumps(event).encode()
    return raw[: draw(st.integers(0, len(raw)))] if draw(st.booleans()) else raw


FRAMES = st.one_of(
    spoiled(),
    st.binary(max_size=60),
    _JSON.map(lambda value: json.dumps(value).encode()),
    st.sampled_from(
        [
            b"",
            b"\x00",
            b"[" * 5_000,
            b'{"did":"did:plc:bad","time_us":1,"kind":"from the future"}',
            b'{"did":"did:plc:bad","time_us":1,"kind":"account","account":{"active":false,"status":7}}',
            frame("Delorière \x00\x00", 60, "did:plc:bad"),
            frame("Delorière \ud800", 61, "did:plc:bad"),
            frame("Delorière", 62, "did:plc:bad", createdAt="0001-01-01T00:00:00+14:00"),
            frame("Delorière", 63, "did:plc:bad", createdAt="9999-12-31T23:59:59-12:00"),
            frame("Delorière", 64, "did:plc:bad", tags=["\x00"], langs=["\x00", "zz" * 100]),
            frame("Delorière", 65, "did:plc:bad", reply={"parent": {"uri": uri(65, "did:plc:bad")}}),
        ]
    ),
)
"""What may stand where a frame should be."""


@st.composite
def impossible(draw: st.DrawFn) -> Item:
    """An item that no connector may give, and that one with a bug would."""
    given = draw(st.datetimes())
    return Item(
        connector="simulated",
        uri=f"sim://bad/{draw(_WORDS)}",
        author=Author(draw(_WORDS), draw(_WORDS), draw(_WORDS)),
        text=draw(_WORDS) + " Delorière",
        written_at=given.replace(tzinfo=draw(_ZONES)),
        kind=draw(st.sampled_from(ItemKind)),
        url=draw(_WORDS),
        languages=tuple(draw(st.lists(_WORDS, max_size=2))),
        parent_uri=draw(_WORDS),
        root_uri=draw(_WORDS),
        quoted_uri=draw(_WORDS),
        reposted_uri=draw(_WORDS),
        links=tuple(draw(st.lists(_WORDS, max_size=2))),
        addressed=tuple(draw(st.lists(_WORDS, max_size=2))),
        hashtags=tuple(draw(st.lists(_WORDS, max_size=2))),
        listing_id=draw(_WORDS),
        geo=draw(st.none() | st.builds(Geo, st.floats(), st.floats())),
        rating=draw(st.none() | st.floats()),
        revision=draw(_WORDS),
        imported=draw(st.booleans()),
    )
