"""What members said of readings: one row for each line of a mention's reading."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import RowMapping, delete, func, insert, null, select, update

from ouidire.domain.correction import Correction, Judged, meant
from ouidire.domain.enrichment import Reading
from ouidire.domain.member import Member
from ouidire.store.engine import Tx
from ouidire.store.rows import plain, to_reading
from ouidire.store.schema import correction, enrichment, item, mention

_COLUMNS = tuple(Correction.__dataclass_fields__)

LEARNT_FROM = 500
"""The layer of an organisation is built of so many of its last corrections."""


def put(tx: Tx, one: Correction) -> None:
    """Keep it in the place of what was said of the same line before."""
    take_back(tx, one.organisation_id, one.mention_id, one.judged, one.aspect)
    tx.execute(insert(correction).values({name: getattr(one, name) for name in _COLUMNS}))


def take_back(tx: Tx, organisation_id: str, mention_id: str, judged: Judged, aspect: str) -> bool:
    """As if nothing had been said of this line; False when nothing had been."""
    gone = tx.execute(
        delete(correction).where(
            correction.c.organisation_id == organisation_id,
            correction.c.mention_id == mention_id,
            correction.c.judged == judged,
            correction.c.aspect == aspect,
        )
    )
    return gone.rowcount > 0


def of_mentions(tx: Tx, mention_ids: Iterable[str]) -> Mapping[str, Sequence[Correction]]:
    """By mention, in the order in which they were said."""
    found: dict[str, list[Correction]] = defaultdict(list)
    query = select(correction).where(correction.c.mention_id.in_(list(mention_ids))).order_by(correction.c.at)
    for row in tx.execute(query).mappings():
        found[row["mention_id"]].append(_correction(row))
    return found


def rightness(tx: Tx, member: Member, most: int) -> tuple[int, int]:
    """Of the organisation's last words on its readings, so many said that it was right, of so many."""
    mine = select(correction.c.read, correction.c.meant).where(correction.c.organisation_id == member.organisation_id)
    rows = tx.execute(mine.order_by(correction.c.at.desc(), correction.c.id.desc()).limit(most)).all()
    return sum(row.read == row.meant for row in rows), len(rows)


def lessons(tx: Tx, organisation_id: str) -> list[tuple[Correction, str, str]]:
    """(correction, text, connector) of the last ones whose message still stands, oldest first."""
    query = (
        select(correction, item.c.text, item.c.connector)
        .join(mention, mention.c.id == correction.c.mention_id)
        .join(item, item.c.id == mention.c.item_id)
        .where(correction.c.organisation_id == organisation_id, item.c.gone_at.is_(None))
        .order_by(correction.c.at.desc(), correction.c.id.desc())
        .limit(LEARNT_FROM)
    )
    rows = tx.execute(query).mappings().all()
    return [(_correction(row), row["text"], row["connector"]) for row in reversed(rows)]


def state(tx: Tx, organisation_id: str) -> tuple[int, object]:
    """Changes whenever one of the organisation's corrections is said or taken back: their number, and the newest."""
    query = select(func.count(), func.max(correction.c.at)).where(correction.c.organisation_id == organisation_id)
    count, newest = tx.execute(query).one()
    return count, newest


def apply(tx: Tx, mention_id: str) -> Reading | None:
    """Let the current reading say what members meant, for lists, filters and every screen; what was read stays beside.

    What it says now, or None when the mention has not been read.
    """
    query = select(enrichment.c.id, enrichment.c.reading).join(mention, mention.c.enrichment_id == enrichment.c.id)
    row = tx.execute(query.where(mention.c.id == mention_id)).mappings().one_or_none()
    if row is None:
        return None
    read, said = to_reading(row["reading"]), of_mentions(tx, [mention_id]).get(mention_id, ())
    now = meant(read, said)
    columns = {"sentiment": now.sentiment, "act": now.act, "urgency": int(now.urgency)}
    changed = update(enrichment).where(enrichment.c.id == row["id"])
    tx.execute(changed.values(meant=plain(now) if said else null(), **columns))
    return now


def as_read(tx: Tx, mention_id: str) -> Reading | None:
    """What the reader said, before anybody corrected it."""
    query = select(enrichment.c.reading).join(mention, mention.c.enrichment_id == enrichment.c.id)
    found = tx.execute(query.where(mention.c.id == mention_id)).scalar()
    return None if found is None else to_reading(found)


def _correction(row: RowMapping) -> Correction:
    columns = {name: row[name] for name in _COLUMNS}
    return Correction(**{**columns, "judged": Judged(columns["judged"])})
