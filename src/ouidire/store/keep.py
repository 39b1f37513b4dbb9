"""The one commit of listening: mentions, deletions, work rows and the cursor, together or not at all (invariant 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, case, delete, func, or_, select, update

from ouidire.domain.ids import digest, new_id
from ouidire.domain.item import Batch, Gone, Item
from ouidire.domain.mention import Match, MentionState
from ouidire.domain.reply import ReplyState
from ouidire.store import followed, sources, work
from ouidire.store.engine import Tx, upsert
from ouidire.store.rows import from_item, plain
from ouidire.store.schema import edge, enrichment, item, mention, reply, search_text, tombstone

FOLLOW_ITEM = timedelta(days=60)
"""How long answers to a kept item are listened for."""


@dataclass(frozen=True, slots=True)
class Found:
    """An item that was matched, on its way into the store."""

    item: Item
    match: Match
    state: MentionState = MentionState.OURS
    is_own: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """What a commit did: ids of new mentions, and what is followed from now on."""

    mention_ids: tuple[str, ...]
    follow: tuple[followed.FollowedKey, ...]
    gone: int


def keep(
    tx: Tx,
    source_id: str,
    batch: Batch,
    found: Sequence[Found],
    seen_at: datetime,
    *,
    first_stage: str,
    retain_days: int,
) -> Kept:
    """Store what was found in a batch, forget what is gone, hand new mentions to `first_stage`, advance the cursor."""
    new: list[tuple[str, str]] = []
    keys: dict[tuple[str, str], followed.FollowedKey] = {}
    buried = _buried(tx, (one.item.key for one in found))
    # What vanished before this batch's items were written must not come back, what vanished after them must go:
    # a batch lists both without their order, so items first, deletions second, is right for every order.
    for one in found:
        if digest(one.item.key) in buried or _confirmed_echo(tx, one, seen_at):
            continue
        item_id, changed = _keep_item(tx, one.item, seen_at, retain_days)
        mention_id = _keep_mention(tx, item_id, one, seen_at)
        if mention_id is not None:
            new.append((mention_id, one.match.organisation_id))
        elif changed:
            new += _mentions_of(tx, item_id)
        key = _follow(one, seen_at)
        keys[key.key, key.organisation_id] = key
    followed.follow(tx, keys.values())
    work.add(tx, first_stage, new, seen_at)
    gone = sum(forget(tx, one, seen_at) for one in batch.gone)
    for bad in batch.dropped:
        sources.count_drop(tx, "listen", source_id, bad.reason, bad.sample, seen_at)
    if batch.gap is not None:
        sources.add_gap(tx, source_id, batch.gap)
    sources.advance(tx, source_id, batch.cursor, seen_at, batch.heard, len(new), len(batch.dropped))
    return Kept(tuple(mention_id for mention_id, _ in new), tuple(keys.values()), gone)


def _buried(tx: Tx, keys: Iterable[str]) -> set[str]:
    digests = [digest(key) for key in keys]
    if not digests:
        return set()
    return set(tx.execute(select(tombstone.c.digest).where(tombstone.c.digest.in_(digests))).scalars())


def _confirmed_echo(tx: Tx, one: Found, seen_at: datetime) -> bool:
    """Is this our own reply, coming back from the network? Then it is confirmed, and not a mention.

    It may come back before its sender has told us its address; then our own account and the same words say so.
    """
    ours = reply.c.uri == one.item.uri
    if one.is_own:
        on_its_way = reply.c.state.in_([ReplyState.SENDING, ReplyState.UNCLEAR])
        ours = or_(ours, and_(on_its_way, reply.c.text == one.item.text))
    confirmed = tx.execute(
        update(reply)
        .where(reply.c.organisation_id == one.match.organisation_id, ours)
        .values(
            seen_at=func.coalesce(reply.c.seen_at, seen_at),
            state=ReplyState.SENT,
            sent_at=func.coalesce(reply.c.sent_at, seen_at),
            uri=one.item.uri,
            url=case((reply.c.url == "", one.item.url), else_=reply.c.url),
        )
    )
    return confirmed.rowcount > 0


def _keep_item(tx: Tx, one: Item, seen_at: datetime, retain_days: int) -> tuple[str, bool]:
    """The item's id, and whether an item kept earlier has another text or revision now."""
    old = tx.execute(select(item.c.id, item.c.revision, item.c.text).where(item.c.key == one.key)).first()
    columns = from_item(one)
    if old is None:
        item_id = new_id()
        row = {
            **columns,
            "id": item_id,
            "first_seen_at": seen_at,
            "retain_until": seen_at + timedelta(days=retain_days) if retain_days else None,
        }
        unless_known = upsert(tx, item).values(**row).on_conflict_do_nothing(index_elements=["key"])
        if tx.execute(unless_known.returning(item.c.id)).first() is not None:
            return item_id, False
        old = tx.execute(select(item.c.id, item.c.revision, item.c.text).where(item.c.key == one.key)).one()
    if old.revision == one.revision and old.text == one.text:
        return old.id, False
    tx.execute(
        update(item)
        .where(item.c.id == old.id, item.c.gone_at.is_(None))
        .values(text=one.text, facts=columns["facts"], revision=one.revision)
    )
    return old.id, True


