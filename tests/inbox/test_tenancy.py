"""Charlie beside Alice: nobody sees or changes what is not theirs (invariant 2).

Every function of the store and the inbox that takes the member who asks has a line here; one without fails the suite.
"""

from __future__ import annotations

import inspect
import io
import pkgutil
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import time, timedelta
from importlib import import_module

import pytest
from sqlalchemy import select

import ouidire.store
from ouidire.care import export
from ouidire.domain.alert import Because, Delivery, DeliveryState, Judgement, Route
from ouidire.domain.calm import Calm
from ouidire.domain.channel import Channel, ChannelKind
from ouidire.domain.conversation import Conversation, ConversationState, EdgeKind, Note, Outcome
from ouidire.domain.correction import Judged
from ouidire.domain.ids import new_id
from ouidire.domain.imported import Import
from ouidire.domain.incident import Incident
from ouidire.domain.member import Member, Role
from ouidire.domain.mention import Ask
from ouidire.domain.phone import Phone
from ouidire.domain.program import Program
from ouidire.domain.question import AnswerKind, Question
from ouidire.domain.reply import Reply
from ouidire.domain.source import Source
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.inbox import act, answer, aside, ask, correct, read, tell
from ouidire.store import (
    absences,
    alerts,
    calms,
    channels,
    conversations,
    corrections,
    facts,
    imports,
    incidents,
    members,
    mentions,
    organisations,
    pauses,
    phones,
    programs,
    questions,
    refused,
    replies,
    schema,
    search,
    sources,
    tokens,
    watches,
)
from ouidire.store.engine import Store, Tx
from ouidire.store.mentions import Sought
from ouidire.store.stretch import Stretch
from ouidire.store.tokens import TokenKind
from tests import builders
from tests.builders import NOW, Said, World
from tests.inbox.asked import asked as asked_about

pytestmark = pytest.mark.usefixtures("hand_clock")

KEY = b"k" * 32
EVERY = tuple(ConversationState)
ALL = Stretch(50)


@dataclass(frozen=True)
class Scene:
    """What Alice has: two messages in one conversation at the rue Crescent, an alert, a reply, a route, a source."""

    store: Store
    alice: World
    charlie: World
    said: Said
    second: str
    conversation: Conversation
    delivery: Delivery
    route: Route
    own: Source
    incident: Incident
    reply: Reply
    program: Program
    channel_id: str
    phone_id: str
    question: Question
    taught: Question
    """What the owner has answered just now."""
    refused_id: str

    @property
    def traces(self) -> tuple[str, ...]:
        """What must not stand in anything that a stranger gets."""
        a = self.alice
        return (
            a.organisation.id, "Delorière", "Zibeline", "violaine", self.said.mention_id, self.said.conversation_id,
            self.delivery.id, a.manager.id, a.watch.id, self.own.id, "@troll", self.incident.id, self.program.id,
            self.question.id, self.taught.id,
        )  # fmt: skip

    @property
    def traces_of_place(self) -> tuple[str, ...]:
        """What must not stand in anything that the manager of another place gets."""
        return (
            "Zibeline", "violaine", self.said.mention_id, self.said.conversation_id, self.delivery.id, self.incident.id,
            self.reply.id, self.program.id, self.question.id, self.taught.id,
        )  # fmt: skip


