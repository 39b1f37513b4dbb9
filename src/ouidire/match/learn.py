"""The stage that learns from a member's answer: a minute later, when it can no longer be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from ouidire import clock
from ouidire.connectors.registry import may_learn
from ouidire.domain.question import AnswerKind
from ouidire.store import lessons, mentions, questions
from ouidire.store.engine import Tx


def step(tx: Tx, question_id: str) -> Sequence[str]:
    """Take in what the answer teaches. One that was taken back, or knows nothing, teaches nothing."""
    one = questions.get(tx, question_id)
    heard = mentions.get(tx, one.mention_id)
    if one.answer in (None, AnswerKind.UNSURE) or heard.is_gone:
        return ()
    about_us, allowed = one.answer is not AnswerKind.NOT_OURS, may_learn(heard.item.connector)
    lessons.learn(tx, one.organisation_id, one.mention_id, about_us, one.place_id, clock.now(), may_learn=allowed)
    return ()
