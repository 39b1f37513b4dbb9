"""One task a source: reads, hands over, waits when the network says so, and says aloud when it is deaf."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import msgspec
import structlog

from ouidire import clock
from ouidire.connectors.base import Called, Reader
from ouidire.domain.item import Batch, Dropped
from ouidire.domain.source import Source, SourceState
from ouidire.domain.subscription import Received
from ouidire.errors import Corrupt, OuidireError, Permanent, Retry
from ouidire.store import received, sources
from ouidire.store.engine import Store, Tx

log = structlog.get_logger()

Open = Callable[[Source], Awaitable[Reader]]
HandOver = Callable[[Source, Batch], Awaitable[None]]

LONGEST_WAIT_S = 60.0
BETWEEN_POLLS_S = 30.0
"""For a poll that does not say itself when it is to be asked again."""
LOOK_S = 2.0
NAP_S = 30.0
"""So often who waits looks at the clock on the wall: while a laptop sleeps, its own clock stands still."""
SILENCE_S = 45.0
"""A stream must give a batch, be it empty, within this time: its connector promises one every fifteen seconds."""


class _Due:
    """When a source is asked again. By the machine's own clock, or the wall's if that comes sooner."""

    def __init__(self, in_s: float) -> None:
        self.at = clock.now() + timedelta(seconds=in_s)
        self._tick = asyncio.get_running_loop().time() + in_s

    def left_s(self) -> float:
        ticks_s = self._tick - asyncio.get_running_loop().time()
        return min(ticks_s, (self.at - clock.now()).total_seconds())


class _Alarm:
    """Ends the waiting of one line for its next batch."""

    def __init__(self) -> None:
        self.has_rung = False
        self._waiting: asyncio.Timeout | None = None

    def hangs_on(self, waiting: asyncio.Timeout | None) -> None:
        self._waiting = waiting

    def ring(self) -> None:
        """Heard by who waits now; who does not wait has just heard something, and needs no waking."""
        self.has_rung = self._waiting is not None
        if self._waiting is not None and not self._waiting.expired():  # patience may end at this very moment
            self._waiting.reschedule(asyncio.get_running_loop().time())


@dataclass(slots=True)
class _Line:
    """One source being heard. `taken` are calls on their way to the store.

    `bell` rings when its network has called or there is reason not to wait (`is_hurried`); `alarm` wakes who waits for
    the next batch. `may_hurry`: it waits only because we chose to, after a failure.
    """

    source: Source
    cursor: str
    failures: int = 0
    may_hurry: bool = False
    is_hurried: bool = False
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    alarm: _Alarm = field(default_factory=_Alarm)
    taken: deque[str] = field(default_factory=lambda: deque(maxlen=10 * received.AT_ONCE))

    async def rest(self, due: _Due) -> None:
        """Until `due`, until the network calls, or until there is reason to try again."""
        while (left_s := due.left_s()) > 0 and not self.bell.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(left_s, NAP_S)):
                    await self.bell.wait()

    def hurry(self) -> None:
        if self.may_hurry:
            self.is_hurried = True
            self.bell.set()

    def is_early(self, due: _Due) -> bool:
        """Was the rest ended by a call alone?"""
        hurried, self.is_hurried, self.may_hurry = self.is_hurried, False, False
        return due.left_s() > 0 and not hurried


class Listener:
    """Hears all sources that are to be heard, and notices within seconds when one is added, paused or resumed."""

    def __init__(
        self,
        store: Store,
        open_reader: Open,
        hand_over: HandOver,
        mode: Callable[[str], str],
        settled: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`settled` comes back when all that was handed over is committed: before that, no file is done."""
        self._store, self._open, self._hand_over, self._mode = store, open_reader, hand_over, mode
        self._settled = settled or _at_once
        self.on_change: Callable[[], None] = lambda: None
        """Called when a source went deaf or a file was read to its end, so that whoever looks sees it at once."""
        self._lines: dict[str, asyncio.Task[None]] = {}
        self._heard: dict[str, _Line] = {}
        self._look = asyncio.Event()

    def look(self) -> None:
        """Sources have changed: look now."""
        self._look.set()

    def ring(self, source_id: str) -> None:
        """The network of this source has called, and the call is kept."""
        if source_id in self._heard:
            self._heard[source_id].bell.set()

    def ask_now(self, source_id: str) -> None:
        """Somebody wants to know: what is polled is asked now, whenever it is due."""
        if source_id in self._heard:
            self._heard[source_id].is_hurried = True
            self.ring(source_id)

    def wake(self) -> None:
        """The machine woke, or there is a way out again: what is open is dead, and nobody waits any longer."""
        for line in self._heard.values():
            line.alarm.ring()
        self._try_again()

    def _try_again(self) -> None:
        for line in self._heard.values():
            line.hurry()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                try:
                    await self._compare()
                except Retry as error:
                    log.warning("the store is in trouble", because=str(error))
                self._look.clear()
                try:
                    async with asyncio.timeout(LOOK_S):
                        await self._look.wait()
                except TimeoutError:
                    continue
        finally:
            for line in self._lines.values():
                line.cancel()
            await asyncio.gather(*self._lines.values(), return_exceptions=True)

    async def _compare(self) -> None:
        # A line that ends while we look has said more of its source than we are about to read.
        ended = {source_id for source_id, task in self._lines.items() if task.done()}
        found, called = await self._store.read(_look_up)
        wanted = {source.id: source for source in found}
        for source_id in [one for one in self._lines if one not in wanted or one in ended]:
            task = self._lines.pop(source_id)
            self._heard.pop(source_id, None)
            task.cancel()
            if task.done() and not task.cancelled() and (error := task.exception()) is not None:
                raise error  # our own corruption: it stops everything
        for source_id, source in wanted.items():
            if source_id not in self._lines:
                line = _Line(source, source.cursor)
                self._heard[source_id] = line
                self._lines[source_id] = asyncio.create_task(self._hear(line), name=f"hear {source.name}")
        for source_id in called:
            self.ring(source_id)

    async def _hear(self, line: _Line) -> None:
        """One line, from its cursor on, for as long as it is wanted.

        The reader is opened once: it remembers which of a network's servers was in trouble.
        """
        source, mode = line.source, self._mode(line.source.connector)
        reader: Reader | None = None
        due = _Due(_left_s(source))  # a restart is no reason to ask before the time
        while True:
            await line.rest(due)
            try:
                reader = reader or await self._open(source)
                if line.bell.is_set():
                    await self._take_calls(line, reader)
                if line.is_early(due):
                    continue
                wait_s = await self._read(line, reader, mode)
                if mode == "file":
                    await self._settled()
                    await self._store.run(sources.finished, source.id)
                    self.on_change()
                    return
            except Permanent as error:
                await self._say_deaf(source, error, for_good=True)
                return
            except Corrupt:
                raise
            except _Woken:
                wait_s = 0.0
            except Exception as error:  # waiting may help; and a bug in one connector must not stop the others
                line.failures += 1
                after_s = error.after_s if isinstance(error, Retry) else None
                line.may_hurry = after_s is None
                wait_s = after_s if after_s is not None else _wait(line.failures)
                due_at = clock.now() + timedelta(seconds=wait_s) if mode == "poll" else None
                await self._say_deaf(source, _in_words(error), for_good=False, due_at=due_at)
            due = _Due(wait_s)

    async def _read(self, line: _Line, reader: Reader, mode: str) -> float:
        """Hand over what there is; gives how long to wait before asking again."""
        wait_s = BETWEEN_POLLS_S
        line.alarm.has_rung = False
        async with aclosing(_with_patience(reader.read(line.cursor), mode, line.alarm)) as batches:
            async for batch in batches:
                await self._hand_over(line.source, batch)
                line.cursor = batch.cursor or line.cursor
                if line.failures:  # the network is back: those who wait for another server try too
                    line.failures = 0
                    self._try_again()
                if batch.rhythm is not None:
                    wait_s = batch.rhythm.next_s
        return wait_s

    async def _take_calls(self, line: _Line, reader: Reader) -> None:
        """Hand over what the network's calls brought; each call is forgotten in the commit of what it brought."""
        line.bell.clear()
        while calls := await self._store.read(received.waiting, line.source.id, tuple(line.taken)):
            for call in calls:
                for batch in await _brought(reader, call, line.cursor):
                    await self._hand_over(line.source, batch)
                    line.cursor = batch.cursor or line.cursor
                line.taken.append(call.id)

    async def _say_deaf(
        self, source: Source, error: OuidireError, *, for_good: bool, due_at: datetime | None = None
    ) -> None:
        def say(tx: Tx) -> bool:
            return sources.went_deaf(tx, source.id, str(error), clock.now(), for_good=for_good, due_at=due_at)

        try:
            is_new = await self._store.run(say)
        except Retry as trouble:  # the store is deaf too: the next try says it again
            log.warning("the store is in trouble", because=str(trouble))
            return
        if is_new:  # once, not at each try
            log.warning("deaf", source=source.name, because=str(error), for_good=for_good)
            self.on_change()


