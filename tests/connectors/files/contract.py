"""Exported posts under the connectors' contract: a file that grows."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class Source:
    ends = True
    can_delete = True
    beginning = ""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._n = 0
        self.settings = {"path": str(path)}
        self.secrets: dict[str, str] = {}
        path.write_bytes(b"")

    async def say(self, text: str) -> str:
        self._n += 1
        self._write({"id": str(self._n), "text": text, "created_at": "2026-09-21T14:13:19Z", "author": "ada"})
        return f"source-1/{self._n}"

    async def delete(self, uri: str) -> str:
        """What a capture of Jetstream says; deletes the post of that name in a capture, whatever `uri` was."""
        commit = {"operation": "delete", "collection": "app.bsky.feed.post", "rkey": "k"}
        self._write({"did": "did:plc:ada", "time_us": 1_790_000_000_000_000, "kind": "commit", "commit": commit})
        return "source-1/at://did:plc:ada/app.bsky.feed.post/k"

    async def garble(self, raw: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(raw.replace(b"\n", b" ") + b"\n")

    async def cut(self) -> None:
        """Nothing to cut: a file ends."""

    def _write(self, row: object) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


@asynccontextmanager
async def source(tmp_path: Path) -> AsyncIterator[Source]:
    yield Source(tmp_path / "posts.jsonl")
