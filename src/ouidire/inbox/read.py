"""What a member sees: every function takes the member, and nothing comes back that they may not see (invariant 2).

Names of employees are masked here, once, for all faces (invariant 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlsplit

from ouidire import clock
from ouidire.connectors import registry, rhythm
from ouidire.domain.absence import Absence, Summary, sum_up
from ouidire.domain.alert import Because, DeliveryState, Judgement
from ouidire.domain.conversation import Conversation, ConversationState, Edge, EdgeKind
from ouidire.domain.correction import Correction
from ouidire.domain.enrichment import Aspect, Reading, Span, adjoining, mask
from ouidire.domain.fold import fold
from ouidire.domain.gravity import GRAVE
from ouidire.domain.item import BY_HAND
from ouidire.domain.member import Member
from ouidire.domain.mention import Evidence, MentionState, found_at
from ouidire.domain.place import Place, short_names
from ouidire.domain.question import AnswerKind, Question
from ouidire.domain.source import Source, SourceState
from ouidire.errors import NotFound
from ouidire.inbox.phrases import odd_word, place_phrase
from ouidire.inbox.views import (
    AbsenceView,
    Card,
    Choice,
    ConversationView,
    MentionView,
    MessageView,
    NoteView,
    NowView,
    QuestionView,
    ReadingView,
    ReplyView,
    SourceLine,
    ToldView,
)
from ouidire.inbox.voices import voices_beside
from ouidire.shield.answers import staff_in_answer
from ouidire.shield.known import known_names
from ouidire.shield.staff import staff
from ouidire.store import (
    absences,
    alerts,
    conversations,
    corrections,
    facts,
    members,
    mentions,
    organisations,
    questions,
    replies,
    sources,
    states,
    subscriptions,
    watches,
)
from ouidire.store.engine import Tx
from ouidire.store.mentions import Heard, Sought
from ouidire.store.rows import Row
from ouidire.store.stretch import Stretch

OPEN = (ConversationState.WAITING,)
HANDLED = (ConversationState.OURS, ConversationState.THEIRS)
MASK = "…"
TOLD_FOR = timedelta(hours=12)
"""How long Now speaks of an absence that is over."""
SHOWN_FOR = timedelta(days=7)
ONE_NIGHT = timedelta(hours=6)
MOST_OTHERS = 200
"""So many further places a question offers, those in the same towns first: a chain has thousands."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What ids are called, for one member's screen."""

    places: Mapping[str, Place]
    members: Mapping[str, str]


def _names(tx: Tx, member: Member) -> _Names:
    places = {place.id: place for place in organisations.places(tx, member)}
    return _Names(places, {one.id: one.name for one in members.colleagues(tx, member)})


def now_view(tx: Tx, member: Member) -> NowView:
    """Does someone need me now? Counts are of the last 24 hours, whatever the time zones of the places."""
    at = clock.now()
    counts = mentions.counts_since(tx, member, at - timedelta(hours=24))
    lines = _lines(tx, member)
    return NowView(
        waiting=cards(tx, member, OPEN),
        handled=cards(tx, member, HANDLED),
        mentions_today=sum(counts.values()),
        positive_today=counts.get("positive", 0),
        negative_today=counts.get("negative", 0),
        last_heard_at=max((line.last_heard_at for line in lines if line.last_heard_at), default=None),
        sources=lines,
        absence=_absence(tx, member, lines, at),
        question=next(iter(question_views(tx, member, questions.waiting(tx, member, 1))), None),
        questions=questions.counted(tx, member),
        clock_behind=states.clock_behind(tx),
    )


def _absence(tx: Tx, member: Member, lines: Sequence[SourceLine], at: datetime) -> AbsenceView | None:
    """What to say on Now of when we could not hear; None when that is long ago, or never was."""
    listening = {one.source_id: one for one in lines if one.listens}
    found = absences.recent(tx, listening, at - clock.lasting(TOLD_FOR))
    summary = sum_up(found)
    if summary is None:
        return None
    ids = [one.id for one in found]
    streams = {key for key, one in listening.items() if one.state is not SourceState.DONE}
    named = () if streams <= set(summary.source_ids) else summary.source_ids
    return AbsenceView(
        summary=summary,
        names=tuple(listening[source_id].name for source_id in named),
        came=absences.meanwhile(tx, member, ids),
        grave=absences.grave_meanwhile(tx, member, ids, GRAVE),
        zone=zone_of(tx, member),
    )


