"""The stage: reads one mention, keeps the reading and makes its words findable. One row a reader's version."""

from __future__ import annotations

from collections.abc import Sequence

from ouidire.domain.enrichment import mask
from ouidire.domain.fold import fold
from ouidire.domain.mention import EvidenceKind
from ouidire.domain.place import Place
from ouidire.enrich.read import Hints, read, warm
from ouidire.shield.known import known_names
from ouidire.store import mentions, organisations, watches
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard

__all__ = ["step", "warm"]


def step(tx: Tx, mention_id: str) -> Sequence[str]:
    """Read one mention; it is related next. What is gone meanwhile is left alone."""
    one = mentions.get(tx, mention_id)
    if one.is_gone:
        return ()
    places = organisations.places_of(tx, one.mention.organisation_id)
    reading = read(one.item.text, _hints(tx, one, places))
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
        known_names=known_names(watches.of_organisation(tx, one.mention.organisation_id), places),
    )
