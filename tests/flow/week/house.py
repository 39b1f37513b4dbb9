"""The story's side of a week: it holds the clock, lets people speak, and starts, stops and kills the house."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.demo.network import Network
from ouidire.demo.networks import Doors, Networks, serve_networks
from ouidire.demo.rig import Rig
from ouidire.domain.member import Member
from ouidire.domain.reply import Reply
from ouidire.inbox import act, answer
from ouidire.settings import Settings
from ouidire.store import conversations, members, mentions, replies, sources, work
from ouidire.store.engine import Store, Tx
from ouidire.store.schema import delivery, item, mention, reply, source
from ouidire.store.secrets import SecretBox
from tests.connectors.bluesky.jetstream import T0, PlayedJetstream, deletion, playing, post
from tests.connectors.loopback import Answer, Asked, answering
from tests.connectors.rss.contract import entry, rss
from tests.flow.faults.points import AT_PEERS, MAIL_TAKEN, REPLY_TAKEN
from tests.flow.week.process import live
from tests.notifiers.servers import HookServer, MailBox, hook_server, smtp_server

T = TypeVar("T")

PARIS = ZoneInfo("Europe/Paris")
LONG_AGO = datetime.fromtimestamp(T0 / 1e6, UTC)
PATIENCE_S = 60.0
LONG_PACE = 100_000.0
"""A stretch of the story in which nothing happens and the house is awake goes by as in a time-lapse."""

_houses = multiprocessing.get_context("forkserver")
_houses.set_forkserver_preload(["pytest", "tests.flow.faults.preload"])


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of October 2026 on the clock of the shop."""
    return datetime(2026, 10, day, hour, minute, tzinfo=PARIS).astimezone(UTC)


class Hands(HandClock):
    """The true time, and the clock of the machine that the house runs on (which may be wrong)."""

    def __init__(self, moment: datetime) -> None:
        super().__init__(moment)
        self.wrong_s = 0.0
        self.machine_hands: Connection | None = None
        self._owed = 0

    @property
    def on_machine(self) -> datetime:
        return self.at + timedelta(seconds=self.wrong_s)

    def advance(self, **step: float) -> None:
        super().advance(**step)
        self.tell("advance", timedelta(**step).total_seconds())

    def misset(self, hours: float) -> None:
        """Somebody turns the hands of that machine: no time passes."""
        self.wrong_s += hours * 3600
        self.tell("set", hours * 3600)

    def keep_pace(self, speed: float) -> None:
        self.tell("pace", speed)

    def tell(self, what: str, seconds: float) -> None:
        if self.machine_hands is not None:
            self.machine_hands.send((what, seconds))
            self._owed += 1

    def hold(self, machine_hands: Connection | None) -> None:
        """Another machine, or none."""
        self.machine_hands, self._owed = machine_hands, 0

    def agreed(self) -> None:
        """Wait until the machine has done what it was told."""
        while self.machine_hands is not None and self._owed:
            assert self.machine_hands.poll(PATIENCE_S), "the machine's clock does not answer"
            self.machine_hands.recv()
            self._owed -= 1


@dataclass
class Feed:
    """A guide's feed on loopback, which answers 304 to who has read it."""

    url: str = ""
    entries: list[str] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)

    def answer(self, asked: Asked) -> Answer:
        mark = f'"{len(self.entries)}"'
        status = 304 if asked.headers.get("if-none-match") == mark else 200
        self.answers[status] += 1
        body = rss(*self.entries[::-1]) if status == 200 else b""
        return Answer(status, body, {"Content-Type": "text/xml", "ETag": mark})


