"""What a member may do with a conversation. Every function checks that it is theirs; viewers only read."""

from __future__ import annotations

from datetime import datetime, timedelta

from ouidire import clock
from ouidire.domain.alert import Judgement
from ouidire.domain.conversation import Conversation, ConversationState, Edge, EdgeKind, Note, Outcome
from ouidire.domain.gravity import gravity
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.mention import MentionState
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.inbox.teach import teach, unteach
from ouidire.store import alerts, conversations, followed, incidents, members, mentions, organisations, watches
from ouidire.store.conversations import Standing
from ouidire.store.engine import Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.keep import FOLLOW_ITEM
from ouidire.store.mentions import Heard

LONGEST_NOTE = 5000
FOLLOW_AUTHOR = timedelta(days=7)
"""How long the author of a reopened conversation is listened for, as when it began."""


def _theirs(tx: Tx, member: Member, conversation_id: str) -> Conversation:
    one = conversations.of(tx, member, conversation_id)
    if not member.may_answer:
        raise NotAllowed("Your role reads along; it does not act.")
    return one


def take(tx: Tx, member: Member, conversation_id: str) -> None:
    """« Je m'en occupe »: the member has it in hand, and everybody sees so."""
    hand_to(tx, member, conversation_id, member.id)


def hand_to(tx: Tx, member: Member, conversation_id: str, assignee_id: str) -> None:
    """Give it to a colleague who may see its place. Raises `BadInput` for one who may not."""
    one = _theirs(tx, member, conversation_id)
    assignee = next((c for c in members.colleagues(tx, member) if c.id == assignee_id), None)
    if assignee is None or not assignee.sees_place(one.place_id) or not assignee.may_answer:
        raise BadInput("This person cannot see this place: choose somebody else.")
    changes: dict[str, object] = {"assignee_id": assignee_id, "updated_at": clock.now(), "later_until": None}
    if one.state in (ConversationState.WAITING, ConversationState.CLOSED):
        changes |= {"state": ConversationState.OURS, "outcome": None, "because": "taken"}
    conversations.change(tx, one.id, **changes)


def note(tx: Tx, member: Member, conversation_id: str, text: str) -> Note:
    """What was seen or said on the spot. Raises `BadInput` when it is empty or too long."""
    one = _theirs(tx, member, conversation_id)
    text = text.strip()
    if not text:
        raise BadInput("The note is empty.")
    if len(text) > LONGEST_NOTE:
        raise BadInput(f"A note has at most {LONGEST_NOTE} characters; this one has {len(text)}.")
    written = Note(new_id(), one.id, member.id, text.replace("\0", ""), clock.now())
    conversations.add_note(tx, member, written)
    conversations.change(tx, one.id, updated_at=clock.now())
    return written


def later(tx: Tx, member: Member, conversation_id: str, hours: float = 2) -> None:
    """Out of sight until then; it comes back by itself, at once if its author writes again."""
    one = _theirs(tx, member, conversation_id)
    conversations.change(tx, one.id, later_until=clock.now() + timedelta(hours=hours))


def close(tx: Tx, member: Member, conversation_id: str, outcome: Outcome) -> None:
    """Put right, says the team; or nothing to do."""
    one = _theirs(tx, member, conversation_id)
    _close(tx, one, outcome, "closed_by_member")
    if outcome is not Outcome.NOTHING_TO_DO and (begun := conversations.edges(tx, one.id)):
        teach(tx, one.organisation_id, begun[0].mention_id, about_us=True)


def _close(tx: Tx, one: Conversation, outcome: Outcome, because: str) -> None:
    at = clock.now()
    conversations.close(tx, one.id, outcome, at, because)
    incidents.close_of_conversation(tx, one.id, at)
    followed.unfollow(tx, conversations.author_key(tx, one.id), one.organisation_id, "author")


def reopen(tx: Tx, member: Member, conversation_id: str) -> None:
    """It waits for us again; what was said not to be about us is about us again, and its answers are heard.

    Raises `BadInput` when nothing is left to answer.
    """
    one = _theirs(tx, member, conversation_id)
    heard = mentions.many(tx, one.organisation_id, [e.mention_id for e in conversations.edges(tx, one.id)])
    standing = [h for h in heard if not (h.is_gone or h.mention.is_own)]
    if not standing:
        raise BadInput("Its author deleted the message: there is nothing left to answer.")
    at = clock.now()
    for away in (h for h in standing if h.mention.state is not MentionState.OURS):
        mentions.set_state(tx, away.mention.id, MentionState.OURS)
        if away.mention.state is MentionState.NOT_OURS:
            unteach(tx, one.organisation_id, away.mention.id, about_us=False)
        _follow(tx, away.item.key, one, "item", at + FOLLOW_ITEM)
    wait_again(tx, one)


def wait_again(tx: Tx, one: Conversation) -> None:
    """It waits for us, and its author is heard: of whoever says so, it is known that they may."""
    at = clock.now()
    _follow(tx, conversations.author_key(tx, one.id), one, "author", at + FOLLOW_AUTHOR)
    conversations.change(tx, one.id, state=ConversationState.WAITING, outcome=None, because="reopened", updated_at=at)


