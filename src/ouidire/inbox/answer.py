"""Answering: the guard's word first, then a reply that waits to be sent once."""

from __future__ import annotations

from datetime import timedelta

from ouidire import clock
from ouidire.connectors import registry
from ouidire.domain.conversation import Conversation, ConversationState
from ouidire.domain.enrichment import Span
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.reply import Reply, ReplyState
from ouidire.domain.source import Source
from ouidire.errors import BadInput, NotAllowed
from ouidire.guard.draft import Draft, Limits, Verdict
from ouidire.guard.review import review
from ouidire.guard.seal import to_fields
from ouidire.shield.answers import staff_in_answer
from ouidire.shield.known import known_names
from ouidire.store import conversations, mentions, organisations, replies, sources, watches
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard

LOOK_BACK = timedelta(hours=24)


def propose(tx: Tx, member: Member, conversation_id: str, text: str, *, key: bytes) -> Verdict:
    """What the guard says of this text now, before anybody decides; nothing is kept. `key` seals clearances."""
    one = conversations.of(tx, member, conversation_id)
    target = _target(tx, one)
    return _review(tx, member, one, target, _account(tx, one, target), text, key, new_id())


def send(tx: Tx, member: Member, conversation_id: str, text: str, *, key: bytes) -> Reply:
    """The member's decision: the reply is due, if the guard clears it. Raises `BadInput` with every objection.

    A conversation that can only be answered on the site: the text is kept as said there by hand (`on_site`).
    """
    one = conversations.of(tx, member, conversation_id)
    if not member.may_answer:
        raise NotAllowed("Your role reads along; it does not answer.")
    target = _target(tx, one)
    account = _account(tx, one, target)
    reply_id = new_id()
    verdict = _review(tx, member, one, target, account, text, key, reply_id)
    if verdict.clearance is None:
        raise Objected(verdict)
    reply = Reply(
        id=reply_id,
        organisation_id=one.organisation_id,
        conversation_id=one.id,
        mention_id=target.mention.id,
        member_id=member.id,
        source_id=account.id if account else None,
        text=verdict.clearance.text,
        state=ReplyState.DUE if account else ReplyState.ON_SITE,
        written_at=clock.now(),
    )
    replies.add(tx, reply, to_fields(verdict.clearance))
    conversations.change(
        tx,
        one.id,
        state=ConversationState.OURS if account else ConversationState.THEIRS,
        assignee_id=one.assignee_id or member.id,
        outcome=None,
        because="answering" if account else "answered_on_site",
        updated_at=clock.now(),
        later_until=None,
    )
    return reply


class Objected(BadInput):
    """The guard objects; `verdict` holds every reason."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(" ".join(one.sentence for one in verdict.objections))
        self.verdict = verdict


def _target(tx: Tx, one: Conversation) -> Heard:
    """What we answer: the customer's latest words that still stand."""
    edges = conversations.edges(tx, one.id)
    author = conversations.author_key(tx, one.id)
    heard = mentions.many(tx, one.organisation_id, [e.mention_id for e in edges])
    standing = [h for h in heard if not (h.is_gone or h.mention.is_own)]
    theirs = [h for h in standing if f"{h.item.connector}:{h.item.author.uri}" == author]
    if not standing:
        raise BadInput("Its author deleted the message: there is nothing left to answer.")
    return (theirs or standing)[-1]


def _account(tx: Tx, one: Conversation, target: Heard) -> Source | None:
    if target.item.imported or not registry.manifest(target.item.connector).replies:
        return None
    return sources.answering(tx, one.organisation_id, target.item.connector, target.item.uri)


def _review(
    tx: Tx,
    member: Member,
    one: Conversation,
    target: Heard,
    account: Source | None,
    text: str,
    key: bytes,
    reply_id: str,
) -> Verdict:
    now = clock.now()
    limits = Limits.of(registry.manifest(target.item.connector))
    source_id = account.id if account else ""
    since = now - max(LOOK_BACK, timedelta(seconds=limits.rate_window_s))
    said = text.strip()
    draft = Draft(
        reply_id=reply_id,
        organisation_id=one.organisation_id,
        member=member,
        source_id=source_id,
        connector=target.item.connector,
        target_uri=target.item.uri,
        text=said,
        decided_at=now,
        limits=limits,
        recent=tuple(replies.recent(tx, one.organisation_id, source_id, since)),
        staff=_staff(tx, target, said),
    )
    return review(draft, key=key, now=now)


def _staff(tx: Tx, target: Heard, text: str) -> tuple[Span, ...]:
    organisation_id, author = target.mention.organisation_id, target.item.author
    places = organisations.places_of(tx, organisation_id)
    known = known_names(watches.of_organisation(tx, organisation_id), places)
    return staff_in_answer(text, known, (author.name, author.handle))
