"""Events to the pages that are open in this process, one queue a page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from weakref import WeakSet

ROOM = 64
"""Events that wait for a slow page before the oldest are let go."""


@dataclass(frozen=True, slots=True)
class Event:
    """`name` is the event's name on the wire ('alert'); `data` are plain values."""

    name: str
    data: Mapping[str, Any]


class Subscription:
    """The events of one member on one page, from the moment of `subscribe`; ends with `close` or when nobody holds it.

    A page that fell behind gets one 'missed' event with their count, instead of the events it missed.
    """

    def __init__(self, room: int) -> None:
        self._waiting: deque[Event] = deque(maxlen=room)
        self._news = asyncio.Event()
        self._missed = 0
        self.is_closed = False

    def put(self, event: Event) -> None:
        """Never blocks: when there is no room, the oldest event goes."""
        if len(self._waiting) == self._waiting.maxlen:
            self._missed += 1
        self._waiting.append(event)
        self._news.set()

    def close(self) -> None:
        self.is_closed = True
        self._news.set()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        while not (self._missed or self._waiting or self.is_closed):
            self._news.clear()
            await self._news.wait()
        if self.is_closed:
            raise StopAsyncIteration
        if self._missed:
            missed, self._missed = self._missed, 0
            return Event("missed", {"count": missed})
        return self._waiting.popleft()


class Broadcaster:
    """Carries events to whoever listens now; who does not listen misses them. For one event loop."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._pages: dict[str, WeakSet[Subscription]] = {}

    def subscribe(self, member_id: str) -> Subscription:
        """An async iterator of this member's events from now on."""
        page = Subscription(self._room)
        self._pages.setdefault(member_id, WeakSet()).add(page)
        return page

    def publish(self, member_id: str, event: str, data: Mapping[str, Any]) -> int:
        """Hand the event to each open page of the member; how many there were. Never blocks."""
        pages = [page for page in self._pages.get(member_id, ()) if not page.is_closed]
        for page in pages:
            page.put(Event(event, data))
        if not pages:
            self._pages.pop(member_id, None)
        return len(pages)

    def close(self) -> None:
        """End the line of every open page: the house closes, and nothing shall wait for a page to leave."""
        for page in [page for pages in self._pages.values() for page in pages]:
            page.close()

    def publish_all(self, event: str, data: Mapping[str, Any]) -> None:
        """Hand the event to every open page; it must hold nothing that one member may see and another not."""
        for member_id in list(self._pages):
            self.publish(member_id, event, data)