@pytest.fixture
def scene(store: Store) -> Scene:
    alice, charlie = builders.world(store), builders.world(store, "Charlie")
    text = "Le manteau Zibeline est troué, Léa m'ignore"
    said = builders.said(store, alice, text, alice.crescent, author="violaine", staff=["Léa"])
    second = builders.joined(store, alice, said, builders.item("Zibeline encore", author="violaine"), EdgeKind.REPLY)
    route = builders.route(alice.manager)
    own = Source(new_id(), alice.organisation.id, "simulated", "Alice's own")
    with store.transaction() as tx:
        conversation = conversations.get(tx, said.conversation_id)
        incident, _ = incidents.open_or_grow(tx, builders.incident(alice, said, alice.crescent))
        alert = alerts.alert_for(tx, alice.organisation.id, incident.id, NOW)
        delivery = Delivery(
            new_id(), alice.organisation.id, alert.id, 1, alice.manager.id, None, "browser", "", DeliveryState.SENT,
            Because.FIRST, NOW,
        )  # fmt: skip
        alerts.plan(tx, [delivery], NOW)
        tx.execute(schema.mention.update().where(schema.mention.c.id == said.mention_id).values(absence_id="a night"))
        correct.correct(tx, alice.manager, said.mention_id, Judged.ACT, "other")
        alerts.add_route(tx, route)
        imports.add(tx, store, Import(own.id, own.organisation_id or "", None, own.name, "table", 1, "d", NOW), own)
        watches.mute(tx, alice.manager, "simulated:sim://gazouille/@troll", NOW)
        program = Program(
            new_id(), alice.organisation.id, alice.manager.id, "Zibeline", "ouid_x", (), NOW, NOW + timedelta(days=9)
        )
        programs.add(tx, program, "digest")
        owner = alice.owner
        woken = Channel(new_id(), owner.organisation_id, owner.id, ChannelKind.NTFY, "Zibeline", NOW)
        channel_id = channels.add(tx, store, woken, "ntfys://ntfy.example/zibeline")
        calms.wish(tx, Calm(new_id(), owner.organisation_id, owner.id, alice.crescent.id, time(18), "email", "", NOW))
        session = tokens.issue(
            tx, TokenKind.SESSION, NOW + timedelta(days=9), organisation_id=owner.organisation_id, member_id=owner.id
        )
        phone = Phone(new_id(), owner.organisation_id, owner.id, "Zibeline", NOW, NOW)
        phones.add(tx, phone, session)
        refused.put(tx, [builders.nearly(alice, builders.item("Zibeline, peut-être", author="violaine"))], NOW)
        refused_id = refused.of(tx, alice.owner)[0].id
    reply = builders.reply(store, alice, said, "Zibeline, nous arrivons.")
    _, question_id = asked_about(store, alice, builders.item("Zibeline ou non"), Ask.ABOUT_US, alice.crescent)
    _, taught_id = asked_about(store, alice, builders.item("Zibeline ?"), Ask.ABOUT_US, alice.crescent)
    with store.transaction() as tx:
        question = questions.get(tx, question_id)
        taught = ask.answer(tx, alice.manager, taught_id, AnswerKind.NOT_OURS)
        conversations.change(tx, said.conversation_id, state=ConversationState.WAITING)
        sources.count_drop(tx, "listen", own.id, "Zibeline is not JSON", "", NOW)
    return Scene(
        store, alice, charlie, said, second, conversation, delivery, route, own, incident, reply, program, channel_id,
        phone.id, question, taught, refused_id,
    )  # fmt: skip


Asked = Callable[[Tx, Member, Scene], object]


def _view(tx: Tx, scene: Scene) -> read.MessageView:
    return read.conversation_view(tx, scene.alice.owner, scene.said.conversation_id).messages[0]


def _exported(store: Store, member: Member) -> str:
    out = io.BytesIO()
    export.export(store, member, out)
    with zipfile.ZipFile(out) as kept:
        return "".join(kept.read(name).decode() for name in kept.namelist())


