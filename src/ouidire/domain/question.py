"""Question: what only a member can know about a post, asked once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ouidire.domain.member import Member
from ouidire.domain.mention import Ask, PlaceCandidate

UNDO_FOR = timedelta(minutes=1)
"""How long who answered may take it back; what the answer teaches is learnt after that."""

ASKED_FOR = timedelta(days=14)
"""How long an answer is waited for. What nobody called ours by then is forgotten."""


class AnswerKind(StrEnum):
    PLACE = "place"
    """It is about this place of ours."""
    OURS = "ours"
    """It is about us, at no place in particular."""
    NOT_OURS = "not_ours"
    UNSURE = "unsure"
    """The member does not know either: it is not asked again."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question about one mention. `answer` and what goes with it are None until somebody has answered.

    An answer without `answered_by` is the house's own: the matter was settled in another way.
    """

    id: str
    organisation_id: str
    mention_id: str
    ask: Ask
    candidates: tuple[PlaceCandidate, ...]
    asked_at: datetime
    answer: AnswerKind | None = None
    place_id: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.answered_at is None

    def is_for(self, member: Member) -> bool:
        """Is this member asked: one who acts, and may see one of the places that may be meant?"""
        sees = member.sees_all_places or any(member.sees_place(one.place_id) for one in self.candidates)
        return member.organisation_id == self.organisation_id and member.may_answer and sees

    def may_undo(self, member: Member, at: datetime) -> bool:
        """Who answered may take it back for a minute."""
        mine = self.answered_at is not None and self.answered_by == member.id
        return mine and self.answered_at is not None and at < self.answered_at + UNDO_FOR
