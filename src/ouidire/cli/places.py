"""`ouidire places`: many places from a list, as on the page: what becomes of each row, then all at once.

`ouidire names`: what chains are also called.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table as Grid

from ouidire.app import App
from ouidire.cli.lines import tame
from ouidire.domain.member import Member, Role
from ouidire.errors import BadInput
from ouidire.locale import Translator, labels
from ouidire.places import chains
from ouidire.places.bring import bring, planned
from ouidire.places.columns import chosen, missing
from ouidire.places.meanings import Column
from ouidire.places.only import called
from ouidire.places.plan import Doubt, Fate, Plan, Planned, Wishes, likely_country
from ouidire.places.table import Table, read_extract
from ouidire.settings import Settings
from ouidire.store import members, organisations, watches
from ouidire.store.engine import Tx

SHOWN = 20
EXCERPT = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said on the command line."""

    columns: Sequence[str]
    country: str
    zone: str
    swapped: str
    far: str
    names: bool
    preview: bool
    only: str = ""


async def read_list(settings: Settings, console: Console, speak: Translator, file: Path, asked: Asked) -> None:
    """Show what becomes of the list; add its new places unless a preview was asked for or a question is open."""
    table = _table(console, speak, file, asked.only)
    columns = chosen(table, _columns(table, asked.columns))
    if missing(columns):
        raise BadInput(
            f"No column holds the names of the places. There are: {', '.join(table.headers)}. Say --column HEADER=name."
        )
    app = App.open(settings)
    try:
        wishes = Wishes(
            asked.country or await app.store.read(_country, table), asked.zone, asked.swapped, asked.far, asked.only
        )
        plan = await app.store.read(_plan, table, columns, wishes)
        _show(console, speak, plan)
        if asked.preview:
            return
        if plan.doubts:
            raise BadInput(f"Nothing was added: say first {', '.join(sorted(_WISH[doubt] for doubt in plan.doubts))}.")
        added = await app.store.run(_add, table, columns, wishes, asked.names)
        console.print(speak.ngettext("%(num)s place added.", "%(num)s places added.", added) % {"num": added})
    finally:
        await app.close()


_WISH = {
    Doubt.SWAPPED: "--swapped swap|keep|leave",
    Doubt.FAR: "--far keep|town|leave",
    Doubt.CLOCK: "--zone Area/City",
}


def _table(console: Console, speak: Translator, file: Path, only: str) -> Table:
    """The rows of a file of any size that are `only` ours, with how far it was read."""
    if not file.is_file():
        raise BadInput(f"There is no file at {file}.")
    with Progress(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=console, transient=True, disable=not console.is_terminal,
    ) as progress:  # fmt: skip
        task = progress.add_task(speak.gettext("Reading"), total=file.stat().st_size)
        table = read_extract(file, called(only), lambda count: progress.update(task, advance=count))
    if only:
        said = speak.gettext("%(found)s of %(seen)s rows have that name.")
        console.print(said % {"found": len(table.rows), "seen": table.seen})
    return table


def _columns(table: Table, said: Sequence[str]) -> dict[str, str]:
    """'Enseigne=name' → what that column means. Raises `BadInput` for what is no column or no meaning."""
    wanted = {}
    for one in said:
        header, _, meaning = one.rpartition("=")
        if header not in table.headers:
            raise BadInput(f"There is no column “{header}”; there are: {', '.join(table.headers)}.")
        if meaning not in {column.value for column in Column}:
            raise BadInput(f"“{meaning}” is no meaning of a column; there are: {', '.join(filter(None, Column))}.")
        wanted[header] = meaning
    return wanted


def _asker(tx: Tx) -> Member:
    """Whoever sits at the machine acts for the first business's owner."""
    houses = organisations.every(tx)
    owners = [one for one in members.of_organisation(tx, houses[0].id) if one.role is Role.OWNER] if houses else []
    if not owners:
        raise BadInput("No business is set up yet: start `ouidire up` and open its page first.")
    return owners[0]