READS: dict[str, Asked] = {
    "store.absences.meanwhile": lambda tx, m, s: absences.meanwhile(tx, m, ["a night"]),
    "store.absences.grave_meanwhile": lambda tx, m, s: absences.grave_meanwhile(tx, m, ["a night"], 2),
    "care.export.export": lambda tx, m, s: _exported(s.store, m),
    "store.alerts.routes": lambda tx, m, s: alerts.routes(tx, m),
    "store.alerts.told": lambda tx, m, s: [
        *alerts.told(tx, m), *alerts.told(tx, m, conversation_id=s.said.conversation_id)
    ],
    "store.alerts.deliveries": lambda tx, m, s: alerts.deliveries(tx, m, ALL),
    "store.conversations.stretch_of": lambda tx, m, s: [
        *conversations.stretch_of(tx, m, EVERY, ALL),
        *conversations.stretch_of(tx, m, EVERY, ALL, place_id=s.alice.crescent.id, query="zibeline"),
    ],
    "store.incidents.of": lambda tx, m, s: incidents.of(tx, m, s.incident.id),
    "store.incidents.listed": lambda tx, m, s: [
        *incidents.listed(tx, m, ALL),
        *incidents.listed(tx, m, ALL, conversation_id=s.said.conversation_id, place_id=s.alice.crescent.id),
    ],
    "store.mentions.listed": lambda tx, m, s: [
        *mentions.listed(tx, m, Sought(), ALL),
        *mentions.listed(tx, m, Sought(place_id=s.alice.crescent.id, query="zibeline"), ALL),
    ],
    "store.calms.of": lambda tx, m, s: calms.of(tx, m),
    "store.channels.of": lambda tx, m, s: channels.of(tx, m),
    "store.channels.one_of": lambda tx, m, s: channels.one_of(tx, m, s.channel_id),
    "store.corrections.rightness": lambda tx, m, s: corrections.rightness(tx, m, 50),
    "store.conversations.every_id": lambda tx, m, s: conversations.every_id(tx, m),
    "store.phones.paired": lambda tx, m, s: phones.paired(tx, m, NOW),
    "store.questions.of": lambda tx, m, s: questions.of(tx, m, s.question.id),
    "store.questions.waiting": lambda tx, m, s: questions.waiting(tx, m),
    "store.questions.counted": lambda tx, m, s: questions.counted(tx, m) or "",
    "store.questions.listed": lambda tx, m, s: questions.listed(tx, m, ALL, is_open=None),
    "store.questions.about": lambda tx, m, s: questions.about(tx, m, [s.question.mention_id, s.taught.mention_id]),
    "store.programs.of": lambda tx, m, s: programs.of(tx, m),
    "store.conversations.of": lambda tx, m, s: conversations.of(tx, m, s.said.conversation_id),
    "store.conversations.listed": lambda tx, m, s: [
        *conversations.listed(tx, m, EVERY, at=NOW),
        *conversations.listed(tx, m, EVERY, at=NOW, place_id=s.alice.crescent.id),
        *conversations.listed(tx, m, EVERY, at=NOW, network="simulated", query="zibeline"),
    ],
    "store.conversations.counted": lambda tx, m, s: conversations.counted(tx, m, NOW),
    "store.conversations.open_at_places": lambda tx, m, s: conversations.open_at_places(tx, m, NOW),
    "store.imports.of": lambda tx, m, s: imports.of(tx, m) if m in s.charlie.members else [],
    "store.facts.is_only_house": lambda tx, m, s: facts.is_only_house(tx, m),
    "store.pauses.of": lambda tx, m, s: pauses.of(tx, m),
    "store.members.colleagues": lambda tx, m, s: members.colleagues(tx, m) if m in s.charlie.members else [],
    "store.mentions.of": lambda tx, m, s: mentions.of(tx, m, s.said.mention_id),
    "store.mentions.count_on": lambda tx, m, s: mentions.count_on(tx, m, "simulated"),
    "store.mentions.counts_since": lambda tx, m, s: mentions.counts_since(tx, m, NOW - timedelta(days=1)),
    "store.organisations.places": lambda tx, m, s: [
        p for p in organisations.places(tx, m) if p.id == s.alice.crescent.id
    ],
    "store.refused.of": lambda tx, m, s: refused.of(tx, m),
    "store.refused.get": lambda tx, m, s: refused.get(tx, m, s.refused_id),
    "inbox.aside.view_of": lambda tx, m, s: aside.view_of(tx, m, refused.of(tx, s.alice.owner)[0]),
    "inbox.aside.left_aside": lambda tx, m, s: aside.left_aside(tx, m).shown,
    "store.search.matching": lambda tx, m, s: tx.execute(search.matching(tx, m, "zibeline")).all(),
    "store.sources.of": lambda tx, m, s: [one.id for one in sources.of(tx, m)] if m in s.charlie.members else [],
    "store.watches.of": lambda tx, m, s: watches.of(tx, m),
    "store.watches.muted_of": lambda tx, m, s: watches.muted_of(tx, m),
    "inbox.correct.accuracy": lambda tx, m, s: correct.accuracy(tx, m),
    "inbox.read.names_known_to": lambda tx, m, s: read.names_known_to(tx, m),
    "inbox.read.now_view": lambda tx, m, s: [read.now_view(tx, m).waiting, read.now_view(tx, m).mentions_today or ""],
    "inbox.read.waiting_count": lambda tx, m, s: read.waiting_count(tx, m),
    "inbox.read.state_counts": lambda tx, m, s: read.state_counts(tx, m),
    "inbox.read.cards": lambda tx, m, s: [
        *read.cards(tx, m, EVERY), *read.cards(tx, m, EVERY, s.alice.crescent.id, "simulated", "Zibeline")
    ],
    "inbox.read.conversation_view": lambda tx, m, s: read.conversation_view(tx, m, s.said.conversation_id),
    "inbox.read.answerable": lambda tx, m, s: read.answerable(tx, m, s.conversation, _view(tx, s)),
    "inbox.read.told": lambda tx, m, s: [*read.told(tx, m), *read.told(tx, m, conversation_id=s.said.conversation_id)],
    "inbox.read.mention_view": lambda tx, m, s: read.mention_view(tx, m, s.said.mention_id),
    "inbox.read.mention_stretch": lambda tx, m, s: [
        *read.mention_stretch(tx, m, Sought(), ALL), *read.mention_stretch(tx, m, Sought(query="Zibeline"), ALL)
    ],
    "inbox.read.card_stretch": lambda tx, m, s: read.card_stretch(tx, m, EVERY, ALL, query="Zibeline", put_off=True),
    "inbox.read.reply_view": lambda tx, m, s: read.reply_view(tx, m, s.reply.id),
    "inbox.read.question_view": lambda tx, m, s: read.question_view(tx, m, s.question.id),
    "inbox.read.question_views": lambda tx, m, s: read.question_views(tx, m, [s.question, s.taught]),
    "inbox.read.told_stretch": lambda tx, m, s: [
        *read.told_stretch(tx, m, ALL), *read.told_stretch(tx, m, ALL, conversation_id=s.said.conversation_id)
    ],
    "inbox.read.drops": lambda tx, m, s: read.drops(tx, m, s.own.id) if m in s.charlie.members else [],
    "inbox.tell.route": lambda tx, m, s: tell.route(tx, m, s.route.id),
    "inbox.read.source_lines": lambda tx, m, s: (
        [x.source_id for x in read.source_lines(tx, m)] if m in s.charlie.members else []
    ),
    "inbox.answer.propose": lambda tx, m, s: answer.propose(tx, m, s.said.conversation_id, "Bonjour", key=KEY),
}  # fmt: skip
"""Functions that show something, asked for what is Alice's."""

