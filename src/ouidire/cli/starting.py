"""`ouidire up` and `ouidire demo`: one process, one address, one line for everything that happens."""

from __future__ import annotations

import logging
from typing import TextIO, cast

import structlog
from rich.console import Console

from ouidire import clock
from ouidire.app import App
from ouidire.care.lock import HouseLock
from ouidire.care.log import FILE, RotatingLog
from ouidire.cli.house import House, listen_on
from ouidire.cli.lines import Lines
from ouidire.locale import Translator
from ouidire.people.begin import setup_token
from ouidire.settings import Settings


async def up(settings: Settings, console: Console, speak: Translator, *, begin_demo: bool) -> None:
    """Until interrupted. Raises `BadInput` for an address or a store that cannot be used, or that is in use."""
    with HouseLock(settings) as lock, clock.running(clock.HouseClock()):
        await _up(settings, console, speak, lock, begin_demo=begin_demo)


async def _up(settings: Settings, console: Console, speak: Translator, lock: HouseLock, *, begin_demo: bool) -> None:
    lines = Lines(console, speak)
    log_to(lines, settings)
    listener = listen_on(settings.host, settings.port)
    app = App.open(settings)
    app.base_url = settings.public_url.rstrip("/") or f"http://{_shown(settings.host)}:{listener.getsockname()[1]}"
    lock.say(app.base_url)
    house = House(app)
    lines.attach(app)
    house.on_app.append(lines.attach)
    if begin_demo:
        await house.demo.begin()
        console.print(_banner(speak.gettext("The demo world is open at"), f"{app.base_url}/demo"), soft_wrap=True)
    else:
        token = await app.store.run(setup_token)
        way = f"{app.base_url}/setup?token={token}" if token else app.base_url
        said = "Open this address once to set up your business" if token else "Ouïdire is open at"
        console.print(_banner(speak.gettext(said), way), soft_wrap=True)
    console.print(speak.gettext("Ctrl-C ends it; nothing is lost."), style="dim")
    await house.serve(listener)


def log_to(lines: Lines, settings: Settings) -> None:
    """Events for people become lines; the rest goes to the log in the house's folder, as JSON."""
    settings.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # posts, addresses, hashes of passwords
    file = RotatingLog(settings.folder / FILE, settings.log_mb * 1_000_000, settings.log_kept)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            lines.event,
            structlog.processors.dict_tracebacks,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper(), logging.INFO)),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, file)),
    )


def _banner(said: str, address: str) -> str:
    return f"\n  {said}:\n\n      [bold]{address}[/bold]\n"


def _shown(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
