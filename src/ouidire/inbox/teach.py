"""What a member's decision about a post teaches the ears, where the network's terms allow to learn from it."""

from __future__ import annotations

from ouidire import clock
from ouidire.connectors import registry
from ouidire.store import lessons, mentions
from ouidire.store.engine import Tx


def teach(tx: Tx, organisation_id: str, mention_id: str, about_us: bool, place_id: str | None = None) -> None:
    """A member said that it is about us, at this place (None: not said which), or that it is not."""
    may_learn = _may_learn(tx, mention_id)
    lessons.learn(tx, organisation_id, mention_id, about_us, place_id, clock.now(), may_learn=may_learn)


def unteach(tx: Tx, organisation_id: str, mention_id: str, about_us: bool, place_id: str | None = None) -> None:
    """They took it back."""
    if _may_learn(tx, mention_id):
        lessons.take_back(tx, organisation_id, mention_id, about_us, place_id)


def _may_learn(tx: Tx, mention_id: str) -> bool:
    connector = mentions.get(tx, mention_id).item.connector
    return connector in registry.names() and registry.manifest(connector).may_learn
