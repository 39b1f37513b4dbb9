"""Lessons: what accepted and refused mentions taught, as counts of single words and of authors' places.

No text is kept here. What is known of an author goes with the last thing of theirs that is kept (`keep.erase`).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, func, select, update

from ouidire.domain.lesson import POSTS, Lessons, learnable
from ouidire.store import mentions, states
from ouidire.store.engine import Tx, upsert
from ouidire.store.mentions import Heard
from ouidire.store.schema import author_habit, context_word

MOST_WORDS_A_POST = 80
MOST_WORDS = 3_000
"""Of one organisation; when there are more, those that were seen once go."""


def learn(
    tx: Tx,
    organisation_id: str,
    mention_id: str,
    about_us: bool,
    place_id: str | None,
    at: datetime,
    *,
    may_learn: bool = False,
) -> None:
    """Count a mention's words for or against, and (about us, place known) its author's place.

    `may_learn` is what the manifest of the item's connector says: without it nothing is learned. Of what is gone at its
    source nothing is, either.
    """
    heard = _lesson(tx, organisation_id, mention_id) if may_learn else None
    if heard is None:
        return
    words = [POSTS, *sorted(learnable(heard.item.text))[:MOST_WORDS_A_POST]]
    _count(tx, organisation_id, words, about_us)
    if about_us and place_id:
        _note_habit(tx, organisation_id, _author(heard), place_id, at)
    _bound(tx, organisation_id)
    states.grow(tx, states.LESSONS)


def take_back(tx: Tx, organisation_id: str, mention_id: str, about_us: bool, place_id: str | None) -> None:
    """Undo what `learn` did with the same mention; what was never counted stays so."""
    heard = _lesson(tx, organisation_id, mention_id)
    if heard is None:
        return
    one = context_word.c
    words = [POSTS, *sorted(learnable(heard.item.text))[:MOST_WORDS_A_POST]]
    counted = one.accepted if about_us else one.refused
    theirs = update(context_word).where(one.organisation_id == organisation_id, one.word.in_(words), counted > 0)
    tx.execute(theirs.values({counted.name: counted - 1}))
    empty = (one.accepted == 0) & (one.refused == 0)
    tx.execute(delete(context_word).where(one.organisation_id == organisation_id, empty))
    if about_us and place_id:
        habit = author_habit.c
        this = (habit.organisation_id == organisation_id) & (habit.author_key == _author(heard))
        this &= habit.place_id == place_id
        tx.execute(update(author_habit).where(this).values(times=habit.times - 1))
        tx.execute(delete(author_habit).where(this, habit.times <= 0))
    states.grow(tx, states.LESSONS)


def read(tx: Tx) -> Lessons:
    """All organisations' lessons, for the ears."""
    words: dict[str, dict[str, tuple[int, int]]] = {}
    for row in tx.execute(select(context_word)):
        words.setdefault(row.organisation_id, {})[row.word] = (row.accepted, row.refused)
    habits: dict[str, dict[str, dict[str, int]]] = {}
    for row in tx.execute(select(author_habit)):
        of_author = habits.setdefault(row.organisation_id, {}).setdefault(row.author_key, {})
        of_author[row.place_id] = row.times
    return Lessons(words, habits)


def _lesson(tx: Tx, organisation_id: str, mention_id: str) -> Heard | None:
    found = mentions.many(tx, organisation_id, [mention_id])
    return found[0] if found and not found[0].is_gone else None


def _author(heard: Heard) -> str:
    return f"{heard.item.connector}:{heard.item.author.uri}"


def _count(tx: Tx, organisation_id: str, words: list[str], about_us: bool) -> None:
    insert = upsert(tx, context_word)
    more = {name: context_word.c[name] + insert.excluded[name] for name in ("accepted", "refused")}
    anew = insert.on_conflict_do_update(index_elements=["organisation_id", "word"], set_=more)
    told = {"organisation_id": organisation_id, "accepted": int(about_us), "refused": int(not about_us)}
    tx.execute(anew, [{**told, "word": word} for word in words])


def _note_habit(tx: Tx, organisation_id: str, author_key: str, place_id: str, at: datetime) -> None:
    row = {"organisation_id": organisation_id, "author_key": author_key, "place_id": place_id}
    insert = upsert(tx, author_habit).values(**row, times=1, last_at=at)
    more = {"times": author_habit.c.times + 1, "last_at": insert.excluded.last_at}
    tx.execute(insert.on_conflict_do_update(index_elements=["organisation_id", "author_key", "place_id"], set_=more))


def _bound(tx: Tx, organisation_id: str) -> None:
    theirs = context_word.c.organisation_id == organisation_id
    many = tx.execute(select(func.count()).select_from(context_word).where(theirs)).scalar_one()
    if many > MOST_WORDS:
        once = context_word.c.accepted + context_word.c.refused <= 1
        tx.execute(delete(context_word).where(theirs, once, context_word.c.word != POSTS))
