"""From a PDS's own event stream (CBOR) to Jetstream's JSON on a loopback websocket, with cursors.

It stands where Bluesky's public Jetstream stands, in a thread of its own.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import websockets
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from .pds import NoPeer

try:
    import libipld
except ImportError:  # the ring is skipped then, and nothing else minds
    libipld = None  # type: ignore[assignment]

ALWAYS = ("account", "identity")


class Bridge:
    """`url` is a Jetstream server; `cut` breaks the lines of all who listen, `forget` loses what was heard so far."""

    def __init__(self, firehose: str) -> None:
        self.url = ""
        self._firehose = firehose
        self._events: list[tuple[int, str, str]] = []
        self._lines: set[ServerConnection] = set()
        self._came: asyncio.Condition | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = threading.Event()
        self._last_us = 0
        self._stopped = False

    def cut(self) -> None:
        assert self._loop is not None
        for line in list(self._lines):
            self._loop.call_soon_threadsafe(line.transport.abort)

    def forget(self) -> None:
        self._events.clear()

    def stop(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._task.cancel)

    def run(self) -> None:
        asyncio.run(self._run())

    def wait_ready(self) -> None:
        assert self._ready.wait(20), "the bridge does not hear the PDS"

    async def _run(self) -> None:
        self._loop, self._came = asyncio.get_running_loop(), asyncio.Condition()
        async with serve(self._subscribed, "127.0.0.1", 0) as server:
            self.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self._task = asyncio.ensure_future(self._hear())
            try:
                await self._task
            except (asyncio.CancelledError, websockets.ConnectionClosed):
                self._stopped = True
                async with self._came:
                    self._came.notify_all()

    async def _hear(self) -> None:
        assert self._came is not None
        async with connect(self._firehose, max_size=None, proxy=None) as line:
            self._ready.set()
            async for frame in line:
                assert isinstance(frame, bytes)
                for collection, event in jetstream_events(frame):
                    self._last_us = event["time_us"] = max(time.time_ns() // 1000, self._last_us + 1)
                    self._events.append((self._last_us, collection, json.dumps(event)))
                async with self._came:
                    self._came.notify_all()

    async def _subscribed(self, line: ServerConnection) -> None:
        assert self._came is not None
        assert line.request is not None
        asked = parse_qs(urlsplit(line.request.path).query)
        wanted = asked.get("wantedCollections", [])
        position = int(asked.get("cursor", ["0"])[0]) or time.time_ns() // 1000
        self._lines.add(line)
        try:
            while not self._stopped:
                for time_us, collection, text in list(self._events):
                    if time_us > position:
                        position = time_us
                        if not wanted or collection in wanted or collection in ALWAYS:
                            await line.send(text)
                async with self._came:
                    if not self._events or self._events[-1][0] <= position:
                        await self._came.wait()
        except websockets.ConnectionClosed:
            return
        finally:
            self._lines.discard(line)


@contextmanager
def bridging(firehose: str) -> Iterator[Bridge]:
    if libipld is None:
        raise NoPeer("libipld, which reads the PDS's stream, is not here; pip install libipld brings it.")
    bridge = Bridge(firehose)
    thread = threading.Thread(target=bridge.run, daemon=True, name="jetstream-bridge")
    thread.start()
    bridge.wait_ready()
    try:
        yield bridge
    finally:
        bridge.stop()
        thread.join(10)


def jetstream_events(frame: bytes) -> Iterator[tuple[str, dict[str, Any]]]:
    """The Jetstream events (without their time) in one frame of `com.atproto.sync.subscribeRepos`."""
    header, body = libipld.decode_dag_cbor_multi(frame)
    kind = str(header.get("t", "")).removeprefix("#")
    if kind in ALWAYS:
        yield kind, {"did": body["did"], "kind": kind, kind: {k: v for k, v in body.items() if v is not None}}
    elif kind == "commit":
        yield from _commits(body)


def _commits(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    blocks = libipld.decode_car(body["blocks"])[1] if body.get("blocks") else {}
    for op in body["ops"]:
        collection, _, rkey = op["path"].partition("/")
        commit = {"rev": body["rev"], "operation": op["action"], "collection": collection, "rkey": rkey}
        if op.get("cid") and op["cid"] in blocks:
            commit |= {"record": _plain(blocks[op["cid"]]), "cid": libipld.encode_cid(op["cid"])}
        yield collection, {"did": body["repo"], "kind": "commit", "commit": commit}


def _plain(value: Any) -> Any:
    """DAG-CBOR as the JSON that atproto writes: links become {"$link": …}."""
    if isinstance(value, bytes):
        return {"$link": libipld.encode_cid(value)}
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, list) else value
