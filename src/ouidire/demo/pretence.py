"""See a day: an app of its own on a store of its own, loopback networks, and a clock that runs fast.

The real house rests meanwhile; leaving the demo gives it back untouched.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

import structlog

from ouidire import clock as clocks
from ouidire.app import App
from ouidire.clock import Clock
from ouidire.demo import days
from ouidire.demo.days import Action, ActionKind
from ouidire.demo.networks import serve_networks
from ouidire.demo.rig import Rig
from ouidire.demo.settle import connect_accounts, settle
from ouidire.demo.world import Due, World, build, open_accounts, play
from ouidire.domain.conversation import ConversationState
from ouidire.domain.member import Member
from ouidire.errors import BadInput, OuidireError
from ouidire.inbox import act, answer
from ouidire.settings import Settings
from ouidire.store import conversations, members, mentions
from ouidire.store.engine import Tx

log = structlog.get_logger()

SPEEDS = {"lapse": 30.0, "real": 1.0}
BEGINS = time(14, 18)
"""In Montréal; in Paris it is 20:18: both scenes lie ahead, within the hour and a half."""
ZONE = ZoneInfo("America/Toronto")

PATIENCE_S = 3600.0
"""How long the customer waits for an answer that the viewer has not given when the day is over."""

HandOver = Callable[[App | None], Awaitable[None]]
"""Makes an app the one that pages see and that runs; None gives the real house back."""


class DayClock(Clock):
    """The demo's time: starts at `start`, runs `speed` times faster, and may change its speed on the way."""

    speed = max(SPEEDS.values())
    """The fastest it may run: what is waited for is waited for as long at any speed."""

    def __init__(self, start: datetime, speed: float) -> None:
        self._start, self._speed = start, speed
        self._began = monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(monotonic() - self._began) * self._speed)

    def set_speed(self, speed: float) -> None:
        self._start, self._began, self._speed = self.now(), monotonic(), speed

    def real_seconds(self, until: datetime) -> float:
        return max(0.0, (until - self.now()).total_seconds() / self._speed)


class Pretence:
    """The demo world as the pages steer it."""

    def __init__(self, settings: Settings, hand_over: HandOver) -> None:
        self._settings, self._hand_over = settings, hand_over
        self._stack: AsyncExitStack | None = None
        self._worlds: list[World] = []
        self._speed = "lapse"
        self._clock: DayClock | None = None
        self._app: App | None = None

    @property
    def speed(self) -> str:
        return self._speed

    def members(self) -> Sequence[Member]:
        """Whose eyes one may look through: headquarters, the manager of the rue Crescent, the restaurant's owner."""
        keys = {"boutique": ("headquarters", "crescent"), "restaurant": ("owner",)}
        return [world.member(key) for world in self._worlds for key in keys[world.day.name]]

    async def begin(self) -> Member:
        """Build the world if it is not there, let its day happen, and say through whose eyes to look first."""
        if self._stack is None:
            self._stack = AsyncExitStack()
            await self._open(self._stack)
        return self.members()[0]

    async def set_speed(self, speed: str) -> None:
        if speed not in SPEEDS:
            raise BadInput(f"The day passes as {' or '.join(SPEEDS)}, not {speed!r}.")
        self._speed = speed
        if self._clock is not None:
            self._clock.set_speed(SPEEDS[speed])

    async def leave(self) -> None:
        """Back to the real house; the demo's store is thrown away."""
        if self._stack is not None:
            stack, self._stack = self._stack, None
            await self._hand_over(None)
            await stack.aclose()
            self._worlds, self._clock, self._app = [], None, None

    async def _open(self, stack: AsyncExitStack) -> None:
        start = datetime.combine(_today(), BEGINS, ZONE).astimezone(UTC)
        self._clock = DayClock(start, SPEEDS[self._speed])
        stack.enter_context(clocks.running(self._clock))
        world_url = await stack.enter_async_context(serve_networks())
        self._app = app = App.open(self._demo_settings(), own_network=world_url)
        stack.push_async_callback(app.close)
        rig = Rig(world_url, app.http)
        self._worlds = [build(days.load(name), rig) for name in days.names()]
        for world in self._worlds:
            await open_accounts(world, rig)
            await app.store.run(settle, app.store, world)
            await connect_accounts(world, app.store, await _own_uris(app, world))
        await self._hand_over(app)
        for world in self._worlds:
            task = asyncio.create_task(self._play(app, world, rig), name=f"demo {world.day.name}")
            stack.callback(task.cancel)

    def _demo_settings(self) -> Settings:
        """A folder of its own, fresh each time; the real one is not touched."""
        folder = self._settings.folder / "demo"
        shutil.rmtree(folder, ignore_errors=True)
        own = {"home": folder, "store": "", "key_file": None, "listen_bluesky": False, "smtp": "", "sample_mb": 20}
        return self._settings.model_copy(update=own)

    async def _play(self, app: App, world: World, rig: Rig) -> None:
        """What happened before the beginning is there at once; the rest happens in its time."""
        assert self._clock is not None
        await app.until_listening()  # a network is heard from now on: nobody may speak before we listen
        pace = self._clock.real_seconds
        day = play(rig, world.day, clock=self._clock, on=_today(), pace=pace, patience_s=PATIENCE_S)
        async for happened in day:
            if isinstance(happened, Due) and self._speed == "lapse":
                await self._act(app, world, happened)

    async def _act(self, app: App, world: World, due: Due) -> None:
        """A scripted member does what the day says, unless the viewer did so already."""
        try:
            await app.store.run(_scripted, world.member(due.action.member), due.action, f"simulated:{due.uri}", app.key)
        except OuidireError as error:
            log.info("left to the viewer", action=due.action.kind, because=str(error))
        app.wake()


def _today() -> date:
    """The real day, whatever the demo's clock says."""
    return datetime.now(ZONE).date()


async def _own_uris(app: App, world: World) -> dict[str, str]:
    ours = [source for source in world.sources if source.id in world.secrets]
    return {one.id: await app.try_account(one.connector, one.settings, world.secrets[one.id]) for one in ours}


def _scripted(tx: Tx, who: Member, action: Action, item_key: str, key: bytes) -> None:
    member = members.get(tx, who.id)
    heard = mentions.by_item_key(tx, member.organisation_id, item_key)
    stands = conversations.standing(tx, heard.mention.id) if heard else None
    if stands is None:
        raise BadInput("It has not been heard yet.")
    one = conversations.get(tx, stands.conversation_id)
    if action.kind is ActionKind.TAKE and one.state is ConversationState.WAITING:
        act.take(tx, member, one.id)
    elif action.kind in (ActionKind.NOTE, ActionKind.GESTURE):
        act.note(tx, member, one.id, action.text)
    elif action.kind is ActionKind.REPLY and one.state in (ConversationState.WAITING, ConversationState.OURS):
        answer.send(tx, member, one.id, action.text, key=key)
