"""`ouidire import`: exported posts from a file, with progress, resumable."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ouidire import flow
from ouidire.app import App
from ouidire.cli.lines import tame
from ouidire.connectors import registry
from ouidire.connectors.base import SourceContext
from ouidire.domain.ids import new_id
from ouidire.domain.source import Source
from ouidire.errors import BadInput
from ouidire.locale import Translator
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import organisations, sources
from ouidire.store.engine import Tx

CONNECTOR = "files"


async def read_file(settings: Settings, console: Console, speak: Translator, file: Path) -> None:
    """Read `file` to its end, then understand what was kept. Raises `BadInput`: no such file, or nothing set up."""
    if not file.is_file():
        raise BadInput(f"There is no file at {file}.")
    app = App.open(settings)
    try:
        if app.disk.is_low:
            raise BadInput(f"Only {app.disk.free_mb} MB are free: imports wait until there is room. Nothing was read.")
        source = await app.store.run(_source, app, file.resolve())
        resumed = bool(source.cursor)
        if resumed:
            console.print(speak.gettext("Going on where the last import stopped."), style="dim")
        await _read(app, source, console, speak, file)
        done = await app.store.read(sources.get, source.id)
        said = speak.gettext("%(heard)d lines read, %(kept)d speak of you, %(dropped)d could not be used.")
        console.print(said % {"heard": done.heard, "kept": done.kept, "dropped": done.dropped})
        for _, reason, count, sample in await app.store.read(sources.drops, source.id):
            console.print(f"  {count} × {tame(reason)}  {tame(sample[:80])}", style="dim", markup=False)
    finally:
        await app.close()


def _source(tx: Tx, app: App, file: Path) -> Source:
    """The import's source: the same file is the same source, so that its cursor is found again."""
    houses = organisations.every(tx)
    if not houses:
        raise BadInput("No business is set up yet: start `ouidire up` and open its page first.")
    name = file.name
    known = sources.by_connector(tx, houses[0].id, CONNECTOR, name)
    if known is not None and known.settings.get("path") == str(file):
        return known
    one = Source(new_id(), houses[0].id, CONNECTOR, name, {"path": str(file)}, listens=False)
    sources.add(tx, app.store, one)
    return one


async def _read(app: App, source: Source, console: Console, speak: Translator, file: Path) -> None:
    reader = registry.open_reader(CONNECTOR, SourceContext(source.id, source.settings, {}, app.http))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(file.name, total=max(1, file.stat().st_size))
        async for batch in reader.read(source.cursor):
            await app.hear(Parcel(source.id, batch), at_once=True)
            progress.update(task, completed=_offset(batch.cursor))
        understood = progress.add_task(speak.gettext("understanding"), total=None)
        while any(flow.work_once(app.store, stage, app.worker) for stage in flow.STAGES):
            progress.advance(understood)
    await app.store.run(sources.finished, source.id)


def _offset(cursor: str) -> int:
    """How many bytes of the file a cursor covers: its first number."""
    first = cursor.split(":", 1)[0]
    return int(first) if first.isdecimal() else 0
