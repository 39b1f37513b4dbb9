"""How long people waited to be told: from a message's arrival here to the alert that left, since this start."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime

from ouidire.alert.words import Told
from ouidire.domain.alert import Because

BOUNDS_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class Latency:
    """Counts in buckets. Only first tellings: what grew, or waited for quiet hours to end, is late by intent."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.total_s = 0.0

    def told(self, told: Told, at: datetime) -> None:
        if told.delivery.because is not Because.FIRST:
            return
        seconds = max(0.0, (at - told.message.mention.first_seen_at).total_seconds())
        self.counts[bisect_left(BOUNDS_S, seconds)] += 1
        self.total_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """(upper bound, how many up to it), as Prometheus counts."""
        so_far, bounds = 0, [*map(str, BOUNDS_S), "+Inf"]
        found = []
        for bound, count in zip(bounds, self.counts, strict=True):
            so_far += count
            found.append((bound, float(so_far)))
        return found
