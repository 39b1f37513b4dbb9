"""What a detector is shown: one mention, where it stands, and what it carries further."""

from __future__ import annotations

from dataclasses import dataclass

from ouidire.domain.conversation import Edge
from ouidire.domain.enrichment import Reading
from ouidire.domain.item import Item
from ouidire.domain.mention import Mention


@dataclass(frozen=True, slots=True)
class Scene:
    """`original` is what a relay repeats or quotes (None otherwise); `is_first_relay` says nobody did so before.

    `is_late`: it came while we were absent, and is counted rather than news.
    """

    mention: Mention
    item: Item
    reading: Reading
    edge: Edge
    story_id: str
    conversation_id: str
    original_item: Item | None = None
    original_reading: Reading | None = None
    is_first_relay: bool = False
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a detector found: how grave (1 to 3), in which scope, and the key of the sentence that says why."""

    scope: str
    gravity: int
    because: str
