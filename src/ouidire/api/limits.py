"""How often a program may ask: a bucket of calls each, which fills again steadily."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Left:
    """Is this call let through, how many more are, and in how many seconds the next one (or all, when none waits)."""

    is_let: bool
    calls: int
    wait_s: int


class Buckets:
    """A full bucket holds a minute's calls, so that a burst is welcome and a flood is not. One process counts alone."""

    def __init__(self) -> None:
        self._levels: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, program_id: str, per_minute: int, at: datetime) -> Left:
        """Take one call out of the bucket, if there is one."""
        with self._lock:
            level, since = self._levels.get(program_id, (float(per_minute), at))
            per_s = per_minute / 60
            level = min(float(per_minute), level + max(0.0, (at - since).total_seconds()) * per_s)
            is_let = level >= 1
            level -= 1 if is_let else 0
            self._levels[program_id] = (level, at)
            self._levels.move_to_end(program_id)
            while len(self._levels) > _MOST:
                self._levels.popitem(last=False)
        missing = (per_minute if is_let else 1) - level
        return Left(is_let, int(level), max(1, math.ceil(missing / per_s)))
