"""The stage: reads one mention, keeps the reading and makes its words findable. One row a reader's version.

Both readers read while there is time. In a storm (`STORM` mentions waiting) the first reads alone, four times as
fast and far less well, and both read it again once the storm is over; what is grave by then is told then. Where the
second one's files are missing the first reads alone too, which is said once in the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

import structlog

from ouidire import clock
from ouidire.connectors.registry import may_infer_health, may_learn
from ouidire.domain.enrichment import mask, without_health
from ouidire.domain.fold import fold
from ouidire.domain.gravity import GRAVE, gravity
from ouidire.domain.mention import EvidenceKind
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

CALM = 100
"""So few mentions wait that there is time for what was read in a storm."""

AGAIN = timedelta(minutes=1)
"""After so long it is looked whether the storm is over."""

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
    helper = second()
    if helper is not None and work.is_behind(tx, mentions.READS, STORM, clock.now()):
        helper = None
        _put_off(tx, one)
    _read(tx, one, helper)
    return (mention_id,)


def again(tx: Tx, mention_id: str) -> Sequence[str]:
    """Both read what the first read alone in a storm, once that is over; what is grave only now is related again."""
    one = mentions.get(tx, mention_id)
    helper = second()
    if one.is_gone or one.reading is None or helper is None:
        return ()
    if work.is_behind(tx, mentions.READS, CALM, clock.now()):
        _put_off(tx, one)
        return ()
    _read(tx, one, helper)
    now = mentions.get(tx, mention_id)
    if now.reading is None or gravity(one.reading, one.item.rating) >= GRAVE:
        return ()
    if gravity(now.reading, now.item.rating) < GRAVE:
        return ()
    mentions.count_anew(tx, mention_id)
    return (mention_id,)


def _put_off(tx: Tx, one: Heard) -> None:
    work.add(tx, mentions.READS_AGAIN, [(one.mention.id, one.mention.organisation_id)], clock.now() + AGAIN)


def _read(tx: Tx, one: Heard, helper: Encoder | None) -> None:
    """Read it by the first, or by both, keep the reading, and let its words be found."""
    reading = read(one.item.text, _hints(tx, one), helper)
    if not may_infer_health(one.item.connector):
        reading = without_health(reading)
    clear = fold(one.item.text)
    masked = fold(mask(one.item.text, reading.staff)) if reading.staff else clear
    mentions.write_reading(tx, one, reading, clear, masked)


def _hints(tx: Tx, one: Heard) -> Hints:
    place = organisations.find_place(tx, one.mention.place_id)
    local = place.local(one.item.written_at) if place else one.item.written_at
    answers = any(evidence.kind is EvidenceKind.REPLY for evidence in one.mention.evidence)
    return Hints(
        languages=one.item.languages,
        written_at=local,
        rating=one.item.rating,
        is_reply_to_us=answers,
        layer=_layer(tx, one.mention.organisation_id),
        known_names=_names(tx, one.mention.organisation_id),
    )


@dataclass(frozen=True, slots=True)
class _Named:
    """The names that an organisation bears, as they stood at a time."""

    at: datetime
    names: tuple[str, ...]


_named: dict[str, _Named] = {}
_FRESH = timedelta(seconds=30)
"""A brand bears thousands of names, and they seldom change: they are asked of the store no more often than this."""


def _names(tx: Tx, organisation_id: str) -> tuple[str, ...]:
    now = clock.now()
    known = _named.get(organisation_id)
    if known is None or not now - _FRESH < known.at <= now:
        if len(_named) >= _MOST_KEPT:
            _named.clear()
        ones = watches.of_organisation(tx, organisation_id), organisations.places_of(tx, organisation_id)
        known = _named[organisation_id] = _Named(now, known_names(*ones))
    return known.names


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
