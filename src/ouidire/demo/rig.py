"""Lets anybody say anything on the pretended networks and shows what stands there: for tests and the demo day."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import msgspec

from ouidire.connectors.http import Http
from ouidire.demo.faults import Fault, FaultKind
from ouidire.demo.network import Act, Event, Kind, Person
from ouidire.demo.networks import Account, Networks, serve_networks


class Shown(msgspec.Struct, frozen=True):
    """A post with its thread (oldest first, itself included) and who carried it further."""

    post: Event
    thread: list[Event]
    relays: list[Event]


class Rig:
    """The world's door to the networks at `world_url`. Posts are named by their URI, as the connector hears them."""

    def __init__(self, world_url: str, http: Http) -> None:
        self.world_url, self.http = world_url, http

    def settings(self, network: str) -> dict[str, str]:
        """The settings of a source on `network`."""
        return {"url": f"{self.world_url}/{network}", "network": network}

    async def post(
        self,
        network: str,
        *,
        author: str,
        text: str,
        name: str = "",
        to: str = "",
        quotes: str = "",
        lang: str = "",
        geo: tuple[float, float] | None = None,
        rating: float | None = None,
        listing_id: str = "",
        at: datetime | None = None,
    ) -> str:
        """Somebody writes; `to` makes it a reply, `quotes` a quote. Gives the post's URI."""
        act = Act(
            author=Person(author, name),
            text=text,
            parent=post_id(to),
            quoted=post_id(quotes),
            lang=lang,
            geo=geo,
            rating=rating,
            listing_id=listing_id,
            at=at,
        )
        return await self.act(network, act)

    async def repost(self, uri: str, *, author: str, name: str = "", at: datetime | None = None) -> str:
        """Somebody carries `uri` further without a word."""
        act = Act(kind=Kind.REPOST, author=Person(author, name), reposted=post_id(uri), at=at)
        return await self.act(network_of(uri), act)

    async def edit(self, uri: str, *, text: str) -> None:
        await self.act(network_of(uri), Act(kind=Kind.UPDATE, id=post_id(uri), text=text))

    async def delete(self, uri: str) -> None:
        await self.act(network_of(uri), Act(kind=Kind.DELETE, id=post_id(uri)))

    async def leave(self, network: str, *, author: str) -> None:
        """An author leaves, and everything they wrote goes with them."""
        await self.act(network, Act(kind=Kind.AUTHOR_GONE, author=Person(author)))

    async def act(self, network: str, act: Act) -> str:
        answer = await self.http.request("POST", f"{self.world_url}/_world/{network}", json=act)
        return f"sim://{network}/{answer.json(Event).id}"

    async def shown(self, uri: str) -> Shown:
        """Raises `Refused` (404) when the post is gone."""
        return (await self.http.request("GET", self.url(uri))).json(Shown)

    async def thread(self, uri: str) -> list[Event]:
        """The conversation that `uri` stands in, oldest first."""
        return (await self.shown(uri)).thread

    def url(self, uri: str) -> str:
        """Where a person can look at `uri`."""
        return f"{self.world_url}/{network_of(uri)}/posts/{post_id(uri)}"

    async def open_account(self, network: str, account: Account) -> None:
        await self.http.request("POST", f"{self.world_url}/_world/{network}/accounts", json=account)

    async def close_account(self, network: str, handle: str) -> None:
        """From now on the account's token is unknown, as when a key was revoked."""
        await self.http.request("DELETE", f"{self.world_url}/_world/{network}/accounts/{handle}")

    async def fault(
        self, kind: FaultKind, *, network: str = "", door: str = "", times: int = 1, retry_after_s: float = 1.0
    ) -> None:
        """Let the next `times` calls go wrong."""
        fault = Fault(kind=kind, network=network, door=door, times=times, retry_after_s=retry_after_s)
        await self.http.request("POST", f"{self.world_url}/_faults", json=fault)

    async def garble(self, network: str, raw: bytes) -> None:
        """Let the network send `raw` where an event should be."""
        await self.http.request("POST", f"{self.world_url}/_world/{network}/garble", content=raw)

    async def heal(self) -> None:
        """No more faults."""
        await self.http.request("DELETE", f"{self.world_url}/_faults")


def network_of(uri: str) -> str:
    """
    >>> network_of("sim://gazouille/0199")
    'gazouille'
    """
    return uri.removeprefix("sim://").partition("/")[0]


def post_id(uri: str) -> str:
    """The network's own id in a URI; an id, or nothing, stays what it is.

    >>> post_id("sim://gazouille/0199"), post_id("0199"), post_id("")
    ('0199', '0199', '')
    """
    return uri.rpartition("/")[2]


@asynccontextmanager
async def open_rig(*, journal: Path | None = None, networks: Networks | None = None) -> AsyncIterator[Rig]:
    """Networks of one's own on a free port, with the rig to play on them."""
    http = Http()
    async with serve_networks(networks=networks, journal=journal) as world_url:
        try:
            yield Rig(world_url, http)
        finally:
            await http.aclose()
