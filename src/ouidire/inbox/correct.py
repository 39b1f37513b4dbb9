"""What members say of readings: one tap says what a message means, or that it was read rightly; one takes it back."""

from __future__ import annotations

from ouidire import clock
from ouidire.domain.correction import Correction, Judged, can_say, said_of
from ouidire.domain.enrichment import Reading
from ouidire.domain.gravity import gravity
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.mention import MentionState
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.store import conversations, corrections, mentions
from ouidire.store.engine import Tx

LOOKED_AT = 50
"""How many of the last words on readings the figure of accuracy is made of."""


def correct(tx: Tx, member: Member, mention_id: str, judged: Judged, meant: str, aspect: str = "") -> None:
    """This line of the reading means `meant`; said of what stands there, it was right. It counts at once, everywhere.

    Raises `NotAllowed` for who only reads along, `NotFound` for what is not theirs or was not read, `BadInput` for what
    that line cannot say.
    """
    _may(tx, member, mention_id)
    read = corrections.as_read(tx, mention_id)
    if read is None:
        raise NotFound("This message has not been read yet.")
    aspect = aspect if judged is Judged.ASPECT else ""
    if not can_say(judged, aspect, meant):
        raise BadInput("A message cannot be read like that.")
    corrections.put(
        tx,
        Correction(
            id=new_id(),
            organisation_id=member.organisation_id,
            mention_id=mention_id,
            member_id=member.id,
            judged=judged,
            aspect=aspect,
            read=said_of(read, judged, aspect),
            meant=meant,
            reader=read.reader,
            at=clock.now(),
        ),
    )
    _count(tx, mention_id)


def take_back(tx: Tx, member: Member, mention_id: str, judged: Judged, aspect: str = "") -> None:
    """As if nothing had been said of this line: what was read counts again."""
    _may(tx, member, mention_id)
    corrections.take_back(tx, member.organisation_id, mention_id, judged, aspect if judged is Judged.ASPECT else "")
    _count(tx, mention_id)


def accuracy(tx: Tx, member: Member) -> tuple[int, int]:
    """Of the last words of the member's organisation on its readings: how many said that it was right, of how many."""
    return corrections.rightness(tx, member, LOOKED_AT)


def _may(tx: Tx, member: Member, mention_id: str) -> None:
    if not member.may_answer:
        raise NotAllowed("Your role reads along; it does not correct.")
    mentions.of(tx, member, mention_id)


def _count(tx: Tx, mention_id: str) -> None:
    """Lists, filters and the weight of its conversation go by what is meant."""
    now = corrections.apply(tx, mention_id)
    stands = conversations.standing(tx, mention_id)
    if now is not None and stands is not None:
        conversations.change(tx, stands.conversation_id, gravity=_weight(tx, stands.conversation_id, now))


def _weight(tx: Tx, conversation_id: str, now: Reading) -> int:
    one = conversations.get(tx, conversation_id)
    ids = [edge.mention_id for edge in conversations.edges(tx, conversation_id)]
    heard = [h for h in mentions.many(tx, one.organisation_id, ids) if h.reading and not h.mention.is_own]
    weights = [gravity(h.reading, h.item.rating) for h in heard if h.reading and h.mention.state is MentionState.OURS]
    return max(weights, default=gravity(now))
