"""Keeps the world going while the house is killed and started again: networks, mail server, one who answers."""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from ouidire.connectors.http import Http
from ouidire.demo import days
from ouidire.demo.network import Network
from ouidire.demo.networks import Doors, Networks, serve_networks
from ouidire.demo.rig import Rig
from ouidire.demo.settle import connect_accounts, settle
from ouidire.demo.world import World, build, open_accounts
from ouidire.domain.conversation import ConversationState
from ouidire.domain.reply import Reply
from ouidire.inbox import answer, read
from ouidire.store import members, mentions, sources, work
from ouidire.store.engine import Store, Tx
from ouidire.store.schema import delivery, reply
from tests.flow.faults.child import live
from tests.flow.faults.points import AT_PEERS, MAIL_TAKEN, REPLY_TAKEN
from tests.flow.faults.story import ANSWER, Said, Told, said
from tests.notifiers.servers import MailBox, smtp_server

PER_S = 2_500
PATIENCE_S = 60.0

_houses = multiprocessing.get_context("forkserver")
_houses.set_forkserver_preload(["pytest", "tests.flow.faults.preload"])


@dataclass
class Driver:
    """One story. `fired` are the points at which the house was killed, in order."""

    store: Store
    home: Path
    networks: Networks
    world: World
    box: MailBox
    told: Told = field(default_factory=Told)
    fired: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    answered: list[Reply] = field(default_factory=list)
    child: ForkServerProcess | None = None
    armed: str = ""
    allowed: float = 0.0

    async def run(self, points: Sequence[str], posts: int, mentions: int) -> None:
        """Let it all be said, killing the house at each of `points` in turn; ends when the last one has settled."""
        self._start()
        await self.until(self._is_listening)
        pouring = asyncio.create_task(self._pour(said(posts, mentions)))
        answering = asyncio.create_task(self._answer())
        share = (posts + mentions) / (len(points) + 1)
        try:
            for number, point in enumerate(points):
                self.allowed = share * (number + 1)
                # The first house listens already and is only ended, so that the second begins with a cursor.
                self.end()
                # What comes in many pieces is also killed at its second; one answer a house comes in one.
                comes_often = point.endswith((": hear", ": delivery claimed"))
                await self._kill_at(point, 1 + number % 2 if comes_often else 1)
            self.allowed = posts + mentions
            self._start()
            await pouring
            await self.until(self._is_settled)
        finally:
            for task in (pouring, answering):
                task.cancel()
            await asyncio.gather(pouring, answering, return_exceptions=True)
            self.end()

    async def until(self, question: Callable[[Tx], bool]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while not await self.store.read(question):
            ended = self.child is None or self.child.exitcode is not None
            assert not ended, f"the house ended by itself: {self._log()}"
            assert time.monotonic() < ends, f"{question.__name__} did not come true: {self._log()}"
            await asyncio.sleep(0.05)

    async def _kill_at(self, point: str, nth: int) -> None:
        note = self.home / "fired"
        note.unlink(missing_ok=True)
        self.armed = point if point in AT_PEERS else ""
        child = self._start(point, nth)
        await asyncio.to_thread(child.join, PATIENCE_S)
        assert child.exitcode is not None, f"“{point}” was never reached: {self._log()}"
        assert child.exitcode == -signal.SIGKILL, self._log()
        assert (not self.armed) if point in AT_PEERS else (note.read_text() == point)
        self.fired.append(point)

    def peer_has(self, point: str) -> bool:
        """Called where a peer has taken something; the house dies before it hears so, when this is the point."""
        if self.armed != point or self.child is None:
            return False
        self.armed = ""
        self.child.kill()
        return True

    def _start(self, point: str = "", nth: int = 0) -> ForkServerProcess:
        url = self.store.engine.url.render_as_string(hide_password=False)
        self.child = _houses.Process(target=live, args=(self.home, url, self.box.url(), point, nth), daemon=True)
        self.child.start()
        return self.child

    def end(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.join()

    def _log(self) -> str:
        return (self.home / "house.log").read_text(errors="replace")[-3000:]

    async def _pour(self, posts: Iterator[Said]) -> None:
        last = ""
        for number, one in enumerate(posts):
            while number >= self.allowed:
                await asyncio.sleep(0.02)
            if number % 50 == 49:
                await asyncio.sleep(50 / PER_S)
            last = self._say(one, last)

    def _say(self, one: Said, last: str) -> str:
        act = replace(one.act, parent=last) if one.goes_on else one.act
        event = self.networks.act(self.networks.networks[one.network], act)
        self.told.posts += 1
        if not one.is_mention:
            return last
        uri = f"sim://{one.network}/{event.id}"
        self.told.mentions.append(uri)
        self.told.complaints += [uri] if one.is_complaint else []
        self.told.goes_on += one.goes_on
        return event.id

    async def _answer(self) -> None:
        """The manager answers one complaint for every house that was started."""
        while True:
            await asyncio.sleep(0.1)
            if len(self.answered) <= len(self.fired):
                await self.store.run(self._answer_one)

    def _answer_one(self, tx: Tx) -> None:
        manager = members.get(tx, self.world.member("crescent").id)
        known = {one.conversation_id for one in self.answered}
        waiting = (
            card.conversation_id for card in read.cards(tx, manager, (ConversationState.WAITING,)) if card.gravity
        )
        conversation_id = next((one for one in waiting if one not in known), None)
        if conversation_id is not None:
            text = ANSWER.format(len(self.answered) + 1000)
            key = self.store.box.derive("clearances")
            self.answered.append(answer.send(tx, manager, conversation_id, text, key=key))

    def _is_listening(self, tx: Tx) -> bool:
        return all(one.cursor for one in sources.listening(tx))

    def _is_settled(self, tx: Tx) -> bool:
        """Everything was heard and nothing is left to do."""
        organisation = self.world.organisation.id
        last = mentions.by_item_key(tx, organisation, f"simulated:{self.told.mentions[-1]}")
        if last is None or work.waiting(tx) or not self._is_heard(tx):
            return False
        open_replies = tx.execute(reply.select().where(reply.c.state.not_in(["sent", "refused"]))).first()
        open_deliveries = tx.execute(delivery.select().where(delivery.c.state.in_(["due", "sending"]))).first()
        return open_replies is None and open_deliveries is None

    def _is_heard(self, tx: Tx) -> bool:
        ends = {name: str(network.seq) for name, network in self.networks.networks.items()}
        return all(one.cursor == ends[one.settings["network"]] for one in sources.listening(tx))


class _Mails(MailBox):
    """Takes every mail; may let the house die between taking one and saying so."""

    driver: Driver | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await super().handle_DATA(server, session, envelope)
        if self.driver is not None and self.driver.peer_has(MAIL_TAKEN):
            server.transport.abort()
        return said


@asynccontextmanager
async def open_driver(store: Store, home: Path, patch: pytest.MonkeyPatch) -> AsyncIterator[Driver]:
    """A world on loopback with a settled business in `store`; no house is running yet."""
    networks, box, http = Networks(), _Mails(), Http()
    _count_words(box, patch)
    async with smtp_server(box), serve_networks(networks=networks) as world_url:
        rig = Rig(world_url, http)
        world = build(days.load("boutique"), rig)
        await open_accounts(world, rig)
        await store.run(settle, store, world)
        handles = {name: account.handle for name, account in world.accounts}
        own = {
            s.id: f"sim://{s.settings['network']}/@{handles[s.settings['network']]}"
            for s in world.sources
            if s.id in world.secrets
        }
        await connect_accounts(world, store, own)
        driver = box.driver = Driver(store, home, networks, world, box)
        try:
            yield driver
        finally:
            driver.end()
            await http.aclose()


def _count_words(peer: _Mails, patch: pytest.MonkeyPatch) -> None:
    """Count how often each reply is spoken to a network: its own idempotency would hide that it was said twice."""
    say = Doors.say

    async def counted(self: Doors, request: Request, network: Network) -> Response:
        answered = await say(self, request, network)
        if peer.driver is not None:
            peer.driver.asked[request.headers["idempotency-key"]] += 1
            peer.driver.peer_has(REPLY_TAKEN)
        return answered

    patch.setattr(Doors, "say", counted)
