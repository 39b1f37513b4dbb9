"""Bluesky under the connectors' contract: Jetstream on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from .jetstream import T0, PlayedJetstream, deletion, playing, post


class Source:
    ends = False
    can_delete = True

    def __init__(self, jetstream: PlayedJetstream) -> None:
        self._jetstream = jetstream
        self._n = 0
        self.settings = {"jetstream": jetstream.url}
        self.secrets: dict[str, str] = {}
        self.beginning = str(T0)

    async def say(self, text: str) -> str:
        self._n += 1
        await self._jetstream.play(post(text, self._n))
        return f"at://did:plc:ada/app.bsky.feed.post/3k{self._n:011d}"

    async def delete(self, uri: str) -> str:
        self._n += 1
        await self._jetstream.play(deletion(self._n, int(uri[-11:])))
        return uri

    async def garble(self, raw: bytes) -> None:
        await self._jetstream.play(raw, time_us=T0 + self._n * 1000)

    async def cut(self) -> None:
        await self._jetstream.came.wait()
        await self._jetstream.cut()


@asynccontextmanager
async def source(tmp_path: Path) -> AsyncIterator[Source]:
    async with playing() as jetstream:
        yield Source(jetstream)
