"""One value of a list, as storable text."""

from __future__ import annotations

from functools import lru_cache

from ouidire.domain.item import clean

MOST_LETTERS = 100_000
"""Of one cell: room for more other names than anybody may keep, so that too many are noticed and not cut."""


@lru_cache(4096)
def header(name: str) -> str:
    """The name of a column: a file of half a million rows says the same few again and again."""
    return cell(name)


def cell(value: object) -> str:
    """One line of storable text; numbers as they are written, lists joined by ';', nothing for what has parts."""
    if isinstance(value, str):
        return clean(" ".join(value[:MOST_LETTERS].split()))
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, list | tuple):
        return "; ".join(filter(None, (cell(one) for one in value if not isinstance(one, list | tuple))))[:MOST_LETTERS]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, int | float) else ""