@dataclass
class Week:
    """`said` are the keys of all that was written about us and heard by any way, `gone` of what was deleted since."""

    home: Path
    urls: list[str]
    key: Path
    hand: Hands
    jetstream: PlayedJetstream
    networks: Networks
    rig: Rig
    box: Mails
    hook: HookServer
    feed: Feed
    said: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    spoken: Counter[str] = field(default_factory=Counter)
    kills: list[str] = field(default_factory=list)
    armed: str = ""
    child: ForkServerProcess | None = None
    owner_id: str = ""
    organisation_id: str = ""
    posts: int = 0
    answers: list[str] = field(default_factory=list)
    _store: Store | None = None

    def __post_init__(self) -> None:
        self.began = self.hand.at

    # --- the house -------------------------------------------------------------------------------------------------

    @property
    def given(self) -> dict[str, Any]:
        return {
            "home": self.home,
            "store": self.urls[0],
            "jetstream": self.jetstream.url,
            "smtp": self.box.url(),
            "mail_from": "ouidire@vaugelade.example",
            "port": 0,
            "sample": False,
            "disk_free_mb": 0,
        }

    @property
    def settings(self) -> Settings:
        return Settings.model_validate(self.given)

    @property
    def store(self) -> Store:
        if self._store is None:
            self._store = Store.connect(self.settings.store_url, SecretBox.at(self.key))
        return self._store

    def close_store(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    async def up(self, point: str = "", nth: int = 1) -> None:
        """The house is started; it dies when `point` is reached for the `nth` time."""
        ours, theirs = _houses.Pipe()
        (self.home / "fired").unlink(missing_ok=True)
        self.armed = point if point in AT_PEERS else ""
        trap = "" if self.armed else point
        given = (self.given, self.hand.on_machine, theirs, trap, nth)
        self.jetstream.came.clear()
        self.child = _houses.Process(target=live, args=given, daemon=True)
        await asyncio.to_thread(self.child.start)
        self.hand.hold(ours)
        await self.until(self.jetstream.came.is_set, "the house listens")

    async def killed(self, point: str) -> None:
        """The house has died of what it was armed with, two minutes go by."""
        assert self.child is not None
        await asyncio.to_thread(self.child.join, PATIENCE_S)
        assert self.child.exitcode == -signal.SIGKILL, f"“{point}” was never reached: {self.log()}"
        self.kills.append(point)
        self.hand.hold(None)
        self.hand.advance(minutes=2)

    async def down(self) -> None:
        """The power fails."""
        self.hand.hold(None)
        if self.child is not None:
            self.child.kill()
            await asyncio.to_thread(self.child.join)
            self.child = None

    def peer_has(self, point: str) -> None:
        if self.armed == point and self.child is not None:
            self.armed = ""
            self.child.kill()

    def log(self) -> str:
        files = [self.home / "house.log", *sorted(self.home.glob("*.log"))]
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in files if file.exists())

    # --- time ------------------------------------------------------------------------------------------------------

    async def awake_until(self, moment: datetime) -> None:
        """The house is awake, and little happens."""
        self.hand.keep_pace(LONG_PACE)
        self.hand.advance(seconds=(moment - self.hand.at).total_seconds() - 2)
        self.hand.agreed()
        await self.alive()
        self.hand.keep_pace(1.0)
        self.hand.agreed()

    async def close_lid(self) -> None:
        """The machine sleeps: nothing of the house moves, and its lines are dead."""
        assert self.child is not None
        assert self.child.pid is not None
        self.hand.agreed()
        os.kill(self.child.pid, signal.SIGSTOP)
        await self.jetstream.cut()

    async def open_lid(self) -> None:
        assert self.child is not None
        assert self.child.pid is not None
        os.kill(self.child.pid, signal.SIGCONT)
        self.hand.agreed()
        await self.alive()

    async def alive(self) -> None:
        """Everybody chats about something else, and the house has heard it from every network."""
        self.hand.advance(seconds=2)
        self.hand.agreed()
        now = self.hand.at

        def heard() -> bool:
            with self.store.reading() as tx:
                lines = sources.listening(tx)
            streams = [one.last_heard_at for one in lines if one.connector in ("bluesky", "simulated")]
            return all(heard_at is not None and heard_at >= now for heard_at in streams) and not any(
                one.due_at is not None and one.due_at <= now for one in lines
            )

        await self.jetstream.play(self._post("Il pleut, c'est tout", "chatter"))
        for network in self.networks.networks:
            await self.rig.post(network, author="chatter", text="Il pleut, c’est tout")
        await self.until(heard, "every network is heard")

    # --- people ----------------------------------------------------------------------------------------------------

    def _post(self, text: str, author: str) -> bytes:
        self.posts += 1
        n = int((self.hand.at - LONG_AGO).total_seconds() * 1000) + self.posts % 1000
        return post(text, n, did=f"did:plc:{author}", createdAt=self.hand.at.isoformat())

    async def say(self, text: str, author: str) -> str:
        """Somebody writes about us on Bluesky; the key of the message."""
        frame = self._post(text, author)
        key = _key_of(frame)
        self.said[key] = text
        await self.jetstream.play(frame)
        return key

    async def say_on(self, network: str, text: str, author: str) -> str:
        """The same where we can answer; the message's address."""
        uri = await self.rig.post(network, author=author, text=text, lang="fr")
        self.said[f"simulated:{uri}"] = text
        return uri

    async def take_back(self, key: str) -> None:
        """Its author deletes a message of Bluesky."""
        did, _, rkey = key.removeprefix("bluesky:at://").partition("/app.bsky.feed.post/")
        n = int((self.hand.at - LONG_AGO).total_seconds() * 1000)
        await self.jetstream.play(deletion(n, int(rkey.removeprefix("3k")), did=did))
        self.gone.add(key)

    def read(self, question: Callable[[Tx], T]) -> T:
        with self.store.reading() as tx:
            return question(tx)

    @property
    def owner(self) -> Member:
        return self.read(lambda tx: members.get(tx, self.owner_id))

    def write_reply(self, uri: str, text: str, *, due_at: datetime | None = None) -> Reply:
        """The owner answers; `due_at`: but it is to be said later."""
        owner = self.owner
        with self.store.transaction() as tx:
            heard = mentions.by_item_key(tx, owner.organisation_id, f"simulated:{uri}")
            assert heard is not None
            stands = conversations.standing(tx, heard.mention.id)
            assert stands is not None
            act.take(tx, owner, stands.conversation_id)
            key = self.store.box.derive("clearances")
            said = answer.send(tx, owner, stands.conversation_id, text, key=key)
            if due_at is not None:
                replies.put_back(tx, said.id, "", due_at)
        self.answers.append(text)
        return said

    def state_of(self, one: Reply) -> str:
        rows = self.read(lambda tx: tx.execute(select(reply.c.state).where(reply.c.id == one.id)).scalars().all())
        return rows[0] if rows else ""

    def stands_on_network(self, text: str) -> int:
        posts: Iterable[Any] = (one for each in self.networks.networks.values() for one in each.latest(10**6))
        return sum(one.text == text for one in posts)

    # --- what is true now --------------------------------------------------------------------------------------------

    def kept(self) -> Counter[str]:
        """The keys of what is kept of our organisation and of others' hands."""
        query = select(item.c.key).join(mention, mention.c.item_id == item.c.id)
        query = query.where(
            mention.c.organisation_id == self.organisation_id, mention.c.is_own.is_(False), item.c.gone_at.is_(None)
        )
        return self.read(lambda tx: Counter(tx.execute(query).scalars()))

    @property
    def wanted(self) -> Counter[str]:
        return Counter(set(self.said) - self.gone)

    def calm_messages(self) -> int:
        """How many different ones have arrived."""
        words = ("Personne n", "personnes attendent", "personne attend")
        calm = [mail for mail in self.box.mails if any(word in str(mail["Subject"]) for word in words)]
        return len({str(mail["Message-ID"]) for mail in calm})

    async def settled(self, *, is_paused: bool = False) -> None:
        """What was said is kept and understood, and who is to be told is told."""
        moving = ["sending"] if is_paused else ["sending", "due"]

        def done() -> bool:
            if self.kept() != self.wanted:  # asked first: what is kept has its work rows
                return False
            with self.store.reading() as tx:
                left = select(delivery.c.id).where(delivery.c.state.in_(moving), delivery.c.due_at <= self.hand.at)
                left = left.where(delivery.c.organisation_id == self.organisation_id)
                return not work.waiting(tx) and tx.execute(left).first() is None

        await self.until(done, "all is kept, understood and told")

    async def until(self, found: Callable[[], T], what: str) -> T:
        """The first truthy answer of `found`."""
        ends = time.monotonic() + PATIENCE_S
        while not (answered := await asyncio.to_thread(found)):
            alive = self.child is not None and self.child.exitcode is None
            assert alive, f"the house ended by itself before {what}: {self.log()}"
            assert time.monotonic() < ends, f"it did not come true that {what}: {self._differs()}\n{self.log()}"
            await asyncio.sleep(0.02)
        return answered

    def _differs(self) -> str:
        if not self.owner_id:
            return "the store is perhaps still of the former release"
        kept, wanted = self.kept(), self.wanted
        missing = {key: self.said.get(key) for key in wanted - kept}
        lines = self.read(sources.listening)
        heard = {one.name: (str(one.last_heard_at), str(one.due_at), one.state.value) for one in lines}
        return f"missing {missing}, too many {dict(kept - wanted)}; it is {self.hand.at}, heard {heard}"


