"""Exports that are recognised by their shape, whatever they and their folders are called. One more is one more file.

Each module has a `FORMAT`. Nothing else names it: `every` finds it here.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

Row = Mapping[str, str]
Piece = Any
"""What was decoded: a JSON value, or the bytes of a mail."""


@dataclass(frozen=True, slots=True)
class Format:
    """How one kind of export is known and read.

    `recognises` looks at one piece. `rows` gives the posts in it by the columns of README.md, and raises `Ignore` when
    it holds none that can be used. `keys` name the arrays that hold the pieces in a larger document. `owner` reads
    whose export it is from a piece of another file of the same archive: values for the columns a row leaves empty.
    `refused` says why we know it and do not take it. `is_about_us`: it speaks of one business even where it does not
    name it.
    """

    name: str
    title: str
    recognises: Callable[[Piece], bool]
    rows: Callable[[Piece], Iterable[Row]]
    keys: frozenset[str] = frozenset()
    owner: Callable[[Piece], Row | None] | None = None
    refused: str = ""
    is_about_us: bool = False


@cache
def every() -> tuple[Format, ...]:
    """All formats, by name."""
    modules = sorted(one.name for one in pkgutil.iter_modules(__path__))
    return tuple(import_module(f"{__name__}.{name}").FORMAT for name in modules)


def named(name: str) -> Format | None:
    return next((one for one in every() if one.name == name), None)


def keys() -> frozenset[str]:
    """Every name of an array that holds pieces."""
    return frozenset().union(*(one.keys for one in every()))


def texts(value: Piece, *names: str) -> str:
    """The text that lies under these names, one within the other; empty when there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else ""


def under(value: Piece, name: str) -> dict[str, Any]:
    """The object under this name; an empty one when there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def several(value: Piece, name: str) -> list[dict[str, Any]]:
    """The objects in the array under this name."""
    found = value.get(name) if isinstance(value, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