ACTS: dict[str, Asked] = {
    "store.alerts.remove_route": lambda tx, m, s: alerts.remove_route(tx, m, s.route.id),
    "store.alerts.judge": lambda tx, m, s: alerts.judge(tx, m, s.delivery.id, Judgement.TOO_MUCH),
    "store.programs.remove": lambda tx, m, s: programs.remove(tx, m, s.program.id),
    "store.conversations.add_note": lambda tx, m, s: conversations.add_note(
        tx, m, Note(new_id(), s.said.conversation_id, m.id, "x", NOW)
    ),
    "inbox.act.take": lambda tx, m, s: act.take(tx, m, s.said.conversation_id),
    "inbox.act.hand_to": lambda tx, m, s: act.hand_to(tx, m, s.said.conversation_id, m.id),
    "inbox.act.note": lambda tx, m, s: act.note(tx, m, s.said.conversation_id, "x"),
    "inbox.act.later": lambda tx, m, s: act.later(tx, m, s.said.conversation_id),
    "inbox.act.close": lambda tx, m, s: act.close(tx, m, s.said.conversation_id, Outcome.PUT_RIGHT),
    "inbox.act.reopen": lambda tx, m, s: act.reopen(tx, m, s.said.conversation_id),
    "inbox.act.not_about_us": lambda tx, m, s: act.not_about_us(tx, m, s.said.mention_id),
    "inbox.act.mute_author": lambda tx, m, s: act.mute_author(tx, m, s.said.mention_id),
    "inbox.act.set_place": lambda tx, m, s: act.set_place(tx, m, s.said.conversation_id, s.alice.yorkville.id),
    "inbox.act.undo_edge": lambda tx, m, s: act.undo_edge(tx, m, s.second),
    "inbox.act.judge_delivery": lambda tx, m, s: act.judge_delivery(tx, m, s.delivery.id, Judgement.USEFUL),
    "store.questions.answer": lambda tx, m, s: questions.answer(tx, s.question, AnswerKind.OURS, None, m, NOW),
    "inbox.ask.answer": lambda tx, m, s: ask.answer(tx, m, s.question.id, AnswerKind.PLACE, s.alice.crescent.id),
    "inbox.ask.undo": lambda tx, m, s: ask.undo(tx, m, s.taught.id),
    "inbox.correct.correct": lambda tx, m, s: correct.correct(tx, m, s.said.mention_id, Judged.SENTIMENT, "neutral"),
    "inbox.correct.take_back": lambda tx, m, s: correct.take_back(tx, m, s.said.mention_id, Judged.SENTIMENT),
    "inbox.answer.send": lambda tx, m, s: answer.send(tx, m, s.said.conversation_id, "Bonjour", key=KEY),
}
"""Functions that do something to what is Alice's: refused to a stranger, to another place's manager and to a viewer."""

