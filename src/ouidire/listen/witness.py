"""What the networks say of the time: whether this machine's clock is right, and by how much it is not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ouidire import clock
from ouidire.clock import RIGHT, WRONG

LASTS_S = 900.0
"""How long a reading counts; a clock may be put right at any moment."""

EVEN_S = 30.0
"""A stream that runs as fast as time for so long is live, not catching up."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A network's time at the steady second `at_s`: it says what time it is there now, whoever sets our clock."""

    at: datetime
    at_s: float

    @property
    def behind(self) -> timedelta:
        """How far the machine is behind the network now."""
        return self.at + timedelta(seconds=clock.steady() - self.at_s) - clock.current().machine.now()


class Witness:
    """Hears what servers say in passing (`date`) and what streams stamp (`stream`); `verdict` sums it up.

    A machine that is slow is told so by anybody whose present is its future. That it is fast is believed of servers
    alone: a stream that lags behind looks the same, so it only makes `is_suspicious`.
    """

    def __init__(self) -> None:
        self._dates: dict[str, _Reading] = {}
        self._ahead: dict[str, _Reading] = {}
        self._even: dict[str, _Reading] = {}
        self._lagging: dict[str, float] = {}

    def date(self, host: str, at: datetime) -> None:
        """A server says that it is `at` now."""
        self._dates[host] = _Reading(at, clock.steady())

    def stream(self, source_id: str, at: datetime) -> None:
        """A network gave something that it had stamped `at`: its present is then, or later."""
        reading = _Reading(at, clock.steady())
        behind = reading.behind
        if behind <= RIGHT:
            self._ahead.pop(source_id, None)
        elif at > clock.now() - RIGHT:  # what is replayed to a machine known to be slow says what time it was
            self._ahead[source_id] = reading
        if behind < -WRONG:
            self._measure(source_id, reading)
        else:
            self._even.pop(source_id, None)
            self._lagging.pop(source_id, None)

    def _measure(self, source_id: str, now: _Reading) -> None:
        """Does a stream that is far behind us stay so? While it catches up, it runs faster than time."""
        before = self._even.setdefault(source_id, now)
        passed = now.at_s - before.at_s
        if passed < EVEN_S:
            return
        self._even[source_id] = now
        if 0.9 <= (now.at - before.at).total_seconds() / passed <= 1.1:
            self._lagging[source_id] = now.at_s
        else:
            self._lagging.pop(source_id, None)

    def is_suspicious(self) -> bool:
        """Is there reason to ask a server what time it is?"""
        self._forget()
        return bool(self._lagging or self._ahead)

    def verdict(self) -> timedelta | None:
        """How far the machine is behind the time (negative: ahead); about zero: right. None: nobody has said.

        Who says that it is right outweighs who says that it is not: a server's clock is as often wrong as ours.
        """
        self._forget()
        said = [one.behind for one in self._dates.values()]
        right = [one for one in said if abs(one) < RIGHT]
        if right:
            return right[-1]
        if said:
            return sorted(said)[len(said) // 2]
        return min((one.behind for one in self._ahead.values()), default=None)

    def contradicts(self) -> bool:
        """Does anybody say that the machine is wrong by hours? Enough to do nothing that cannot be undone."""
        self._forget()
        every = [*self._dates.values(), *self._ahead.values()]
        return any(abs(one.behind) >= WRONG for one in every) or bool(self._lagging)

    def _forget(self) -> None:
        now_s = clock.steady()
        for readings in (self._dates, self._ahead):
            for name in [name for name, one in readings.items() if now_s - one.at_s > LASTS_S]:
                del readings[name]
        for name in [name for name, at_s in self._lagging.items() if now_s - at_s > LASTS_S]:
            del self._lagging[name]
