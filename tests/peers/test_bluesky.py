"""The Bluesky connector against Bluesky's own server (its PDS), over a Jetstream made of that server's stream."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

from ouidire.connectors import registry
from ouidire.connectors.base import Replier, SourceContext
from ouidire.connectors.bluesky.client import Client
from ouidire.connectors.bluesky.replier import BlueskyReplier
from ouidire.connectors.http import Http
from ouidire.domain.clearance import Clearance
from ouidire.domain.ids import new_id
from ouidire.domain.item import Batch, Item, ItemKind
from ouidire.errors import Permanent, Retry

from ..connectors.loopback import answering, said
from .bridge import Bridge
from .pds import Pds, Session

pytestmark = pytest.mark.peers
_numbers = itertools.count(1)


class Town:
    """A customer, our own account, and our connector between them."""

    def __init__(self, pds: Pds, bridge: Bridge, http: Http) -> None:
        n = next(_numbers)
        self.pds, self.bridge, self.http = pds, bridge, http
        self.guest = pds.create_account(f"guest{n}")
        self.cafe = pds.create_account(f"cafe{n}")
        self.password = pds.app_password(self.cafe)
        self._reading: AsyncIterator[Batch] | None = None

    def context(self) -> SourceContext:
        settings = {
            "jetstream": self.bridge.url,
            "service": self.pds.url,
            "directory": self.pds.directory,
            "identifier": self.cafe.handle,
        }
        return SourceContext("source-1", settings, {"app_password": self.password}, self.http)

    def replier(self) -> Replier:
        replier = registry.open_replier("bluesky", self.context())
        assert replier is not None
        return replier

    async def hear(self, since: str, enough: Callable[[Batch], bool]) -> Batch:
        """Read from `since` until one batch is what we wait for."""
        reader = registry.open_reader("bluesky", self.context())
        async with asyncio.timeout(20), aclosing(reader.read(since)) as batches:  # type: ignore[type-var]
            async for batch in batches:
                if enough(batch):
                    return batch
        raise AssertionError("the stream ended")

    async def hear_item(self, since: str, uri: str) -> Item:
        batch = await self.hear(since, lambda batch: any(item.uri == uri for item in batch.items))
        return next(item for item in batch.items if item.uri == uri)


def now_us() -> str:
    return str(int(datetime.now(UTC).timestamp() * 1e6))


def clearance(parent: Item, text: str, reply_id: str | None = None) -> Clearance:
    return Clearance(
        reply_id or new_id(), "org", "member", "source-1", parent.uri, text, "1", datetime.now(UTC), "sealed"
    )


@pytest_asyncio.fixture
async def town(pds: Pds, bridge: Bridge) -> AsyncIterator[Town]:
    http = Http()
    yield Town(pds, bridge, http)
    await http.aclose()


async def test_a_post_is_heard(town: Town) -> None:
    since = now_us()
    post = town.pds.post(town.guest, "Trente minutes d’attente au Café Lune.")
    item = await town.hear_item(since, post.uri)
    assert (item.text, item.revision, item.languages) == ("Trente minutes d’attente au Café Lune.", post.cid, ("fr",))
    assert item.author.uri == town.guest.did
    assert item.url.endswith(post.uri.rpartition("/")[2])


async def test_a_repost_is_heard(town: Town) -> None:
    since = now_us()
    post = town.pds.post(town.guest, "À voir")
    item = await town.hear_item(since, town.pds.repost(town.cafe, post).uri)
    assert (item.kind, item.reposted_uri) == (ItemKind.REPOST, post.uri)


async def test_a_deletion_is_heard(town: Town) -> None:
    since = now_us()
    post = town.pds.post(town.guest, "Je le regrette déjà")
    town.pds.delete(town.guest, post.uri)
    batch = await town.hear(since, lambda batch: bool(batch.gone))
    assert [gone.uri for gone in batch.gone] == [post.uri]


@pytest.mark.parametrize("leave", [Pds.deactivate, Pds.delete_account])
async def test_an_account_that_leaves_is_heard(town: Town, leave: Callable[[Pds, Session], None]) -> None:
    since = now_us()
    leave(town.pds, town.guest)
    # The reader goes back two seconds: what left just before this test may come first.
    batch = await town.hear(since, lambda batch: any(gone.author_uri == town.guest.did for gone in batch.gone))
    assert "" in [gone.uri for gone in batch.gone if gone.author_uri == town.guest.did]


async def test_a_cut_line_is_taken_up_from_its_cursor(town: Town) -> None:
    since = now_us()
    first = town.pds.post(town.guest, "Avant")
    cursor = (await town.hear(since, lambda batch: first.uri in [i.uri for i in batch.items])).cursor
    reading = registry.open_reader("bluesky", town.context()).read(cursor)
    await anext(reading)
    town.bridge.cut()
    with pytest.raises(Retry):
        await _exhaust(reading)
    missed = town.pds.post(town.guest, "Pendant la coupure")
    assert (await town.hear_item(cursor, missed.uri)).text == "Pendant la coupure"


async def test_a_reply_stands_under_the_post_and_comes_back_as_ours(town: Town) -> None:
    since = now_us()
    post = town.pds.post(town.guest, "Une table pour deux ?")
    parent = await town.hear_item(since, post.uri)
    text = f"Oui, à 20 h ☕ @{town.guest.handle} voyez https://lune.example/tables."
    sent = await town.replier().reply(clearance(parent, text), parent)
    (answer,) = town.pds.thread(post.uri)
    assert (answer["uri"], answer["value"]["text"]) == (sent.uri, text)
    assert answer["value"]["reply"]["root"]["uri"] == post.uri
    assert [_shown(text, facet) for facet in answer["value"]["facets"]] == [
        ("https://lune.example/tables", "https://lune.example/tables"),
        (f"@{town.guest.handle}", town.guest.did),
    ]
    echo = await town.hear_item(since, sent.uri)
    assert echo.author.uri == await town.replier().check()


async def test_the_same_reply_never_becomes_two_posts(town: Town) -> None:
    since = now_us()
    parent = await town.hear_item(since, town.pds.post(town.guest, "Êtes-vous ouverts ?").uri)
    ours = clearance(parent, "Oui, jusqu’à 19 h.")
    first = await town.replier().reply(ours, parent)
    later = replace(ours, given_at=datetime.now(UTC))
    assert await town.replier().reply(later, parent) == first
    both = await asyncio.gather(*(town.replier().reply(ours, parent) for _ in range(3)), return_exceptions=True)
    assert first in both
    assert len(town.pds.thread(parent.uri)) == 1


async def test_two_tries_at_the_same_moment_make_one_post(town: Town) -> None:
    since = now_us()
    parent = await town.hear_item(since, town.pds.post(town.guest, "Allô ?").uri)
    ours = clearance(parent, "Bonjour !")
    await asyncio.gather(*(town.replier().reply(ours, parent) for _ in range(4)), return_exceptions=True)
    assert len(town.pds.thread(parent.uri)) == 1
    assert await town.replier().find(ours, parent) is not None


async def test_find_tells_whether_it_arrived(town: Town) -> None:
    since = now_us()
    parent = await town.hear_item(since, town.pds.post(town.guest, "Et la terrasse ?").uri)
    ours = clearance(parent, "Ouverte dès midi.")
    assert await town.replier().find(ours, parent) is None
    sent = await town.replier().reply(ours, parent)
    assert await town.replier().find(ours, parent) == sent


async def test_a_reply_deep_in_a_thread_keeps_its_root(town: Town) -> None:
    since = now_us()
    root = town.pds.post(town.cafe, "Menu du jour")
    asked = town.pds.reply(town.guest, root, "Sans gluten ?")
    parent = await town.hear_item(since, asked.uri)
    await town.replier().reply(clearance(parent, "Oui."), parent)
    (answer,) = town.pds.thread(asked.uri)
    assert answer["value"]["reply"] == {"root": root.__dict__, "parent": asked.__dict__}


async def test_a_reply_to_what_is_gone_is_refused_and_nothing_is_said(town: Town) -> None:
    since = now_us()
    root = town.pds.post(town.cafe, "Menu du jour")
    asked = town.pds.reply(town.guest, root, "Sans gluten ?")
    parent = await town.hear_item(since, asked.uri)
    town.pds.delete(town.guest, asked.uri)
    with pytest.raises(Permanent, match="not on Bluesky any more"):
        await town.replier().reply(clearance(parent, "Oui."), parent)
    assert town.pds.thread(asked.uri) == []


async def test_a_revoked_app_password_says_what_to_do(town: Town) -> None:
    town.pds.revoke(town.cafe)
    with pytest.raises(Permanent, match="App passwords"):
        await town.replier().check()


async def test_an_expired_session_is_made_again(town: Town) -> None:
    since = now_us()
    parent = await town.hear_item(since, town.pds.post(town.guest, "Bonjour").uri)
    client = Client(
        town.http,
        service=town.pds.url,
        directory=town.pds.directory,
        identifier=town.cafe.handle,
        app_password=town.password,
    )
    session = await client.sign_in()
    client._session = type(session)(session.did, "eyJhbGciOiJIUzI1NiJ9.e30.broken", session.handle)
    await BlueskyReplier(client).reply(clearance(parent, "Bonjour !"), parent)
    assert len(town.pds.thread(parent.uri)) == 1


async def test_an_author_on_another_server_is_found_through_the_directory(town: Town) -> None:
    asked = town.pds.post(town.guest, "Vous répondez ?")
    absent = said({"error": "RecordNotFound", "message": "Could not locate record"}, 400)
    async with answering(lambda _: absent) as ours:
        client = Client(town.http, service=ours.url, directory=town.pds.directory, identifier="", app_password="")
        found = await client.record(asked.uri)
    assert found is not None
    assert found.cid == asked.cid


async def _exhaust(reading: AsyncIterator[Batch]) -> None:
    async with asyncio.timeout(20):
        async for _ in reading:
            pass


def _shown(text: str, facet: dict[str, Any]) -> tuple[str, str]:
    """The words a facet covers, and what it points at."""
    index, feature = facet["index"], facet["features"][0]
    words = text.encode()[index["byteStart"] : index["byteEnd"]].decode()
    return words, feature.get("uri") or feature.get("did")
