"""What members' words about single posts teach the matcher."""

from __future__ import annotations

from datetime import datetime

from ouidire.store.engine import Tx


def learn(tx: Tx, organisation_id: str, mention_id: str, about_us: bool, place_id: str | None, at: datetime) -> None:
    """Remember what this mention teaches: it speaks of the organisation or not, and of which place."""
