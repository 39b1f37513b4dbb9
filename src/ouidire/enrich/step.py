"""The stage: reads one mention, keeps the reading and makes its words findable. One row a reader's version.

Both readers read while there is time. In a storm (`STORM` mentions waiting) the first reads alone, four times as
fast and far less well; so it does where the second one's files are missing, which is said once in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import structlog

from ouidire import clock
from ouidire.connectors.registry import may_infer_health, may_learn
from ouidire.domain.enrichment import mask, without_health
from ouidire.domain.fold import fold
from ouidire.domain.mention import EvidenceKind
from ouidire.domain.place import Place
from ouidire.enrich.encoder import Encoder, NoEncoder, encoder
from ouidire.enrich.layer import Layer, Lesson
from ouidire.enrich.read import Hints, read
from ouidire.enrich.read import warm as warm_first
from ouidire.shield.known import known_names
from ouidire.store import corrections, mentions, organisations, watches, work
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard

STORM = 1_000
"""So many mentions wait: with both readers they take more than four seconds of a core, with the first alone one."""

log = structlog.get_logger(__name__)


@cache
def second() -> Encoder | None:
    """The second reader, opened once; None where it cannot be, which is said once."""
    try:
        return encoder()
    except NoEncoder as error:
        log.warning("second reader missing", because=str(error))
        return None


def warm() -> None:
    """Read all tables and open the second reader now (about a second), so that the first post does not wait for it."""
    warm_first()
    second()


def step(tx: Tx, mention_id: str) -> Sequence[str]:
    """Read one mention; it is related next. What is gone meanwhile is left alone."""
    one = mentions.get(tx, mention_id)
    if one.is_gone:
        return ()
    places = organisations.places_of(tx, one.mention.organisation_id)
    helper = None if work.is_behind(tx, mentions.READS, STORM, clock.now()) else second()
    reading = read(one.item.text, _hints(tx, one, places), helper)
    if not may_infer_health(one.item.connector):
        reading = without_health(reading)
    clear = fold(one.item.text)
    masked = fold(mask(one.item.text, reading.staff)) if reading.staff else clear
    mentions.write_reading(tx, one, reading, clear, masked)
    return (mention_id,)


def _hints(tx: Tx, one: Heard, places: Sequence[Place]) -> Hints:
    place = next((p for p in places if p.id == one.mention.place_id), None)
    local = place.local(one.item.written_at) if place else one.item.written_at
    answers = any(evidence.kind is EvidenceKind.REPLY for evidence in one.mention.evidence)
    return Hints(
        languages=one.item.languages,
        written_at=local,
        rating=one.item.rating,
        is_reply_to_us=answers,
        layer=_layer(tx, one.mention.organisation_id),
        known_names=known_names(watches.of_organisation(tx, one.mention.organisation_id), places),
    )


@dataclass(frozen=True, slots=True)
class _Taught:
    """A layer, and the corrections that it was built of."""

    state: tuple[int, object]
    layer: Layer | None


_taught: dict[str, _Taught] = {}
_MOST_KEPT = 200


def _layer(tx: Tx, organisation_id: str) -> Layer | None:
    """What the organisation's corrections taught, built anew when one was said or taken back since."""
    state = corrections.state(tx, organisation_id)
    known = _taught.get(organisation_id)
    if known is None or known.state != state:
        if len(_taught) >= _MOST_KEPT:
            _taught.clear()
        known = _taught[organisation_id] = _Taught(state, _built(tx, organisation_id) if state[0] else None)
    return known.layer


def _built(tx: Tx, organisation_id: str) -> Layer:
    lessons = corrections.lessons(tx, organisation_id)
    return Layer([Lesson(text, c.judged, c.aspect, c.meant) for c, text, connector in lessons if may_learn(connector)])
