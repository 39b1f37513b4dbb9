"""The one commit of listening: mentions, deletions, work rows and the cursor, together or not at all (invariant 1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, case, delete, func, or_, select, update

from ouidire.domain.absence import Absence
from ouidire.domain.conversation import ConversationState, EdgeKind, Outcome
from ouidire.domain.ids import digest, gone_key, new_id
from ouidire.domain.item import Batch, Gone, Item
from ouidire.domain.mention import Ask, Match, MentionState
from ouidire.domain.reply import ReplyState
from ouidire.store import (
    absences,
    conversations,
    followed,
    imports,
    incidents,
    questions,
    received,
    refused,
    sources,
    states,
    work,
)
from ouidire.store.engine import Tx, upsert, upsert_in
from ouidire.store.refused import Refused
from ouidire.store.rows import from_item, plain
from ouidire.store.schema import (
    author_habit,
    conversation,
    correction,
    edge,
    enrichment,
    item,
    mention,
    reply,
    search_text,
    story,
    tombstone,
    watch,
)

FOLLOW_ITEM = timedelta(days=60)
"""How long answers to a kept item are listened for."""


_BURIED = select(tombstone.c.digest).where(tombstone.c.digest.in_(bindparam("digests", expanding=True)))
_SAID = select(reply.c.uri).where(reply.c.uri.in_(bindparam("uris", expanding=True)))
_SAME = select(item.c.id, item.c.revision, item.c.text, item.c.gone_at).where(
    item.c.key.in_(bindparam("keys", expanding=True))
)


@cache
def _new_item(dialect: str) -> Any:
    """Keep an item unless it is known. Made once, as all that a mention costs: naming it takes longer than doing it."""
    return upsert_in(dialect, item).on_conflict_do_nothing(index_elements=["key"]).returning(item.c.id)


@cache
def _new_mention(dialect: str) -> Any:
    """Keep a mention unless the organisation has it; the watch may have been removed since the ears last looked."""
    still_there = select(watch.c.id).where(watch.c.id == bindparam("by_watch")).scalar_subquery()
    unless_known = upsert_in(dialect, mention).on_conflict_do_nothing(index_elements=["organisation_id", "item_id"])
    return unless_known.values(watch_id=still_there).returning(mention.c.id)


@dataclass(frozen=True, slots=True)
class Found:
    """An item that was matched, on its way into the store."""

    item: Item
    match: Match
    state: MentionState = MentionState.OURS
    is_own: bool = False

    @property
    def asks(self) -> Ask:
        """What a member is asked about it; nothing about what is our own or muted, nor about where the past was."""
        if self.is_own or self.state is not MentionState.OURS:
            return Ask.NOTHING
        return Ask.NOTHING if self.match.ask is Ask.WHICH_PLACE and self.item.imported else self.match.ask

    @property
    def is_perhaps(self) -> bool:
        """Does it count for nothing until a member has said that it is about us?"""
        return self.asks is Ask.ABOUT_US


@dataclass(frozen=True, slots=True)
class Kept:
    """What a commit did: ids of mentions that are new or whose text changed, and what is followed from now on.

    `absence` is what the batch caught up with, as it stands now.
    """

    mention_ids: tuple[str, ...]
    follow: tuple[followed.FollowedKey, ...]
    gone: int
    absence: Absence | None = None


def keep(
    tx: Tx,
    source_id: str,
    batch: Batch,
    found: Sequence[Found],
    seen_at: datetime,
    *,
    first_stage: str,
    retain_days: int,
    absence: Absence | None = None,
    left_aside: Sequence[Refused] = (),
) -> Kept:
    """Store what was found in a batch, forget what is gone, hand new mentions to `first_stage`, advance the cursor.

    What only a member can know is asked in the same commit; what is only perhaps about us is not counted meanwhile.
    What is on its way of an import that was undone meanwhile is not kept. `absence` is what this batch catches up
    with: what it brings of that time is marked so. `left_aside` was nearly about somebody.
    """
    if any(one.item.imported for one in found) and imports.is_taken_back(tx, source_id):
        return Kept((), (), 0)
    new: list[tuple[str, str]] = []
    perhaps = 0
    edited: list[tuple[str, str]] = []
    keys: dict[tuple[str, str], followed.FollowedKey] = {}
    buried = _buried(tx, [*(one.item.key for one in found), *(one.item.key for one in left_aside)])
    said = _said_by_us(tx, (one.item.uri for one in found))
    # What vanished before this batch's items were written must not come back, what vanished after them must go:
    # a batch lists both without their order, so items first, deletions second, is right for every order.
    for one in found:
        if digest(one.item.key) in buried:
            continue
        if (one.is_own or one.item.uri in said) and _confirmed_echo(tx, one, seen_at):
            key = _follow(one, seen_at)  # who answers our answer is heard, also when its sender died
            keys[key.key, key.organisation_id] = key
            continue
        item_id, changed = _keep_item(tx, one.item, source_id, seen_at, retain_days)
        if item_id is None:
            continue
        if changed:
            edited += _unread(tx, item_id)
        meanwhile = absence.id if absence and absences.came_meanwhile(absence, one.item, batch) else None
        mention_id = _keep_mention(tx, item_id, one, seen_at, meanwhile)
        if mention_id is not None:
            new.append((mention_id, one.match.organisation_id))
            perhaps += one.is_perhaps
            if not one.is_perhaps:
                key = _follow(one, seen_at)
                keys[key.key, key.organisation_id] = key
    refused.drop(tx, [(one.match.organisation_id, one.item.key) for one in found])  # an edit may have made it ours
    refused.put(tx, [one for one in left_aside if digest(one.item.key) not in buried], seen_at)
    followed.follow(tx, keys.values())
    to_read = dict.fromkeys([*new, *edited])
    work.add(tx, first_stage, to_read, seen_at)
    gone = sum(forget(tx, one, seen_at) for one in batch.gone)
    for bad in batch.dropped:
        sources.count_drop(tx, "listen", source_id, bad.reason, bad.sample, seen_at)
    if batch.gap is not None:
        sources.add_gap(tx, source_id, batch.gap)
    if batch.rhythm is not None:
        sources.keep_rhythm(tx, source_id, batch.rhythm, seen_at)
    received.forget(tx, batch.received)
    if absence is not None:
        absence = absences.came(tx, absence, batch, len(new) - perhaps, seen_at)
    sources.advance(tx, source_id, batch.cursor, seen_at, batch.heard, len(new) - perhaps, len(batch.dropped))
    return Kept(tuple(mention_id for mention_id, _ in to_read), tuple(keys.values()), gone, absence)


def bring_in(tx: Tx, one: Found, at: datetime, *, first_stage: str, retain_days: int) -> str | None:
    """Keep an item that a member says is about us, as if it had been heard now; gives its mention's id.

    None when its author deleted it meanwhile, or the organisation has it already.
    """
    if _buried(tx, [one.item.key]):
        return None
    item_id, _ = _keep_item(tx, one.item, "", at, retain_days)
    mention_id = _keep_mention(tx, item_id, one, at, None) if item_id is not None else None
    if mention_id is not None:
        followed.follow(tx, [_follow(one, at)])
        work.add(tx, first_stage, [(mention_id, one.match.organisation_id)], at)
    refused.drop(tx, [(one.match.organisation_id, one.item.key)])
    return mention_id


def _buried(tx: Tx, keys: Iterable[str]) -> set[str]:
    digests = [digest(key) for key in keys]
    return set(tx.execute(_BURIED, {"digests": digests}).scalars()) if digests else set()


def _said_by_us(tx: Tx, uris: Iterable[str]) -> set[str]:
    """Which of these addresses are those of our replies: nearly never any, so that one look spares the rest."""
    wanted = list(uris)
    return set(tx.execute(_SAID, {"uris": wanted}).scalars()) if wanted else set()


def _confirmed_echo(tx: Tx, one: Found, seen_at: datetime) -> bool:
    """Is this our own reply, coming back from the network? Then it is confirmed, and not a mention.

    It may come back before its sender has told us its address; then our own account and the same words under the same
    message say so. If the sender died since, nobody else will say that we answered: so it is said here.
    """
    ours = reply.c.uri == one.item.uri
    if one.is_own:
        on_its_way = reply.c.state.in_([ReplyState.SENDING, ReplyState.UNCLEAR])
        under = select(mention.c.id).join(item, item.c.id == mention.c.item_id)
        under = under.where(item.c.key == f"{one.item.connector}:{one.item.parent_uri}")
        ours = or_(ours, and_(on_its_way, reply.c.text == one.item.text, reply.c.mention_id.in_(under)))
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
        .returning(reply.c.conversation_id)
    )
    answered = confirmed.scalars().all()
    tx.execute(
        update(conversation)
        .where(conversation.c.id.in_(answered), conversation.c.state == ConversationState.OURS)
        .where(conversation.c.because == "answering")
        .values(state=ConversationState.THEIRS, because="answered", updated_at=seen_at)
    )
    return bool(answered)


def _keep_item(tx: Tx, one: Item, source_id: str, seen_at: datetime, retain_days: int) -> tuple[str | None, bool]:
    """The item's id (None: its time here was over already), and whether it was kept with another text or revision."""
    same = {"keys": [one.key, gone_key(one.key)]}
    old = tx.execute(_SAME, same).first()
    columns = from_item(one)
    if old is None:
        item_id = new_id()
        row = {
            **columns,
            "id": item_id,
            "first_seen_at": seen_at,
            "import_id": source_id if one.imported else None,
            "retain_until": seen_at + timedelta(days=retain_days) if retain_days else None,
        }
        if tx.execute(_new_item(tx.dialect.name), row).first() is not None:
            return item_id, False
        old = tx.execute(_SAME, same).one()
    if old.gone_at is not None:
        return None, False
    if old.revision == one.revision and old.text == one.text:
        return old.id, False
    tx.execute(
        update(item)
        .where(item.c.id == old.id, item.c.gone_at.is_(None))
        .values(text=one.text, facts=columns["facts"], revision=one.revision)
    )
    return old.id, True


