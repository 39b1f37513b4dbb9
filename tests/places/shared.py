"""Real lists of places, beside the project; tests that need them skip where they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("OUIDIRE_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no shared data sets beside the project")


def geojson(path: str) -> bytes:
    """The bytes of a real file; what some wrap in a script is taken out of it."""
    data = (SHARED / path).read_bytes()
    return data[data.index(b"{") :].rstrip().rstrip(b";") if path.endswith(".js") else data
