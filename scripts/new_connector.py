"""Lays out a new connector: python scripts/new_connector.py NAME

Makes `src/ouidire/connectors/NAME/` and `tests/connectors/NAME/` with a small connector that works: it polls a JSON
list of posts and hears deletions, and passes the contract suite against a server on loopback. Bend `client.py` and
`mapping.py` to what the network really says, record its answers, and move the lines in `quality.toml` to done.
"""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from string import Template

ROOT = Path(__file__).resolve().parents[1]

FILES = {
    "src/ouidire/connectors/$name/__init__.py": '''
"""$title: heard by polling."""
''',
    "src/ouidire/connectors/$name/manifest.toml": """
name = "$name"
title = "$title"
home = "https://$name.example"
reads = "poll"
replies = false

# Until somebody has read the network's terms, the strictest answer stands.
may_learn = false
may_infer_health = false
may_store_days = 1
terms_source = "https://$name.example/terms"
terms_read_on = $today

[settings.server]
type = "url"
default = "https://$name.example"
help = "The server to ask."
help_fr = "Le serveur à interroger."
""",
    "src/ouidire/connectors/$name/client.py": '''
"""What we ask of $title."""

from __future__ import annotations

import msgspec

from ouidire.connectors.http import Http

PAGE = 100


class Page(msgspec.Struct, frozen=True):
    """Posts after the number that was asked for, oldest first; `newest` is the number of the newest there is."""

    newest: int
    posts: list[msgspec.Raw] = []


async def posts_after(http: Http, server: str, after: int) -> Page:
    """Raises as `Http.request` does, and `Permanent` when the answer has another shape."""
    asked = {"after": str(after), "limit": str(PAGE)}
    return (await http.request("GET", f"{server.rstrip('/')}/posts", params=asked)).json(Page)
''',
    "src/ouidire/connectors/$name/mapping.py": '''
"""$title's words as ours."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ouidire.connectors.times import lenient_time
from ouidire.domain.item import Author, Batch, Dropped, Gone, Item, clean
from ouidire.errors import Ignore

NAME = "$name"


class Post(msgspec.Struct, frozen=True):
    id: str
    text: str = ""
    author: str = ""
    created_at: str = ""
    url: str = ""
    deleted: bool = False


def batch(posts: Iterable[msgspec.Raw], cursor: str, **more: Any) -> Batch:
    """What `posts` say; one that cannot be read is dropped and counted."""
    items: list[Item] = []
    gone: list[Gone] = []
    dropped: list[Dropped] = []
    heard = 0
    for raw in posts:
        heard += 1
        try:
            post = msgspec.json.decode(raw, type=Post)
            if post.deleted:
                gone.append(Gone(NAME, uri=clean(post.id)))
            else:
                items.append(item(post))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, Ignore) as error:
            dropped.append(Dropped(clean(str(error)[:200]), clean(bytes(raw)[:200].decode("utf-8", "replace"))))
    return Batch(items=tuple(items), gone=tuple(gone), dropped=tuple(dropped), cursor=cursor, heard=heard, **more)


def item(post: Post) -> Item:
    """Raises `Ignore` when it has no time."""
    written = lenient_time(post.created_at)
    if written is None:
        raise Ignore(f"created_at is not a time: “{post.created_at[:60]}”")
    return Item(
        connector=NAME,
        uri=clean(post.id),
        author=Author(clean(post.author)),
        text=clean(post.text),
        written_at=written,
        url=clean(post.url),
    )
''',
    "src/ouidire/connectors/$name/reader.py": '''
"""Hears $title by asking for what is new."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ouidire import clock
from ouidire.connectors.base import SourceContext
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch, Gap

from .client import PAGE, posts_after
from .mapping import batch

LOST = "The remembered position is not one of this server's; reading from the beginning."


class PollingReader:
    """The cursor is the number of the last post that was read."""

    def __init__(self, server: str, http: Http) -> None:
        self._server = server
        self._http = http

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        """See `base.Reader`. Ends when there is no more for now."""
        known = cursor.isascii() and cursor.isdigit() and len(cursor) < 19
        position, lost = (int(cursor), False) if known else (0, bool(cursor))
        while True:
            page = await posts_after(self._http, self._server, position)
            if position > page.newest:
                position, lost = 0, True
                continue
            if not page.posts and not lost:
                return
            position += len(page.posts)
            gap = Gap(clock.now(), clock.now(), LOST) if lost else None
            lost = False
            yield batch(page.posts, str(position), gap=gap)
            if len(page.posts) < PAGE:
                return


def open_reader(context: SourceContext) -> PollingReader:
    return PollingReader(context.settings["server"], context.http)
''',
    "src/ouidire/connectors/$name/README.md": """
# $title

## What it hears

Public posts, by asking for what is new; deletions.

## How to connect

Nothing is needed. `server` is the address to ask.

## Terms and limits

Written on $today; nobody has read the network's terms yet, so the strictest answer stands.
""",
    "tests/connectors/$name/__init__.py": "",
    "tests/connectors/$name/contract.py": '''
"""$title under the connectors' contract: a server on loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ..loopback import Answer, Asked, answering, said


class Source:
    ends = True
    can_delete = True
    beginning = ""

    def __init__(self) -> None:
        self.posts: list[object] = []
        self.settings: dict[str, str] = {}
        self.secrets: dict[str, str] = {}

    def answer(self, asked: Asked) -> Answer:
        after, limit = int(asked.query["after"]), int(asked.query["limit"])
        return said({"newest": len(self.posts), "posts": self.posts[after : after + limit]})

    async def say(self, text: str) -> str:
        uri = f"post-{len(self.posts) + 1}"
        self.posts.append({"id": uri, "text": text, "author": "ada", "created_at": "2026-09-21T14:13:19Z"})
        return uri

    async def delete(self, uri: str) -> str:
        self.posts.append({"id": uri, "deleted": True})
        return uri

    async def garble(self, raw: bytes) -> None:
        self.posts.append(json.dumps(raw.decode("latin-1")))

    async def cut(self) -> None:
        """Nothing to cut: asking ends by itself."""


@asynccontextmanager
async def source(tmp_path: Path) -> AsyncIterator[Source]:
    played = Source()
    async with answering(played.answer) as server:
        played.settings = {"server": server.url}
        yield played
''',
}

