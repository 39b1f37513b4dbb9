"""Wiring: settings → store, connectors, notifiers, stages. Nothing happens at import; `App.open` connects."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from ouidire import clock, flow
from ouidire.alert import notices
from ouidire.alert.calm import Calmer
from ouidire.alert.deliver import Postman
from ouidire.alert.notices import Crier
from ouidire.care.copies import before_migration
from ouidire.care.disk import Disk
from ouidire.care.latency import Latency
from ouidire.care.ledger import Ledger
from ouidire.care.memory import give_back
from ouidire.care.timekeeper import Timekeeper
from ouidire.connectors import registry as connectors
from ouidire.connectors.base import Answer, Call, Look, Reader, Replier, SourceContext
from ouidire.connectors.http import Http, require_public
from ouidire.domain.absence import Absence
from ouidire.domain.ids import new_id
from ouidire.domain.item import Batch, Dropped
from ouidire.domain.member import Member
from ouidire.domain.source import Source, SourceState
from ouidire.errors import Corrupt, NotFound, OuidireError, Permanent, Retry
from ouidire.flow import Hearing
from ouidire.inbox.speak import Speaker
from ouidire.listen.doors import Doors
from ouidire.listen.listener import Listener
from ouidire.match.ears import FAULT, LEFT_AT_ONCE, Ears
from ouidire.notifiers import registry as notifiers
from ouidire.notifiers.base import Notifier
from ouidire.notifiers.broadcaster import Broadcaster
from ouidire.notifiers.context import NotifierContext
from ouidire.queue.base import Parcel
from ouidire.queue.local import LocalQueue
from ouidire.settings import Settings
from ouidire.store import absences, alerts, imports, refused, replies, retain, sources, tombstones, work
from ouidire.store.engine import Store, Tx
from ouidire.store.keep import Found
from ouidire.store.refused import Refused
from ouidire.store.sample import Sample
from ouidire.store.secrets import SecretBox

log = structlog.get_logger()

R = TypeVar("R")

REFRESH_S = 0.5
"""How soon the ears know of a change made elsewhere (a new watch, a reply that now stands)."""
CURSOR_S = 1.0
"""How often the cursor is moved when nothing of ours was heard: what is read twice then concerns nobody."""
LOOK_S = 0.5
"""How often work rows are looked for when nobody woke us."""
HOUSEKEEPING_S = 30.0
SAMPLE_S = 3.0
DISK_S = 3.0
"""How soon an import looks again whether the disk has room."""
IMPORTS = "imports"
"""The folder of copies of files that were brought in on the page."""
ARRIVING = "arriving-"
"""How the name of a file begins that is still being sent to us."""
SHOW_S = 5.0
"""How often open pages see how far an absence is caught up with."""
CALM_S = 15.0
"""How often it is looked whether the hour of a calm message has come."""
PROJECT = "https://github.com/ouidire/ouidire"


@dataclass(slots=True)
class _Unsaid:
    """What a source brought since its last commit and that concerned nobody: counted, not kept."""

    heard: int = 0
    dropped: list[Dropped] = field(default_factory=list)
    left_aside: deque[Refused] = field(default_factory=lambda: deque(maxlen=LEFT_AT_ONCE))
    committed_at: datetime | None = None


class App:
    """One process of the house: everything it needs, opened once."""

    def __init__(self, settings: Settings, store: Store, http: Http) -> None:
        self.settings, self.store, self.http = settings, store, http
        self.key = store.box.derive("clearances")
        self.broadcaster = Broadcaster()
        self.ears = Ears(settings.folder / "ears", leaves_aside=settings.sample)
        self.queue = LocalQueue()
        self.sample = _sample(settings)
        self.ledger = Ledger(settings.folder)
        self.disk = Disk(settings.folder, settings.disk_free_mb)
        self.is_disk_low = False
        self.latency = Latency()
        self.doors = Doors(store, settings.public_url)
        given = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
        self.address: Callable[[], str] = lambda: given
        self.worker = f"{socket.gethostname()[:20]}:{os.getpid()}"
        self.listener = Listener(store, self._open_reader, self._hand_over, _mode, settled=self.queue.join)
        self.listener.on_change = self.wake
        self.push_key = store.box.derive("web push")
        self.notifiers, self._why_not = self._open_notifiers()
        why_not = self._why_not.__getitem__
        self.postman = Postman(store, self.notifiers, why_not, lambda: self.base_url, self.latency.told)
        self.crier = Crier(store, self.notifiers, lambda: self.base_url)
        self.time = Timekeeper(store, http, self.listener.wake, self._ring)
        self._absent: set[str] = set()
        self._said_at = -SHOW_S
        self.calm = Calmer(store, self.notifiers, lambda: self.base_url)
        self.speaker = Speaker(store, self.key, self.open_replier)
        self.on_worked: list[Callable[[str, list[str]], Awaitable[None]]] = []
        self._repliers: dict[str, tuple[Source, Replier | None]] = {}
        self._unsaid: dict[str, _Unsaid] = {}
        self._unsampled: list[Batch] = []
        self._heard_sources: dict[str, Source] = {}
        self._refreshed_at: float = 0.0
        self._ears_turn = asyncio.Lock()
        """Batches may be heard at once, but the ears change in a thread: nobody hears with them meanwhile."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ready = asyncio.Event()
        self._bells: list[asyncio.Event] = []

    @classmethod
    def open(cls, settings: Settings, *, own_network: str = "") -> App:
        """Connect to the store and the doors. Raises `BadInput` or `Corrupt` with what to do.

        `own_network` is an address of ours on this machine that may always be called (the demo world's).
        """
        box = SecretBox.at(settings.key_path)
        http = Http(only_public=settings.only_public, but=own_network)
        return cls(settings, Store.open(settings.store_url, box, before_migration(settings, box)), http)

    async def close(self) -> None:
        for notifier in self.notifiers.values():
            await notifier.aclose()
        await self.http.aclose()
        if self.sample is not None:
            self.sample.close()
        self.store.close()

    @property
    def base_url(self) -> str:
        """Where our people reach the pages now; in a local network the address changes with the network."""
        return self.address()

    def wake(self) -> None:
        """Something was written that a stage, the postman or the speaker should look at now; from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._ring)

    def _ring(self) -> None:
        """There may be something to do, and something new to see: every open page looks again."""
        for bell in self._bells:
            bell.set()
        self.broadcaster.publish_all("changed", {})

    async def run(self) -> None:
        """Everything but the web page, until cancelled. Our own corruption ends it with an exception."""
        self._loop = asyncio.get_running_loop()
        await self.store.run(self._public_sources)
        await self.store.run(self.forget_what_is_off)
        await self._remember_deletions()
        await asyncio.to_thread(_forget_half_arrived, self.settings.folder)
        await self.store.run(self.time.begin)
        self._ready.set()
        await asyncio.to_thread(flow.warm)  # the first message must not wait for the models to be read from disk
        self._bells.clear()
        tasks = [
            asyncio.create_task(one, name=name)
            for name, one in (
                ("listen", self.listener.run()),
                ("hear", self._hear_all()),
                ("work", self._turns(self._work)),
                ("speak", self._turns(self._speak)),
                ("deliver", self._turns(self._deliver)),
                ("take back", self._turns(self._take_back)),
                ("calm", self._say_calm()),
                ("housekeeping", self._keep_house()),
                ("time", self.time.keep()),
            )
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    # --- listening ---------------------------------------------------------------------------------------------

    async def until_listening(self) -> None:
        """Until every source that is to be heard has answered once, or has said why it cannot."""
        await self._ready.wait()
        while any(s.state is SourceState.NEW for s in await self.store.read(sources.listening)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    def _public_sources(self, tx: Tx) -> None:
        """The streams that are heard once for everyone."""
        name = "bluesky"
        if not self.settings.listen_bluesky or sources.by_connector(tx, None, name) is not None:
            return
        sources.add(tx, self.store, Source(new_id(), None, name, connectors.manifest(name).title))

    def forget_what_is_off(self, tx: Tx) -> None:
        """What was left aside while there was a local sample; where it is switched off, nothing of it stays."""
        if self.sample is None:
            refused.clear(tx)

    async def _open_reader(self, source: Source) -> Reader:
        return connectors.open_reader(source.connector, await self._context(source))

    async def open_replier(self, source: Source) -> Replier | None:
        """The part that answers for a source; kept open, because it holds a session with the network."""
        known = self._repliers.get(source.id)
        if known is None or known[0].settings != source.settings:
            known = (source, connectors.open_replier(source.connector, await self._context(source)))
            self._repliers[source.id] = known
        return known[1]

    async def _context(self, source: Source) -> SourceContext:
        secrets = await self.store.read(sources.secrets, self.store, source.id)
        settings = dict(source.settings)
        if self.settings.jetstream and source.connector == "bluesky":
            settings["jetstream"] = self.settings.jetstream
        return SourceContext(source.id, settings, secrets, self.http, self.doors.door(source))

    async def look(self, connector: str, settings: Mapping[str, str]) -> Look:
        """What stands at what somebody typed, before it is kept. Raises `Retry` or `Permanent` with what to do."""
        return await connectors.look(connector, SourceContext("", settings, {}, self.http))

    async def called(self, token: str, call: Call) -> Answer:
        """A network calls at our door: what it brings is kept before it is answered."""
        answer = await self.doors.called(token, call, self._context)
        if answer.kind:
            self.listener.ring(self.doors.behind(token)[1])
        return answer

    async def remove_source(self, member: Member, source_id: str) -> None:
        """Forget a source of this member's organisation; a network that promised to call is asked to stop."""
        source = await self.store.read(sources.get, source_id)
        goodbye = await self.doors.goodbye(source, self._context)
        await self.store.run(sources.remove, member, source_id)
        for known in (self._heard_sources, self._repliers, self._unsaid):
            known.pop(source_id, None)
        self.listener.look()
        self.wake()
        await goodbye()

    async def try_account(self, connector: str, settings: Mapping[str, str], secrets: Mapping[str, str]) -> str:
        """Our own account's URI, after the network accepted these credentials. Raises `Permanent` with what to do."""
        context = SourceContext("", settings, secrets, self.http)
        replier = connectors.open_replier(connector, context)
        if replier is None:
            raise Permanent(f"{connectors.manifest(connector).title} cannot be answered from here.")
        return await replier.check()

    async def _hand_over(self, source: Source, batch: Batch) -> None:
        while _mode(source.connector) == "file" and self.disk.is_low:  # noqa: ASYNC110 - an import can wait
            await asyncio.sleep(DISK_S)
        await self.queue.put(Parcel(source.id, batch, is_file=_mode(source.connector) == "file"))

    async def _hear_all(self) -> None:
        async for parcel in self.queue.take():
            await self.hear(parcel, at_once=parcel.is_file)
            await self.queue.done(parcel)

    async def hear(self, parcel: Parcel, *, at_once: bool = False) -> None:
        """One batch through the hot path. A store in trouble is waited for: the batch is held, nothing is lost.

        A batch that concerns nobody moves the cursor only now and then; `at_once`: always.
        """
        async with self._ears_turn:
            await _held(parcel.source_id, self._refresh_ears)
        batch = parcel.batch
        try:
            source = await _held(parcel.source_id, lambda: self._heard_source(parcel.source_id))
        except NotFound:
            return  # it was removed while this was on its way
        if batch.told_at is not None:  # before anything is judged by the time
            self.time.told(source.id, batch.told_at)
        at = clock.now()
        async with self._ears_turn:
            sifted = self.ears.sift(batch, at, source.organisation_id)
        if source.organisation_id is None:
            self._remember(batch)
        unsaid = self._unsaid.setdefault(parcel.source_id, _Unsaid())
        unsaid.heard += batch.heard
        unsaid.dropped += (*batch.dropped, *sifted.dropped)
        unsaid.left_aside += sifted.refused
        due = unsaid.committed_at is None or abs((at - unsaid.committed_at).total_seconds()) >= CURSOR_S
        due = due or batch.rhythm is not None or bool(batch.received)
        if not (sifted.found or sifted.gone or batch.gap or due or at_once):
            return
        said = Batch(
            gone=sifted.gone,
            dropped=tuple(unsaid.dropped),
            gap=batch.gap,
            cursor=batch.cursor,
            heard=unsaid.heard,
            lag_s=batch.lag_s,
            rhythm=batch.rhythm,
            received=batch.received,
            told_at=batch.told_at,
        )
        # Said now: another batch of this source may come while this one is committed.
        self._unsaid[parcel.source_id] = _Unsaid(committed_at=at)
        await self._commit(source, said, sifted.found, tuple(unsaid.left_aside))
        if at_once:
            self._ring()  # somebody may be looking on how far it is

    async def _commit(
        self, source: Source, batch: Batch, found: Sequence[Found], left_aside: Sequence[Refused]
    ) -> None:
        """All at once; where a bug of ours breaks at one message, each alone, deletions and the cursor last."""
        try:
            await self._keep(source, batch, found, left_aside)
        except OuidireError:
            raise
        except Exception as error:
            log.error("a batch could not be kept at once", source=source.id, exc_info=error)
            bad = [refused for one in found if (refused := await self._keep_alone(source, batch, one))]
            await self._keep(source, msgspec.structs.replace(batch, dropped=(*batch.dropped, *bad)), ())

    async def _keep_alone(self, source: Source, batch: Batch, one: Found) -> Dropped | None:
        try:
            await self._keep(source, Batch(lag_s=batch.lag_s, told_at=batch.told_at), (one,))
        except OuidireError:
            raise
        except Exception as error:
            return Dropped(f"{FAULT} ({type(error).__name__})", one.item.key[:200])
        return None

    async def _keep(
        self, source: Source, batch: Batch, found: Sequence[Found], left_aside: Sequence[Refused] = ()
    ) -> None:
        how = Hearing(_mode(source.connector), self.retain_days(source.connector), self.time.away)
        kept = await _held(source.id, lambda: self.store.run(flow.hear, source.id, batch, found, how, left_aside))
        self.ears.follow(kept.follow)
        if kept.gone:
            await self._remember_deletions()
        if kept.absence is not None:
            self._say_absence(source, kept.absence)
        if kept.mention_ids or kept.gone or kept.follow:
            self._ring()

    async def _remember_deletions(self) -> None:
        """Outside the store too, where no backup that comes back can undo them. A full disk: the next look does it."""
        try:
            since = await asyncio.to_thread(self.ledger.since)
            gone = await self.store.read(tombstones.since, since)
            await asyncio.to_thread(self.ledger.add, gone)
        except (OSError, Retry) as error:
            log.warning("the ledger of deletions cannot be written", error=str(error))

    def _say_absence(self, source: Source, one: Absence) -> None:
        """A line when catching up begins and one when it is done; the pages see it advance."""
        if one.id not in self._absent or not one.is_open:
            log.info("absence", source=source.name, **msgspec.to_builtins(one))
            self._said_at = -SHOW_S
        if clock.steady() - self._said_at >= SHOW_S:
            self._said_at = clock.steady()
            self._ring()
        self._absent.discard(one.id) if not one.is_open else self._absent.add(one.id)

    def retain_days(self, connector: str) -> int:
        """Our own limit or the network's, the shorter of those there are (0: none)."""
        limits = [self.settings.retain_days, connectors.manifest(connector).may_store_days]
        return min((days for days in limits if days), default=0)

    async def _heard_source(self, source_id: str) -> Source:
        """Whose it is and of which network: neither ever changes."""
        if source_id not in self._heard_sources:
            self._heard_sources[source_id] = await self.store.read(sources.get, source_id)
        return self._heard_sources[source_id]

    async def _refresh_ears(self) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() - self._refreshed_at < REFRESH_S:
            return
        await self.store.read(self.ears.refresh, clock.now())
        self._refreshed_at = loop.time()

    def _remember(self, batch: Batch) -> None:
        if self.sample is not None and (batch.items or batch.gone) and not self.is_disk_low:
            self._unsampled.append(batch)

    # --- working -----------------------------------------------------------------------------------------------

    async def _turns(self, turn: Callable[[], Awaitable[int]]) -> None:
        """`turn` as long as it finds something; then wait to be woken.

        Stages, replies and deliveries take turns of their own: a mail server that does not answer holds up mail alone.
        """
        bell = asyncio.Event()
        self._bells.append(bell)
        while True:
            bell.clear()
            try:
                busy = await turn()
            except Retry as error:
                log.warning("the store is in trouble", because=str(error))
                await asyncio.sleep(error.after_s or 1.0)
                continue
            if busy:
                self._ring()
                continue
            # Not wait_for: on Python 3.11 it may swallow our being cancelled when the bell rings at that moment.
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await bell.wait()

    async def _work(self) -> int:
        waiting = await self.store.read(work.stages_due, clock.now())
        done = 0
        for stage in flow.STAGES:
            if stage.name in waiting or done:
                subjects = await asyncio.to_thread(flow.work_once, self.store, stage, self.worker)
                done += len(subjects)
                for listener in self.on_worked if subjects else ():
                    await listener(stage.name, subjects)
        return done

    async def _speak(self) -> int:
        return await self.speaker.round() if await self.store.read(replies.any_due, clock.now()) else 0

    async def _deliver(self) -> int:
        told = await self.postman.round() if await self.store.read(alerts.any_due, clock.now()) else 0
        return told + await self.crier.round()

    # --- now and then ------------------------------------------------------------------------------------------

    async def _take_back(self) -> int:
        """A piece of each import that is being undone; huge ones take their time, and hold up nobody."""
        done = 0
        for source_id in await self.store.read(imports.being_taken_back):
            done += 1
            await self.store.run(imports.take_back_some, source_id, clock.now())
        return done

    async def _say_calm(self) -> None:
        while True:
            try:
                await self.calm.round()
            except Retry as error:
                log.warning("the store is in trouble", because=str(error))
            await asyncio.sleep(CALM_S)

    # --- housekeeping ------------------------------------------------------------------------------------------

    async def _keep_house(self) -> None:
        rounds = 0
        while True:
            await asyncio.sleep(SAMPLE_S)
            rounds += 1
            batches, self._unsampled = self._unsampled, []
            try:
                self._look_at_disk()
                await asyncio.to_thread(self._put_sample, batches)
                if rounds % (HOUSEKEEPING_S // SAMPLE_S) == 0:
                    await self._tidy()
            except Corrupt:
                raise
            except (OuidireError, OSError) as error:
                log.warning("housekeeping", error=str(error))

    def _look_at_disk(self) -> None:
        """Say it once when it becomes low, and once when it is well again."""
        was, self.is_disk_low = self.is_disk_low, self.disk.is_low
        if self.is_disk_low and not was:
            log.warning("the disk is nearly full", because=f"{self.disk.free_mb} MB are free in {self.disk.folder}.")
        if was != self.is_disk_low:
            self._ring()

    async def _sweep_copies(self) -> None:
        """Remove the copies of imported files that nobody reads any more; one that is arriving has no place yet."""
        lying = await asyncio.to_thread(_copies, self.settings.folder)
        used = await self.store.read(imports.files_in_use)
        for file in lying:
            if str(file) not in used:
                await asyncio.to_thread(file.unlink, missing_ok=True)

    async def _tidy(self) -> None:
        """Say that we live, tell of who is deaf, forget what is over."""
        await self.store.run(absences.awake, clock.now())
        limit = clock.lasting(timedelta(minutes=self.settings.deaf_minutes))
        await self.store.run(notices.watch, clock.now(), self.time.awake_since, limit)
        if self.time.may_forget():
            await self.store.run(retain.purge, clock.now())
            await asyncio.to_thread(self._trim)
        await self._sweep_copies()
        await self._remember_deletions()
        await asyncio.to_thread(give_back)

    def _put_sample(self, batches: list[Batch]) -> None:
        if self.sample is not None:
            for batch in batches:
                self.sample.put(batch.items, batch.gone, clock.now())

    def _trim(self) -> None:
        if self.sample is not None:
            self.sample.trim(clock.now())

    def why_not(self, notifier: str) -> str:
        """Why nobody is told by it in this house; empty when they can be."""
        return self._why_not.get(notifier, "")

    def webhook_secret(self, target: str) -> str:
        """What signs the webhooks to `target`: made from our key and the address, shown to who may configure."""
        root = self.store.box.derive("webhooks")
        return hashlib.blake2b(target.encode(), key=root, digest_size=24).hexdigest()

    def _open_notifiers(self) -> tuple[dict[str, Notifier], dict[str, str]]:
        context = NotifierContext(
            broadcaster=self.broadcaster,
            http=self.http,
            smtp=self.settings.smtp,
            mail_from=self.settings.mail_from,
            webhook_secrets=_Derived(self.webhook_secret),
            require_public=require_public if self.settings.only_public else None,
            push_key=self.push_key,
            contact=_contact(self.settings),
        )
        reasons = {name: notifiers.why_not(name, context) for name in notifiers.names()}
        return {name: notifiers.open(name, context) for name, why_not in reasons.items() if not why_not}, reasons


async def _held(source_id: str, work: Callable[[], Awaitable[R]]) -> R:
    """`work`, begun anew until the store is out of its trouble: what was heard is held meanwhile."""
    while True:
        try:
            return await work()
        except Retry as error:
            log.warning("cannot keep", source=source_id, because=str(error))
            await asyncio.sleep(error.after_s or 1.0)


class _Derived(Mapping[str, str]):
    """A secret for every target, none of them stored."""

    def __init__(self, derive: Callable[[str], str]) -> None:
        self._derive = derive

    def __getitem__(self, target: str) -> str:
        return self._derive(target)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def _forget_half_arrived(folder: Path) -> None:
    """When we begin, nobody is sending anything: what lies there half sent stays half sent."""
    for file in folder.joinpath(IMPORTS).glob(f"{ARRIVING}*"):
        file.unlink(missing_ok=True)


def _copies(folder: Path) -> list[Path]:
    """First listed, then asked about: a file gets its name after its import is kept."""
    lying = folder.joinpath(IMPORTS).glob("*")
    return [file for file in lying if file.is_file() and not file.name.startswith(ARRIVING)]


def _contact(settings: Settings) -> str:
    """Where a push service may ask who we are; some refuse an address that cannot be one."""
    if settings.public_url.startswith("https://"):
        return settings.public_url
    return f"mailto:{settings.mail_from}" if "@" in settings.mail_from else PROJECT


def _mode(connector: str) -> str:
    return connectors.manifest(connector).reads


def _sample(settings: Settings) -> Sample | None:
    if not settings.sample:
        return None
    return Sample(settings.folder / "sample.db", settings.sample_hours, settings.sample_mb)
