"""Clearance: the guard's word that exactly this may be said, here, by this member. Made by `guard` alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Clearance:
    """`seal` ties it to one text, one target and one reply; a replier refuses anything the seal does not cover."""

    reply_id: str
    organisation_id: str
    member_id: str
    source_id: str
    target_uri: str
    text: str
    rules: str
    given_at: datetime
    seal: str


@dataclass(frozen=True, slots=True)
class Objection:
    """Why something may not be said: the rule's name, a sentence (translated by the faces), where in the text.

    `sentence` is a message id with named places (`%(max)s`); `values` are what the faces put there.
    """

    rule: str
    sentence: str
    start: int = -1
    end: int = -1
    values: tuple[tuple[str, str], ...] = ()
