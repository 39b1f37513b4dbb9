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
    """A mention that stands already, near the new one. `key` is its item's; `author_key` who wrote it.

    `is_our_beginning` says that we wrote it ourselves and that its conversation began with words of ours.
    """

    mention_id: str
    key: str
    author_key: str
    place_id: str | None
    written_at: datetime
    story_id: str
    conversation_id: str
    is_our_beginning: bool = False


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
    mentions, in conversations that began with them; `our_conversation_id` is the conversation in which we wrote what
    it answers. What is said about another place is another visit, whoever says it.
    """
    same_visit = [
        one
        for one in by_author
        if abs(item.written_at - one.written_at) <= VISIT and (place_id is None or one.place_id in (None, place_id))
    ]
    if related:
        to_us = related[0].is_our_beginning and related[0].author_key != author_key and item.kind is not ItemKind.REPOST
        return _to_us(item, related[0], same_visit) if to_us else _under(item, related[0], author_key)
    if our_conversation_id is not None:
        story = next((one.story_id for one in same_visit if one.conversation_id == our_conversation_id), None)
        return Placement(story, our_conversation_id, EdgeKind.REPLY, "answers_us")
    if same_visit:
        nearest = min(same_visit, key=lambda one: abs(item.written_at - one.written_at))
        return Placement(
            None, nearest.conversation_id, EdgeKind.SAME_VISIT, "same_author_same_visit", nearest.mention_id
        )
    return Placement(None, None, EdgeKind.FIRST, "first_message")


def _to_us(item: Item, ours: Around, same_visit: Sequence[Around]) -> Placement:
    """What we publish is nobody's visit: each who answers it is one, and waits for us in their own name."""
    nearest = min(same_visit, key=lambda one: abs(item.written_at - one.written_at), default=None)
    conversation_id = nearest.conversation_id if nearest else None
    return Placement(ours.story_id, conversation_id, EdgeKind.REPLY, "answers_us", ours.mention_id)


def _under(item: Item, other: Around, author_key: str) -> Placement:
    if item.kind is ItemKind.REPOST:
        kind, because = EdgeKind.REPOST, "repeats"
    elif item.quoted_uri and other.key.endswith(item.quoted_uri):
        kind, because = EdgeKind.QUOTE, "quotes"
    else:
        kind, because = EdgeKind.REPLY, "goes_on" if author_key == other.author_key else "answers"
    return Placement(other.story_id, other.conversation_id, kind, because, other.mention_id)