def zone_of(tx: Tx, member: Member) -> str:
    """By whose clock a member is told what belongs to no place: by that of their first place."""
    return next((place.time_zone for place in organisations.places(tx, member)), "UTC")


def waiting_count(tx: Tx, member: Member) -> int:
    """How many people need someone: the tab's number."""
    return conversations.counted(tx, member, clock.now()).get(ConversationState.WAITING, 0)


def state_counts(tx: Tx, member: Member) -> dict[ConversationState, int]:
    return conversations.counted(tx, member, clock.now())


def cards(
    tx: Tx,
    member: Member,
    states: Sequence[ConversationState],
    place_id: str | None = None,
    network: str | None = None,
    query: str = "",
    aspect: Aspect | None = None,
) -> tuple[Card, ...]:
    """Conversations at a glance, gravest first. `query` is what the member typed: all its words, in any spelling."""
    found = conversations.listed(
        tx,
        member,
        states,
        at=clock.now(),
        place_id=place_id,
        network=network or "",
        aspect=aspect or "",
        query=fold(query) or ("" if not query.strip() else "\0"),
    )
    names = _names(tx, member)
    return tuple(card for one in found if (card := _card(tx, member, one, names)) is not None)


def conversation_view(tx: Tx, member: Member, conversation_id: str) -> ConversationView:
    """Everything of one conversation. Raises `NotFound` when it is not this member's to see."""
    one = conversations.of(tx, member, conversation_id)
    names = _names(tx, member)
    messages = _messages(tx, member, one)
    if not messages:
        raise NotFound("There is nothing left in this conversation.")
    card = _card_of(tx, member, one, names, messages)
    target = next((m for m in reversed(messages) if not (m.is_relay or m.is_own or m.is_gone)), messages[0])
    why_not, limit = answerable(tx, member, one, target)
    return ConversationView(
        card=card,
        messages=tuple(m for m in messages if not m.is_relay),
        relays=tuple(m for m in messages if m.is_relay),
        replies=tuple(_replies(tx, member, one, names, messages)),
        notes=tuple(_notes(tx, member, one, names)),
        told=told(tx, member, conversation_id=one.id),
        can_answer=not why_not,
        why_not=why_not,
        answer_url=target.url,
        max_length=limit,
        members=tuple(names.members.items()),
        places=tuple((place.id, place.name) for place in names.places.values()),
        questions=_asked_about(tx, member, messages),
        voices=None if card.first.is_own or card.first.is_gone else voices_beside(tx, member, card.first.mention_id),
    )


def _asked_about(tx: Tx, member: Member, messages: Sequence[MessageView]) -> tuple[QuestionView, ...]:
    found = questions.about(tx, member, [one.mention_id for one in messages])
    return tuple(question_views(tx, member, found)) if found else ()


def answerable(tx: Tx, member: Member, one: Conversation, target: MessageView) -> tuple[str, int]:
    """Why this member cannot answer here by program ('' when they can), and the longest answer (0: no limit)."""
    heard = mentions.get(tx, target.mention_id)
    about = registry.manifest(heard.item.connector)
    limit = about.max_reply_length
    if not member.may_answer:
        return "viewer", limit
    if heard.is_gone:
        return "gone", limit
    if heard.item.imported and about.reads in ("file", "stream"):
        return "imported", limit
    if heard.item.imported or not about.replies:  # a feed's past, which nobody brought in a file
        return "no_reply", limit
    account = sources.answering(tx, one.organisation_id, heard.item.connector, heard.item.uri)
    return ("" if account else "no_source"), limit


def told(tx: Tx, member: Member, *, conversation_id: str = "") -> tuple[ToldView, ...]:
    """Who was told, by what, when, and what was held back and why; newest first."""
    names = _names(tx, member)
    rows = alerts.told(tx, member, conversation_id=conversation_id)
    return tuple(_told(row, member, names) for row in rows)


def source_lines(tx: Tx, member: Member) -> tuple[SourceLine, ...]:
    """What is heard, and the accounts that answer; what was brought in once stands among the imports.

    Of a public stream others keep something too: how much of it is this organisation's is counted then.
    """
    lines = _lines(tx, member)
    if facts.is_only_house(tx, member):
        return lines
    public = {one.id for one in sources.of(tx, member) if one.organisation_id is None}
    return tuple(
        replace(line, kept=mentions.count_on(tx, member, line.connector)) if line.source_id in public else line
        for line in lines
    )


