"""A row of a list: named values, and where it stands in its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is what a person finds it by: the line of a CSV (its header is 1), the number of an object elsewhere."""

    line: int
    values: Mapping[str, str]
