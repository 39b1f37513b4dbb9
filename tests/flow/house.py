"""A whole house for stories: a real app on a real store, hearing the demo world's loopback networks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ouidire.app import App
from ouidire.connectors.http import Http
from ouidire.demo import days
from ouidire.demo.networks import serve_networks
from ouidire.demo.rig import Rig
from ouidire.demo.settle import connect_accounts, settle
from ouidire.demo.world import World, build, open_accounts
from ouidire.domain.conversation import ConversationState
from ouidire.domain.member import Member
from ouidire.inbox import read
from ouidire.inbox.views import Card, ConversationView, ToldView
from ouidire.settings import Settings
from ouidire.store import members
from ouidire.store.engine import Store

T = TypeVar("T")


@dataclass
class House:
    app: App
    rig: Rig
    world: World
    running: asyncio.Task[None]
    threads: ThreadPoolExecutor

    def member(self, key: str) -> Member:
        with self.app.store.reading() as tx:
            return members.get(tx, self.world.member(key).id)

    def waiting(self, key: str) -> tuple[Card, ...]:
        with self.app.store.reading() as tx:
            return read.now_view(tx, self.member(key)).waiting

    def cards(self, key: str, *states: ConversationState) -> tuple[Card, ...]:
        with self.app.store.reading() as tx:
            return read.cards(tx, self.member(key), states or tuple(ConversationState))

    def view(self, key: str, conversation_id: str) -> ConversationView:
        with self.app.store.reading() as tx:
            return read.conversation_view(tx, self.member(key), conversation_id)

    def told(self, key: str) -> tuple[ToldView, ...]:
        with self.app.store.reading() as tx:
            return read.told(tx, self.member(key))

    async def until(self, found: Callable[[], T | None], within_s: float = 15.0) -> T:
        """The first truthy answer of `found`; fails with what was there instead of waiting for ever."""
        ends = time.monotonic() + within_s
        while True:
            answer = await asyncio.to_thread(found)
            if answer:
                return answer
            if self.running.done():
                self.running.result()
            assert time.monotonic() < ends, f"it did not happen within {within_s} s; last answer: {answer!r}"
            await asyncio.sleep(0.02)

    async def settled(self) -> None:
        """Until the ears have heard everything that stands on the networks now, and the stages have nothing to do."""
        marker = await self.rig.post("gazouille", author="marker", text=f"{self.world.organisation.name} marker")

        def heard() -> bool:
            from ouidire.store import mentions, work

            with self.app.store.reading() as tx:
                found = mentions.by_item_key(tx, self.world.organisation.id, f"simulated:{marker}")
                return found is not None and found.reading is not None and not work.waiting(tx)

        await self.until(heard)


def new_threads() -> ThreadPoolExecutor:
    """Where the loop's work goes from now on; a thread outlives the task that waited for it: `shutdown` waits."""
    threads = ThreadPoolExecutor()
    asyncio.get_running_loop().set_default_executor(threads)
    return threads


@asynccontextmanager
async def open_house(store: Store, folder: Path, day: str, **given: object) -> AsyncIterator[House]:
    """The world of `day` in `store`, everything running. `given` are settings."""
    own = {"home": folder, "listen_bluesky": False, "sample": False, **given}
    app = App(Settings.model_validate(own), store, Http())
    async with serve_networks() as world_url:
        rig = Rig(world_url, app.http)
        world = build(days.load(day), rig)
        await open_accounts(world, rig)
        await store.run(settle, store, world)
        ours = [source for source in world.sources if source.id in world.secrets]
        own_uris = {s.id: await app.try_account(s.connector, s.settings, world.secrets[s.id]) for s in ours}
        await connect_accounts(world, store, own_uris)
        threads = new_threads()
        running = asyncio.create_task(app.run())
        try:
            await app.until_listening()
            yield House(app, rig, world, running, threads)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await running
            for notifier in app.notifiers.values():
                await notifier.aclose()
            await app.http.aclose()
