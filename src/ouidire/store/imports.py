"""Imports: files that members brought in, what became of them, and taking them back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, insert, or_, select, update

from ouidire.domain.imported import Import, ImportState
from ouidire.domain.member import Member
from ouidire.domain.source import Source, SourceState
from ouidire.errors import BadInput, NotFound
from ouidire.store import followed, sources
from ouidire.store.engine import Store, Tx
from ouidire.store.rows import Row, to_source
from ouidire.store.schema import (
    absence,
    alert,
    conversation,
    correction,
    delivery,
    drop,
    edge,
    enrichment,
    gap,
    import_,
    incident,
    item,
    mention,
    note,
    notice,
    question,
    reply,
    search_text,
    source,
    story,
    work,
)

AT_ONCE = 200
"""So many messages are taken back in one transaction."""

_OWN = [name for name in Import.__dataclass_fields__ if name != "name"]
_JOINED = select(import_, source.c.name).join(source, source.c.id == import_.c.source_id)


def add(tx: Tx, store: Store, one: Import, its: Source) -> None:
    """Keep a new import with its source."""
    sources.add(tx, store, its)
    tx.execute(insert(import_).values(**{name: getattr(one, name) for name in _OWN}))


def of(tx: Tx, member: Member) -> list[tuple[Import, Source]]:
    """The imports of the member's organisation, newest first."""
    rows = tx.execute(
        _JOINED.where(import_.c.organisation_id == member.organisation_id).order_by(
            import_.c.begun_at.desc(), import_.c.source_id
        )
    ).mappings()
    return [(_import(row), sources.get(tx, row["source_id"])) for row in rows]


def get(tx: Tx, member: Member, source_id: str) -> tuple[Import, Source]:
    """One import of the member's organisation. Raises `NotFound` otherwise."""
    query = _JOINED.where(import_.c.source_id == source_id, import_.c.organisation_id == member.organisation_id)
    row = tx.execute(query).mappings().first()
    if row is None:
        raise NotFound("There is no such import.")
    return _import(row), sources.get(tx, source_id)


def state_of(one: Import, its: Source) -> ImportState:
    if one.undone_at is not None:
        return ImportState.UNDONE
    if one.undo_at is not None:
        return ImportState.UNDOING
    if one.is_draft:
        return ImportState.DRAFT
    if its.state is SourceState.DONE:
        return ImportState.DONE
    return ImportState.STOPPED if its.state in (SourceState.PAUSED, SourceState.DEAF) else ImportState.READING


def same(tx: Tx, organisation_id: str, digest: str) -> Import | None:
    """The import of this very file that still stands, the newest; None when there is none."""
    query = _JOINED.where(
        import_.c.organisation_id == organisation_id,
        import_.c.digest == digest,
        import_.c.undo_at.is_(None),
        import_.c.is_draft.is_(False),
    )
    row = tx.execute(query.order_by(import_.c.begun_at.desc())).mappings().first()
    return None if row is None else _import(row)


def begun_from(tx: Tx, organisation_id: str, path: str) -> Source | None:
    """The source of a standing import of the file at this path, to go on with."""
    query = select(source).join(import_, import_.c.source_id == source.c.id)
    query = query.where(import_.c.organisation_id == organisation_id, import_.c.undo_at.is_(None))
    found = [to_source(row) for row in tx.execute(query.order_by(import_.c.begun_at.desc())).mappings()]
    return next((one for one in found if one.settings.get("path") == path), None)


def begin(tx: Tx, member: Member, source_id: str, settings: dict[str, str], at: datetime) -> None:
    """A draft is read from now on, with these settings. Raises `BadInput` when it was begun already."""
    one, _ = get(tx, member, source_id)
    if not one.is_draft:
        raise BadInput("This import has begun already.")
    tx.execute(update(import_).where(import_.c.source_id == source_id).values(is_draft=False, begun_at=at))
    tx.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(settings=settings, state=SourceState.NEW, because="", listens=True)
    )