def _lines(tx: Tx, member: Member) -> tuple[SourceLine, ...]:
    return tuple(_line(tx, one) for one in sources.of(tx, member) if not _is_brought_in(one))


def _is_brought_in(one: Source) -> bool:
    is_file = one.connector in registry.names() and registry.manifest(one.connector).reads == "file"
    return is_file or one.connector == BY_HAND


def _line(tx: Tx, one: Source) -> SourceLine:
    nights = tuple(_nights(absences.recent(tx, [one.id], clock.now() - SHOWN_FOR)))
    said = {night.lost_until for night in nights}
    return SourceLine(
        source_id=one.id,
        name=one.name,
        connector=one.connector,
        state=one.state,
        last_heard_at=one.last_heard_at,
        deaf_since=one.deaf_since,
        because=one.because,
        heard=one.heard,
        kept=one.kept,
        dropped=one.dropped,
        can_reply=one.can_reply,
        listens=one.listens,
        gaps=tuple(gap for gap in sources.gaps(tx, one.id) if gap.until not in said),
        absences=nights,
        address=_without_key(one.settings.get("address", "")),
        due_at=one.due_at,
        usual_s=one.usual_s,
        spoke_at=one.spoke_at,
        is_silent=rhythm.is_silent(one.usual_s, one.spoke_at, clock.now()),
        note=one.note,
        called_by=_called_by(tx, one),
        may_remove=one.organisation_id is not None and one.listens and not one.can_reply,
    )


def _without_key(address: str) -> str:
    """An address as it may be shown: what stands after the question mark may be a key."""
    parts = urlsplit(address)
    return f"{parts.hostname or ''}{parts.path.rstrip('/')}" + ("?…" if parts.query else "")


def _called_by(tx: Tx, one: Source) -> str:
    known = subscriptions.get(tx, one.id)
    return urlsplit(known.hub).hostname or "" if known is not None and known.holds(clock.now()) else ""


def _nights(newest_first: Sequence[Absence]) -> Iterable[Summary]:
    """What lies less than `ONE_NIGHT` apart is told in one sentence."""
    night: list[Absence] = []
    for one in newest_first:
        if night and night[-1].since - one.until > ONE_NIGHT and (summary := sum_up(night)):
            yield summary
            night = []
        night.append(one)
    if last := sum_up(night):
        yield last


def _card(tx: Tx, member: Member, one: Conversation, names: _Names) -> Card | None:
    messages = _messages(tx, member, one)
    return _card_of(tx, member, one, names, messages) if messages else None


def _card_of(tx: Tx, member: Member, one: Conversation, names: _Names, messages: Sequence[MessageView]) -> Card:
    place = names.places.get(one.place_id or "")
    speaking = [m for m in messages if not m.is_relay]
    sent = [row for row in alerts.told(tx, member, conversation_id=one.id) if row["state"] == DeliveryState.SENT]
    return Card(
        conversation_id=one.id,
        place_id=one.place_id,
        place_name=place.name if place else "",
        time_zone=place.time_zone if place else "UTC",
        state=one.state,
        outcome=one.outcome,
        gravity=one.gravity,
        first=speaking[0] if speaking else messages[0],
        messages=len(speaking),
        relays=len(messages) - len(speaking),
        assignee_name=names.members.get(one.assignee_id or "", ""),
        told=tuple(dict.fromkeys(names.members.get(row["member_id"], "") for row in reversed(sent))),
        updated_at=one.updated_at,
    )


def _messages(tx: Tx, member: Member, one: Conversation) -> list[MessageView]:
    edges = conversations.edges(tx, one.id)
    heard = {h.mention.id: h for h in mentions.many(tx, one.organisation_id, [e.mention_id for e in edges])}
    said = corrections.of_mentions(tx, heard)
    return [
        _message(heard[e.mention_id], e, member, said.get(e.mention_id, ())) for e in edges if e.mention_id in heard
    ]


def _message(heard: Heard, edge: Edge, member: Member, said: Sequence[Correction] = ()) -> MessageView:
    item, reading = heard.item, heard.reading
    named = () if member.sees_names(heard.mention.place_id) else heard.named
    move = partial(_moved, named)
    return MessageView(
        mention_id=heard.mention.id,
        network=item.said_on or item.network,
        author_name=item.author.name,
        author_handle=item.author.handle,
        text=mask(item.text, named, MASK),
        url=item.url,
        written_at=item.written_at,
        first_seen_at=heard.mention.first_seen_at,
        edge=edge.kind,
        edge_because=edge.because,
        evidence=tuple(_evidence(one, move) for one in heard.mention.evidence),
        reading=_reading(reading, move, said) if reading else None,
        is_masked=bool(named),
        is_gone=heard.is_gone,
        is_own=heard.mention.is_own,
        is_relay=edge.kind in (EdgeKind.REPOST, EdgeKind.QUOTE),
        rating=item.rating,
        hidden=_marks(named),
        p=heard.mention.p,
        candidates=tuple(one for one in heard.mention.candidates if member.sees_place(one.place_id)),
    )