def _keep_mention(tx: Tx, item_id: str, one: Found, seen_at: datetime, absence_id: str | None) -> str | None:
    """The new mention's id, or None when the organisation has this item already. What there is to ask is asked."""
    mention_id = new_id()
    row = {
        "id": mention_id,
        "organisation_id": one.match.organisation_id,
        "item_id": item_id,
        "place_id": one.match.place_id,
        "by_watch": one.match.watch_id,
        "state": MentionState.ASKED if one.is_perhaps else one.state,
        "evidence": plain(one.match.evidence),
        "first_seen_at": seen_at,
        "is_news": one.item.is_news(seen_at),
        "is_own": one.is_own,
        "absence_id": absence_id,
        "p": one.match.p,
        "candidates": plain(one.match.candidates),
    }
    inserted = tx.execute(_new_mention(tx.dialect.name), row).first()
    if inserted is None:
        return None
    if one.asks:
        questions.ask(tx, mention_id, one.match, seen_at)
    return mention_id


def _unread(tx: Tx, item_id: str) -> list[tuple[str, str]]:
    """The mentions of an edited item: what was read in the old text does not speak of the new one."""
    theirs = select(mention.c.id).where(mention.c.item_id == item_id)
    tx.execute(delete(search_text).where(search_text.c.mention_id.in_(theirs)))
    rows = tx.execute(
        update(mention)
        .where(mention.c.item_id == item_id)
        .values(enrichment_id=None)
        .returning(mention.c.id, mention.c.organisation_id)
    )
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
    key = f"{one.connector}:{one.uri or one.author_uri}"
    refused.forget(tx, item_key=key if one.uri else "", author_key=key)
    ours = item.c.key == key if one.uri else item.c.author_key == key
    rows = tx.execute(select(item.c.id, item.c.key).where(ours, item.c.gone_at.is_(None))).all()
    for item_id, item_key in rows:
        tx.execute(upsert(tx, tombstone).values(digest=digest(item_key), gone_at=at).on_conflict_do_nothing())
        erase(tx, item_id, at)
    close_emptied(tx, [item_id for item_id, _ in rows], Outcome.GONE, "gone", at)
    return len(rows)