def _keep_mention(tx: Tx, item_id: str, one: Found, seen_at: datetime) -> str | None:
    """The new mention's id, or None when the organisation has this item already."""
    mention_id = new_id()
    row = {
        "id": mention_id,
        "organisation_id": one.match.organisation_id,
        "item_id": item_id,
        "place_id": one.match.place_id,
        "watch_id": one.match.watch_id,
        "state": one.state,
        "evidence": plain(one.match.evidence),
        "first_seen_at": seen_at,
        "is_news": one.item.is_news(seen_at),
        "is_own": one.is_own,
    }
    unless_known = upsert(tx, mention).on_conflict_do_nothing(index_elements=["organisation_id", "item_id"])
    inserted = tx.execute(unless_known.values(**row).returning(mention.c.id)).first()
    return mention_id if inserted is not None else None


def _mentions_of(tx: Tx, item_id: str) -> list[tuple[str, str]]:
    rows = tx.execute(select(mention.c.id, mention.c.organisation_id).where(mention.c.item_id == item_id))
    return [(mention_id, organisation) for mention_id, organisation in rows]


def _follow(one: Found, seen_at: datetime) -> followed.FollowedKey:
    return followed.FollowedKey(
        one.item.key, one.match.organisation_id, one.match.place_id, "item", seen_at + FOLLOW_ITEM
    )


def forget(tx: Tx, one: Gone, at: datetime) -> int:
    """Remove an item, or all of an author's, for every organisation: text, author, readings, search (invariant 4).

    A tombstone (a hash) stays, so that a replay does not bring it back; so does the row, as a count.
    Returns how many kept items were removed.
    """
    if one.uri:
        ids = tx.execute(select(item.c.id, item.c.key).where(item.c.key == f"{one.connector}:{one.uri}")).all()
    else:
        ids = tx.execute(
            select(item.c.id, item.c.key).where(item.c.author_key == f"{one.connector}:{one.author_uri}")
        ).all()
    for item_id, key in ids:
        tx.execute(upsert(tx, tombstone).values(digest=digest(key), gone_at=at).on_conflict_do_nothing())
        erase(tx, item_id, at)
    return len(ids)


def erase(tx: Tx, item_id: str, at: datetime) -> None:
    """Blank one item and what was made of its words."""
    theirs = select(mention.c.id).where(mention.c.item_id == item_id)
    tx.execute(delete(search_text).where(search_text.c.mention_id.in_(theirs)))
    tx.execute(delete(enrichment).where(enrichment.c.mention_id.in_(theirs)))
    tx.execute(update(mention).where(mention.c.item_id == item_id).values(evidence=[], enrichment_id=None))
    tx.execute(update(edge).where(edge.c.mention_id.in_(theirs)).values(because="gone"))
    tx.execute(
        update(item)
        .where(item.c.id == item_id)
        .values(text="", author_key="", author_handle="", author_name="", facts={}, gone_at=at)
    )


def authors(tx: Tx) -> set[str]:
    """The keys of all authors of whom something is kept: an account's end concerns us only for these."""
    found = tx.execute(select(item.c.author_key).where(item.c.gone_at.is_(None)).distinct())
    return set(found.scalars())
