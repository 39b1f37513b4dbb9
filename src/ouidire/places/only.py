"""Which rows of an extract are ours: those that bear one of our names, whoever else stands in the file."""

from __future__ import annotations

from ouidire.match.locality import plain
from ouidire.places.knowledge import pieces
from ouidire.places.meanings import is_name
from ouidire.places.row import Row
from ouidire.places.table import Wanted


def called(names: str) -> Wanted | None:
    """Does a row's name, other name or brand hold one of `names` (separated by commas) as whole words?

    None when no name is given: then every row is wanted.
    """
    wanted = [f" {words} " for one in pieces(names) if (words := plain(one))]
    if not wanted:
        return None

    def holds(row: Row) -> bool:
        for header, value in row.values.items():
            if is_name(header):
                words = f" {plain(value)} "
                if any(one in words for one in wanted):
                    return True
        return False

    return holds
