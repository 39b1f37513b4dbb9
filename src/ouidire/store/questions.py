"""Questions to members about single mentions: asked in the commit that keeps the mention, answered once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, delete, false, func, insert, or_, select, update

from ouidire.domain.gravity import GRAVE
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.mention import Ask, Match, MentionState, PlaceCandidate
from ouidire.domain.question import AnswerKind, Question
from ouidire.errors import NotFound
from ouidire.store.engine import Tx
from ouidire.store.rows import Row, back, plain
from ouidire.store.schema import correction, edge, enrichment, item, mention, question, search_text, work
from ouidire.store.stretch import Stretch

TEACHES = "learn"
"""The stage that learns from an answer, once it can no longer be taken back."""

_NEW = insert(question)
_OPEN = question.c.answered_at.is_(None)


def ask(tx: Tx, mention_id: str, match: Match, at: datetime) -> None:
    """Ask about a mention that was just kept."""
    row = {
        "id": new_id(),
        "organisation_id": match.organisation_id,
        "mention_id": mention_id,
        "ask": match.ask,
        "candidates": plain(match.candidates),
        "asked_at": at,
    }
    tx.execute(_NEW, row)


def _of_member(member: Member) -> Select[Any]:
    """What this member is asked, or was."""
    query = select(question).where(question.c.organisation_id == member.organisation_id)
    if not member.may_answer:
        return query.where(false())
    if member.sees_all_places:
        return query
    # Ids are long enough to stand for themselves; neither engine needs to take the list apart.
    named = cast(question.c.candidates, Text)
    return query.where(or_(false(), *(named.contains(place_id, autoescape=True) for place_id in member.place_ids)))


def of(tx: Tx, member: Member, question_id: str) -> Question:
    """A question that this member is asked, or was. Raises `NotFound` otherwise."""
    row = tx.execute(_of_member(member).where(question.c.id == question_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such question.")
    return _question(row)


def get(tx: Tx, question_id: str) -> Question:
    """A question, for a stage acting for its organisation."""
    row = tx.execute(select(question).where(question.c.id == question_id)).mappings().first()
    if row is None:
        raise NotFound("There is no such question.")
    return _question(row)


def waiting(tx: Tx, member: Member, limit: int = 50) -> list[Question]:
    """What waits for an answer that this member can give: grave first, then what is news, then the newest."""
    query = _of_member(member).where(_OPEN).join(mention, mention.c.id == question.c.mention_id)
    query = query.outerjoin(enrichment, enrichment.c.id == mention.c.enrichment_id)
    is_grave: ColumnElement[Any] = func.coalesce(enrichment.c.urgency, 0) >= GRAVE
    order = (is_grave.desc(), mention.c.is_news.desc(), question.c.id.desc())
    return [_question(row) for row in tx.execute(query.order_by(*order).limit(limit)).mappings()]


def counted(tx: Tx, member: Member) -> int:
    """How many questions wait for an answer that this member can give."""
    every = _of_member(member).where(_OPEN).subquery()
    return int(tx.execute(select(func.count()).select_from(every)).scalar_one())


def listed(tx: Tx, member: Member, stretch: Stretch, *, is_open: bool | None = True) -> list[Question]:
    """What this member is asked (or was), newest first; one more than the stretch, if there is."""
    query = _of_member(member)
    if is_open is not None:
        query = query.where(_OPEN if is_open else question.c.answered_at.is_not(None))
    return [_question(row) for row in tx.execute(stretch.of(query, question.c.id)).mappings()]


def about(tx: Tx, member: Member, mention_ids: Sequence[str]) -> list[Question]:
    """What this member is asked, or was, about these mentions, oldest first."""
    query = _of_member(member).where(question.c.mention_id.in_(mention_ids))
    return [_question(row) for row in tx.execute(query.order_by(question.c.id)).mappings()]


def answer(tx: Tx, one: Question, kind: AnswerKind, place_id: str | None, member: Member, at: datetime) -> bool:
    """Keep the member's answer. False when somebody has answered already: theirs stands.

    Raises `NotFound` when the question is not this member's.
    """
    of(tx, member, one.id)
    answered = tx.execute(
        update(question)
        .where(question.c.id == one.id, _OPEN)
        .values(answer=kind, place_id=place_id, answered_by=member.id, answered_at=at)
    )
    return answered.rowcount == 1


def reopen(tx: Tx, member: Member, one: Question) -> bool:
    """Take the member's own answer back. False when that was done already."""
    again = tx.execute(
        update(question)
        .where(question.c.id == one.id, question.c.answered_by == member.id, question.c.answered_at == one.answered_at)
        .values(answer=None, place_id=None, answered_by=None, answered_at=None)
    )
    return again.rowcount == 1