SETTINGS: dict[str, Asked] = {
    "inbox.aside.about_us": lambda tx, m, s: aside.about_us(
        tx, m, s.refused_id, NOW, first_stage="enrich", retain_days=0
    ),
    "store.imports.get": lambda tx, m, s: imports.get(tx, m, s.own.id),
    "store.imports.in_it": lambda tx, m, s: imports.in_it(tx, m, s.own.id),
    "store.imports.begin": lambda tx, m, s: imports.begin(tx, m, s.own.id, {}, NOW),
    "store.imports.discard": lambda tx, m, s: imports.discard(tx, m, s.own.id),
    "store.imports.take_back": lambda tx, m, s: imports.take_back(tx, m, s.own.id, NOW, takes_spoken=True),
    "store.channels.forget": lambda tx, m, s: channels.forget(tx, m, s.channel_id),
    "store.phones.revoke": lambda tx, m, s: phones.revoke(tx, m, s.phone_id, NOW),
    "store.members.change": lambda tx, m, s: members.change(tx, m, s.alice.manager.id, Role.OWNER, []),
    "store.organisations.change_place": lambda tx, m, s: organisations.change_place(tx, m, s.alice.crescent),
    "store.organisations.close_place": lambda tx, m, s: organisations.close_place(tx, m, s.alice.crescent.id, NOW),
    "store.sources.pause": lambda tx, m, s: sources.pause(tx, m, s.own.id),
    "store.sources.resume": lambda tx, m, s: sources.resume(tx, m, s.own.id),
    "store.sources.remove": lambda tx, m, s: sources.remove(tx, m, s.own.id),
    "store.watches.change": lambda tx, m, s: watches.change(tx, m, s.alice.watch),
    "inbox.tell.add_route": lambda tx, m, s: tell.add_route(
        tx, m, notifier="email", min_gravity=1, member_id=s.alice.manager.id
    ),
    "inbox.ask.understand": lambda tx, m, s: ask.understand(tx, m, s.taught.id, "la boutique du haut"),
    "inbox.ask.ignore": lambda tx, m, s: ask.ignore(tx, m, s.taught.id, "sanguine"),
}
"""Functions that the faces offer only to who may configure: refused to a stranger."""

HARMLESS: dict[str, Asked] = {
    "inbox.read.zone_of": lambda tx, m, s: read.zone_of(tx, m),
    "store.channels.forget_device_of_others": lambda tx, m, s: channels.forget_device_of_others(tx, "theirs", m),
    "store.channels.forget_key": lambda tx, m, s: channels.forget_key(tx, "theirs", m),
    "store.questions.reopen": lambda tx, m, s: questions.reopen(tx, m, s.taught),
    "store.pauses.send": lambda tx, m, s: pauses.send(tx, m),
    "store.pauses.drop": lambda tx, m, s: pauses.drop(tx, m, NOW),
    "store.members.leave": lambda tx, m, s: members.leave(tx, m, s.alice.manager.id, NOW),
    "store.members.set_language": lambda tx, m, s: members.set_language(tx, m, "en"),
    "store.members.rename": lambda tx, m, s: members.rename(tx, m, "Charles"),
    "store.members.add": lambda tx, m, s: members.add(
        tx, replace(m, id=new_id(), email="x@y.fr", place_ids=()), "", NOW
    ),
    "store.watches.remove": lambda tx, m, s: watches.remove(tx, m, s.alice.watch.id),
    "store.watches.mute": lambda tx, m, s: watches.mute(tx, m, "simulated:sim://gazouille/@violaine", NOW),
    "store.watches.unmute": lambda tx, m, s: watches.unmute(tx, m, "simulated:sim://gazouille/@nadia"),
}
"""Functions that a stranger may call, and that reach nothing but the stranger's own."""