def _follow(tx: Tx, key: str, one: Conversation, kind: str, until: datetime) -> None:
    followed.follow(tx, [FollowedKey(key, one.organisation_id, one.place_id, kind, until)])


def not_about_us(tx: Tx, member: Member, mention_id: str) -> None:
    """One tap: this message does not speak of us. Its conversation ends when nothing else is in it."""
    heard = mentions.of(tx, member, mention_id)
    stands = conversations.standing(tx, mention_id)
    if stands is None:
        raise NotFound("There is no such message.")
    one = _theirs(tx, member, stands.conversation_id)
    if heard.mention.state is not MentionState.NOT_OURS:
        teach(tx, one.organisation_id, mention_id, about_us=False)
    put_away(tx, heard, one)


def put_away(tx: Tx, heard: Heard, one: Conversation) -> None:
    """This message of the conversation is not about us: of whoever says so, it is known that they may."""
    mentions.set_state(tx, heard.mention.id, MentionState.NOT_OURS)
    followed.unfollow(tx, heard.item.key, one.organisation_id, "item")
    others = [e.mention_id for e in conversations.edges(tx, one.id) if e.mention_id != heard.mention.id]
    left = mentions.many(tx, one.organisation_id, others)
    if not any(h.mention.state is MentionState.OURS and not h.mention.is_own for h in left):
        _close(tx, one, Outcome.NOTHING_TO_DO, "not_about_us")


def mute_author(tx: Tx, member: Member, mention_id: str) -> None:
    """One tap: hear this author no more. What they said of us until now is closed, nobody is asked about the rest."""
    heard = mentions.of(tx, member, mention_id)
    stands = conversations.standing(tx, mention_id)
    if stands is None or heard.is_gone:
        raise NotFound("There is no such message.")
    one = _theirs(tx, member, stands.conversation_id)
    author_key = f"{heard.item.connector}:{heard.item.author.uri}"
    watches.mute(tx, member, author_key, clock.now())
    for muted_id in (heard.mention.id, *mentions.asked_of(tx, one.organisation_id, author_key)):
        mentions.set_state(tx, muted_id, MentionState.MUTED)
    _close(tx, one, Outcome.NOTHING_TO_DO, "author_muted")


def set_place(tx: Tx, member: Member, conversation_id: str, place_id: str) -> None:
    """Which place was meant, says a member; the messages, and what is told of them, move along."""
    one = _theirs(tx, member, conversation_id)
    if place_id not in {place.id for place in organisations.places(tx, member)}:
        raise BadInput("This place is not yours.")
    if one.place_id != place_id and (begun := conversations.edges(tx, one.id)):
        teach(tx, one.organisation_id, begun[0].mention_id, about_us=True, place_id=place_id)
    place_at(tx, one, place_id)


def place_at(tx: Tx, one: Conversation, place_id: str | None) -> None:
    """The conversation is about this place (None: unknown): of whoever says so, it is known that they may."""
    mention_ids = [e.mention_id for e in conversations.edges(tx, one.id)]
    mentions.set_place(tx, mention_ids, place_id)
    heard = mentions.many(tx, one.organisation_id, mention_ids)
    for key in {conversations.author_key(tx, one.id), *(h.item.key for h in heard)}:
        followed.move(tx, key, one.organisation_id, place_id)  # what answers them is heard for that place too
    conversations.change(tx, one.id, place_id=place_id, updated_at=clock.now())
    incidents.set_place(tx, one.id, place_id, clock.now())


def undo_edge(tx: Tx, member: Member, mention_id: str) -> str:
    """This message does not belong here: it gets a conversation of its own, whose id comes back.

    Raises `BadInput` when it stands alone: an empty conversation would wait for us for ever.
    """
    heard = mentions.of(tx, member, mention_id)
    stands = conversations.standing(tx, mention_id)
    if stands is None or heard.is_gone:
        raise NotFound("There is no such message.")
    one = _theirs(tx, member, stands.conversation_id)
    if len(conversations.edges(tx, one.id)) == 1:
        raise BadInput("This message stands alone in its conversation already.")
    at = clock.now()
    author_key = f"{heard.item.connector}:{heard.item.author.uri}"
    fresh = conversations.open_one(tx, one.organisation_id, heard.mention.place_id, author_key, heard.item.written_at)
    story = conversations.story_for(tx, one.organisation_id, heard.item.key)
    apart = Edge(mention_id, EdgeKind.FIRST, "parted_by_member", None, at)
    conversations.connect(tx, one.organisation_id, Standing(mention_id, story, fresh), apart)
    if heard.reading is not None:
        conversations.change(tx, fresh, gravity=gravity(heard.reading, heard.item.rating))
    return fresh


def judge_delivery(tx: Tx, member: Member, delivery_id: str, judgement: Judgement) -> None:
    """Useful, or too much: the member's word on an alert they got."""
    alerts.judge(tx, member, delivery_id, judgement)
