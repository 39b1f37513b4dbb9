"""The window in which a child waits for a parent that is seen after it."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import NamedTuple

from ouidire.domain.item import Gone, Item

MAX_ITEMS = 10_000
MAX_AGE = timedelta(minutes=10)


class _Orphan(NamedTuple):
    """`relations` are the keys that it waits for."""

    arrived: datetime
    item: Item
    key: str
    relations: tuple[str, ...]


class OrphanWindow:
    """Recent items by the keys of what they answer, quote or repeat. The oldest leave first, by number and by age.

    On a public stream nearly every reply is an orphan, and nearly none is ever asked for.
    """

    def __init__(self, max_items: int = MAX_ITEMS, max_age: timedelta = MAX_AGE) -> None:
        self._max_items = max_items
        self._max_age = max_age
        self._arrived: deque[_Orphan] = deque()
        self._waiting: dict[str, _Orphan] = {}
        self._children: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, item: Item, at: datetime) -> None:
        """Let `item` wait for each of its relations; an older version of it waits no longer."""
        one = _Orphan(at, item, item.key, tuple([f"{item.connector}:{uri}" for uri in item.relations()]))
        if (older := self._waiting.get(one.key)) is not None:
            self._drop(older)
        self._arrived.append(one)
        self._waiting[one.key] = one
        for key in one.relations:
            self._children.setdefault(key, []).append(one.key)
        while self._arrived and (len(self._arrived) > self._max_items or at - self._arrived[0].arrived > self._max_age):
            oldest = self._arrived.popleft()
            if self._waiting.get(oldest.key) is oldest:
                self._drop(oldest)

    def take(self, key: str) -> list[Item]:
        """The items that waited for `key`, first come first; they wait for nothing any longer."""
        children = [self._waiting[child] for child in self._children.get(key, ())]
        for child in children:
            self._drop(child)
        return [child.item for child in children]

    def forget(self, gone: Gone) -> None:
        """What was deleted while it waited must not come back: drop the item, or all of its author."""
        if gone.uri:
            left = [self._waiting.get(f"{gone.connector}:{gone.uri}")]
        else:
            who = (gone.connector, gone.author_uri)
            left = [one for one in self._waiting.values() if (one.item.connector, one.item.author.uri) == who]
        for one in left:
            if one is not None:
                self._drop(one)

    def _drop(self, one: _Orphan) -> None:
        del self._waiting[one.key]
        for key in one.relations:
            children = self._children[key]
            if len(children) == 1:
                del self._children[key]
            else:
                children.remove(one.key)
