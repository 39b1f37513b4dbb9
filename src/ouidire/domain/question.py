"""Question: what only a member can know about a post, asked once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ouidire.domain.mention import Ask, PlaceCandidate


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
    """One question about one mention. `answer` and what goes with it are None until somebody has answered."""

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
