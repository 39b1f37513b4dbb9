"""`ouidire up` as a process of its own, whose clock the story holds in its hands: to be put to sleep, and killed."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from rich.console import Console

from ouidire import app as wiring
from ouidire import clock
from ouidire.care import timekeeper
from ouidire.cli import starting
from ouidire.clock import HandClock, HouseClock
from ouidire.listen import listener
from ouidire.locale import translator
from ouidire.settings import Settings
from tests.flow.faults.points import Trap, install


def live(given: dict[str, Any], at: datetime, hands: Connection, point: str, nth: int) -> None:
    """Run until killed: from outside, or at the `nth` time that `point` is reached ('': never)."""
    home = Path(given["home"])
    with (home / "house.log").open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    # Minutes of the house's own rhythm, in a week that lasts one minute.
    timekeeper.TICK_S = 0.03
    wiring.CALM_S = wiring.SAMPLE_S = wiring.HOUSEKEEPING_S = listener.LOOK_S = listener.NAP_S = 0.2
    if point:
        install(Trap(point, nth, home / "fired"))
    hand = HandClock(at)
    house = HouseClock(hand)
    clock.HouseClock = lambda: house  # type: ignore[assignment,misc]
    threading.Thread(target=_follow, args=(hands, hand, house), daemon=True).start()
    console = Console(file=(home / "terminal.txt").open("a", encoding="utf-8"))
    asyncio.run(starting.up(Settings.model_validate(given), console, translator("fr"), begin_demo=False))


def _follow(hands: Connection, hand: HandClock, house: HouseClock) -> None:
    """Move our clock as we are told; between its two looks at the machine nobody may move it."""
    while True:
        what, seconds = hands.recv()
        with house._turning:
            if what == "pace":
                house.speed = hand.speed = seconds
            else:
                getattr(hand, what)(seconds=seconds)
        hands.send(what)
