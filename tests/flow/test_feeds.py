"""A whole house hears a feed: the past wakes nobody, news does, and what a hub brings is kept before its answer."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from ouidire import clock
from ouidire.app import App
from ouidire.connectors.base import Call
from ouidire.connectors.http import Http
from ouidire.domain.ids import new_id
from ouidire.domain.source import Source, SourceState
from ouidire.errors import NotFound
from ouidire.settings import Settings
from ouidire.store import mentions, received, sources, subscriptions
from ouidire.store.engine import Store
from tests import builders
from tests.builders import World
from tests.connectors.loopback import Answer, Asked, answering
from tests.connectors.rss.contract import entry, rss


@dataclass
class Site:
    """A feed and its hub on one server; `forms` is what the hub was asked."""

    url: str = ""
    entries: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            self.forms.append({name: values[0] for name, values in parse_qs(asked.body.decode()).items()})
            return Answer(202, b"")
        links = f'<{self.url}/hub>; rel="hub", <{self.url}/feed>; rel="self"'
        return Answer(200, rss(*self.entries[::-1]), {"Content-Type": "text/xml", "Link": links})

    def say(self, text: str, at: datetime) -> str:
        self.entries.append(entry(len(self.entries), text, at))
        return f"{self.url}/feed#urn:{len(self.entries) - 1}"


@dataclass
class Feeding:
    app: App
    world: World
    site: Site
    source: Source
    running: asyncio.Task[None]

    def mention(self, uri: str) -> mentions.Heard | None:
        with self.app.store.reading() as tx:
            return mentions.by_item_key(tx, self.world.organisation.id, f"rss:{uri}")

    def kept(self) -> Source:
        with self.app.store.reading() as tx:
            return sources.get(tx, self.source.id)

    def calls(self) -> int:
        with self.app.store.reading() as tx:
            return len(received.waiting(tx, self.source.id))

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not come():
                if self.running.done():
                    self.running.result()
                await asyncio.sleep(0.01)

    @property
    def token(self) -> str:
        door = self.app.doors.door(self.source)
        assert door is not None
        return door.url.rpartition("/")[2]

    async def hub_says(self, **query: str) -> tuple[int, str]:
        named = {f"hub.{name}": value for name, value in query.items()}
        answer = await self.app.called(self.token, Call("GET", named, {}, b""))
        return answer.status, answer.text

    async def hub_brings(self, body: bytes, secret: str) -> int:
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"x-hub-signature": signature, "content-type": "application/rss+xml"}
        return (await self.app.called(self.token, Call("POST", {}, headers, body))).status


@asynccontextmanager
async def feeding(store: Store, folder: Path, site: Site) -> AsyncIterator[Feeding]:
    world = builders.world(store)
    source = Source(new_id(), world.organisation.id, "rss", "Le Guide", {"address": f"{site.url}/feed"})
    given = {"home": folder, "listen_bluesky": False, "sample": False}
    more = {"public_url": "https://ouidire.example", "inside": True, "_env_file": None}
    app = App(Settings(**given, **more), store, Http())  # type: ignore[arg-type]
    with store.transaction() as tx:
        sources.pause(tx, world.owner, world.stream.id)
        sources.add(tx, store, source)
    running = asyncio.create_task(app.run())
    try:
        yield Feeding(app, world, site, source, running)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await app.http.aclose()


@pytest.fixture
async def house(sqlite_store: Store, tmp_path: Path) -> AsyncIterator[Feeding]:
    site = Site()
    async with answering(site.answer) as server:
        site.url = server.url
        site.say("Autrefois, chez Delorière, on attendait déjà.", clock.now() - timedelta(days=40))
        site.say("Le maire inaugure une piscine.", clock.now() - timedelta(days=20))
        async with feeding(sqlite_store, tmp_path, site) as made:
            await made.until(lambda: made.kept().state is SourceState.HEARING)
            yield made


async def test_the_past_wakes_nobody_and_what_a_hub_brings_is_kept_before_it_is_answered(house: Feeding) -> None:
    site, old = house.site, house.mention(f"{house.site.url}/feed#urn:0")
    assert old is not None
    assert old.mention.is_news is False
    await house.until(lambda: bool(site.forms))
    (form,) = site.forms
    assert form["hub.callback"].endswith(house.token)
    assert await house.hub_says(mode="subscribe", topic=form["hub.topic"], challenge="abc") == (200, "abc")

    uri = site.say("Trente minutes d’attente ce midi chez Delorière.", clock.now())
    assert await house.hub_brings(rss(site.entries[-1]), "guessed") == 202
    assert house.calls() == 0
    listener, house.app.listener.ring = house.app.listener.ring, lambda source_id: None  # type: ignore[method-assign]
    assert await house.hub_brings(rss(site.entries[-1]), form["hub.secret"]) == 202
    assert (house.calls(), house.mention(uri)) == (1, None), "kept, answered, and not yet read"
    listener(house.source.id)
    await house.until(lambda: house.mention(uri) is not None and house.calls() == 0)
    found = house.mention(uri)
    assert found is not None
    assert found.mention.is_news
    kept = house.kept()
    assert (kept.heard, kept.kept, kept.dropped) == (3, 2, 1)


async def test_a_paused_source_takes_no_calls_and_a_removed_one_says_goodbye_to_its_hub(house: Feeding) -> None:
    await house.until(lambda: bool(house.site.forms))
    form = house.site.forms[0]
    await house.hub_says(mode="subscribe", topic=form["hub.topic"], challenge="abc")
    store, owner = house.app.store, house.world.owner
    with store.transaction() as tx:
        sources.pause(tx, owner, house.source.id)
    assert await house.hub_brings(b"<rss/>", form["hub.secret"]) == 410
    assert house.calls() == 0
    await house.app.remove_source(owner, house.source.id)
    assert [one["hub.mode"] for one in house.site.forms] == ["subscribe", "unsubscribe"]
    assert await house.hub_says(mode="unsubscribe", topic=form["hub.topic"], challenge="bye") == (200, "bye")
    assert await house.hub_brings(b"<rss/>", form["hub.secret"]) == 410
    with store.reading() as tx:
        assert subscriptions.get(tx, house.source.id) is None
    assert house.mention(f"{house.site.url}/feed#urn:0") is not None, "what it brought stays"


async def test_nobody_guesses_a_door(house: Feeding) -> None:
    token = house.token
    name, source_id, mark = token.split(".")
    for guess in (
        f"{name}.{source_id}.{'0' * 40}",
        f"bluesky.{source_id}.{mark}",
        f"{name}.{new_id()}.{mark}",
        "",
        "x",
    ):
        with pytest.raises(NotFound):
            await house.app.called(guess, Call("POST", {}, {}, b"x"))
