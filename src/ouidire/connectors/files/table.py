"""Columns that nobody of ours named: which of them is the text, the date, the rating, said by a mapping."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ouidire.connectors.files.formats import Row
from ouidire.connectors.files.mapping import COLUMNS, NEEDED
from ouidire.errors import BadInput

MONTH_FIRST = "month_first"
MOST_COLUMNS = 200
_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Mapped:
    """`columns`: ours to theirs. `month_first`: 03/04 is the fourth of March."""

    columns: Mapping[str, str]
    month_first: bool = False

    @classmethod
    def of(cls, written: str) -> Mapped:
        """From a setting: a line `ours=theirs` each. Raises `BadInput` naming what is no column of ours."""
        return cls.from_pairs(written.splitlines())

    @classmethod
    def from_pairs(cls, pairs: Sequence[str]) -> Mapped:
        """Each `ours=theirs`; `month_first=yes` says how dates are to be read."""
        columns: dict[str, str] = {}
        month_first = False
        for pair in pairs:
            ours, is_pair, theirs = pair.partition("=")
            ours = ours.strip()
            if ours == MONTH_FIRST:
                month_first = theirs.strip().lower() in ("yes", "true", "1", "on")
            elif ours not in COLUMNS or not is_pair:
                raise BadInput(f"“{pair[:60]}” does not say which column is which; write text=Comment, for instance.")
            elif theirs:
                columns[ours] = theirs
        return cls(columns, month_first)

    @property
    def missing(self) -> tuple[str, ...]:
        """What has to be there and has no column yet."""
        return tuple(name for name in NEEDED if not self.columns.get(name))

    def __str__(self) -> str:
        pairs = [f"{ours}={theirs}" for ours, theirs in self.columns.items() if theirs]
        return "\n".join([*pairs, f"{MONTH_FIRST}=yes"] if self.month_first else pairs)

    def row(self, theirs: Row) -> Row:
        """One of their rows by our columns; a column that a row lacks is empty."""
        return {ours: theirs.get(name, "") for ours, name in self.columns.items()}


def flat(value: Any) -> Row:
    """A JSON object as one row: what lies within is named with dots, lists are joined. Bounded in depth and number."""
    row: dict[str, str] = {}
    _spread(value, "", row, 0)
    return row


def _spread(value: Any, name: str, into: dict[str, str], depth: int) -> None:
    if len(into) >= MOST_COLUMNS:
        return
    if isinstance(value, dict) and depth < _DEEPEST:
        for key, inner in value.items():
            _spread(inner, f"{name}.{key}" if name else str(key), into, depth + 1)
    elif isinstance(value, list):
        into[name] = " ".join(str(one) for one in value[:50] if not isinstance(one, dict | list | None))
    elif name:
        into[name] = "" if value is None or isinstance(value, dict) else str(value)
