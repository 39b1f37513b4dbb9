"""Ending in order: what Ctrl-C does, the word of systemd, a container engine or a closing terminal does too."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType

WORDS = ("SIGTERM", "SIGHUP", "SIGBREAK")
"""Signals that ask us to end, on the platforms that have them; Ctrl-C (SIGINT) is Python's own."""


def run(work: Coroutine[object, object, None]) -> None:
    """`work` to its end on a loop of its own; told to end, it is cancelled and ends in order, and this returns.

    Ctrl-C cancels it too, and raises `KeyboardInterrupt` afterwards.
    """
    asyncio.run(_until_told(work))


async def _until_told(work: Coroutine[object, object, None]) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    told: list[int] = []

    def end(word: int, _frame: FrameType | None) -> None:
        told.append(word)
        if len(told) == 1:  # said twice, it must not cut short what ends in order
            loop.call_soon_threadsafe(task.cancel)

    with _heeding(end):
        try:
            await work
        except asyncio.CancelledError:
            if not told:
                raise


@contextmanager
def _heeding(end: signal._HANDLER) -> Iterator[None]:
    """`end` hears each word that would have ended us at once; one that is ignored (nohup) stays so."""
    known = [signal.Signals[name] for name in WORDS if name in signal.Signals.__members__]
    ours = {one: signal.signal(one, end) for one in known if signal.getsignal(one) == signal.SIG_DFL}
    try:
        yield
    finally:
        for one, former in ours.items():
            signal.signal(one, former)