def settle(tx: Tx, mention_ids: Sequence[str], kind: AnswerKind, place_id: str | None, at: datetime) -> None:
    """What was asked about these mentions has become known in another way: nobody need answer.

    That they are about us says nothing about the place.
    """
    open_ones: list[ColumnElement[bool]] = [question.c.mention_id.in_(mention_ids), _OPEN]
    if kind is AnswerKind.OURS:
        open_ones.append(question.c.ask == Ask.ABOUT_US)
    tx.execute(update(question).where(*open_ones).values(answer=kind, place_id=place_id, answered_at=at))


def withdraw(tx: Tx, item_id: str) -> None:
    """Its author deleted it: there is nothing left to ask."""
    theirs = select(mention.c.id).where(mention.c.item_id == item_id)
    tx.execute(delete(question).where(question.c.mention_id.in_(theirs), _OPEN))


def forget_unanswered(tx: Tx, before: datetime, limit: int = 500) -> list[str]:
    """Ask no longer what nobody answered since then, and forget what was never called ours.

    Returns the items of which no mention is left.
    """
    tx.execute(delete(question).where(_OPEN, question.c.ask == Ask.WHICH_PLACE, question.c.asked_at < before))
    old = select(mention.c.id, mention.c.item_id).where(
        mention.c.state == MentionState.ASKED, mention.c.first_seen_at < before
    )
    rows = tx.execute(old.limit(limit)).all()
    ids = [row.id for row in rows]
    if not ids:
        return []
    tx.execute(delete(question).where(question.c.mention_id.in_(ids)))
    # One whose answer was taken back stands in a conversation: it is nobody's any more, and goes with the others.
    standing = select(edge.c.mention_id).where(edge.c.mention_id.in_(ids))
    tx.execute(update(mention).where(mention.c.id.in_(standing)).values(state=MentionState.NOT_OURS))
    left = (mention.c.id.in_(ids), mention.c.state == MentionState.ASKED)
    gone = tx.execute(select(mention.c.id).where(*left)).scalars().all()
    for column in (search_text.c.mention_id, enrichment.c.mention_id, correction.c.mention_id, work.c.subject_id):
        tx.execute(delete(column.table).where(column.in_(gone)))
    tx.execute(delete(mention).where(mention.c.id.in_(gone)))
    items = {row.item_id for row in rows}
    still = tx.execute(select(mention.c.item_id).where(mention.c.item_id.in_(items))).scalars().all()
    return sorted(tx.execute(select(item.c.id).where(item.c.id.in_(items - set(still)))).scalars())


def _question(row: Row) -> Question:
    return Question(
        id=row["id"],
        organisation_id=row["organisation_id"],
        mention_id=row["mention_id"],
        ask=Ask(row["ask"]),
        candidates=back(row["candidates"], tuple[PlaceCandidate, ...]),
        asked_at=row["asked_at"],
        answer=AnswerKind(row["answer"]) if row["answer"] else None,
        place_id=row["place_id"],
        answered_by=row["answered_by"],
        answered_at=row["answered_at"],
    )