def close_emptied(tx: Tx, item_ids: Sequence[str], outcome: Outcome, because: str, at: datetime) -> None:
    """Close the conversations of these items in which no words of a customer are left: nobody waits there any more.

    A bare repost says nothing of its own; it goes with what it repeated.
    """
    if not item_ids:
        return
    of_items = select(mention.c.id).where(mention.c.item_id.in_(item_ids))
    touched = select(edge.c.conversation_id).where(edge.c.mention_id.in_(of_items))
    speaking = (
        select(edge.c.conversation_id)
        .join(mention, mention.c.id == edge.c.mention_id)
        .join(item, item.c.id == mention.c.item_id)
        .where(item.c.gone_at.is_(None), mention.c.is_own.is_(False), mention.c.state == MentionState.OURS)
        .where(edge.c.kind != EdgeKind.REPOST, edge.c.conversation_id.in_(touched))
    )
    emptied = select(conversation.c.id, conversation.c.organisation_id, conversation.c.author_key).where(
        conversation.c.id.in_(touched),
        conversation.c.id.not_in(speaking),
        conversation.c.state != ConversationState.CLOSED,
    )
    for one in tx.execute(emptied.order_by(conversation.c.id)).all():
        conversations.close(tx, one.id, outcome, at, because)
        incidents.close_of_conversation(tx, one.id, at)
        if one.author_key:
            followed.unfollow(tx, one.author_key, one.organisation_id, "author")


