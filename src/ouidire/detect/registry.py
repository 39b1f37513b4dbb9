"""Finds the detectors: every module here with a `KIND` and a `find`. One more detector is one more file."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

import ouidire.detect
from ouidire.detect.scene import Finding, Scene
from ouidire.domain.incident import IncidentKind


class Detector(Protocol):
    KIND: IncidentKind

    def find(self, scene: Scene) -> Finding | None:
        """What this detector sees in the scene; None: nothing."""
        ...


@cache
def detectors() -> tuple[Detector, ...]:
    modules = (import_module(f"ouidire.detect.{one.name}") for one in iter_modules(ouidire.detect.__path__))
    return tuple(cast(Detector, module) for module in modules if hasattr(module, "KIND"))
