"""What every house of a kill story has read already, so that a kill costs a fraction of a second."""

from __future__ import annotations

from ouidire.enrich.read import warm
from tests.flow.faults import child

__all__ = ["child"]

warm()
