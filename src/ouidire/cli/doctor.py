"""`ouidire doctor`: looks at everything and says what is wrong and what to do. No secret is printed."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.markup import escape

from ouidire import __version__, clock
from ouidire.app import App
from ouidire.cli.lines import tame
from ouidire.domain.source import SourceState
from ouidire.errors import OuidireError
from ouidire.locale import Translator, stored, translator
from ouidire.locale.labels import SOURCE
from ouidire.settings import Settings
from ouidire.store import organisations, sources, work

SECRET = ("store", "smtp")
LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    is_well: bool
    said: str


async def look(settings: Settings, console: Console, speak: Translator | None = None) -> bool:
    """Print every finding, in English unless told otherwise; True when all is well."""
    speak = speak or translator("en")
    console.print(f"Ouïdire {__version__}, Python {sys.version.split()[0]}")
    _print_settings(settings, console, speak)
    well = True
    async for finding in _findings(settings):
        well = well and finding.is_well
        mark = "[green]✓[/green]" if finding.is_well else "[yellow]![/yellow]"
        console.print(f" {mark} {escape(tame(stored.say(speak, finding.said)))}", soft_wrap=True)
    return well


def _print_settings(settings: Settings, console: Console, speak: Translator) -> None:
    for name, about in type(settings).model_fields.items():
        value = getattr(settings, name)
        shown = speak.gettext("(set)") if name in SECRET and value else value
        origin = speak.gettext("given") if name in settings.model_fields_set else speak.gettext("default")
        about_it = speak.gettext(str(about.description))
        console.print(
            f"   OUIDIRE_{name.upper()} = {escape(str(shown))}  ({origin})  [dim]{escape(about_it)}[/dim]",
            soft_wrap=True,
        )


async def _findings(settings: Settings) -> AsyncIterator[Finding]:
    try:
        app = App.open(settings)
    except OuidireError as error:
        yield Finding(False, str(error))
        return
    try:
        yield Finding(True, f"The store opens ({'SQLite' if app.store.is_sqlite else 'PostgreSQL'}).")
        free = shutil.disk_usage(settings.folder).free // 1_000_000
        yield Finding(free > LEAST_FREE_MB, f"{free} MB are free in {settings.folder}.")
        if os.name == "posix":  # elsewhere a file's mode says nothing about who may read it
            mode = settings.key_path.stat().st_mode & 0o777
            yield Finding(mode & 0o077 == 0, f"The key file {settings.key_path} is readable as {mode:o}; 600 is right.")
        mail = "Mail can be sent." if settings.smtp else "No mail is sent: OUIDIRE_SMTP is not set."
        yield Finding(True, mail)
        async for finding in _house(app):
            yield finding
    finally:
        await app.close()


async def _house(app: App) -> AsyncIterator[Finding]:
    with app.store.reading() as tx:
        count = organisations.count(tx)
        heard = sources.listening(tx)
        gaps = [(source.name, gap) for source in heard for gap in sources.gaps(tx, source.id)]
        aside = work.aside(tx)
    yield Finding(
        count > 0, f"Businesses set up: {count}." if count else "No business is set up: open the set-up page."
    )
    for source in heard:
        if source.state is SourceState.DEAF:
            since = source.deaf_since or clock.now()
            yield Finding(False, f"{source.name} is deaf since {_minute(since)}: {source.because}")
        else:
            yield Finding(
                True, f"{source.name}: {SOURCE[source.state]}, {source.heard} events heard, {source.kept} kept."
            )
    for name, gap in gaps:
        yield Finding(False, f"{name}: not heard from {_minute(gap.since)} to {_minute(gap.until)}. {gap.because}")
    for stage, because, number in aside:
        yield Finding(
            False,
            f"Messages set aside by the stage {stage}: {number} ({because}). The others went on; these are kept. "
            "Please report this fault with the log.",
        )


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
