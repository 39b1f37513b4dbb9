"""Questions: a member answers one, which acts at once; may take it back for a minute; and may teach a word more."""

from __future__ import annotations

from dataclasses import replace

from ouidire import clock
from ouidire.domain.conversation import Conversation, Outcome
from ouidire.domain.member import Member
from ouidire.domain.mention import Ask, MentionState
from ouidire.domain.question import UNDO_FOR, AnswerKind, Question
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.inbox import act
from ouidire.inbox.phrases import fits
from ouidire.store import conversations, followed, incidents, mentions, organisations, questions, watches, work
from ouidire.store.conversations import ASKED_AGAIN
from ouidire.store.engine import Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.keep import FOLLOW_ITEM
from ouidire.store.mentions import Heard


def answer(tx: Tx, member: Member, question_id: str, kind: AnswerKind, place_id: str | None = None) -> Question:
    """What the member says, done at once; what it teaches is learnt when it can no longer be taken back.

    When somebody has answered already, nothing changes: what comes back is their answer. Raises `BadInput` when the
    place is missing or not one that the member may name, `NotFound` when the question is not theirs.
    """
    one = questions.of(tx, member, question_id)
    place_id = _named(tx, member, one, kind, place_id)
    if one.is_open and questions.answer(tx, one, kind, place_id, member, clock.now()):
        heard = mentions.get(tx, one.mention_id)
        if one.ask is Ask.ABOUT_US:
            _about_us(tx, heard, kind, place_id)
        else:
            _which_place(tx, heard, kind, place_id)
        if kind is not AnswerKind.UNSURE:
            work.add(tx, questions.TEACHES, [(one.id, one.organisation_id)], clock.now() + UNDO_FOR)
    return questions.of(tx, member, question_id)


def _named(tx: Tx, member: Member, one: Question, kind: AnswerKind, place_id: str | None) -> str | None:
    """The place of the answer: one that was asked about, or another that the member may see."""
    if kind is not AnswerKind.PLACE:
        return None
    if not place_id:
        raise BadInput("Say which place is meant.")
    asked = {candidate.place_id for candidate in one.candidates}
    if place_id not in asked | {place.id for place in organisations.places(tx, member)}:
        raise BadInput("This place is not yours.")
    return place_id


def _about_us(tx: Tx, heard: Heard, kind: AnswerKind, place_id: str | None) -> None:
    if kind is AnswerKind.NOT_OURS:
        mentions.set_state(tx, heard.mention.id, MentionState.NOT_OURS)
    elif kind in (AnswerKind.PLACE, AnswerKind.OURS):
        mentions.call_ours(
            tx, heard.mention, place_id, is_news=heard.mention.is_news and heard.item.is_news(clock.now())
        )
        _follow(tx, heard, place_id)
        if (one := _conversation(tx, heard)) is not None:  # it stands there since it was called ours before
            conversations.change(tx, one.id, place_id=place_id)
            _go_on(tx, replace(one, place_id=place_id))


def _which_place(tx: Tx, heard: Heard, kind: AnswerKind, place_id: str | None) -> None:
    one = _conversation(tx, heard)
    if kind is AnswerKind.PLACE:
        _place_at(tx, heard, one, place_id)
    elif kind is AnswerKind.NOT_OURS and one is not None:
        act.put_away(tx, heard, one)
    elif kind is AnswerKind.NOT_OURS:
        mentions.set_state(tx, heard.mention.id, MentionState.NOT_OURS)
        followed.unfollow(tx, heard.item.key, heard.mention.organisation_id, "item")


def _place_at(tx: Tx, heard: Heard, one: Conversation | None, place_id: str | None) -> None:
    """Where it was, for all that hangs on it; its hours and its people are those of that place now."""
    if one is not None:
        act.place_at(tx, one, place_id)
    else:
        mentions.set_place(tx, [heard.mention.id], place_id)
        followed.move(tx, heard.item.key, heard.mention.organisation_id, place_id)
    mentions.read_again(tx, [heard.mention], clock.now())


def _go_on(tx: Tx, one: Conversation) -> None:
    """What ended with a tap that was wrong goes on."""
    act.wait_again(tx, one)
    incidents.reopen_of_conversation(tx, one.id, one.place_id, clock.now())


def _conversation(tx: Tx, heard: Heard) -> Conversation | None:
    stands = conversations.standing(tx, heard.mention.id)
    return None if stands is None else conversations.get(tx, stands.conversation_id)


def _follow(tx: Tx, heard: Heard, place_id: str | None) -> None:
    until = clock.now() + FOLLOW_ITEM
    followed.follow(tx, [FollowedKey(heard.item.key, heard.mention.organisation_id, place_id, "item", until)])


