"""`ouidire places`: many places from a list, as on the page: what becomes of each row, then all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table as Grid

from ouidire.app import App
from ouidire.cli.lines import tame
from ouidire.domain.member import Member, Role
from ouidire.errors import BadInput
from ouidire.locale import Translator, labels
from ouidire.places.bring import bring, planned
from ouidire.places.columns import chosen, missing
from ouidire.places.meanings import Column
from ouidire.places.plan import Doubt, Fate, Plan, Wishes, likely_country
from ouidire.places.table import MOST_MB, Table, read_table
from ouidire.settings import Settings
from ouidire.store import members, organisations
from ouidire.store.engine import Tx

SHOWN = 20


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


async def read_list(settings: Settings, console: Console, speak: Translator, file: Path, asked: Asked) -> None:
    """Show what becomes of the list; add its new places unless a preview was asked for or a question is open."""
    table = read_table(_bytes(file))
    columns = chosen(table, _columns(table, asked.columns))
    if missing(columns):
        raise BadInput(
            f"No column holds the names of the places. There are: {', '.join(table.headers)}. Say --column HEADER=name."
        )
    app = App.open(settings)
    try:
        wishes = Wishes(asked.country or await app.store.read(_country, table), asked.zone, asked.swapped, asked.far)
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


def _bytes(file: Path) -> bytes:
    if not file.is_file():
        raise BadInput(f"There is no file at {file}.")
    if file.stat().st_size > MOST_MB * 1_000_000:
        raise BadInput(
            f"This file is larger than {MOST_MB} MB. Bring it in parts, for instance one region after another."
        )
    return file.read_bytes()


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
    for title in ("", speak.gettext("Name"), speak.gettext("Address"), ""):
        grid.add_column(title)
    ordered = sorted(plan.rows, key=lambda row: (row.fate is not Fate.UNCLEAR, row.line))
    for row in ordered[:SHOWN]:
        place = row.place
        fate = speak.gettext(labels.FATE[row.fate]) + (f": {row.beside}" if row.beside else "")
        said = [speak.gettext(labels.DOUBT[one]) for one in row.doubts]
        said += [speak.gettext(labels.REMARK[one]) for one in row.remarks]
        address = ", ".join(filter(None, (place.street, f"{place.postcode} {place.town}".strip())))
        grid.add_row(str(row.line), tame(place.name), tame(address), tame("; ".join([fate, *said])))
    console.print(grid, markup=False)
    if len(plan.rows) > SHOWN:
        console.print("…", style="dim")
    counts = [f"{count} × {speak.gettext(labels.FATE[fate])}" for fate, count in sorted(plan.counts.items())]
    console.print(" · ".join(counts))