def erase(tx: Tx, item_id: str, at: datetime) -> None:
    """Blank one item and what was made of its words; who wrote it is forgotten where nothing else of theirs is kept."""
    # The item first: a worker that is reading its words just now waits, and then finds nothing to read.
    lost = tx.execute(select(item.c.key, item.c.author_key).where(item.c.id == item_id).with_for_update()).one()
    key = gone_key(lost.key)
    tx.execute(
        update(item)
        .where(item.c.id == item_id)
        .values(key=key, text="", author_key="", author_handle="", author_name="", facts={}, revision="", gone_at=at)
    )
    theirs = select(mention.c.id).where(mention.c.item_id == item_id)
    tx.execute(delete(search_text).where(search_text.c.mention_id.in_(theirs)))
    for table in (enrichment, correction):
        tx.execute(delete(table).where(table.c.mention_id.in_(theirs)))
    tx.execute(update(mention).where(mention.c.item_id == item_id).values(evidence=[], enrichment_id=None))
    tx.execute(update(edge).where(edge.c.mention_id.in_(theirs)).values(because="gone"))
    questions.withdraw(tx, item_id)
    tx.execute(update(story).where(story.c.root_key == lost.key).values(root_key=key))
    followed.lose(tx, lost.key)
    _forget_author(tx, lost.author_key)


def drop(tx: Tx, item_ids: Sequence[str]) -> None:
    """Remove items that no mention speaks of any more; who wrote them is forgotten with them."""
    for item_id in item_ids:
        lost = tx.execute(delete(item).where(item.c.id == item_id).returning(item.c.key, item.c.author_key)).one()
        followed.lose(tx, lost.key)
        _forget_author(tx, lost.author_key)


def _forget_author(tx: Tx, author_key: str) -> None:
    """Nothing of this author is kept any longer: neither is who they are."""
    if tx.execute(select(item.c.id).where(item.c.author_key == author_key).limit(1)).first() is None:
        tx.execute(update(conversation).where(conversation.c.author_key == author_key).values(author_key=""))
        if tx.execute(delete(author_habit).where(author_habit.c.author_key == author_key)).rowcount:
            states.grow(tx, states.LESSONS)  # of which places they spoke is forgotten by the ears, too
        followed.lose(tx, author_key)


def authors(tx: Tx) -> set[str]:
    """The keys of all authors of whom something is kept: an account's end concerns us only for these."""
    found = tx.execute(select(item.c.author_key).where(item.c.gone_at.is_(None)).distinct())
    return set(found.scalars())