QUALITY = """
[$name.bronze]
manifest = "todo"
fixtures = "todo"
contract = "done"
limits = "todo"
credentials_tested = "exempt: there are none"
readme = "todo"

[$name.silver]
revoked_key = "todo"
too_many_requests = "todo"
server_errors = "todo"
changed_schema = "todo"
says_when_deaf = "todo"
edits_and_deletions = "todo"
reply_confirmed = "todo"

[$name.gold]
streaming = "todo"
back_fill = "todo"
diagnostics = "todo"
real_server = "todo"
"""


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2) or not re.fullmatch(r"[a-z][a-z0-9_]{1,30}", arguments[0]):
        print("python scripts/new_connector.py NAME    (small letters, digits and _)", file=sys.stderr)
        return 2
    root = Path(arguments[1]) if len(arguments) == 2 else ROOT
    return lay_out(arguments[0], root)


def lay_out(name: str, root: Path) -> int:
    """Write the files of the connector `name` below `root`; 1 when one of that name exists already."""
    filled = {"name": name, "title": name.replace("_", " ").title(), "today": f"{datetime.now(UTC):%Y-%m-%d}"}
    if (root / "src/ouidire/connectors" / name).exists():
        print(f"There is a connector called {name} already.", file=sys.stderr)
        return 1
    for path, content in FILES.items():
        file = root / Template(path).substitute(filled)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(Template(content).substitute(filled).lstrip("\n"), "utf-8")
        print(file.relative_to(root))
    with (root / "src/ouidire/connectors/quality.toml").open("a", encoding="utf-8") as quality:
        quality.write(Template(QUALITY).substitute(filled))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
