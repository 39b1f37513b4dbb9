"""Finds the notifiers: each file of this folder that has `NAME`, `why_not` and `open_notifier`."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from pathlib import Path
from typing import Any

from ouidire.errors import NotFound, Permanent
from ouidire.notifiers.base import Notifier
from ouidire.notifiers.context import NotifierContext


@cache
def _modules() -> dict[str, Any]:
    here, package = str(Path(__file__).parent), __name__.rpartition(".")[0]
    found = [importlib.import_module(f"{package}.{module.name}") for module in pkgutil.iter_modules([here])]
    return {module.NAME: module for module in found if hasattr(module, "open_notifier")}


def names() -> list[str]:
    """Every notifier there is, usable here or not."""
    return sorted(_modules())


def why_not(name: str, context: NotifierContext) -> str:
    """Why this notifier cannot be used with these settings, in a sentence; empty when it can.

    Raises `NotFound` for a name nobody has.
    """
    return str(_named(name).why_not(context))


def open(name: str, context: NotifierContext) -> Notifier:
    """The notifier, ready to send; nothing is connected yet. Raises `Permanent` with why not, or `NotFound`."""
    reason = why_not(name, context)
    if reason:
        raise Permanent(reason)
    notifier: Notifier = _named(name).open_notifier(context)
    return notifier


def _named(name: str) -> Any:
    try:
        return _modules()[name]
    except KeyError:
        raise NotFound(f"There is no notifier “{name}”; there are {', '.join(names())}.") from None
