"""Where a new mention belongs: a plain decision on what is known around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ouidire.domain.conversation import EdgeKind
from ouidire.domain.item import Item, ItemKind

VISIT = timedelta(hours=36)
"""A visit: an evening and the day after it, when people still write about it."""


@dataclass(frozen=True, slots=True)
class Around:
    """A mention that stands already, near the new one. `key` is its item's; `author_key` who wrote it."""

    mention_id: str
    key: str
    author_key: str
    place_id: str | None
    written_at: datetime
    story_id: str
    conversation_id: str


@dataclass(frozen=True, slots=True)
class Placement:
    """The decision. `story_id` and `conversation_id` None: a new one begins. `because` is a sentence's key."""

    story_id: str | None
    conversation_id: str | None
    kind: EdgeKind
    because: str
    to_mention_id: str | None = None

    @property
    def is_relay(self) -> bool:
        return self.kind in (EdgeKind.REPOST, EdgeKind.QUOTE)


def decide(
    item: Item,
    author_key: str,
    place_id: str | None,
    related: Sequence[Around],
    by_author: Sequence[Around],
    our_conversation_id: str | None,
) -> Placement:
    """Where `item` belongs.

    `related` are kept mentions that it answers, quotes or repeats, nearest first; `by_author` are this author's other
    mentions; `our_conversation_id` is the conversation in which we wrote what it answers. What is said about another
    place is another visit, whoever says it.
    """
    if related:
        return _under(item, related[0], author_key)
    same_visit = [
        one
        for one in by_author
        if abs(item.written_at - one.written_at) <= VISIT and (place_id is None or one.place_id in (None, place_id))
    ]
    if our_conversation_id is not None:
        story = next((one.story_id for one in same_visit if one.conversation_id == our_conversation_id), None)
        return Placement(story, our_conversation_id, EdgeKind.REPLY, "answers_us")
    if same_visit:
        nearest = min(same_visit, key=lambda one: abs(item.written_at - one.written_at))
        return Placement(
            None, nearest.conversation_id, EdgeKind.SAME_VISIT, "same_author_same_visit", nearest.mention_id
        )
    return Placement(None, None, EdgeKind.FIRST, "first_message")


def _under(item: Item, other: Around, author_key: str) -> Placement:
    if item.kind is ItemKind.REPOST:
        kind, because = EdgeKind.REPOST, "repeats"
    elif item.quoted_uri and other.key.endswith(item.quoted_uri):
        kind, because = EdgeKind.QUOTE, "quotes"
    else:
        kind, because = EdgeKind.REPLY, "goes_on" if author_key == other.author_key else "answers"
    return Placement(other.story_id, other.conversation_id, kind, because, other.mention_id)