def discard(tx: Tx, member: Member, source_id: str) -> None:
    """Forget a draft. Raises `BadInput` when something may have been kept of it."""
    one, _ = get(tx, member, source_id)
    if not one.is_draft:
        raise BadInput("This import has begun already.")
    for table in (gap, drop, absence, notice, import_):
        tx.execute(delete(table).where(table.c.source_id == source_id))
    tx.execute(delete(source).where(source.c.id == source_id))


def files_in_use(tx: Tx) -> set[str]:
    """The paths of the files that are still to be read."""
    query = select(source.c.settings).join(import_, import_.c.source_id == source.c.id)
    reading = query.where(source.c.state != SourceState.DONE, import_.c.undo_at.is_(None))
    return {str(settings.get("path", "")) for settings in tx.execute(reading).scalars()}


# --- taking back ----------------------------------------------------------------------------------------------------


def is_taken_back(tx: Tx, source_id: str) -> bool:
    """Was this import undone? What is still on its way of it must not be kept. Held until the transaction ends."""
    query = select(import_.c.undo_at).where(import_.c.source_id == source_id)
    return tx.execute(query.with_for_update(read=True)).scalar() is not None


def in_it(tx: Tx, member: Member, source_id: str) -> tuple[int, int]:
    """How many messages an import brought that stand here, and in how many conversations of theirs we wrote."""
    get(tx, member, source_id)
    messages = tx.execute(select(func.count()).select_from(mention.join(item)).where(item.c.import_id == source_id))
    spoken = _spoken(source_id).subquery()
    return messages.scalar_one(), tx.execute(select(func.count()).select_from(spoken)).scalar_one()


def take_back(tx: Tx, member: Member, source_id: str, at: datetime, *, takes_spoken: bool) -> None:
    """Begin to undo: nothing more is kept of it. `takes_spoken`: the conversations in which we wrote go too."""
    one, _ = get(tx, member, source_id)
    if one.is_draft:
        raise BadInput("This import has not begun yet.")
    mark_taken_back(tx, source_id, at, takes_spoken=takes_spoken)


def mark_taken_back(tx: Tx, source_id: str, at: datetime, *, takes_spoken: bool) -> None:
    """The same, for who sits at the machine itself."""
    tx.execute(
        update(import_)
        .where(import_.c.source_id == source_id, import_.c.undo_at.is_(None))
        .values(undo_at=at, takes_spoken=takes_spoken)
    )
    tx.execute(update(source).where(source.c.id == source_id).values(state=SourceState.DONE, because=""))


def being_taken_back(tx: Tx) -> list[str]:
    """The imports that are being undone."""
    query = select(import_.c.source_id).where(import_.c.undo_at.is_not(None), import_.c.undone_at.is_(None))
    return list(tx.execute(query.order_by(import_.c.undo_at)).scalars())


def outcome(tx: Tx, source_id: str) -> tuple[int, int]:
    """How many messages an undone import lost, and how many conversations of it stayed."""
    row = tx.execute(select(import_.c.removed, import_.c.spared).where(import_.c.source_id == source_id)).one()
    return row.removed, row.spared


def take_back_some(tx: Tx, source_id: str, at: datetime, limit: int = AT_ONCE) -> int:
    """Remove up to `limit` messages of an import that is being undone, with all that was made of them; 0: it is over.

    No tombstone is left: they may be imported again.
    """
    query = select(import_).where(import_.c.source_id == source_id, import_.c.undo_at.is_not(None)).with_for_update()
    one = tx.execute(query).mappings().first()
    if one is None or one["undone_at"] is not None:
        return 0
    spared = select(edge.c.mention_id).where(edge.c.conversation_id.in_(_spoken(source_id)))
    chosen = select(item.c.id).where(item.c.import_id == source_id)
    if not one["takes_spoken"]:
        chosen = chosen.where(item.c.id.not_in(select(mention.c.item_id).where(mention.c.id.in_(spared))))
    item_ids = tx.execute(chosen.order_by(item.c.id).limit(limit)).scalars().all()
    removed = _remove(tx, item_ids)
    changes: dict[str, Any] = {"removed": import_.c.removed + removed}
    if not item_ids:
        left = tx.execute(select(func.count()).select_from(_spoken(source_id).subquery())).scalar_one()
        changes |= {"undone_at": at, "spared": left}
    tx.execute(update(import_).where(import_.c.source_id == source_id).values(**changes))
    return len(item_ids)