def _asked_by_members() -> Iterator[str]:
    stores = [import_module(f"ouidire.store.{one.name}") for one in pkgutil.iter_modules(ouidire.store.__path__)]
    for module in [*stores, read, act, answer, aside, ask, correct, tell, export]:
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ != module.__name__ or name.startswith("_"):
                continue
            if any(p.annotation in ("Member", Member) for p in inspect.signature(function).parameters.values()):
                yield f"{module.__name__.removeprefix('ouidire.')}.{name}"


def test_every_function_that_takes_a_member_has_a_line_here() -> None:
    lines = [*READS, *ACTS, *SETTINGS, *HARMLESS]
    assert sorted(_asked_by_members()) == sorted(lines)


def _of_alice(store: Store, scene: Scene) -> list[str]:
    """Every row that is Alice's or everybody's, as text."""
    with store.reading() as tx:
        texts = (str(row) for table in schema.metadata.sorted_tables for row in tx.execute(table.select()))
        return sorted(t for t in texts if any(trace in t for trace in (scene.alice.organisation.id, *scene.traces)))


def _shown(store: Store, asked: Asked, member: Member, scene: Scene) -> str:
    with store.reading() as tx:
        try:
            return str(asked(tx, member, scene))
        except NotFound:
            return ""


def _leaks(store: Store, member: Member, scene: Scene, traces: Sequence[str]) -> dict[str, list[str]]:
    shown = {name: _shown(store, asked, member, scene) for name, asked in READS.items()}
    return {name: found for name, text in shown.items() if (found := [trace for trace in traces if trace in text])}


def test_nothing_leaks_to_another_organisation(store: Store, scene: Scene) -> None:
    assert _leaks(store, scene.charlie.owner, scene, scene.traces) == {}


def test_nothing_leaks_to_the_manager_of_another_place(store: Store, scene: Scene) -> None:
    assert _leaks(store, scene.alice.other_manager, scene, scene.traces_of_place) == {}


def test_who_may_see_it_sees_it(store: Store, scene: Scene) -> None:
    """Otherwise the tests above would be content with functions that show nothing at all."""
    counting = {"store.conversations.counted", "store.mentions.counts_since", "inbox.read.waiting_count"}
    counting |= {"inbox.read.state_counts", "inbox.read.answerable", "store.conversations.open_at_places"}
    counting |= {"store.mentions.count_on", "store.questions.counted"}
    counting |= {"store.corrections.rightness", "inbox.correct.accuracy"}
    counting |= {"store.absences.meanwhile", "store.absences.grave_meanwhile"}
    counting |= {"inbox.read.state_counts", "inbox.read.answerable", "store.facts.is_only_house", "store.pauses.of"}
    shown = _leaks(store, scene.alice.owner, replace(scene, charlie=scene.alice), scene.traces)
    assert set(shown) == set(READS) - counting
    with store.reading() as tx:
        assert sum(conversations.counted(tx, scene.alice.owner, NOW).values()) == 1
        assert sum(conversations.counted(tx, scene.alice.other_manager, NOW).values()) == 0
        assert sum(mentions.counts_since(tx, scene.alice.owner, NOW - timedelta(days=1)).values()) == 2
        assert mentions.counts_since(tx, scene.alice.other_manager, NOW - timedelta(days=1)) == {}
        assert mentions.counts_since(tx, scene.charlie.owner, NOW - timedelta(days=1)) == {}
        assert read.waiting_count(tx, scene.charlie.owner) == 0
        assert correct.accuracy(tx, scene.alice.owner) == (0, 1)
        assert correct.accuracy(tx, scene.charlie.owner) == (0, 0)
        assert set(conversations.open_at_places(tx, scene.alice.owner, NOW)) == {scene.alice.crescent.id}
        assert conversations.open_at_places(tx, scene.alice.other_manager, NOW) == {}
        assert conversations.open_at_places(tx, scene.charlie.owner, NOW) == {}


