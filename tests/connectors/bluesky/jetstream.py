"""A Jetstream on loopback: a real websocket server that plays frames, remembers them, and can be cut."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

T0 = 1_790_000_000_000_000
"""Microseconds; a moment in September 2026."""


class PlayedJetstream:
    """`remembered` are (time_us, frame); a subscriber with a cursor gets what is not older, then what comes."""

    def __init__(self) -> None:
        self.remembered: list[tuple[int, bytes]] = []
        self.asked: list[dict[str, list[str]]] = []
        self.lines: set[ServerConnection] = set()
        self.url = ""
        self.came = asyncio.Event()

    async def play(self, *frames: bytes, time_us: int | None = None) -> None:
        """Remember frames and send them to everyone listening now."""
        for frame in frames:
            self.remembered.append((time_us or time_of(frame), frame))
            for line in list(self.lines):
                with suppress(ConnectionClosed):  # it was cut, or its reader died, just now
                    await line.send(frame.decode("utf-8", "replace"))

    async def cut(self) -> None:
        for line in list(self.lines):
            line.transport.abort()

    async def subscribe(self, line: ServerConnection) -> None:
        asked = parse_qs(urlsplit(line.request.path).query)
        self.asked.append(asked)
        if since := int(asked.get("cursor", ["0"])[0]):
            for time_us, frame in list(self.remembered):
                if time_us >= since:
                    await line.send(frame.decode("utf-8", "replace"))
        self.lines.add(line)
        self.came.set()
        try:
            await line.wait_closed()
        finally:
            self.lines.discard(line)


@asynccontextmanager
async def playing() -> AsyncIterator[PlayedJetstream]:
    jetstream = PlayedJetstream()
    async with serve(jetstream.subscribe, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        jetstream.url = f"ws://127.0.0.1:{port}"
        yield jetstream


def time_of(frame: bytes) -> int:
    try:
        return int(json.loads(frame)["time_us"])
    except (ValueError, KeyError, TypeError):
        return T0


def post(text: str, n: int, did: str = "did:plc:ada", **record: object) -> bytes:
    """The `n`th post of the day, one millisecond after the one before."""
    words = {"$type": "app.bsky.feed.post", "text": text, "createdAt": "2026-09-21T14:13:19Z", **record}
    return event(n, did, "create", f"3k{n:011d}", words)


def deletion(n: int, of: int, did: str = "did:plc:ada") -> bytes:
    return event(n, did, "delete", f"3k{of:011d}", None)


def event(n: int, did: str, operation: str, rkey: str, record: object) -> bytes:
    commit = {"rev": "r", "operation": operation, "collection": "app.bsky.feed.post", "rkey": rkey}
    if record is not None:
        commit |= {"record": record, "cid": f"bafy{n}"}  # type: ignore[dict-item]
    return json.dumps({"did": did, "time_us": T0 + n * 1000, "kind": "commit", "commit": commit}).encode()