def _country(tx: Tx, table: Table) -> str:
    known = organisations.places(tx, _asker(tx))
    return likely_country(table, known[0].country if known else "FR")


def _plan(tx: Tx, table: Table, columns: dict[str, Column], wishes: Wishes) -> Plan:
    return planned(tx, _asker(tx), table, columns, wishes)


def _add(tx: Tx, table: Table, columns: dict[str, Column], wishes: Wishes, names: bool) -> int:
    asker = _asker(tx)
    return bring(tx, asker, planned(tx, asker, table, columns, wishes), names=names).places


def _show(console: Console, speak: Translator, plan: Plan) -> None:
    grid = Grid(box=None, pad_edge=False)
    for title in ("", speak.gettext("Name"), speak.gettext("Address"), speak.gettext("Known by"), ""):
        grid.add_column(title)
    ordered = sorted(plan.rows, key=lambda row: (row.fate is not Fate.UNCLEAR, row.line))
    for row in ordered[:SHOWN]:
        place = row.place
        fate = speak.gettext(labels.FATE[row.fate]) + (f": {row.beside}" if row.beside else "")
        said = [speak.gettext(labels.DOUBT[one]) for one in row.doubts]
        said += [speak.gettext(labels.REMARK[one]) for one in row.remarks]
        address = ", ".join(filter(None, (place.street, f"{place.postcode} {place.town}".strip())))
        known = tame(_known(row, speak))
        grid.add_row(str(row.line), tame(place.name), tame(address), known, tame("; ".join([fate, *said])))
    console.print(grid, markup=False)
    if len(plan.rows) > SHOWN:
        console.print("…", style="dim")
    counts = [f"{count} × {speak.gettext(labels.FATE[fate])}" for fate, count in sorted(plan.counts.items())]
    console.print(" · ".join(counts))


def _known(row: Planned, speak: Translator) -> str:
    """What else a row says that helps to recognise its place, in a few words."""
    kind = [speak.gettext(labels.CATEGORY[row.place.category])] if row.place.category else []
    said = " · ".join([*kind, *row.known_by])
    return said if len(said) <= EXCERPT else said[: EXCERPT - 1] + "…"


# -- what chains are also called ---------------------------------------------------------------------------------------


async def propose(settings: Settings, console: Console, speak: Translator, file: Path) -> None:
    """Say what the brands of a list are also called that bear a name of ours; nothing is taken over."""
    if not file.is_file():
        raise BadInput(f"There is no file at {file}.")
    if file.stat().st_size > chains.MOST_MB * 1_000_000:
        raise BadInput(f"This list is larger than {chains.MOST_MB} MB: it is not one of brands.")
    brands = chains.read_brands(file.read_bytes())
    app = App.open(settings)
    try:
        ours, heard = await app.store.read(_names)
    finally:
        await app.close()
    found = chains.propose_names(ours, brands, heard)
    counted = speak.ngettext("%(num)s brand in this list.", "%(num)s brands in this list.", len(brands))
    console.print(counted % {"num": len(brands)})
    for one in found:
        kind = speak.gettext(labels.CATEGORY[one.brand.category]) if one.brand.category else ""
        beside = ", ".join(filter(None, (kind, " ".join(one.brand.where[:8]).upper())))
        console.print(f"{tame(one.ours)} ({tame(beside)})" if beside else tame(one.ours), style="bold", markup=False)
        for name in one.names:
            console.print(f"  {tame(name)}", markup=False)
    if found:
        console.print(speak.gettext("Type those that people use under “What we listen to”, as nicknames."))
    else:
        console.print(speak.gettext("It knows no other name of yours."))


def _names(tx: Tx) -> tuple[list[str], list[str]]:
    """What the first business is called, by itself and where it is listened for; and all that is listened for."""
    asker = _asker(tx)
    present = watches.of(tx, asker)
    ours = [organisations.get(tx, asker.organisation_id).name]
    ours += [name for one in present for name in (*one.names, *one.aliases)]
    return ours, [*ours, *(former.name for one in present for former in one.former)]
