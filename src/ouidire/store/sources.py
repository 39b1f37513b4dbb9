"""Sources: what is heard, how far, and how healthy it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path, PurePath

from sqlalchemy import bindparam, case, delete, func, insert, or_, select, update

from ouidire.domain.ids import new_id
from ouidire.domain.item import Gap, Rhythm
from ouidire.domain.member import Member
from ouidire.domain.source import Source, SourceState
from ouidire.errors import NotAllowed, NotFound
from ouidire.store import heard, states
from ouidire.store.engine import Store, Tx, upsert
from ouidire.store.rows import to_source
from ouidire.store.schema import absence, drop, gap, import_, notice, organisation, received, source, subscription

MOST_REASONS = 100
"""So many reasons of dropping are told apart for a source."""
OTHER_REASONS = "Other reasons"


def add(tx: Tx, store: Store, one: Source, secrets: Mapping[str, str] | None = None) -> None:
    """Keep a new source; its secrets are locked with the key that is not in the database."""
    tx.execute(
        insert(source).values(
            id=one.id,
            organisation_id=one.organisation_id,
            connector=one.connector,
            name=one.name,
            settings=one.settings,
            secrets=store.box.lock(secrets) if secrets else None,
            listens=one.listens,
            cursor=one.cursor,
            state=one.state,
            because=one.because,
            heard=0,
            kept=0,
            dropped=0,
            own_uri=one.own_uri,
            can_reply=one.can_reply,
        )
    )
    heard.changed(tx, heard.Subject.PEOPLE)


def get(tx: Tx, source_id: str) -> Source:
    """A source, for a stage."""
    row = tx.execute(select(source).where(source.c.id == source_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such source.")
    return to_source(row)


def secrets(tx: Tx, store: Store, source_id: str) -> dict[str, str]:
    """The unlocked secrets of a source, for the door to its network and nobody else."""
    return store.box.unlock(tx.execute(select(source.c.secrets).where(source.c.id == source_id)).scalar())


def listening(tx: Tx) -> list[Source]:
    """The sources that are to be heard now."""
    rows = tx.execute(
        select(source)
        .where(source.c.listens, source.c.state.not_in([SourceState.PAUSED, SourceState.DONE]))
        .order_by(source.c.id)
    )
    return [to_source(r) for r in rows.mappings()]


def of(tx: Tx, member: Member) -> list[Source]:
    """What this member's organisation hears: its own sources and the public streams."""
    rows = tx.execute(
        select(source)
        .where(or_(source.c.organisation_id == member.organisation_id, source.c.organisation_id.is_(None)))
        .order_by(source.c.name, source.c.id)
    )
    return [to_source(r) for r in rows.mappings()]


def by_connector(tx: Tx, organisation_id: str | None, connector: str, name: str = "") -> Source | None:
    query = select(source).where(
        source.c.connector == connector,
        source.c.organisation_id.is_(None) if organisation_id is None else source.c.organisation_id == organisation_id,
    )
    if name:
        query = query.where(source.c.name == name)
    row = tx.execute(query.order_by(source.c.id)).mappings().first()
    return None if row is None else to_source(row)


def answering(tx: Tx, organisation_id: str, connector: str, item_uri: str) -> Source | None:
    """The account by which this organisation can answer `item_uri`; of several, the one of the item's network."""
    rows = tx.execute(
        select(source)
        .where(source.c.organisation_id == organisation_id, source.c.connector == connector, source.c.can_reply)
        .order_by(source.c.id)
    )
    found = [to_source(r) for r in rows.mappings()]
    exact = [one for one in found if f"//{one.settings.get('network', '')}/" in item_uri]
    return next(iter(exact or [one for one in found if "network" not in one.settings]), None)


_OVER = source.c.state.in_([SourceState.PAUSED, SourceState.DONE])
_ADVANCE = (
    update(source)
    .where(source.c.id == bindparam("of"))
    .values(
        cursor=func.coalesce(func.nullif(bindparam("to"), ""), source.c.cursor),
        state=case((_OVER, source.c.state), else_=SourceState.HEARING),
        last_heard_at=bindparam("at"),
        deaf_since=case((_OVER, source.c.deaf_since), else_=None),
        because=case((_OVER, source.c.because), else_=""),
        heard=source.c.heard + bindparam("more_heard"),
        kept=source.c.kept + bindparam("more_kept"),
        dropped=source.c.dropped + bindparam("more_dropped"),
    )
)
"""Made once: it is said at least once a second for every source, and naming it takes longer than doing it."""


