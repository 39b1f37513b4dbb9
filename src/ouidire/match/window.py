"""The window in which a child waits for a parent that is seen after it."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from ouidire.domain.item import Item

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
        self._children: dict[str, list[Item]] = {}

    def __len__(self) -> int:
        return len(self._arrived)

    def add(self, item: Item, at: datetime) -> None:
        """Let `item` wait for each of its relations."""
        self._arrived.append((at, item))
        for key in _keys(item):
            self._children.setdefault(key, []).append(item)
        while self._arrived and (len(self._arrived) > self._max_items or at - self._arrived[0][0] > self._max_age):
            self._forget(self._arrived.popleft()[1])

    def take(self, key: str) -> list[Item]:
        """The items that waited for `key`, first come first; they wait for it no longer."""
        return self._children.pop(key, [])

    def _forget(self, item: Item) -> None:
        for key in _keys(item):
            left = [other for other in self._children.get(key, ()) if other is not item]
            if left:
                self._children[key] = left
            else:
                self._children.pop(key, None)


def _keys(item: Item) -> set[str]:
    return {f"{item.connector}:{uri}" for uri in item.relations()}
