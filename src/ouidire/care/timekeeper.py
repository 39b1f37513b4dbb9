"""The time: whether the machine slept, whether there is a way out, and whether its clock can be believed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from ouidire import clock
from ouidire.clock import RIGHT, HouseClock
from ouidire.connectors.http import Http
from ouidire.connectors.reach import is_there_a_way_out
from ouidire.domain.absence import Away
from ouidire.errors import Retry
from ouidire.listen.witness import Witness
from ouidire.store import absences, states
from ouidire.store.engine import Store, Tx

log = structlog.get_logger()

TICK_S = 2.0
"""How often we look whether the machine slept, whether there is a way out, and what time it is elsewhere."""
ASLEEP_S = 30.0
"""When a tick takes so long, the machine slept."""
ASK_S = 300.0
"""How often a server is asked what time it is, while something is odd."""
DOUBT_S = 15.0
"""The same, right after the machine's clock jumped."""
SHOWN = timedelta(minutes=10)
"""From here on a wrong clock is shown."""
LEAP = timedelta(days=7)
A_DAY = timedelta(days=1)


class Timekeeper:
    """Knows when the house slept (`away`), since when it is awake, and how far its clock is to be believed.

    `wake_lines` makes every line to a network anew; `ring` shows the pages that something has changed.
    """

    def __init__(self, store: Store, http: Http, wake_lines: Callable[[], None], ring: Callable[[], None]) -> None:
        self._store, self._http = store, http
        self._wake_lines, self._ring = wake_lines, ring
        self.witness = Witness()
        http.on_date = self.witness.date
        self.away: Away | None = None
        self.awake_since = clock.now()
        self._asked_at = -ASK_S
        self._clock_behind: timedelta | None = None

    def begin(self, tx: Tx) -> None:
        """The house begins to hear: since when it did not is known from its last sign of life."""
        before, self.awake_since = absences.awake_at(tx), clock.now()
        if before is not None:
            self.away = Away(before, self.awake_since)
        absences.awake(tx, self.awake_since)

    async def keep(self) -> None:
        """For ever. After sleep, and when there is a way out again, every line is made anew at once."""
        last, way_out, before = clock.steady(), is_there_a_way_out(), clock.current().machine.now()
        while True:
            await asyncio.sleep(TICK_S)
            now_s, out = clock.steady(), is_there_a_way_out()
            slept_s = now_s - last
            wall = clock.current().machine.now()
            jump_s = (wall - before).total_seconds() - slept_s * clock.current().speed
            before = wall
            if slept_s > ASLEEP_S:
                self._woke(timedelta(seconds=slept_s))
            elif (out and not way_out) or jump_s > ASLEEP_S:  # a machine inside another sleeps without noticing
                self._wake_lines()
            way_out = out
            try:
                await self.compare()
            except Retry as error:
                log.warning("the store is in trouble", because=str(error))
            last = clock.steady() if slept_s > ASLEEP_S else now_s

    def _woke(self, slept: timedelta) -> None:
        at = clock.now()
        self.away, self.awake_since = Away(at - slept, at), at
        log.info("awake", slept_s=round(slept.total_seconds()))
        self._wake_lines()

    async def compare(self) -> None:
        """Go by the networks' time where they contradict the machine's, and say so."""
        if self._should_ask():
            self._asked_at = clock.steady()
            await self._http.ask_the_time()
        behind = self._go_by_the_networks()
        wrong = behind if behind is not None and abs(behind) >= SHOWN else None
        if (wrong is None) != (self._clock_behind is None) or (
            wrong and abs(wrong - (self._clock_behind or wrong)) >= SHOWN
        ):
            self._clock_behind = wrong
            await self._store.run(states.put, states.CLOCK, str(round(wrong.total_seconds())) if wrong else "")
            if wrong is not None:
                log.warning("the clock of this machine is wrong", behind_s=round(wrong.total_seconds()))
            self._ring()

    def told(self, source_id: str, at: datetime) -> None:
        """A stream says what time it is."""
        self.witness.stream(source_id, at)
        self._go_by_the_networks(at)

    def _go_by_the_networks(self, told_at: datetime | None = None) -> timedelta | None:
        """Let the house's clock know what the networks say; how far the machine is behind them, where anybody says.

        Something stamped `told_at` that is the future for us tells that a jump of the machine was no mistake.
        """
        behind, house = self.witness.verdict(), clock.current()
        if not isinstance(house, HouseClock):
            return behind
        if behind is not None:
            house.told(behind)
        elif told_at is not None and house.is_in_doubt and told_at - clock.now() > RIGHT:
            house.told(timedelta(0))
        return behind

    def _should_ask(self) -> bool:
        """At the beginning, and while something is odd; at once, when the machine's clock jumped."""
        house = clock.current()
        in_doubt = isinstance(house, HouseClock) and house.is_in_doubt
        if not self._http.knows_a_server or clock.steady() - self._asked_at < (DOUBT_S if in_doubt else ASK_S):
            return False
        return in_doubt or self.witness.is_suspicious() or self.witness.verdict() is None

    def may_forget(self) -> bool:
        """Is the time certain enough to erase what is over? What a wrong clock has erased does not come back.

        Where no network says so, an absence of more than a week may as well be a clock that leapt.
        """
        if self.witness.contradicts():
            return False
        leapt = self.away is not None and self.away.until - self.away.since > LEAP
        return not leapt or self.witness.verdict() is not None or clock.now() - self.awake_since > A_DAY
