"""Mentions with their items and readings, as a stage or a member may see them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update

from ouidire import clock
from ouidire.domain.enrichment import Reading, Span, adjoining
from ouidire.domain.ids import gone_key, new_id
from ouidire.domain.item import Item
from ouidire.domain.member import Member
from ouidire.domain.mention import Mention, MentionState
from ouidire.domain.question import AnswerKind
from ouidire.errors import NotFound
from ouidire.store import corrections, questions, work
from ouidire.store.engine import Tx
from ouidire.store.rows import Row, plain, to_item, to_mention, to_reading
from ouidire.store.schema import enrichment, item, mention, search_text
from ouidire.store.search import matching, searchable
from ouidire.store.stretch import Stretch


@dataclass(frozen=True, slots=True)
class Sought:
    """What a list of mentions is narrowed to; what is None or empty narrows nothing. `query` is folded text.

    What is only perhaps about us is in no list but that of its own `state`.

    `since` and `until` are about when we first saw them; `urgency` is the least.
    """

    place_id: str | None = None
    state: MentionState | None = None
    is_own: bool | None = None
    network: str = ""
    sentiment: str = ""
    act: str = ""
    urgency: int = 0
    language: str = ""
    since: datetime | None = None
    until: datetime | None = None
    query: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """A mention, its item, and what was read in it (None before `enrich`, and after a deletion)."""

    mention: Mention
    item: Item
    reading: Reading | None
    is_gone: bool

    @property
    def named(self) -> tuple[Span, ...]:
        """Where somebody of ours is named. Words that nobody has read yet (an edit just now) may name anybody."""
        if self.reading is not None:
            return adjoining(self.item.text, self.reading.staff)
        return ((0, len(self.item.text)),) if self.item.text else ()


READS = "enrich"
"""The stage that reads a mention; it is also asked when a member says what the mention is about."""

READS_AGAIN = "enrich_again"
"""The stage that reads by both what the first reader read alone in a storm."""

_ITEM = [
    item.c[n]
    for n in (
        "connector",
        "author_key",
        "author_handle",
        "author_name",
        "text",
        "facts",
        "revision",
        "written_at",
        "gone_at",
    )
]
_QUERY = (
    select(mention, *_ITEM, enrichment.c.reading, enrichment.c.meant)
    .join(item, item.c.id == mention.c.item_id)
    .outerjoin(enrichment, enrichment.c.id == mention.c.enrichment_id)
)


def _heard(row: Row) -> Heard:
    said = row["meant"] or row["reading"]
    reading = to_reading(said) if said is not None else None
    return Heard(to_mention(row), to_item(row), reading, row["gone_at"] is not None)


def get(tx: Tx, mention_id: str) -> Heard:
    """A mention, for a stage acting for its organisation."""
    row = tx.execute(_QUERY.where(mention.c.id == mention_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such mention.")
    return _heard(row)


def many(tx: Tx, organisation_id: str, mention_ids: Sequence[str]) -> list[Heard]:
    """These mentions of one organisation, oldest first."""
    query = _QUERY.where(mention.c.organisation_id == organisation_id, mention.c.id.in_(mention_ids))
    return [_heard(r) for r in tx.execute(query.order_by(item.c.written_at, mention.c.id)).mappings()]


def of(tx: Tx, member: Member, mention_id: str) -> Heard:
    """A mention the member may see. Raises `NotFound` otherwise."""
    row = (
        tx.execute(_QUERY.where(mention.c.id == mention_id, mention.c.organisation_id == member.organisation_id))
        .mappings()
        .first()
    )
    if row is None or not member.sees_place(row["place_id"]):
        raise NotFound("There is no such message.")
    return _heard(row)


def id_at(tx: Tx, organisation_id: str, address: str) -> str | None:
    """The mention of the post at this web address, or with this URI; None when the organisation has none."""
    ours = select(mention.c.id).join(item, item.c.id == mention.c.item_id)
    ours = ours.where(mention.c.organisation_id == organisation_id)
    there = or_(item.c.facts["url"].as_string() == address, item.c.facts["uri"].as_string() == address)
    found: str | None = tx.execute(ours.where(there).order_by(mention.c.id.desc()).limit(1)).scalar()
    return found


def by_item_key(tx: Tx, organisation_id: str, key: str) -> Heard | None:
    """What an organisation has of the item of this key, gone or not."""
    query = _QUERY.where(mention.c.organisation_id == organisation_id, item.c.key.in_([key, gone_key(key)]))
    row = tx.execute(query).mappings().first()
    return None if row is None else _heard(row)


def by_author(tx: Tx, organisation_id: str, author_key: str, since: datetime, until: datetime) -> list[Heard]:
    """What this author said of us in a stretch of time, oldest first."""
    query = _QUERY.where(
        mention.c.organisation_id == organisation_id,
        item.c.author_key == author_key,
        item.c.written_at >= since,
        item.c.written_at <= until,
        item.c.gone_at.is_(None),
    )
    return [_heard(r) for r in tx.execute(query.order_by(item.c.written_at)).mappings()]


def asked_of(tx: Tx, organisation_id: str, author_key: str) -> list[str]:
    """What this author said that is only perhaps about the organisation: a member is asked about it."""
    query = select(mention.c.id).join(item, item.c.id == mention.c.item_id)
    theirs = (mention.c.organisation_id == organisation_id, item.c.author_key == author_key)
    return list(tx.execute(query.where(*theirs, mention.c.state == MentionState.ASKED)).scalars())


def write_reading(tx: Tx, one: Heard, reading: Reading, clear: str, masked: str) -> None:
    """Keep a reading, make it the current one, and let the text be found. One row a reader's version and revision.

    `clear` and `masked` are folded texts. What was deleted or edited since `one` was read from the store is left alone.
    """
    if not _stands(tx, one):
        return
    at_same = (
        enrichment.c.mention_id == one.mention.id,
        enrichment.c.reader == reading.reader,
        enrichment.c.revision == one.item.revision,
    )
    enrichment_id = tx.execute(select(enrichment.c.id).where(*at_same)).scalar()
    columns = {
        "sentiment": reading.sentiment,
        "act": reading.act,
        "urgency": int(reading.urgency),
        "reading": plain(reading),
    }
    if enrichment_id is None:
        enrichment_id = new_id()
        tx.execute(
            insert(enrichment).values(
                id=enrichment_id,
                organisation_id=one.mention.organisation_id,
                mention_id=one.mention.id,
                reader=reading.reader,
                revision=one.item.revision,
                **columns,
            )
        )
    else:
        tx.execute(update(enrichment).where(enrichment.c.id == enrichment_id).values(**columns))
    tx.execute(update(mention).where(mention.c.id == one.mention.id).values(enrichment_id=enrichment_id))
    corrections.apply(tx, one.mention.id)
    tx.execute(delete(search_text).where(search_text.c.mention_id == one.mention.id))
    tx.execute(
        insert(search_text).values(
            mention_id=one.mention.id,
            organisation_id=one.mention.organisation_id,
            clear=searchable(clear),
            masked=searchable(masked),
        )
    )


def _stands(tx: Tx, one: Heard) -> bool:
    """Are these still its words? Held until the transaction ends: a deletion comes before or after, never amid."""
    query = select(item.c.id).where(
        item.c.id == one.mention.item_id,
        item.c.gone_at.is_(None),
        item.c.text == one.item.text,
        item.c.revision == one.item.revision,
    )
    return tx.execute(query.with_for_update()).first() is not None


def count_once(tx: Tx, mention_id: str, at: datetime) -> bool:
    """Mark a mention as counted by the detectors. False when it was counted before: it is not counted again."""
    marked = tx.execute(
        update(mention).where(mention.c.id == mention_id, mention.c.counted_at.is_(None)).values(counted_at=at)
    )
    return marked.rowcount == 1


def count_anew(tx: Tx, mention_id: str) -> None:
    """It turned out graver than it had been read: the detectors look at it once more."""
    tx.execute(update(mention).where(mention.c.id == mention_id).values(counted_at=None))


def set_state(tx: Tx, mention_id: str, state: MentionState) -> None:
    """What a member made of it; what was asked about that need not be answered any more."""
    tx.execute(update(mention).where(mention.c.id == mention_id).values(state=state))
    kind = AnswerKind.OURS if state is MentionState.OURS else AnswerKind.NOT_OURS
    questions.settle(tx, [mention_id], kind, None, clock.now())


def set_place(tx: Tx, mention_ids: Sequence[str], place_id: str | None) -> None:
    """Where they were; what was asked about them need not be answered then."""
    tx.execute(update(mention).where(mention.c.id.in_(mention_ids)).values(place_id=place_id))
    if place_id is not None:
        questions.settle(tx, mention_ids, AnswerKind.PLACE, place_id, clock.now())


def call_ours(tx: Tx, one: Mention, place_id: str | None, is_news: bool) -> None:
    """A member says that it is about us (`place_id` None: at no place in particular): from now on it counts.

    It is taken through all stages, as when it was new.
    """
    tx.execute(
        update(mention)
        .where(mention.c.id == one.id)
        .values(state=MentionState.OURS, place_id=place_id, is_news=is_news)
    )
    read_again(tx, [one], clock.now())


def ask_again(tx: Tx, one: Mention) -> None:
    """The member takes that back: it is perhaps about us, as before."""
    tx.execute(update(mention).where(mention.c.id == one.id).values(state=MentionState.ASKED, place_id=None))


def watch_of(tx: Tx, mention_id: str) -> str | None:
    """The watch that found it; None: another reason than a watch, or it was removed."""
    return tx.execute(select(mention.c.watch_id).where(mention.c.id == mention_id)).scalar()


def read_again(tx: Tx, ones: Sequence[Mention], at: datetime) -> None:
    """What is known of them has changed: all stages look at them once more."""
    work.add(tx, READS, [(one.id, one.organisation_id) for one in ones], at)


def counts_since(tx: Tx, member: Member, since: datetime, place_id: str = "") -> dict[str, int]:
    """How many mentions this member's places, or one of them, had since then, by sentiment ('' where not read yet).

    What was imported is the past and not of today; what came while we could not hear is of today.
    """
    query: Any = (
        select(func.coalesce(enrichment.c.sentiment, ""), func.count())
        .select_from(mention.outerjoin(enrichment, enrichment.c.id == mention.c.enrichment_id))
        .where(
            mention.c.organisation_id == member.organisation_id,
            mention.c.first_seen_at >= since,
            or_(mention.c.is_news, mention.c.absence_id.is_not(None)),
            mention.c.state == MentionState.OURS,
            mention.c.is_own.is_(False),
        )
        .group_by(enrichment.c.sentiment)
    )
    if not member.sees_all_places:
        query = query.where(mention.c.place_id.in_(member.place_ids))
    if place_id:
        query = query.where(mention.c.place_id == place_id)
    return {row[0]: row[1] for row in tx.execute(query)}


def count_on(tx: Tx, member: Member, network: str) -> int:
    """How many messages of this network speak of the member's organisation, as far as we know."""
    query = select(func.count()).select_from(mention.join(item, item.c.id == mention.c.item_id))
    ours = (
        mention.c.organisation_id == member.organisation_id,
        mention.c.is_own.is_(False),
        mention.c.state.not_in([MentionState.ASKED, MentionState.NOT_OURS]),
        on_network(network),
    )
    return tx.execute(query.where(*ours)).scalar_one()