def _spoken(source_id: str) -> Select[Any]:
    """The conversations with a message of this import in which somebody of ours wrote."""
    theirs = select(edge.c.conversation_id).join(mention, mention.c.id == edge.c.mention_id)
    theirs = theirs.join(item, item.c.id == mention.c.item_id).where(item.c.import_id == source_id)
    wrote = or_(
        conversation.c.id.in_(select(note.c.conversation_id)), conversation.c.id.in_(select(reply.c.conversation_id))
    )
    return select(conversation.c.id).where(conversation.c.id.in_(theirs), wrote)


def _remove(tx: Tx, item_ids: Sequence[str]) -> int:
    """Items with their mentions and everything that hangs on them. Returns the mentions."""
    keys = tx.execute(select(item.c.key).where(item.c.id.in_(item_ids))).scalars().all()
    mention_ids = tx.execute(select(mention.c.id).where(mention.c.item_id.in_(item_ids))).scalars().all()
    touched = tx.execute(
        select(edge.c.conversation_id, edge.c.story_id).where(edge.c.mention_id.in_(mention_ids))
    ).all()
    asked = tx.execute(select(question.c.id).where(question.c.mention_id.in_(mention_ids))).scalars().all()
    _delete(tx, work.c.subject_id, asked)
    hanging = (search_text, enrichment, reply, question, correction)
    for column in (*(table.c.mention_id for table in hanging), work.c.subject_id):
        _delete(tx, column, mention_ids)
    tx.execute(update(edge).where(edge.c.to_mention_id.in_(mention_ids)).values(to_mention_id=None))
    _delete(tx, edge.c.mention_id, mention_ids)
    _delete(tx, mention.c.id, mention_ids)
    _delete(tx, item.c.id, item_ids)
    for key in keys:
        followed.lose(tx, key)
    _remove_emptied(tx, {one.conversation_id for one in touched}, {one.story_id for one in touched})
    return len(mention_ids)


def _remove_emptied(tx: Tx, conversation_ids: Collection[str], story_ids: Collection[str]) -> None:
    """Conversations and stories in which nothing stands any more, with what was told of them."""
    gone = _without_edges(tx, conversation.c.id, edge.c.conversation_id, conversation_ids)
    authors = select(conversation.c.author_key).where(conversation.c.id.in_(gone), conversation.c.author_key != "")
    for key in tx.execute(authors.distinct()).scalars().all():
        followed.lose(tx, key)
    incidents = tx.execute(select(incident.c.id).where(incident.c.conversation_id.in_(gone))).scalars().all()
    alerts = tx.execute(select(alert.c.id).where(alert.c.incident_id.in_(incidents))).scalars().all()
    _delete(tx, delivery.c.alert_id, alerts)
    _delete(tx, alert.c.id, alerts)
    _delete(tx, work.c.subject_id, incidents)
    _delete(tx, incident.c.id, incidents)
    for table in (note, reply):
        _delete(tx, table.c.conversation_id, gone)
    _delete(tx, conversation.c.id, gone)
    _delete(tx, story.c.id, _without_edges(tx, story.c.id, edge.c.story_id, story_ids))


def _without_edges(tx: Tx, own: ColumnElement[Any], on_edge: ColumnElement[Any], ids: Collection[str]) -> list[str]:
    standing = select(on_edge).where(on_edge.in_(ids))
    return list(tx.execute(select(own).where(own.in_(ids), own.not_in(standing))).scalars())


def _delete(tx: Tx, column: Any, values: Collection[str]) -> None:
    if values:
        tx.execute(delete(column.table).where(column.in_(values)))


def _import(row: Row) -> Import:
    return Import(**{name: row[name] for name in Import.__dataclass_fields__})