def _evidence(one: Evidence, move: partial[tuple[Span, ...]]) -> Evidence:
    """The same reason in the masked text; one that touched a name no longer says which words."""
    if one.start < 0:
        return one
    moved = move([(one.start, one.end)])
    return replace(one, start=moved[0][0], end=moved[0][1]) if moved else replace(one, found=MASK, start=-1, end=-1)


def _reading(reading: Reading, move: partial[tuple[Span, ...]], said: Sequence[Correction]) -> ReadingView:
    because = [*reading.urgency_because, *reading.act_because]
    unique = {one.rule: one for one in reversed(because)}
    return ReadingView(
        sentiment=reading.sentiment,
        sentiment_p=reading.confidence,
        sentiment_words=move(reading.sentiment_words),
        act=reading.act,
        act_p=reading.act_p,
        urgency=reading.urgency,
        urgency_p=reading.urgency_p,
        because=tuple((one.rule, move(one.words)) for one in reversed(unique.values())),
        language=reading.language,
        sure=reading.sure,
        reader=reading.reader,
        aspects=tuple(replace(one, words=move(one.words)) for one in reading.aspects),
        unsure=reading.unsure,
        said=tuple(said),
    )


def _marks(named: Sequence[Span]) -> tuple[Span, ...]:
    """Where the marks stand in the masked text; `named` neither touch nor overlap."""
    marks, gone = [], 0
    for start, end in sorted(named):
        marks.append((start - gone, start - gone + len(MASK)))
        gone += end - start - len(MASK)
    return tuple(marks)


def masked(text: str, spans: Iterable[Span], known: Iterable[str]) -> tuple[str, tuple[Span, ...], tuple[Span, ...]]:
    """A post as somebody reads it who may not see names: its text, `spans` moved along, and the marks in it."""
    named = adjoining(text, staff(text, known))
    return mask(text, named, MASK), _moved(named, spans), _marks(named)


def _moved(named: Sequence[Span], spans: Iterable[Span]) -> tuple[Span, ...]:
    """Where `spans` stand once the names in `named` are masked; what touched a name is dropped."""
    hidden = sorted(named)
    moved = []
    for start, end in spans:
        if any(start < h_end and h_start < end for h_start, h_end in hidden):
            continue
        shift = sum(len(MASK) - (h_end - h_start) for h_start, h_end in hidden if h_end <= start)
        moved.append((start + shift, end + shift))
    return tuple(moved)


def _replies(
    tx: Tx, member: Member, one: Conversation, names: _Names, messages: Sequence[MessageView]
) -> Iterable[ReplyView]:
    hides = not member.sees_names(one.place_id)
    known = _known_names(tx, one) if hides else ()
    customers = {name for m in messages if not m.is_own for name in (m.author_name, m.author_handle)}
    for reply, seen in replies.of_conversation(tx, one.id):
        named = adjoining(reply.text, staff_in_answer(reply.text, known, customers)) if hides else ()
        yield ReplyView(
            id=reply.id,
            text=mask(reply.text, named, MASK),
            member_name=names.members.get(reply.member_id, ""),
            state=reply.state,
            written_at=reply.written_at,
            sent_at=reply.sent_at,
            url=reply.url,
            because=reply.because,
            seen_on_network=seen,
            hidden=_marks(named),
        )


def _notes(tx: Tx, member: Member, one: Conversation, names: _Names) -> Iterable[NoteView]:
    hides = not member.sees_names(one.place_id)
    known = _known_names(tx, one) if hides else ()
    for note in conversations.notes(tx, one.id):
        # A note is written by people who may name others; what leaves the place is masked like any post.
        text, _, marks = masked(note.text, (), known) if hides else (note.text, (), ())
        yield NoteView(note.id, names.members.get(note.member_id, ""), text, note.written_at, marks)


