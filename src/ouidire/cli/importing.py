"""`ouidire import`: exports from a file, looked at before, with progress, resumable, taken back as a whole."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ouidire import clock, flow
from ouidire.app import App
from ouidire.cli.lines import tame
from ouidire.connectors import registry
from ouidire.connectors.base import SourceContext
from ouidire.connectors.files.look import Look, Sample, look, sample
from ouidire.connectors.files.reader import read_bytes
from ouidire.connectors.files.table import Mapped
from ouidire.domain.ids import new_id
from ouidire.domain.source import Source
from ouidire.errors import BadInput, NotFound
from ouidire.locale import Translator, stored
from ouidire.locale.labels import FORMAT
from ouidire.match.matcher import Matcher
from ouidire.past import begin
from ouidire.past.preview import matcher_for, veil
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import imports, organisations, sources
from ouidire.store.engine import Tx

CONNECTOR = begin.CONNECTOR
SHOWN = 20
WIDTH = 100


async def read_file(
    settings: Settings,
    console: Console,
    speak: Translator,
    file: Path,
    pairs: Sequence[str] = (),
    place: str = "",
) -> None:
    """Read `file` to its end, then understand what was kept. Raises `BadInput`: no such file, or nothing set up.

    `pairs` say which column is which (text=Comment); `place` names the place that all of it is about.
    """
    app = _opened(settings, file)
    try:
        if app.disk.is_low:
            raise BadInput(f"Only {app.disk.free_mb} MB are free: imports wait until there is room. Nothing was read.")
        source = await app.store.run(_source, app, file.resolve(), pairs, place, speak)
        if source.cursor:
            console.print(speak.gettext("Going on where the last import stopped."), style="dim")
        await _read(app, source, console, speak, file)
        done = await app.store.read(sources.get, source.id)
        said = speak.gettext("%(heard)d lines read, %(kept)d speak of you, %(dropped)d could not be used.")
        console.print(said % {"heard": done.heard, "kept": done.kept, "dropped": done.dropped})
        shown = await app.store.read(veil, done.organisation_id or "", None)
        for _, reason, count, sample_ in await app.store.read(sources.drops, source.id):
            said = tame(stored.say(speak, reason))
            console.print(f"  {count} × {said}  {tame(shown(sample_))[:80]}", style="dim", markup=False)
    finally:
        await app.close()


async def preview(
    settings: Settings, console: Console, speak: Translator, file: Path, pairs: Sequence[str] = (), place: str = ""
) -> None:
    """Print what the first posts of `file` would become; nothing is kept."""
    app = _opened(settings, file)
    try:
        with app.store.reading() as tx:
            organisation_id = _house(tx)
            about = _place(tx, organisation_id, place)
            matcher, shown = matcher_for(tx, organisation_id), veil(tx, organisation_id, None)
        seen = look(file)
        mapped = Mapped.from_pairs(pairs) if pairs else seen.proposed
        written = {"path": str(file), "map": "" if seen.is_ours and not pairs else str(mapped), "about": about}
        found = sample(SourceContext(new_id(), written, {}, app.http))
        _print_look(console, speak, seen, mapped, shown)
        _print_sample(console, speak, found, matcher, shown)
    finally:
        await app.close()


async def take_back(settings: Settings, console: Console, speak: Translator, file: Path, *, everything: bool) -> None:
    """Undo the import of `file`. Raises `NotFound` when there is none that stands."""
    app = App.open(settings)
    try:
        source_id = await app.store.run(_begin_to_undo, file.resolve(), everything)
        with Progress(TextColumn(speak.gettext("undoing")), BarColumn(), console=console) as progress:
            task = progress.add_task("", total=None)
            while await app.store.run(imports.take_back_some, source_id, clock.now()):
                progress.advance(task)
        removed, spared = await app.store.read(imports.outcome, source_id)
        console.print(speak.gettext("%(n)d messages of this import were removed.") % {"n": removed})
        if spared:
            console.print(speak.gettext("%(n)d conversations in which you wrote stay.") % {"n": spared})
    finally:
        await app.close()


def _opened(settings: Settings, file: Path) -> App:
    if not file.is_file():
        raise BadInput(f"There is no file at {file}.")
    return App.open(settings)


def _house(tx: Tx) -> str:
    houses = organisations.every(tx)
    if not houses:
        raise BadInput("No business is set up yet: start `ouidire up` and open its page first.")
    return houses[0].id


def _place(tx: Tx, organisation_id: str, named: str) -> str:
    """The place of this name or id."""
    if not named:
        return ""
    places = organisations.places_of(tx, organisation_id)
    found = [one for one in places if named.casefold() in (one.id, one.name.casefold())]
    if not found:
        raise NotFound(f"There is no place called “{named}”; there are {', '.join(one.name for one in places)}.")
    return found[0].id


def _source(tx: Tx, app: App, file: Path, pairs: Sequence[str], place: str, speak: Translator) -> Source:
    """The import's source: the same file is the same source, so that its cursor is found again."""
    organisation_id = _house(tx)
    known = imports.begun_from(tx, organisation_id, str(file))
    if known is not None:
        return known
    seen = look(file)
    mapped = Mapped.from_pairs(pairs)
    if not seen.is_ours and not pairs:
        raise BadInput(_how_to_map(file, seen, speak))
    if pairs and mapped.missing:
        raise BadInput(f"Say also which column is {' and '.join(mapped.missing)}; {_how_to_map(file, seen, speak)}")
    settings = {"path": str(file), "map": str(mapped), "about": _place(tx, organisation_id, place)}
    return begin.from_terminal(tx, app.store, organisation_id, file, settings, seen)


