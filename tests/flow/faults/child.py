"""The house as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from pathlib import Path

from ouidire.app import App
from ouidire.settings import Settings
from ouidire.store import alerts, replies, work
from tests.flow.faults.points import Trap, install

LEASE = timedelta(seconds=1.5)
"""A killed process's work comes back this soon, so that the story does not wait minutes for it."""


def live(home: Path, store: str, smtp: str, point: str, nth: int) -> None:
    """Run until killed: from outside, or at the `nth` time that `point` is reached."""
    _log_to(home / "house.log")
    work.LEASE = alerts.LEASE = replies.LEASE = LEASE
    install(Trap(point, nth, home / "fired"))
    given = {"home": home, "store": store, "smtp": smtp, "mail_from": "ouidire@maisondeloriere.example"}
    settings = Settings.model_validate({**given, "listen_bluesky": False, "sample": False})
    asyncio.run(App.open(settings).run())


def _log_to(file: Path) -> None:
    with file.open("ab") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