def names_known_to(tx: Tx, member: Member) -> tuple[str, ...]:
    """Names that are no employee's: of the house's places, and what it listens for."""
    return known_names(watches.of_organisation(tx, member.organisation_id), organisations.places(tx, member))


def _known_names(tx: Tx, one: Conversation) -> tuple[str, ...]:
    places = organisations.places_of(tx, one.organisation_id)
    return known_names(watches.of_organisation(tx, one.organisation_id), places)


def _told(row: Row, member: Member, names: _Names) -> ToldView:
    place = names.places.get(row["place_id"] or "")
    return ToldView(
        delivery_id=row["id"],
        conversation_id=row["conversation_id"],
        place_name=place.name if place else "",
        member_name=names.members.get(row["member_id"], ""),
        notifier=row["notifier"],
        state=DeliveryState(row["state"]),
        because=Because(row["because"]),
        at=_told_at(row),
        error=row["error"],
        judgement=Judgement(row["judgement"]) if row["judgement"] else None,
        incident_kind=row["incident_kind"],
        gravity=row["gravity"],
        is_mine=row["member_id"] == member.id,
        route_id=row["route_id"],
    )


def _told_at(row: Row) -> datetime:
    moment: datetime = row["sent_at"] or row["due_at"]
    return moment


# --- what is asked ---------------------------------------------------------------------------------------------------


def question_view(tx: Tx, member: Member, question_id: str) -> QuestionView:
    """One question. Raises `NotFound` when this member is not asked, or its message is gone."""
    found = question_views(tx, member, [questions.of(tx, member, question_id)])
    if not found:
        raise NotFound("There is no such question.")
    return found[0]


def question_views(tx: Tx, member: Member, ones: Sequence[Question]) -> list[QuestionView]:
    """These questions as the member who is asked sees them; one whose message is gone is left out.

    The places that may be meant are named also where the member sees nothing of what is said there.
    """
    ones = [one for one in ones if one.is_for(member)]
    heard = {h.mention.id: h for h in mentions.many(tx, member.organisation_id, [one.mention_id for one in ones])}
    names = _names(tx, member)
    every = {place.id: place for place in organisations.places_of(tx, member.organisation_id)} if ones else {}
    stands = conversations.edges_of(tx, member.organisation_id, list(heard))
    found = []
    for one in ones:
        about = heard.get(one.mention_id)
        if about is not None and not about.is_gone:
            in_sight = member.sees_place(about.mention.place_id) and about.mention.state is not MentionState.ASKED
            conversation_id = stands[about.mention.id][0] if in_sight and about.mention.id in stands else ""
            view = _question(one, about, every, names, member)
            found.append(replace(view, conversation_id=conversation_id))
    return [_may_teach(tx, member, view, every) for view in found]


def _question(one: Question, about: Heard, every: Mapping[str, Place], names: _Names, member: Member) -> QuestionView:
    asked = {c.place_id: c.p for c in one.candidates if c.place_id in every and every[c.place_id].closed_at is None}
    towns = {every[place_id].town for place_id in asked}
    others = [place for place in names.places.values() if place.id not in asked and place.closed_at is None]
    others = sorted(others, key=lambda other: (other.town not in towns, other.name))[:MOST_OTHERS]
    short = short_names([*(every[place_id] for place_id in asked), *others])
    place = every.get(one.place_id or "")
    return QuestionView(
        id=one.id,
        ask=one.ask,
        asked_at=one.asked_at,
        message=_message(about, Edge(about.mention.id, EdgeKind.FIRST, ""), member),
        p=about.mention.p,
        choices=tuple(Choice(i, short[i], every[i].name, p) for i, p in asked.items()),
        others=tuple(Choice(other.id, short[other.id], other.name) for other in others),
        answer=one.answer,
        place_id=one.place_id,
        place_name=place.name if place else "",
        answered_by=names.members.get(one.answered_by or "", ""),
        answered_at=one.answered_at,
        is_mine=one.answered_by == member.id,
        may_undo=one.may_undo(member, clock.now()),
    )


