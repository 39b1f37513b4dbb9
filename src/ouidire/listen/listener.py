"""One task a source: reads, hands over, waits when the network says so, and says aloud when it is deaf."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing

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
        """Called when a source went deaf or a file was read to its end, so that whoever looks sees it at once."""
        self._lines: dict[str, asyncio.Task[None]] = {}
        self._look = asyncio.Event()

    def look(self) -> None:
        """Sources have changed: look now."""
        self._look.set()

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
        while True:
            try:
                reader = reader or await self._open(source)
                async with aclosing(_with_patience(reader.read(cursor), self._mode(source.connector))) as batches:
                    async for batch in batches:
                        await self._hand_over(source, batch)
                        cursor, failures = batch.cursor or cursor, 0
                if self._mode(source.connector) == "file":
                    await self._settled()
                    await self._store.run(sources.finished, source.id)
                    self.on_change()
                    return
            except Permanent as error:
                await self._say_deaf(source, error, for_good=True)
                return
            except Corrupt:
                raise
            except Exception as error:  # waiting may help; and a bug in one connector must not stop the others
                failures += 1
                await self._say_deaf(source, _in_words(error), for_good=False)
                after_s = error.after_s if isinstance(error, Retry) else None
                await asyncio.sleep(after_s if after_s is not None else _wait(failures))
                continue
            await asyncio.sleep(BETWEEN_POLLS_S)

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


async def _with_patience(batches: AsyncIterator[Batch], mode: str) -> AsyncGenerator[Batch, None]:
    """The same batches; a stream that says nothing at all for too long is a cut line, not a quiet week."""
    limit = SILENCE_S if mode == "stream" else None
    iterator = aiter(batches)
    try:
        while True:
            try:
                async with asyncio.timeout(limit):
                    batch = await anext(iterator)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise Retry(f"Nothing came for {SILENCE_S:.0f} s, not even a sign of life.", 1.0) from None
            yield batch
    finally:
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()


def _wait(failures: int) -> float:
    """Exponential, with a spread, so that a thousand houses do not knock at the same moment."""
    return min(LONGEST_WAIT_S, 2.0 ** min(failures, 6)) * random.uniform(0.5, 1.0)
