"""Wiring: settings → store, connectors, notifiers, stages. Nothing happens at import; `App.open` connects."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import msgspec
import structlog

from ouidire import clock, flow
from ouidire.alert.calm import Calmer
from ouidire.alert.deliver import Postman
from ouidire.connectors import registry as connectors
from ouidire.connectors.base import Reader, Replier, SourceContext
from ouidire.connectors.http import Http, require_public
from ouidire.domain.ids import new_id
from ouidire.domain.item import Batch, Dropped
from ouidire.domain.source import Source, SourceState
from ouidire.errors import Corrupt, OuidireError, Permanent, Retry
from ouidire.inbox.speak import Speaker
from ouidire.listen.listener import Listener
from ouidire.match.ears import FAULT, Ears
from ouidire.notifiers import registry as notifiers
from ouidire.notifiers.base import Notifier
from ouidire.notifiers.broadcaster import Broadcaster
from ouidire.notifiers.context import NotifierContext
from ouidire.queue.base import Parcel
from ouidire.queue.local import LocalQueue
from ouidire.settings import Settings
from ouidire.store import alerts, replies, retain, sources, work
from ouidire.store.engine import Store, Tx
from ouidire.store.keep import Found
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
CALM_S = 15.0
"""How often it is looked whether the hour of a calm message has come."""
PROJECT = "https://github.com/ouidire/ouidire"


@dataclass(slots=True)
class _Unsaid:
    """What a source brought since its last commit and that concerned nobody: counted, not kept."""

    heard: int = 0
    dropped: list[Dropped] = field(default_factory=list)
    committed_at: datetime | None = None


class App:
    """One process of the house: everything it needs, opened once."""

    def __init__(self, settings: Settings, store: Store, http: Http) -> None:
        self.settings, self.store, self.http = settings, store, http
        self.key = store.box.derive("clearances")
        self.broadcaster = Broadcaster()
        self.ears = Ears()
        self.queue = LocalQueue()
        self.sample = _sample(settings)
        given = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
        self.address: Callable[[], str] = lambda: given
        self.worker = f"{socket.gethostname()[:20]}:{os.getpid()}"
        self.listener = Listener(store, self._open_reader, self._hand_over, _mode, settled=self.queue.join)
        self.listener.on_change = self.wake
        self.push_key = store.box.derive("web push")
        self.notifiers, self._why_not = self._open_notifiers()
        self.postman = Postman(store, self.notifiers, self._why_not.__getitem__, lambda: self.base_url)
        self.calm = Calmer(store, self.notifiers, lambda: self.base_url)
        self.speaker = Speaker(store, self.key, self.open_replier)
        self.on_worked: list[Callable[[str, list[str]], Awaitable[None]]] = []
        self._repliers: dict[str, tuple[Source, Replier | None]] = {}
        self._unsaid: dict[str, _Unsaid] = {}
        self._unsampled: list[Batch] = []
        self._heard_sources: dict[str, Source] = {}
        self._refreshed_at: float = 0.0
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
        return cls(settings, Store.open(settings.store_url, box), http)

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
                ("calm", self._say_calm()),
                ("housekeeping", self._keep_house()),
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
        return SourceContext(source.id, settings, secrets, self.http)

    async def try_account(self, connector: str, settings: Mapping[str, str], secrets: Mapping[str, str]) -> str:
        """Our own account's URI, after the network accepted these credentials. Raises `Permanent` with what to do."""
        context = SourceContext("", settings, secrets, self.http)
        replier = connectors.open_replier(connector, context)
        if replier is None:
            raise Permanent(f"{connectors.manifest(connector).title} cannot be answered from here.")
        return await replier.check()

    async def _hand_over(self, source: Source, batch: Batch) -> None:
        await self.queue.put(Parcel(source.id, batch, is_file=_mode(source.connector) == "file"))

    async def _hear_all(self) -> None:
        async for parcel in self.queue.take():
            await self.hear(parcel, at_once=parcel.is_file)
            await self.queue.done(parcel)

    async def hear(self, parcel: Parcel, *, at_once: bool = False) -> None:
        """One batch through the hot path. A store in trouble is waited for: the batch is held, nothing is lost.

        A batch that concerns nobody moves the cursor only now and then; `at_once`: always.
        """
        await _held(parcel.source_id, self._refresh_ears)
        at = clock.now()
        batch = parcel.batch
        source = await _held(parcel.source_id, lambda: self._heard_source(parcel.source_id))
        sifted = self.ears.sift(batch, at, source.organisation_id)
        if source.organisation_id is None:
            self._remember(batch)
        unsaid = self._unsaid.setdefault(parcel.source_id, _Unsaid())
        unsaid.heard += batch.heard
        unsaid.dropped += (*batch.dropped, *sifted.dropped)
        due = unsaid.committed_at is None or (at - unsaid.committed_at).total_seconds() >= CURSOR_S
        if not (sifted.found or sifted.gone or batch.gap or due or at_once):
            return
        said = Batch(
            gone=sifted.gone,
            dropped=tuple(unsaid.dropped),
            gap=batch.gap,
            cursor=batch.cursor,
            heard=unsaid.heard,
            lag_s=batch.lag_s,
        )
        await self._commit(source, said, sifted.found)
        self._unsaid[parcel.source_id] = _Unsaid(committed_at=at)

    async def _commit(self, source: Source, batch: Batch, found: Sequence[Found]) -> None:
        """All at once; where a bug of ours breaks at one message, each alone, deletions and the cursor last."""
        try:
            await self._keep(source, batch, found)
        except OuidireError:
            raise
        except Exception as error:
            log.error("a batch could not be kept at once", source=source.id, exc_info=error)
            bad = [refused for one in found if (refused := await self._keep_alone(source, one)) is not None]
            await self._keep(source, msgspec.structs.replace(batch, dropped=(*batch.dropped, *bad)), ())

    async def _keep_alone(self, source: Source, one: Found) -> Dropped | None:
        try:
            await self._keep(source, Batch(), (one,))
        except OuidireError:
            raise
        except Exception as error:
            return Dropped(f"{FAULT} ({type(error).__name__})", one.item.key[:200])
        return None

    async def _keep(self, source: Source, batch: Batch, found: Sequence[Found]) -> None:
        days = self._retain_days(source)
        kept = await _held(source.id, lambda: self.store.run(flow.hear, self.ears, source.id, batch, found, days))
        self.ears.follow(kept.follow)
        if kept.mention_ids or kept.gone or kept.follow:
            self._ring()

    def _retain_days(self, source: Source) -> int:
        """Our own limit or the network's, the shorter of those there are (0: none)."""
        limits = [self.settings.retain_days, connectors.manifest(source.connector).may_store_days]
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
        if self.sample is not None and (batch.items or batch.gone):
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
        return await self.postman.round() if await self.store.read(alerts.any_due, clock.now()) else 0

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
                await asyncio.to_thread(self._put_sample, batches)
                if rounds % (HOUSEKEEPING_S // SAMPLE_S) == 0:
                    await self.store.run(retain.purge, clock.now())
                    await asyncio.to_thread(self._trim)
            except Corrupt:
                raise
            except (OuidireError, OSError) as error:
                log.warning("housekeeping", error=str(error))

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
