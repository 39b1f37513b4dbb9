"""The stage: asks every detector about a mention, once. A detector's state and the *counted* mark commit together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ouidire import clock
from ouidire.detect.registry import detectors
from ouidire.detect.scene import Finding, Scene
from ouidire.domain.conversation import Edge, EdgeKind
from ouidire.domain.ids import new_id
from ouidire.domain.incident import Incident, IncidentKind
from ouidire.domain.mention import MentionState
from ouidire.store import conversations, incidents, mentions
from ouidire.store.absences import is_late
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard


def step(tx: Tx, mention_id: str) -> Sequence[str]:
    """The ids of incidents that are new or graver now, for `alert`. What is not news, ours or muted opens none."""
    one = mentions.get(tx, mention_id)
    at = clock.now()
    if one.is_gone or one.reading is None or not mentions.count_once(tx, mention_id, at):
        return ()
    if not one.mention.is_news or one.mention.is_own or one.mention.state is not MentionState.OURS:
        return ()
    scene = _scene(tx, one, at)
    found = ((detector.KIND, detector.find(scene)) for detector in detectors())
    opened = (_open(tx, scene, kind, finding, at) for kind, finding in found if finding is not None)
    return [incident_id for incident_id in opened if incident_id is not None]


def _scene(tx: Tx, one: Heard, at: datetime) -> Scene:
    stands = conversations.standing(tx, one.mention.id)
    edge = conversations.edge_of(tx, one.mention.id)
    if stands is None or edge is None or one.reading is None:
        raise LookupError(f"mention {one.mention.id} reached detect before relate")
    original = _original(tx, edge)
    is_relay = edge.kind in (EdgeKind.REPOST, EdgeKind.QUOTE)
    return Scene(
        mention=one.mention,
        item=one.item,
        reading=one.reading,
        edge=edge,
        story_id=stands.story_id,
        conversation_id=stands.conversation_id,
        original_item=original.item if original else None,
        original_reading=original.reading if original else None,
        is_late=is_late(one.mention.absence_id, one.item.written_at, one.mention.first_seen_at),
        is_first_relay=is_relay and _is_foreign(one, original) and conversations.first_relay(tx, stands.story_id, at),
    )


def _original(tx: Tx, edge: Edge) -> Heard | None:
    if edge.kind not in (EdgeKind.REPOST, EdgeKind.QUOTE) or edge.to_mention_id is None:
        return None
    return mentions.get(tx, edge.to_mention_id)


def _is_foreign(one: Heard, original: Heard | None) -> bool:
    """Carried by somebody else than who wrote it: one's own repeats are no relay."""
    return original is not None and original.item.author.uri != one.item.author.uri


def _told_of(scene: Scene, kind: IncidentKind) -> str:
    """The message whose words are told: of a relay, what it carries further."""
    return scene.edge.to_mention_id if kind is IncidentKind.RELAY and scene.edge.to_mention_id else scene.mention.id


def _open(tx: Tx, scene: Scene, kind: IncidentKind, finding: Finding, at: datetime) -> str | None:
    conversation = conversations.get(tx, scene.conversation_id)
    incident, is_news = incidents.open_or_grow(
        tx,
        Incident(
            id=new_id(),
            organisation_id=scene.mention.organisation_id,
            place_id=scene.mention.place_id or conversation.place_id,
            conversation_id=scene.conversation_id,
            kind=kind,
            scope=finding.scope,
            gravity=finding.gravity,
            because=finding.because,
            opened_at=at,
            absence_id=scene.mention.absence_id if scene.is_late else None,
            mention_id=_told_of(scene, kind),
        ),
    )
    return incident.id if is_news else None
