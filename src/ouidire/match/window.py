"""The window in which a child waits for a parent that is seen after it."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from ouidire.domain.item import Gone, Item

MAX_ITEMS = 10_000
MAX_AGE = timedelta(minutes=10)


class OrphanWindow:
    """Recent items by the keys of what they answer, quote or repeat. The oldest leave first, by number and by age.

    On a public stream nearly every reply is an orphan, and nearly none is ever asked for.
    """

    def __init__(self, max_items: int = MAX_ITEMS, max_age: timedelta = MAX_AGE) -> None:
        self._max_items = max_items
        self._max_age = max_age
        self._arrived: deque[tuple[datetime, Item]] = deque()
        self._waiting: dict[str, Item] = {}
        self._children: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, item: Item, at: datetime) -> None:
        """Let `item` wait for each of its relations; an older version of it waits no longer."""
        if (older := self._waiting.get(item.key)) is not None:
            self._drop(older)
        self._arrived.append((at, item))
        self._waiting[item.key] = item
        for key in _relations(item):
            self._children.setdefault(key, []).append(item.key)
        while self._arrived and (len(self._arrived) > self._max_items or at - self._arrived[0][0] > self._max_age):
            oldest = self._arrived.popleft()[1]
            if self._waiting.get(oldest.key) is oldest:
                self._drop(oldest)

    def take(self, key: str) -> list[Item]:
        """The items that waited for `key`, first come first; they wait for nothing any longer."""
        children = [self._waiting[child] for child in self._children.get(key, ())]
        for child in children:
            self._drop(child)
        return children

    def forget(self, gone: Gone) -> None:
        """What was deleted while it waited must not come back: drop the item, or all of its author."""
        if gone.uri:
            left = [self._waiting.get(f"{gone.connector}:{gone.uri}")]
        else:
            left = [
                i for i in self._waiting.values() if (i.connector, i.author.uri) == (gone.connector, gone.author_uri)
            ]
        for item in left:
            if item is not None:
                self._drop(item)

    def _drop(self, item: Item) -> None:
        del self._waiting[item.key]
        for key in _relations(item):
            children = self._children.get(key, [])
            if item.key in children:
                children.remove(item.key)
            if not children:
                self._children.pop(key, None)


def _relations(item: Item) -> set[str]:
    return {f"{item.connector}:{uri}" for uri in item.relations()}