def _how_to_map(file: Path, seen: Look, speak: Translator) -> str:
    """What is in the file, and the command that reads it, ready to be changed."""
    names = ", ".join(one.name for one in seen.columns)
    lines = [speak.gettext("%(file)s has columns of its own: %(names)s.") % {"file": file.name, "names": names}]
    pairs = [f"{ours}={theirs}" for ours, theirs in seen.proposed.columns.items()]
    pairs += [f"{name}=…" for name in seen.proposed.missing]
    pairs += ["month_first=yes"] if seen.proposed.month_first else []
    lines.append(speak.gettext("Say which is which (text and created_at are needed). We propose:"))
    command = " ".join(["ouidire import", shlex.quote(str(file)), *(f"--map {shlex.quote(pair)}" for pair in pairs)])
    return "\n".join([*lines, f"  {command}", speak.gettext("Add --preview to see what would be kept first.")])


async def _read(app: App, source: Source, console: Console, speak: Translator, file: Path) -> None:
    reader = registry.open_reader(CONNECTOR, SourceContext(source.id, source.settings, {}, app.http))
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        size = max(1, file.stat().st_size)
        task = progress.add_task(file.name, total=size, completed=read_bytes(source.cursor))
        async for batch in reader.read(source.cursor):
            await app.hear(Parcel(source.id, batch), at_once=True)
            progress.update(task, completed=read_bytes(batch.cursor))
        progress.update(task, completed=size)
        understood = progress.add_task(speak.gettext("understanding"), total=None)
        while any(flow.work_once(app.store, stage, app.worker) for stage in flow.STAGES):
            progress.advance(understood)
    await app.store.run(sources.finished, source.id)


def _begin_to_undo(tx: Tx, file: Path, everything: bool) -> str:
    source = imports.begun_from(tx, _house(tx), str(file))
    if source is None:
        raise NotFound(f"Nothing that stands here was imported from {file}.")
    imports.mark_taken_back(tx, source.id, clock.now(), takes_spoken=everything)
    return source.id


def _print_look(console: Console, speak: Translator, seen: Look, mapped: Mapped, shown: Callable[[str], str]) -> None:
    console.print(speak.gettext(FORMAT.get(seen.format, seen.title)), style="bold")
    for ours, theirs in mapped.columns.items() if seen.has_mapping else ():
        examples = " · ".join(next((one.examples for one in seen.columns if one.name == theirs), ()))
        console.print(f"  {ours} = {tame(theirs)}  {tame(shown(examples))[:WIDTH]}", style="dim", markup=False)


def _print_sample(
    console: Console, speak: Translator, found: Sample, matcher: Matcher, shown: Callable[[str], str]
) -> None:
    """Without names of employees: anyone may look on."""
    for doubt in found.doubts:
        said = speak.gettext(doubt.says) % (dict(doubt.values) | {"value": shown(doubt.values.get("value", ""))})
        console.print(tame(said), style="yellow", markup=False, soft_wrap=True)
    kept = [one for one in found.items if matcher.match(one)]
    for one in kept[:SHOWN]:
        stars = f" {'★' * round(one.rating)}" if one.rating else ""
        line = f"  {one.written_at:%Y-%m-%d}{stars}  {tame(' '.join(shown(one.text).split()))}"
        console.print(line if len(line) <= WIDTH else line[: WIDTH - 1] + "…", markup=False, soft_wrap=True)
    said = speak.gettext(
        "Of the first %(heard)d, %(kept)d speak of you, %(others)d do not, %(dropped)d cannot be used."
    )
    others = len(found.items) - len(kept)
    numbers = {"heard": found.heard, "kept": len(kept), "others": others, "dropped": len(found.dropped)}
    console.print(said % numbers)
    for reason, count in found.reasons:
        console.print(f"  {count} × {tame(stored.say(speak, reason))}", style="dim", markup=False)
