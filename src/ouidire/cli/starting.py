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
from ouidire.care.memory import few_heaps
from ouidire.cli import lan
from ouidire.cli.house import House, listen_on
from ouidire.cli.lines import Lines
from ouidire.locale import Translator
from ouidire.people import pairing
from ouidire.people.begin import setup_token
from ouidire.settings import Settings


async def up(
    settings: Settings, console: Console, speak: Translator, *, begin_demo: bool, phone_of: str | None = None
) -> None:
    """Until interrupted. `phone_of`: the mail address of the member whose phone is paired; None: the first owner's.

    Raises `BadInput` for an address or a store that cannot be used or is in use, or a member who is not there.
    """
    few_heaps()
    with HouseLock(settings) as lock, clock.running(clock.HouseClock()):
        await _up(settings, console, speak, lock, begin_demo=begin_demo, phone_of=phone_of)


async def _up(
    settings: Settings,
    console: Console,
    speak: Translator,
    lock: HouseLock,
    *,
    begin_demo: bool,
    phone_of: str | None,
) -> None:
    lines = Lines(console, speak)
    log_to(lines, settings)
    listener = listen_on(settings.listens_on, settings.port)
    app = App.open(settings)
    port = listener.getsockname()[1]
    app.address = lambda: settings.public_url.rstrip("/") or f"http://{_shown(settings)}:{port}"
    lock.say(app.base_url)
    house = House(app)
    lines.attach(app)
    house.on_app.append(lines.attach)
    if begin_demo:
        await house.demo.begin()
        console.print(_banner(speak.gettext("The demo world is open at"), f"{app.base_url}/demo"), soft_wrap=True)
    else:
        await _open_door(app, console, speak, port, phone_of)
    console.print(speak.gettext("Ctrl-C ends it; nothing is lost."), style="dim")
    await house.serve(listener)


async def _open_door(app: App, console: Console, speak: Translator, port: int, phone_of: str | None) -> None:
    """Say where the house is; the first time, by the address that sets it up; to phones, by a code to read."""
    token = await app.store.run(setup_token)
    way = f"{app.base_url}/setup?token={token}" if token else app.base_url
    first, later = speak.gettext("Open this address once to set up your business"), speak.gettext("Ouïdire is open at")
    console.print(_banner(first if token else later, way), soft_wrap=True)
    if not app.settings.lan:
        return
    if others := [f"http://{one}:{port}" for one in (*lan.addresses()[1:], "127.0.0.1")]:
        console.print(speak.gettext("Also: %(addresses)s") % {"addresses": ", ".join(others)}, style="dim")
    if token:
        _show_code(console, way, speak.gettext("Or read this code with your phone and set it up there:"))
    else:
        await _pair(app, console, speak, phone_of)


async def _pair(app: App, console: Console, speak: Translator, phone_of: str | None) -> None:
    """A code that signs a phone in, once, as one member. Only where somebody looks: it must not end up in a log."""
    if not console.is_terminal:
        console.print(speak.gettext("To pair a phone, open Settings and choose “Pair a phone”."))
        return
    member, secret = await app.store.run(pairing.offer_at_terminal, phone_of)
    words = speak.gettext("Read this code with the phone of %(name)s. It pairs one phone, within %(n)d minutes:")
    minutes = pairing.LASTS.seconds // 60
    _show_code(console, f"{app.base_url}/pair/{secret}", words % {"name": member.name, "n": minutes})


def _show_code(console: Console, address: str, words: str) -> None:
    if not console.is_terminal:
        return
    console.print(f"  {words}\n", soft_wrap=True, markup=False)
    # In colours of its own: on a light terminal the square would be the wrong way round for some cameras.
    console.print(lan.code(address), style="bright_white on black", markup=False, highlight=False, no_wrap=True)


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


def _shown(settings: Settings) -> str:
    """How the address is written that people type; of a machine in a network, the one it has there now."""
    host = settings.listens_on
    if settings.lan and host == "0.0.0.0":  # noqa: S104
        return (lan.addresses() or ["127.0.0.1"])[0]
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
