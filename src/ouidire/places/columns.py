"""Which column of a list means what: proposed from its name, decided by a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ouidire.places.meanings import SEVERAL, Column, meaning, second_choice
from ouidire.places.table import Table


def propose(table: Table) -> dict[str, Column]:
    """What each column probably is; at most one column for each meaning, the likeliest, but for those in `SEVERAL`."""
    found = {header: meaning(header) for header in table.headers}
    best: dict[Column, tuple[int, str]] = {}
    for header, (column, rank) in found.items():
        if column and column not in SEVERAL and (column not in best or rank < best[column][0]):
            best[column] = rank, header
    if Column.NAME not in best:
        spare = [(place, header) for header in table.headers if (place := second_choice(header)) is not None]
        best |= {Column.NAME: min(spare)} if spare else {}
    chosen = {header: column for header, (column, _) in found.items() if column in SEVERAL}
    chosen |= {header: column for column, (_, header) in best.items()}
    return {header: chosen.get(header, Column.IGNORED) for header in table.headers}


def chosen(table: Table, wanted: Mapping[str, str]) -> dict[str, Column]:
    """`propose`, but for the columns that a person has decided about; what is no meaning of ours is ignored."""
    known = {one.value: one for one in Column}
    return {header: known.get(wanted.get(header, was), Column.IGNORED) for header, was in propose(table).items()}


def missing(columns: Mapping[str, Column]) -> Sequence[Column]:
    """What a list cannot do without."""
    return [] if Column.NAME in columns.values() else [Column.NAME]
