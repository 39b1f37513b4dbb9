"""The first time that somebody else carries a harmful message further: before any volume exists."""

from __future__ import annotations

from ouidire.detect.scene import Finding, Scene
from ouidire.domain.conversation import EdgeKind
from ouidire.domain.gravity import gravity, is_harmful
from ouidire.domain.incident import IncidentKind

KIND = IncidentKind.RELAY
AT_LEAST = 2
"""A relay of harm needs somebody now: what follows it is out of our hands."""


def find(scene: Scene) -> Finding | None:
    if scene.edge.kind not in (EdgeKind.REPOST, EdgeKind.QUOTE) or not scene.is_first_relay:
        return None
    if scene.original_item is None or scene.original_reading is None:
        return None
    if scene.original_item.author.uri == scene.item.author.uri:
        return None
    if not is_harmful(scene.original_reading, scene.original_item.rating):
        return None
    weight = gravity(scene.original_reading, scene.original_item.rating)
    return Finding(scene.story_id, max(AT_LEAST, weight), "first_relay")
