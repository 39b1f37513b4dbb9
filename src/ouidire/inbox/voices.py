"""The clues beside a message: what others say of the same place, and what its author wrote to this house before."""

from __future__ import annotations

from datetime import timedelta

from ouidire.domain.item import Item
from ouidire.domain.member import Member
from ouidire.domain.mention import MentionState
from ouidire.domain.voices import Voice, Voices, voices
from ouidire.store import mentions
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard, Sought
from ouidire.store.stretch import Stretch

BEFORE, AFTER = timedelta(days=29), timedelta(days=1)
"""The thirty days that are looked at: what was heard before the message, and the day after it."""

EVER = timedelta(days=3650)
MOST = 300
"""How many other messages are looked at: the latest of those days."""


def voices_beside(tx: Tx, member: Member, mention_id: str) -> Voices:
    """The clues beside this message, from what the member may see. Raises `NotFound` where it is not theirs to see."""
    one = mentions.of(tx, member, mention_id)
    at = one.mention.first_seen_at
    sought = Sought(
        place_id=one.mention.place_id, state=MentionState.OURS, is_own=False, since=at - BEFORE, until=at + AFTER
    )
    others = [heard for heard in mentions.listed(tx, member, sought, Stretch(MOST)) if heard.mention.id != mention_id]
    before = mentions.by_author(
        tx, member.organisation_id, _author(one.item), one.item.written_at - EVER, one.item.written_at
    )
    earlier = [h for h in before if h.mention.id != mention_id and member.sees_place(h.mention.place_id)]
    return voices(_voice(one), [_voice(heard) for heard in others], [_voice(heard) for heard in earlier])


def _voice(heard: Heard) -> Voice:
    item = heard.item
    return Voice(
        author=_author(item),
        text=item.text,
        reading=heard.reading,
        has_picture=item.has_picture,
        has_checked_in=item.geo is not None,
    )


def _author(item: Item) -> str:
    return f"{item.connector}:{item.author.uri}"