def advance(tx: Tx, source_id: str, cursor: str, at: datetime, heard: int, kept: int, dropped: int) -> None:
    """Move the cursor, after and in the same transaction as what it covers. Hearing ends deafness.

    What was on its way when a source was paused or came to its end does not begin it again.
    """
    more = {"more_heard": heard, "more_kept": kept, "more_dropped": dropped}
    tx.execute(_ADVANCE, {"of": source_id, "to": cursor, "at": at, **more})


def keep_rhythm(tx: Tx, source_id: str, rhythm: Rhythm, at: datetime) -> None:
    """How often a polled source speaks, and when it is to be asked again."""
    tx.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(
            due_at=at + timedelta(seconds=rhythm.next_s),
            usual_s=rhythm.usual_s,
            spoke_at=rhythm.spoke_at,
            note=rhythm.note[:500],
        )
    )


def went_deaf(
    tx: Tx, source_id: str, because: str, at: datetime, *, for_good: bool = False, due_at: datetime | None = None
) -> bool:
    """Say that a source hears nothing and why. For good: it is paused until a person acts. True: it heard until now.

    `due_at`: when it is tried again, also after a restart.
    """
    was = tx.execute(select(source.c.state).where(source.c.id == source_id)).scalar()
    tx.execute(
        update(source)
        .where(source.c.id == source_id, source.c.state != SourceState.PAUSED)
        .values(
            state=SourceState.PAUSED if for_good else SourceState.DEAF,
            deaf_since=func.coalesce(source.c.deaf_since, at),
            because=because[:500],
            due_at=due_at,
        )
    )
    return was not in (SourceState.DEAF, SourceState.PAUSED)


def finished(tx: Tx, source_id: str) -> None:
    tx.execute(update(source).where(source.c.id == source_id).values(state=SourceState.DONE))


def pause(tx: Tx, member: Member, source_id: str) -> None:
    _set_state(tx, member, source_id, SourceState.PAUSED, "Paused by a member.")


def resume(tx: Tx, member: Member, source_id: str) -> None:
    """Hear it again. What was read to its end stays so.

    Raises `NotFound` for an import that has not begun or was taken back.
    """
    unread = or_(import_.c.is_draft, import_.c.undo_at.is_not(None))
    if tx.execute(select(import_.c.source_id).where(import_.c.source_id == source_id, unread)).first() is not None:
        raise NotFound("There is no such source.")
    if get(tx, source_id).state is not SourceState.DONE:
        _set_state(tx, member, source_id, SourceState.NEW, "")


def _set_state(tx: Tx, member: Member, source_id: str, state: SourceState, because: str) -> None:
    if get(tx, source_id).organisation_id is None and _others(tx, member):
        raise NotAllowed("This stream is heard for other organisations too.")
    changed = tx.execute(
        update(source)
        .where(
            source.c.id == source_id,
            or_(source.c.organisation_id == member.organisation_id, source.c.organisation_id.is_(None)),
        )
        .values(state=state, because=because, deaf_since=None, due_at=None)
    )
    if changed.rowcount != 1:
        raise NotFound("There is no such source.")
    states.grow(tx, "sources")


def remove(tx: Tx, member: Member, source_id: str) -> None:
    """Forget a source of this member's organisation. What it brought stays: people may be waiting for an answer."""
    one = get(tx, source_id)
    is_import = tx.execute(select(import_.c.source_id).where(import_.c.source_id == source_id)).first() is not None
    if one.organisation_id != member.organisation_id or is_import:  # an import is taken back, not removed
        raise NotFound("There is no such source.")
    if one.can_reply:
        raise NotAllowed("What was answered from this account stays; pause it instead.")
    for table in (received, subscription, gap, drop, absence, notice):
        tx.execute(delete(table).where(table.c.source_id == source_id))
    tx.execute(delete(source).where(source.c.id == source_id))
    heard.changed(tx, heard.Subject.PEOPLE)