# --- taking it back --------------------------------------------------------------------------------------------------


def undo(tx: Tx, member: Member, question_id: str) -> Question:
    """Take the member's own answer back, within a minute: it is asked again, and nothing is learnt from it.

    What was told meanwhile was told. Raises `BadInput` when the minute is over, or when somebody has begun to act on
    the message.
    """
    one = questions.of(tx, member, question_id)
    if one.is_open:
        return one
    if not one.may_undo(member, clock.now()):
        raise BadInput("Only who answered can take it back, and for a minute.")
    heard = mentions.get(tx, one.mention_id)
    if one.ask is Ask.ABOUT_US:
        _perhaps_again(tx, heard, one)
    else:
        _unknown_again(tx, heard, one)
    questions.reopen(tx, member, one)
    return questions.of(tx, member, question_id)


def _perhaps_again(tx: Tx, heard: Heard, one: Question) -> None:
    stands = _conversation(tx, heard)
    if stands is not None and one.answer in (AnswerKind.PLACE, AnswerKind.OURS):
        _take_out(tx, heard, stands)
    if one.answer is not AnswerKind.UNSURE:
        mentions.ask_again(tx, heard.mention)
        followed.unfollow(tx, heard.item.key, one.organisation_id, "item")


def _take_out(tx: Tx, heard: Heard, one: Conversation) -> None:
    """Where it stands alone, it keeps its place, out of every list: who was told of it may be asked about it again."""
    if len(conversations.edges(tx, one.id)) > 1:
        conversations.take_out(tx, heard.mention.id)
        return
    if conversations.is_touched(tx, one.id):
        raise BadInput("Somebody has begun to act on it: say on its own page what is not right.")
    at = clock.now()
    conversations.close(tx, one.id, Outcome.NOTHING_TO_DO, at, ASKED_AGAIN)
    conversations.change(tx, one.id, place_id=None)
    incidents.close_of_conversation(tx, one.id, at)
    followed.unfollow(tx, conversations.author_key(tx, one.id), one.organisation_id, "author")


def _unknown_again(tx: Tx, heard: Heard, one: Question) -> None:
    stands = _conversation(tx, heard)
    if one.answer is AnswerKind.PLACE:
        _place_at(tx, heard, stands, None)
    elif one.answer is AnswerKind.NOT_OURS:
        mentions.set_state(tx, heard.mention.id, MentionState.OURS)
        _follow(tx, heard, None)
        if stands is None:
            mentions.read_again(tx, [heard.mention], clock.now())
        elif stands.because == "not_about_us":
            _go_on(tx, stands)


# --- one word more ---------------------------------------------------------------------------------------------------


def understand(tx: Tx, member: Member, question_id: str, phrase: str) -> None:
    """From now on this phrase points to the place that was answered: it is a locality word of the place's.

    Raises `NotAllowed` for who may not configure, `BadInput` for what cannot be recognised.
    """
    one = _answered(tx, member, question_id, AnswerKind.PLACE)
    phrase = fits(phrase)
    place = next((p for p in organisations.places(tx, member) if p.id == one.place_id), None)
    if place is None:
        raise NotFound("There is no such place.")
    watch = next((w for w in watches.of(tx, member) if w.place_id == place.id), None)
    if watch is None:
        if phrase not in place.landmarks:
            organisations.change_place(tx, member, replace(place, landmarks=(*place.landmarks, phrase)))
    elif phrase not in watch.near:
        watches.change(tx, member, replace(watch, near=(*watch.near, phrase)))


def ignore(tx: Tx, member: Member, question_id: str, word: str) -> None:
    """From now on posts with this word are passed over by the watch that found this one.

    Raises `NotAllowed` for who may not configure, `BadInput` for what cannot be recognised, or when no watch found it.
    """
    one = _answered(tx, member, question_id, AnswerKind.NOT_OURS)
    word = fits(word)
    watch_id = mentions.watch_of(tx, one.mention_id)
    watch = next((w for w in watches.of(tx, member) if w.id == watch_id), None)
    if watch is None:
        raise BadInput("What found this message is not listened for any more.")
    if word not in watch.excluded:
        watches.change(tx, member, replace(watch, excluded=(*watch.excluded, word)))


def _answered(tx: Tx, member: Member, question_id: str, kind: AnswerKind) -> Question:
    one = questions.of(tx, member, question_id)
    if not member.may_configure:
        raise NotAllowed("Only the owner and headquarters set this up.")
    if one.answer is not kind:
        raise BadInput("This question has another answer now.")
    return one
