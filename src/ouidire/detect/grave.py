"""One message that matters by itself."""

from __future__ import annotations

from ouidire.detect.scene import Finding, Scene
from ouidire.domain.gravity import gravity
from ouidire.domain.incident import IncidentKind

KIND = IncidentKind.GRAVE


def find(scene: Scene) -> Finding | None:
    """An incident for whatever needs somebody today, now or at once; the routes say who hears from which gravity on."""
    weight = gravity(scene.reading, scene.item.rating)
    if weight < 1:
        return None
    rules = [one.rule for one in scene.reading.urgency_because]
    return Finding(scene.conversation_id, weight, rules[0] if rules else "unhappy")
