"""An import as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rich.console import Console

from ouidire.cli.importing import read_file
from ouidire.locale import translator
from ouidire.settings import Settings
from tests.flow.faults.points import Trap, install


def bring_in(home: Path, file: Path, point: str, nth: int) -> None:
    """Read `file` until killed, the `nth` time that `point` is reached."""
    install(Trap(point, nth, home / "fired"))
    settings = Settings.model_validate({"home": home, "listen_bluesky": False, "sample": False})
    with (home / "out").open("w") as out:
        asyncio.run(read_file(settings, Console(file=out), translator("en"), file))