def listed(tx: Tx, member: Member, sought: Sought, stretch: Stretch) -> list[Heard]:
    """The mentions that this member may see, newest first; one more than the stretch, if there is."""
    query = _QUERY.where(mention.c.organisation_id == member.organisation_id, *_narrowed(sought))
    if not member.sees_all_places:
        query = query.where(mention.c.place_id.in_(member.place_ids))
    if sought.query:
        query = query.where(mention.c.id.in_(matching(tx, member, sought.query)))
    return [_heard(r) for r in tx.execute(stretch.of(query, mention.c.id)).mappings()]


def _narrowed(sought: Sought) -> Iterator[ColumnElement[bool]]:
    if sought.place_id is not None:
        yield mention.c.place_id == sought.place_id
    yield mention.c.state != MentionState.ASKED if sought.state is None else mention.c.state == sought.state
    if sought.is_own is not None:
        yield mention.c.is_own.is_(sought.is_own)
    if sought.network:
        yield on_network(sought.network)
    if sought.sentiment:
        yield enrichment.c.sentiment == sought.sentiment
    if sought.act:
        yield enrichment.c.act == sought.act
    if sought.urgency:
        yield enrichment.c.urgency >= sought.urgency
    if sought.language:
        yield enrichment.c.reading["language"].as_string() == sought.language
    if sought.since is not None:
        yield mention.c.first_seen_at >= sought.since
    if sought.until is not None:
        yield mention.c.first_seen_at < sought.until


def on_network(network: str) -> ColumnElement[bool]:
    """Is it a message of this network (`Item.network`; a connector's name means all of its networks)?"""
    return or_(
        item.c.key.startswith(f"{network}:", autoescape=True),
        item.c.key.startswith(f"simulated:sim://{network}/", autoescape=True),
    )