def _not_refused(store: Store, table: Mapping[str, Asked], member: Member, scene: Scene) -> list[str]:
    """The functions that let this member do something, or that changed something before they refused."""
    before, let = _of_alice(store, scene), []
    for name, asked in table.items():
        try:
            with store.transaction() as tx:
                asked(tx, member, scene)
            let.append(name)
        except (NotFound, NotAllowed, BadInput):
            pass
        if _of_alice(store, scene) != before:
            let.append(f"{name} changed something")
    return let


def test_a_stranger_cannot_act_nor_configure(store: Store, scene: Scene) -> None:
    assert _not_refused(store, ACTS | SETTINGS, scene.charlie.owner, scene) == []


def test_the_manager_of_another_place_cannot_act(store: Store, scene: Scene) -> None:
    assert _not_refused(store, ACTS, scene.alice.other_manager, scene) == []


def test_a_viewer_cannot_act(store: Store, scene: Scene) -> None:
    acts = {name: asked for name, asked in ACTS.items() if name != "store.conversations.add_note"}
    assert _not_refused(store, acts, scene.alice.viewer, scene) == []


class _Undo(Exception):
    """Takes back what a test tried."""


def test_the_manager_of_the_place_can_act(store: Store, scene: Scene) -> None:
    """But for giving it to a place that is not theirs."""

    def tried(asked: Asked) -> bool:
        try:
            with store.transaction() as tx:
                asked(tx, scene.alice.manager, scene)
                raise _Undo
        except _Undo:
            return True
        except (NotFound, NotAllowed, BadInput):
            return False

    assert [name for name, asked in ACTS.items() if not tried(asked)] == ["inbox.act.set_place"]
    assert tried(lambda tx, m, s: act.set_place(tx, m, s.said.conversation_id, s.alice.crescent.id))


@pytest.mark.parametrize("name", HARMLESS)
def test_a_stranger_reaches_only_their_own(store: Store, scene: Scene, name: str) -> None:
    before = _of_alice(store, scene)
    with store.transaction() as tx:
        HARMLESS[name](tx, scene.charlie.owner, scene)
    after = [row for row in _of_alice(store, scene) if scene.charlie.organisation.id not in row]
    assert after == before


def test_a_stream_heard_for_several_is_paused_by_nobody_alone(store: Store, scene: Scene) -> None:
    with pytest.raises(NotAllowed), store.transaction() as tx:
        sources.pause(tx, scene.alice.owner, scene.alice.stream.id)


def test_who_lives_alone_in_the_house_pauses_the_public_stream(store: Store) -> None:
    alice = builders.world(store)
    with store.transaction() as tx:
        sources.pause(tx, alice.owner, alice.stream.id)
        assert alice.stream.id not in {one.id for one in sources.listening(tx)}
        sources.resume(tx, alice.owner, alice.stream.id)
        assert alice.stream.id in {one.id for one in sources.listening(tx)}


def test_a_colleague_is_given_places_of_the_house_alone(store: Store, scene: Scene) -> None:
    with pytest.raises(NotFound), store.transaction() as tx:
        members.change(tx, scene.charlie.owner, scene.charlie.manager.id, Role.PLACE_MANAGER, [scene.alice.crescent.id])


def test_a_reply_is_written_for_the_members_own_organisation(store: Store, scene: Scene) -> None:
    with store.transaction() as tx:
        made = answer.send(tx, scene.alice.manager, scene.said.conversation_id, "Bonjour, nous arrivons.", key=KEY)
        stored = tx.execute(select(schema.reply.c.organisation_id).where(schema.reply.c.id == made.id)).scalar_one()
        assert stored == scene.alice.organisation.id
        assert replies.get(tx, made.id).source_id == scene.alice.account.id


def test_of_a_public_stream_each_house_is_told_what_it_keeps_itself(store: Store, scene: Scene) -> None:
    """The stream's own count is of all houses together."""
    with store.reading() as tx:
        assert sources.get(tx, scene.alice.stream.id).kept == 2
        for member, kept in ((scene.alice.owner, 2), (scene.charlie.owner, 0)):
            lines = {one.source_id: one.kept for one in read.source_lines(tx, member)}
            assert lines[scene.alice.stream.id] == kept
