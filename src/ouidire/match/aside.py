"""The keys of what was lately left aside: the deletion of one of these concerns us, that of any other post does not."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable


class Aside:
    """Item keys and author keys of the newest `most`; the oldest leave first, as they do in the store."""

    def __init__(self, most: int, known: Iterable[tuple[str, str]] = ()) -> None:
        self._most = most
        self._arrived: deque[tuple[str, str]] = deque()
        self._items: Counter[str] = Counter()
        self._authors: Counter[str] = Counter()
        for item_key, author_key in known:
            self.add(item_key, author_key)

    def add(self, item_key: str, author_key: str) -> None:
        self._arrived.append((item_key, author_key))
        self._items[item_key] += 1
        self._authors[author_key] += 1
        if len(self._arrived) > self._most:
            item, author = self._arrived.popleft()
            _one_less(self._items, item)
            _one_less(self._authors, author)

    def holds(self, item_key: str) -> bool:
        return item_key in self._items

    def holds_author(self, author_key: str) -> bool:
        return author_key in self._authors

    def __len__(self) -> int:
        return len(self._arrived)


def _one_less(times: Counter[str], key: str) -> None:
    times[key] -= 1
    if not times[key]:
        del times[key]
