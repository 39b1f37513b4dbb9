"""One value of a list, as storable text."""

from __future__ import annotations

from ouidire.domain.item import clean

MOST_LETTERS = 100_000
"""Of one cell: room for more other names than anybody may keep, so that too many are noticed and not cut."""


def cell(value: object) -> str:
    """One line of storable text; numbers as they are written, lists joined by ';', nothing for what has parts."""
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (cell(one) for one in value if not isinstance(one, list | tuple))))[:MOST_LETTERS]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        return ""
    return clean(" ".join(str(value)[:MOST_LETTERS].split()))