def _others(tx: Tx, member: Member) -> bool:
    """Does anybody else live in this house? The demonstration does not count."""
    query = select(organisation.c.id).where(
        organisation.c.id != member.organisation_id, organisation.c.is_demo.is_(False)
    )
    return tx.execute(query.limit(1)).first() is not None


def connected(tx: Tx, store: Store, source_id: str, own_uri: str, secrets: Mapping[str, str]) -> None:
    """Credentials were tried and work: keep them, and know our own account."""
    tx.execute(
        update(source)
        .where(source.c.id == source_id)
        .values(own_uri=own_uri, can_reply=True, secrets=store.box.lock(secrets))
    )
    heard.changed(tx, heard.Subject.PEOPLE)


def add_gap(tx: Tx, source_id: str, one: Gap) -> None:
    """Write down what was not heard, unless its source was removed meanwhile."""
    if tx.execute(select(source.c.id).where(source.c.id == source_id)).first() is None:
        return
    tx.execute(
        insert(gap).values(id=new_id(), source_id=source_id, since=one.since, until=one.until, because=one.because)
    )


def gaps(tx: Tx, source_id: str) -> list[Gap]:
    """What this source could not hear, newest first."""
    rows = tx.execute(select(gap).where(gap.c.source_id == source_id).order_by(gap.c.until.desc()).limit(20)).mappings()
    return [Gap(r["since"], r["until"], r["because"]) for r in rows]


def count_drop(tx: Tx, stage: str, source_id: str, reason: str, sample: str, at: datetime, count: int = 1) -> None:
    """Input that was unusable: counted by reason, with the beginning of the last one."""
    row = {
        "stage": stage,
        "source_id": source_id,
        "reason": _bounded(tx, stage, source_id, reason[:200]),
        "count": count,
        "sample": sample[:200],
        "last_at": at,
    }
    insertion = upsert(tx, drop).values(**row)
    tx.execute(
        insertion.on_conflict_do_update(
            index_elements=["stage", "source_id", "reason"],
            set_={"count": drop.c.count + count, "sample": row["sample"], "last_at": at},
        )
    )


def refused(tx: Tx, source_id: str, reason: str, sample: str, at: datetime) -> None:
    """A call at the door of a source that was let go."""
    count_drop(tx, "listen", source_id, reason, sample, at)
    tx.execute(update(source).where(source.c.id == source_id).values(dropped=source.c.dropped + 1))


def _bounded(tx: Tx, stage: str, source_id: str, reason: str) -> str:
    """`reason` while there are few; a file may be wrong in as many ways as it has lines."""
    kinds = select(drop.c.reason).where(drop.c.stage == stage, drop.c.source_id == source_id).limit(MOST_REASONS)
    known = tx.execute(kinds).scalars().all()
    return reason if reason in known or len(known) < MOST_REASONS else OTHER_REASONS


def drops(tx: Tx, source_id: str) -> list[tuple[str, str, int, str]]:
    """(stage, reason, count, sample) of what was dropped from a source, most first."""
    rows = tx.execute(
        select(drop).where(drop.c.source_id == source_id).order_by(drop.c.count.desc()).limit(20)
    ).mappings()
    return [(r["stage"], r["reason"], r["count"], r["sample"]) for r in rows]


def forget_secrets(tx: Tx) -> None:
    """The key is another: no account can be opened any more, and each says what to do."""
    closed = {"secrets": None, "can_reply": False, "because": "Connect this account again: its key was left behind."}
    tx.execute(update(source).where(source.c.secrets.is_not(None)).values(closed))


def find_files(tx: Tx, files: Iterable[Path]) -> None:
    """Imported files lie elsewhere now, under the names they had: an import that was interrupted goes on there."""
    by_name = {file.name: file for file in files}
    rows = tx.execute(select(source.c.id, source.c.settings).where(source.c.connector == "files")).all()
    for source_id, settings in rows:
        if (file := by_name.get(PurePath(settings.get("path", "")).name)) is not None:
            moved = {**settings, "path": str(file)}
            tx.execute(update(source).where(source.c.id == source_id).values(settings=moved))
