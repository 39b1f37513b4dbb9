"""How often something was tried lately: sign-in is slowed down per address and per e-mail."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

_MOST_KEYS = 10_000


class Tries:
    """At most `most` failures a key within `window`; remembers a bounded number of keys, the latest."""

    def __init__(self, most: int, window: timedelta) -> None:
        self._most, self._window = most, window
        self._failed: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def too_many(self, key: str, at: datetime) -> bool:
        with self._lock:
            times = self._failed.get(key, deque())
            while times and at - times[0] > self._window:
                times.popleft()
            return len(times) >= self._most

    def failed(self, key: str, at: datetime) -> None:
        with self._lock:
            self._failed.setdefault(key, deque(maxlen=self._most)).append(at)
            self._failed.move_to_end(key)
            while len(self._failed) > _MOST_KEYS:
                self._failed.popitem(last=False)

    def forget(self, key: str) -> None:
        with self._lock:
            self._failed.pop(key, None)
