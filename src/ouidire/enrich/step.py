"""The stage: reads mentions, keeps each reading and makes its words findable. One row a reader's version.

Both readers read while there is time. In a storm (`STORM` mentions waiting) the first reads alone, ten times as
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
from ouidire.enrich.read import Hints, read_many
from ouidire.enrich.read import warm as warm_first
from ouidire.shield.known import known_names
from ouidire.store import corrections, mentions, organisations, watches, work
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard

STORM = 1_000
"""So many mentions wait: with both readers they take some three seconds of a core, with the first alone half of one."""

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


def step(tx: Tx, mention_ids: Sequence[str]) -> Sequence[Sequence[str]]:
    """Read these mentions, together; each is related next. What is gone meanwhile is left alone."""
    every = [mentions.get(tx, mention_id) for mention_id in mention_ids]
    there = [one for one in every if not one.is_gone]
    helper = second()
    if helper is not None and work.is_behind(tx, mentions.READS, STORM, clock.now()):
        helper = None
        _put_off(tx, there)
    _read(tx, there, helper)
    return [() if one.is_gone else (one.mention.id,) for one in every]


def again(tx: Tx, mention_ids: Sequence[str]) -> Sequence[Sequence[str]]:
    """Both read what the first read alone in a storm, once that is over; what is grave only now is related again."""
    every = [mentions.get(tx, mention_id) for mention_id in mention_ids]
    helper = second()
    there = [] if helper is None else [one for one in every if not one.is_gone and one.reading is not None]
    if there and work.is_behind(tx, mentions.READS, CALM, clock.now()):
        _put_off(tx, there)
        there = []
    _read(tx, there, helper)
    read = {one.mention.id for one in there}
    return [(one.mention.id,) if one.mention.id in read and _is_grave_only_now(tx, one) else () for one in every]


def _is_grave_only_now(tx: Tx, before: Heard) -> bool:
    now = mentions.get(tx, before.mention.id)
    if before.reading is None or now.reading is None or gravity(before.reading, before.item.rating) >= GRAVE:
        return False
    if gravity(now.reading, now.item.rating) < GRAVE:
        return False
    mentions.count_anew(tx, before.mention.id)
    return True


def _put_off(tx: Tx, some: Sequence[Heard]) -> None:
    work.add(
        tx,
        mentions.READS_AGAIN,
        [(one.mention.id, one.mention.organisation_id) for one in some],
        clock.now() + AGAIN,
    )


def _read(tx: Tx, some: Sequence[Heard], helper: Encoder | None) -> None:
    """Read them by the first, or by both, keep the readings, and let their words be found."""
    readings = read_many([one.item.text for one in some], [_hints(tx, one) for one in some], helper)
    for one, reading in zip(some, readings, strict=True):
        kept = reading if may_infer_health(one.item.connector) else without_health(reading)
        clear = fold(one.item.text)
        masked = fold(mask(one.item.text, kept.staff)) if kept.staff else clear
        mentions.write_reading(tx, one, kept, clear, masked)


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
