"""`ouidire doctor`: looks at everything and says what is wrong and what to do. No secret is printed."""

from __future__ import annotations

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
from ouidire.domain.source import Source, SourceState
from ouidire.errors import OuidireError
from ouidire.settings import Settings
from ouidire.store import organisations, sources, subscriptions, work

SECRET = ("store", "smtp")
LEAST_FREE_MB = 500


@dataclass(frozen=True, slots=True)
class Finding:
    is_well: bool
    said: str


async def look(settings: Settings, console: Console) -> bool:
    """Print every finding; True when all is well."""
    console.print(f"Ouïdire {__version__}, Python {sys.version.split()[0]}")
    _print_settings(settings, console)
    well = True
    async for finding in _findings(settings):
        well = well and finding.is_well
        mark = "[green]✓[/green]" if finding.is_well else "[yellow]![/yellow]"
        console.print(f" {mark} {escape(tame(finding.said))}", soft_wrap=True)
    return well


def _print_settings(settings: Settings, console: Console) -> None:
    for name, about in type(settings).model_fields.items():
        value = getattr(settings, name)
        shown = "(set)" if name in SECRET and value else value
        origin = "given" if name in settings.model_fields_set else "default"
        console.print(
            f"   OUIDIRE_{name.upper()} = {shown!s}  ({origin})  [dim]{about.description}[/dim]", soft_wrap=True
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
        promises = [one for source in heard if (one := subscriptions.get(tx, source.id)) is not None]
    yield Finding(
        count > 0, f"{count} business(es) set up." if count else "No business is set up: open the set-up page."
    )
    for source in heard:
        if source.state is SourceState.DEAF:
            since = source.deaf_since or clock.now()
            yield Finding(False, f"{source.name} is deaf since {_minute(since)}: {source.because}")
        else:
            said = f"{source.name}: {source.state}, {source.heard} events heard, {source.kept} kept.{_rhythm(source)}"
            yield Finding(True, said)
    for one in promises:
        told = f"calls us until {_minute(one.until)}" if one.until and one.holds(clock.now()) else f"is {one.state}"
        yield Finding(True, f"The hub {one.hub} {told}. {one.because}".rstrip())
    for name, gap in gaps:
        yield Finding(False, f"{name}: not heard from {_minute(gap.since)} to {_minute(gap.until)}. {gap.because}")
    for stage, because, number in aside:
        yield Finding(
            False,
            f"{number} message(s) were set aside by the stage {stage}: {because}. The others went on; these are kept. "
            "Please report this fault with the log.",
        )


def _rhythm(source: Source) -> str:
    """When what is polled is asked next, and how often it speaks; never its address, which may hold a key."""
    due = f" Next look {_minute(source.due_at)}." if source.due_at else ""
    usual = f" It speaks about every {source.usual_s / 3600:.1f} h" if source.usual_s else ""
    since = f", last {_minute(source.spoke_at)}." if usual and source.spoke_at else ""
    return due + usual + since


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
