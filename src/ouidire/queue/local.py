"""Within one process: a short line of batches. The source's cursor is the durability, so nothing is written here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from ouidire.queue.base import Parcel

ROOM = 16


class LocalQueue:
    """At most `room` parcels wait; then the ears wait, and the network's own buffer is the storm's."""

    def __init__(self, room: int = ROOM) -> None:
        self._line: asyncio.Queue[Parcel] = asyncio.Queue(room)

    async def put(self, parcel: Parcel) -> None:
        await self._line.put(parcel)

    async def take(self) -> AsyncIterator[Parcel]:
        while True:
            yield await self._line.get()

    async def done(self, parcel: Parcel) -> None:
        """Nothing to forget: the commit moved the cursor."""
        self._line.task_done()

    async def join(self) -> None:
        """Until everything that was put is done."""
        await self._line.join()