class Mails(MailBox):
    """A mail server that may let the house die between taking a mail and saying so."""

    week: Week | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await super().handle_DATA(server, session, envelope)
        if self.week is not None:
            self.week.peer_has(MAIL_TAKEN)
        return said


def _key_of(frame: bytes) -> str:
    event = json.loads(frame)
    return f"bluesky:at://{event['did']}/app.bsky.feed.post/{event['commit']['rkey']}"


@asynccontextmanager
async def open_week(home: Path, urls: list[str], began: datetime, patch: Any) -> AsyncIterator[Week]:
    """The world on loopback at `began`; no house is up yet. `urls` are its stores, one after the other."""
    hand, networks, box, http, feed = Hands(began), Networks(), Mails(), Http(), Feed()
    _count_words(box, patch)
    with clock.running(hand):
        async with (
            playing() as jetstream,
            smtp_server(box),
            hook_server(HookServer()) as hook,
            answering(feed.answer) as site,
            serve_networks(networks=networks) as world_url,
        ):
            feed.url = site.url
            rig = Rig(world_url, http)
            week = Week(home, list(urls), home / "key", hand, jetstream, networks, rig, box, hook, feed)
            box.week = week
            try:
                yield week
            finally:
                await week.down()
                week.close_store()
                await http.aclose()


def _count_words(peer: Mails, patch: Any) -> None:
    """How often each reply is spoken to a network: its own idempotency would hide that it was said twice."""
    say = Doors.say

    async def counted(self: Doors, request: Request, network: Network) -> Response:
        answered = await say(self, request, network)
        if peer.week is not None:
            peer.week.spoken[request.headers["idempotency-key"]] += 1
            peer.week.peer_has(REPLY_TAKEN)
        return answered

    patch.setattr(Doors, "say", counted)


def move_networks(tx: Tx, week: Week) -> None:
    """The pretended networks of the former release's day go on, at the address that they have today."""
    for row in tx.execute(select(source.c.id, source.c.settings, source.c.cursor)).all():
        name = row.settings["network"]
        tx.execute(source.update().where(source.c.id == row.id).values(settings=week.rig.settings(name)))
        network = week.networks.networks[name]
        network.seq = max(network.seq, int(row.cursor or 0))


__all__ = ["Feed", "Hands", "Mails", "Week", "at", "entry", "move_networks", "open_week"]