def _may_teach(tx: Tx, member: Member, view: QuestionView, every: Mapping[str, Place]) -> QuestionView:
    """What the answer might teach besides; what is known already is not proposed again."""
    if not member.may_configure or view.answer not in (AnswerKind.PLACE, AnswerKind.NOT_OURS):
        return view
    listened = watches.of(tx, member)
    names = [name for one in listened for name in (*one.names, *one.aliases)]
    where = [words for place in every.values() for words in (place.name, place.town, place.district, place.street)]
    text = view.message.text
    if view.answer is AnswerKind.PLACE and any(place.id == view.place_id for place in every.values()):
        taught = [word for one in listened if one.place_id == view.place_id for word in one.near]
        phrase = place_phrase(text, [*names, *where])
        known = (fold(word) for word in (*taught, *every[view.place_id or ""].landmarks))
        return replace(view, phrase="" if any(fold(phrase) in word for word in known) else phrase)
    if view.answer is AnswerKind.NOT_OURS and mentions.watch_of(tx, view.message.mention_id):
        spans = found_at(view.message.evidence)
        excluded = [word for one in listened for word in one.excluded]
        return replace(view, word=odd_word(text, spans, [*names, *where, *excluded]))
    return view


# --- by itself, and a stretch at a time: what programs ask for -------------------------------------------------------


def mention_view(tx: Tx, member: Member, mention_id: str) -> MentionView:
    """One message. Raises `NotFound` when it is not this member's to see."""
    return _mention_views(tx, member, [mentions.of(tx, member, mention_id)])[0]


def mention_stretch(tx: Tx, member: Member, sought: Sought, stretch: Stretch) -> list[MentionView]:
    """Messages, newest first; one more than the stretch, if there is. `sought.query` is what somebody typed."""
    folded = fold(sought.query) or ("" if not sought.query.strip() else "\0")
    return _mention_views(tx, member, mentions.listed(tx, member, replace(sought, query=folded), stretch))


def _mention_views(tx: Tx, member: Member, heard: Sequence[Heard]) -> list[MentionView]:
    names = _names(tx, member)
    stands = conversations.edges_of(tx, member.organisation_id, [one.mention.id for one in heard])
    return [_mention_view(one, stands.get(one.mention.id), names, member) for one in heard]


def _mention_view(heard: Heard, stands: tuple[str, Edge] | None, names: _Names, member: Member) -> MentionView:
    conversation_id, edge = stands or ("", Edge(heard.mention.id, EdgeKind.FIRST, ""))
    place = names.places.get(heard.mention.place_id or "")
    return MentionView(
        message=_message(heard, edge, member),
        state=heard.mention.state,
        place_id=heard.mention.place_id,
        place_name=place.name if place else "",
        conversation_id=conversation_id,
    )


def card_stretch(
    tx: Tx,
    member: Member,
    states: Sequence[ConversationState],
    stretch: Stretch,
    *,
    place_id: str | None = None,
    network: str = "",
    query: str = "",
    updated_since: datetime | None = None,
    put_off: bool = False,
) -> list[tuple[str, Card | None]]:
    """Conversations at a glance with their ids, newest first; one more than the stretch, if there is.

    One of which nothing is left has no card. `query` is what somebody typed.
    """
    found = conversations.stretch_of(
        tx,
        member,
        states,
        stretch,
        place_id=place_id,
        network=network,
        query=fold(query) or ("" if not query.strip() else "\0"),
        updated_since=updated_since,
        at=None if put_off else clock.now(),
    )
    names = _names(tx, member)
    return [(one.id, _card(tx, member, one, names)) for one in found]


def reply_view(tx: Tx, member: Member, reply_id: str) -> ReplyView:
    """One of our answers, masked as in its conversation. Raises `NotFound` when it is not this member's to see."""
    conversation_id = replies.get(tx, reply_id).conversation_id
    one = conversations.of(tx, member, conversation_id)
    found = _replies(tx, member, one, _names(tx, member), _messages(tx, member, one))
    return next(view for view in found if view.id == reply_id)


def told_stretch(
    tx: Tx,
    member: Member,
    stretch: Stretch,
    *,
    conversation_id: str = "",
    route_id: str = "",
    state: DeliveryState | None = None,
) -> list[ToldView]:
    """Who was told, newest first; one more than the stretch, if there is."""
    names = _names(tx, member)
    rows = alerts.deliveries(tx, member, stretch, conversation_id=conversation_id, route_id=route_id, state=state)
    return [_told(row, member, names) for row in rows]


def drops(tx: Tx, member: Member, source_id: str) -> list[tuple[str, str, int]]:
    """(stage, reason, count) of what could not be used of a source; without the words, which may be anybody's.

    Raises `NotFound` for a source that this member's organisation does not hear.
    """
    if source_id not in {one.id for one in sources.of(tx, member)}:
        raise NotFound("There is no such source.")
    return [(stage, reason, count) for stage, reason, count, _ in sources.drops(tx, source_id)]