def _look_up(tx: Tx) -> tuple[list[Source], list[str]]:
    """What is to be heard, and for which sources calls wait."""
    return sources.listening(tx), received.sources_called(tx)


def _left_s(source: Source) -> float:
    """How long it is until a source that was heard before is due."""
    if source.due_at is None or source.state is SourceState.NEW:
        return 0.0
    return (source.due_at - clock.now()).total_seconds()


async def _brought(reader: Reader, call: Received, cursor: str) -> Sequence[Batch]:
    """The batches of one call; the last one covers it.

    A call that breaks us is counted and let go, not tried for ever.
    """
    try:
        batches = list(await reader.take(call, cursor)) if isinstance(reader, Called) else []
    except Corrupt:
        raise
    except Exception as error:
        said = str(_in_words(error))
        batches = [Batch(dropped=(Dropped(said[:200], call.body[:200].decode("utf-8", "replace")),))]
    last = batches.pop() if batches else Batch()
    return [*batches, msgspec.structs.replace(last, received=(call.id,))]


async def _at_once() -> None:
    """Where handing over is committing."""


def _in_words(error: Exception) -> OuidireError:
    if isinstance(error, OuidireError):
        return error
    log.error("a connector failed", exc_info=error)
    return OuidireError(f"A fault of ours, not of the network: {type(error).__name__}: {error}")


class _Woken(Exception):
    """Nothing went wrong: the line is to be made anew."""


async def _with_patience(batches: AsyncIterator[Batch], mode: str, alarm: _Alarm) -> AsyncGenerator[Batch, None]:
    """The same batches; a stream that says nothing at all for too long is a cut line, not a quiet week.

    Of what slept with the machine nothing is awaited any longer: `_Woken`.
    """
    limit = SILENCE_S if mode == "stream" else None
    iterator = aiter(batches)
    try:
        while True:
            try:
                async with asyncio.timeout(limit) as waiting:
                    alarm.hangs_on(waiting if mode != "file" else None)
                    batch = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if alarm.has_rung:
                    raise _Woken from None
                raise Retry(f"Nothing came for {SILENCE_S:.0f} s, not even a sign of life.", 1.0) from None
            finally:
                alarm.hangs_on(None)
            yield batch
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()


def _wait(failures: int) -> float:
    """Exponential, with a spread, so that a thousand houses do not knock at the same moment."""
    return min(LONGEST_WAIT_S, 2.0 ** min(failures, 6)) * random.uniform(0.5, 1.0)
