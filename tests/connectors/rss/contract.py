"""Feeds under the connectors' contract: a server on loopback with a JSON Feed, and Atom once something is deleted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from pathlib import Path

from ..loopback import Answer, Asked, answering

BEGAN = datetime(2026, 9, 21, 14, tzinfo=UTC)


class Source:
    ends = True
    can_delete = True
    beginning = ""

    def __init__(self) -> None:
        self.items: list[object] = []
        self.deleted: list[str] = []
        self.settings: dict[str, str] = {}
        self.secrets: dict[str, str] = {}

    def answer(self, asked: Asked) -> Answer:
        """The newest first, as feeds do; and nothing anew to who has it."""
        kind, body = ("application/atom+xml", self._atom()) if self.deleted else ("application/feed+json", self._json())
        mark = f'"{sha256(body).hexdigest()[:16]}"'
        if asked.headers.get("if-none-match") == mark:
            return Answer(304, b"", {"ETag": mark})
        return Answer(200, body, {"Content-Type": kind, "ETag": mark})

    def _json(self) -> bytes:
        feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Le Guide", "items": self.items[::-1]}
        return json.dumps(feed).encode()

    def _atom(self) -> bytes:
        gone = "".join(f'<at:deleted-entry ref="{one}" when="{BEGAN.isoformat()}"/>' for one in self.deleted)
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">'
            f"<title>Le Guide</title>{gone}</feed>"
        ).encode()

    async def say(self, text: str) -> str:
        number = len(self.items) + 1
        at = BEGAN + timedelta(seconds=number)
        self.items.append({"id": f"urn:{number}", "content_text": text, "date_published": at.isoformat()})
        return f"{self.settings['address']}#urn:{number}"

    async def delete(self, uri: str) -> str:
        self.deleted.append(uri.partition("#")[2])
        return uri

    async def garble(self, raw: bytes) -> None:
        self.items.append(json.dumps(raw.decode("latin-1")))

    async def cut(self) -> None:
        """Nothing to cut: asking ends by itself."""


@asynccontextmanager
async def source(tmp_path: Path) -> AsyncIterator[Source]:
    played = Source()
    async with answering(played.answer) as server:
        played.settings = {"address": f"{server.url}/feed.json"}
        yield played


def entry(number: int, text: str, at: datetime | None, *, link: str = "", more: str = "") -> str:
    """One item of RSS 2.0."""
    when = f"<pubDate>{format_datetime(at)}</pubDate>" if at else ""
    return (
        f"<item><guid isPermaLink='false'>urn:{number}</guid><description>{escape(text)}</description>{when}"
        f"{f'<link>{link}</link>' if link else ''}{more}</item>"
    )


def rss(*entries: str, about: str = "") -> bytes:
    head = f"<channel><title>Le Guide</title><link>https://guide.example/</link>{about}"
    return f'<?xml version="1.0"?><rss version="2.0">{head}{"".join(entries)}</channel></rss>'.encode()
