"""One task a source: reads, hands over, waits when the network says so, and says aloud when it is deaf."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, suppress

import structlog

from ouidire import clock
from ouidire.connectors.base import Reader
from ouidire.domain.item import Batch
from ouidire.domain.source import Source
from ouidire.errors import Corrupt, OuidireError, Permanent, Retry
from ouidire.store import sources
from ouidire.store.engine import Store, Tx

log = structlog.get_logger()

Open = Callable[[Source], Awaitable[Reader]]
HandOver = Callable[[Source, Batch], Awaitable[None]]

LONGEST_WAIT_S = 60.0
BETWEEN_POLLS_S = 30.0
LOOK_S = 2.0
SILENCE_S = 45.0
"""A stream must give a batch, be it empty, within this time: its connector promises one every fifteen seconds."""


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
        """Called when a source went deaf, so that whoever looks sees it at once."""
        self._lines: dict[str, asyncio.Task[None]] = {}
        self._look = asyncio.Event()
        self._again = asyncio.Event()
        self._bells: dict[str, _Bell] = {}

    def look(self) -> None:
        """Sources have changed: look now."""
        self._look.set()

    def wake(self) -> None:
        """The machine woke, or there is a way out again: what is open is dead, and nobody waits any longer."""
        for bell in self._bells.values():
            bell.ring()
        self._try_again()

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
        wanted = {source.id: source for source in await self._store.read(sources.listening)}
        for source_id in [one for one, line in self._lines.items() if one not in wanted or line.done()]:
            line = self._lines.pop(source_id)
            line.cancel()
            if line.done() and not line.cancelled() and (error := line.exception()) is not None:
                raise error  # our own corruption: it stops everything
        for source_id, source in wanted.items():
            if source_id not in self._lines:
                self._lines[source_id] = asyncio.create_task(self._hear(source), name=f"hear {source.name}")

    async def _hear(self, source: Source) -> None:
        """One line, from its cursor on, for as long as it is wanted.

        The reader is opened once: it remembers which of a network's servers was in trouble.
        """
        cursor, failures = source.cursor, 0
        reader: Reader | None = None
        mode = self._mode(source.connector)
        bell = self._bells[source.id] = _Bell()
        while True:
            bell.has_rung = False
            try:
                reader = reader or await self._open(source)
                async with aclosing(_with_patience(reader.read(cursor), mode, bell)) as batches:
                    async for batch in batches:
                        await self._hand_over(source, batch)
                        cursor = batch.cursor or cursor
                        if failures:  # the network is back: those who wait for another server try too
                            failures = 0
                            self._try_again()
                if mode == "file":
                    await self._settled()
                    await self._store.run(sources.finished, source.id)
                    return
            except Permanent as error:
                await self._say_deaf(source, error, for_good=True)
                return
            except Corrupt:
                raise
            except _Woken:
                continue
            except Exception as error:  # waiting may help; and a bug in one connector must not stop the others
                failures += 1
                await self._say_deaf(source, _in_words(error), for_good=False)
                await self._rest(error, failures)
                continue
            await _until(self._again, BETWEEN_POLLS_S)

    def _try_again(self) -> None:
        again, self._again = self._again, asyncio.Event()
        again.set()

    async def _rest(self, error: Exception, failures: int) -> None:
        """As long as the other side asks; else longer each time, or until there is reason to try again."""
        after_s = error.after_s if isinstance(error, Retry) else None
        if after_s is not None:
            await asyncio.sleep(after_s)
        else:
            await _until(self._again, _wait(failures))

    async def _say_deaf(self, source: Source, error: OuidireError, *, for_good: bool) -> None:
        def say(tx: Tx) -> bool:
            return sources.went_deaf(tx, source.id, str(error), clock.now(), for_good=for_good)

        try:
            is_new = await self._store.run(say)
        except Retry as trouble:  # the store is deaf too: the next try says it again
            log.warning("the store is in trouble", because=str(trouble))
            return
        if is_new:  # once, not at each try
            log.warning("deaf", source=source.name, because=str(error), for_good=for_good)
            self.on_change()


async def _at_once() -> None:
    """Where handing over is committing."""


def _in_words(error: Exception) -> OuidireError:
    if isinstance(error, OuidireError):
        return error
    log.error("a connector failed", exc_info=error)
    return OuidireError(f"A fault of ours, not of the network: {type(error).__name__}: {error}")


class _Woken(Exception):
    """Nothing went wrong: the line is to be made anew."""


class _Bell:
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


async def _until(event: asyncio.Event, at_most_s: float) -> None:
    # Not wait_for: on Python 3.11 it may swallow our being cancelled when the event comes at that moment.
    with suppress(TimeoutError):
        async with asyncio.timeout(at_most_s):
            await event.wait()


async def _with_patience(batches: AsyncIterator[Batch], mode: str, bell: _Bell) -> AsyncGenerator[Batch, None]:
    """The same batches; a stream that says nothing at all for too long is a cut line, not a quiet week.

    Of what slept with the machine nothing is awaited any longer: `_Woken`.
    """
    limit = SILENCE_S if mode == "stream" else None
    iterator = aiter(batches)
    try:
        while True:
            try:
                async with asyncio.timeout(limit) as waiting:
                    bell.hangs_on(waiting if mode != "file" else None)
                    batch = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError:
                if bell.has_rung:
                    raise _Woken from None
                raise Retry(f"Nothing came for {SILENCE_S:.0f} s, not even a sign of life.", 1.0) from None
            finally:
                bell.hangs_on(None)
            yield batch
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()


def _wait(failures: int) -> float:
    """Exponential, with a spread, so that a thousand houses do not knock at the same moment."""
    return min(LONGEST_WAIT_S, 2.0 ** min(failures, 6)) * random.uniform(0.5, 1.0)
