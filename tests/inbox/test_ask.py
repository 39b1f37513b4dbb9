"""The question and its answer, on both engines: what is asked, of whom, what the answer does, and how it is undone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire import flow
from ouidire.clock import HandClock
from ouidire.domain.conversation import ConversationState
from ouidire.domain.item import Gone
from ouidire.domain.member import Member
from ouidire.domain.mention import Ask, MentionState
from ouidire.domain.place import Place
from ouidire.domain.question import UNDO_FOR, AnswerKind
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.inbox import act, ask, read
from ouidire.store import (
    alerts,
    conversations,
    followed,
    incidents,
    lessons,
    mentions,
    organisations,
    questions,
    retain,
    schema,
    watches,
)
from ouidire.store.engine import Store
from ouidire.store.mentions import Sought
from ouidire.store.stretch import Stretch
from tests import builders
from tests.builders import NOW, World, add_routes, item, keep_found, route
from tests.inbox.asked import TEXT, asked, perhaps, sister, work

pytestmark = pytest.mark.usefixtures("hand_clock")

ALL = Stretch(50)
PLACE, OURS, NOT_OURS, UNSURE = AnswerKind.PLACE, AnswerKind.OURS, AnswerKind.NOT_OURS, AnswerKind.UNSURE


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
def plateau(store: Store, world: World) -> Place:
    return sister(store, world)


@pytest.fixture
def learnt(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool, str | None]]:
    """What was learnt: the mention, whether it is about us, and the place."""
    taught: list[tuple[str, bool, str | None]] = []
    monkeypatch.setattr(
        lessons, "learn", lambda tx, organisation_id, mention_id, about_us, place_id, at, *, may_learn: taught.append(
            (mention_id, about_us, place_id)
        )
    )  # fmt: skip
    return taught


def answered(store: Store, member: Member, question_id: str, kind: AnswerKind, place_id: str | None = None) -> None:
    with store.transaction() as tx:
        ask.answer(tx, member, question_id, kind, place_id)
    work(store)


def told(store: Store, world: World) -> set[str]:
    """Who is told of something now."""
    with store.reading() as tx:
        return {row["member_id"] for row in alerts.told(tx, world.owner) if row["state"] in ("due", "sent")}


def followed_keys(store: Store) -> set[str]:
    with store.reading() as tx:
        return {one.key for one in followed.since(tx, 0, NOW)[0] if one.expires_at > NOW}


# --- is it about us at all? ------------------------------------------------------------------------------------------


def test_what_is_perhaps_about_us_counts_for_nothing_and_is_in_no_list_but_its_own(store: Store, world: World) -> None:
    add_routes(store, route(world.owner), route(world.manager))
    one = item(TEXT)
    mention_id, _ = asked(store, world, one, Ask.ABOUT_US, world.crescent)
    with store.reading() as tx:
        heard = mentions.get(tx, mention_id)
        assert (heard.mention.state, heard.reading is not None) == (MentionState.ASKED, True)
        assert mentions.counts_since(tx, world.owner, NOW - timedelta(days=1)) == {}
        assert mentions.count_on(tx, world.owner, "gazouille") == 0
        assert conversations.standing(tx, mention_id) is None
        assert read.cards(tx, world.owner, tuple(ConversationState)) == ()
        assert read.mention_stretch(tx, world.owner, Sought(), ALL) == []
        assert read.mention_stretch(tx, world.owner, Sought(query="attente"), ALL) == []
        asked_ones = read.mention_stretch(tx, world.owner, Sought(state=MentionState.ASKED), ALL)
        assert [view.message.mention_id for view in asked_ones] == [mention_id]
        kept = tx.execute(schema.source.select().where(schema.source.c.id == world.stream.id)).mappings().one()["kept"]
        assert kept == 0
    assert told(store, world) == set()
    assert one.key not in followed_keys(store)


def test_called_ours_it_is_taken_up_as_if_it_were_new(store: Store, world: World) -> None:
    add_routes(store, route(world.owner), route(world.manager), route(world.other_manager))
    one = item(TEXT)
    mention_id, question_id = asked(store, world, one, Ask.ABOUT_US, world.crescent)
    answered(store, world.headquarters, question_id, PLACE, world.crescent.id)
    assert told(store, world) == {world.owner.id, world.manager.id}
    assert one.key in followed_keys(store)
    with store.reading() as tx:
        (card,) = read.now_view(tx, world.manager).waiting
        assert (card.place_id, card.first.mention_id) == (world.crescent.id, mention_id)
        assert sum(mentions.counts_since(tx, world.owner, NOW - timedelta(days=1)).values()) == 1


def test_called_ours_a_day_later_it_is_shown_and_rings_nobody(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    add_routes(store, route(world.owner), route(world.manager))
    _, question_id = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent)
    hand_clock.advance(days=1)
    answered(store, world.headquarters, question_id, PLACE, world.crescent.id)
    assert told(store, world) == set()
    with store.reading() as tx:
        assert [card.place_id for card in read.now_view(tx, world.manager).waiting] == [world.crescent.id]


def test_not_about_us_it_stays_away(store: Store, world: World) -> None:
    mention_id, question_id = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent)
    answered(store, world.owner, question_id, NOT_OURS)
    with store.reading() as tx:
        assert mentions.get(tx, mention_id).mention.state is MentionState.NOT_OURS
        assert conversations.standing(tx, mention_id) is None
        assert questions.counted(tx, world.owner) == 0


def test_what_nobody_called_ours_in_two_weeks_leaves_no_trace(
    store: Store, world: World, plateau: Place, hand_clock: HandClock
) -> None:
    author = "zibeline"
    asked(store, world, item(TEXT, author=author), Ask.ABOUT_US, world.crescent)
    _, unsure = asked(store, world, item("Casino", author=author), Ask.ABOUT_US, world.crescent)
    known, _ = asked(store, world, item("Delorière Montréal"), Ask.WHICH_PLACE, world.crescent, plateau)
    answered(store, world.owner, unsure, UNSURE)
    hand_clock.advance(days=13)
    with store.transaction() as tx:
        retain.purge(tx, NOW + timedelta(days=13))
        assert questions.counted(tx, world.owner) == 2
    with store.transaction() as tx:
        retain.purge(tx, NOW + timedelta(days=14, minutes=1))
        assert questions.counted(tx, world.owner) == 0
        left = [row.id for row in tx.execute(schema.mention.select())]
        everything = str([tx.execute(table.select()).all() for table in schema.metadata.sorted_tables])
    assert left == [known]
    assert author not in everything
    assert "Casino" not in everything


def test_two_houses_one_post_and_only_the_one_that_asked_forgets_it(store: Store, world: World) -> None:
    other = builders.world(store, "Levain")
    one = item("Chez Levain, peut-être Delorière")
    asked(store, world, one, Ask.ABOUT_US, world.crescent)
    with store.transaction() as tx:
        (theirs,) = keep_found(tx, other, builders.found(other, one, other.crescent)).mention_ids
        retain.purge(tx, NOW + timedelta(days=15))
        assert [row.id for row in tx.execute(schema.mention.select())] == [theirs]
        assert mentions.get(tx, theirs).item.text == one.text


def test_what_its_author_deleted_is_not_asked_about(store: Store, world: World) -> None:
    one = item(TEXT)
    _, question_id = asked(store, world, one, Ask.ABOUT_US, world.crescent)
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone(one.connector, one.uri),))
        assert questions.waiting(tx, world.owner) == []
        with pytest.raises(NotFound):
            ask.answer(tx, world.owner, question_id, OURS)


@pytest.mark.parametrize("other", [{"state": MentionState.MUTED}, {"is_own": True}])
def test_what_is_muted_or_our_own_is_not_asked_about(store: Store, world: World, other: dict[str, object]) -> None:
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, perhaps(world, item(), Ask.ABOUT_US, world.crescent, **other)).mention_ids
        assert questions.about(tx, world.owner, [mention_id]) == []
        assert mentions.get(tx, mention_id).mention.state is not MentionState.ASKED


def test_where_the_past_was_is_not_asked(store: Store, world: World, plateau: Place) -> None:
    """An import of five years would ask for five years; whether it is about us at all, nobody else can say."""
    with store.transaction() as tx:
        for ask_, asked_ones in ((Ask.WHICH_PLACE, 0), (Ask.ABOUT_US, 1)):
            one = item(f"Delorière {ask_}", imported=True)
            (mention_id,) = keep_found(tx, world, perhaps(world, one, ask_, world.crescent, plateau)).mention_ids
            assert len(questions.about(tx, world.owner, [mention_id])) == asked_ones


# --- which place? ----------------------------------------------------------------------------------------------------


def test_who_is_asked(store: Store, world: World, plateau: Place) -> None:
    """Headquarters, and who manages one of the places that may be meant; nobody who only reads along."""
    asked(store, world, item(TEXT), Ask.WHICH_PLACE, world.crescent, plateau)
    with store.reading() as tx:
        counted = {one.id: questions.counted(tx, one) for one in world.members}
        assert counted == {
            world.owner.id: 1, world.headquarters.id: 1, world.manager.id: 1, world.other_manager.id: 0,
            world.viewer.id: 0,
        }  # fmt: skip
        (view,) = read.question_views(tx, world.manager, questions.waiting(tx, world.manager))
        assert [choice.short for choice in view.choices] == ["rue Crescent", "boulevard Saint-Laurent"]
        assert (view.others, view.conversation_id, view.is_grave) == ((), "", True)
        (all_of_it,) = read.question_views(tx, world.owner, questions.waiting(tx, world.owner))
        assert [choice.place_id for choice in all_of_it.others] == [world.yorkville.id]


def test_the_place_is_set_for_all_that_hangs_on_it_and_its_manager_is_told(
    store: Store, world: World, plateau: Place
) -> None:
    add_routes(store, route(world.owner), route(world.manager))
    one = item(TEXT)
    mention_id, question_id = asked(store, world, one, Ask.WHICH_PLACE, world.crescent, plateau)
    assert told(store, world) == {world.owner.id}
    with store.reading() as tx:
        assert read.now_view(tx, world.manager).waiting == ()
    answered(store, world.headquarters, question_id, PLACE, world.crescent.id)
    assert told(store, world) == {world.owner.id, world.manager.id}
    with store.reading() as tx:
        stands = conversations.standing(tx, mention_id)
        assert stands is not None
        (incident,) = incidents.of_conversation(tx, stands.conversation_id)
        places = {
            mentions.get(tx, mention_id).mention.place_id,
            conversations.get(tx, stands.conversation_id).place_id,
            incident.place_id,
            *(key.place_id for key in followed.since(tx, 0, NOW)[0]),
        }
        assert places == {world.crescent.id}
        view = read.conversation_view(tx, world.manager, stands.conversation_id)
        assert [(q.answer, q.place_name, q.answered_by) for q in view.questions] == [
            (PLACE, world.crescent.name, world.headquarters.name)
        ]


def test_answered_before_it_was_read_it_is_read_at_its_place(store: Store, world: World, plateau: Place) -> None:
    add_routes(store, route(world.manager))
    mention_id, question_id = asked(store, world, item(TEXT), Ask.WHICH_PLACE, world.crescent, plateau, works=False)
    answered(store, world.manager, question_id, PLACE, world.crescent.id)
    assert told(store, world) == {world.manager.id}
    with store.reading() as tx:
        assert [c.first.mention_id for c in read.now_view(tx, world.manager).waiting] == [mention_id]


def test_a_second_tap_changes_nothing_and_shows_the_first(store: Store, world: World, plateau: Place) -> None:
    _, question_id = asked(store, world, item(TEXT), Ask.WHICH_PLACE, world.crescent, plateau)
    answered(store, world.manager, question_id, PLACE, world.crescent.id)
    with store.transaction() as tx:
        found = ask.answer(tx, world.owner, question_id, NOT_OURS)
    assert (found.answer, found.place_id, found.answered_by) == (PLACE, world.crescent.id, world.manager.id)


@pytest.mark.parametrize("kind", [OURS, UNSURE])
def test_no_place_in_particular_and_i_do_not_know_leave_it_as_it_is(
    store: Store, world: World, plateau: Place, kind: AnswerKind
) -> None:
    mention_id, question_id = asked(store, world, item(TEXT), Ask.WHICH_PLACE, world.crescent, plateau)
    answered(store, world.owner, question_id, kind)
    with store.reading() as tx:
        one = mentions.get(tx, mention_id).mention
        assert (one.state, one.place_id, questions.counted(tx, world.manager)) == (MentionState.OURS, None, 0)
        assert len(read.now_view(tx, world.owner).waiting) == 1


def test_not_about_us_ends_its_conversation(store: Store, world: World, plateau: Place) -> None:
    """Also when the manager says so, who does not see what has no place."""
    mention_id, question_id = asked(store, world, item(TEXT), Ask.WHICH_PLACE, world.crescent, plateau)
    answered(store, world.manager, question_id, NOT_OURS)
    with store.reading() as tx:
        assert mentions.get(tx, mention_id).mention.state is MentionState.NOT_OURS
        assert read.now_view(tx, world.owner).waiting == ()


@pytest.mark.parametrize(("place", "message"), [(None, "Say which place"), ("yorkville", "not yours")])
def test_a_place_that_the_manager_may_not_name_is_refused(
    store: Store, world: World, plateau: Place, place: str | None, message: str
) -> None:
    _, question_id = asked(store, world, item(TEXT), Ask.WHICH_PLACE, world.crescent, plateau)
    with store.transaction() as tx:
        with pytest.raises(BadInput, match=message):
            ask.answer(tx, world.manager, question_id, PLACE, place and getattr(world, place).id)
        assert questions.counted(tx, world.manager) == 1
        ask.answer(tx, world.manager, question_id, PLACE, plateau.id)


def test_what_became_known_otherwise_is_asked_no_more(store: Store, world: World, plateau: Place) -> None:
    one = item(TEXT)
    by_message, by_member, away = [
        asked(store, world, other, Ask.WHICH_PLACE, world.crescent, plateau)
        for other in (one, item("Delorière Montréal"), item("Delorière, Montréal", author="z"))
    ]
    with store.transaction() as tx:
        keep_found(tx, world, builders.found(world, item("Rue Crescent", parent_uri=one.uri), world.crescent))
        stands = conversations.standing(tx, by_member[0])
        assert stands is not None
        act.set_place(tx, world.owner, stands.conversation_id, plateau.id)
        act.not_about_us(tx, world.owner, away[0])
    work(store)
    with store.reading() as tx:
        found = [questions.get(tx, one) for _, one in (by_message, by_member, away)]
    assert {one.answered_by for one in found} == {None}
    assert [(one.answer, one.place_id) for one in found] == [
        (PLACE, found[0].place_id), (PLACE, plateau.id), (NOT_OURS, None)
    ]  # fmt: skip


def test_grave_questions_come_first_then_the_newest(store: Store, world: World) -> None:
    old = asked(store, world, item("Delorière est ouvert"), Ask.ABOUT_US, world.crescent)
    grave = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent)
    new = asked(store, world, item("Delorière est fermé"), Ask.ABOUT_US, world.crescent)
    with store.reading() as tx:
        assert [one.id for one in questions.waiting(tx, world.owner)] == [grave[1], new[1], old[1]]
        view = read.now_view(tx, world.owner)
        assert view.question is not None
        assert (view.question.id, view.question.is_grave, view.questions) == (grave[1], True, 3)


def test_names_of_employees_stay_hidden_in_what_is_asked(store: Store, world: World, plateau: Place) -> None:
    asked(store, world, item("Léa, votre vendeuse, m'ignore à Montréal"), Ask.WHICH_PLACE, world.crescent, plateau)
    with store.reading() as tx:
        for member in (world.manager, world.headquarters):
            view = read.now_view(tx, member).question
            assert view is not None
            assert "Léa" not in view.message.text


# --- taking it back --------------------------------------------------------------------------------------------------

TAKEN_BACK = [(Ask.ABOUT_US, k) for k in AnswerKind] + [(Ask.WHICH_PLACE, k) for k in AnswerKind]


def _facts(store: Store, world: World, mention_id: str) -> object:
    """All that an answer may change."""
    with store.reading() as tx:
        heard = mentions.get(tx, mention_id)
        cards = read.cards(tx, world.owner, tuple(ConversationState))
        counts = sum(mentions.counts_since(tx, world.owner, NOW - timedelta(days=1)).values())
        of_all = conversations.counted(tx, world.owner, NOW)
        places = [(card.place_id, card.state) for card in cards]
        keys = {(k.key, k.place_id) for k in followed.since(tx, 0, NOW)[0] if k.expires_at > NOW + UNDO_FOR}
        return heard.mention.state, heard.mention.place_id, counts, places, of_all, keys


@pytest.mark.parametrize(("what", "kind"), TAKEN_BACK)
def test_taken_back_all_is_as_it_was_and_another_answer_counts(
    store: Store, world: World, plateau: Place, what: Ask, kind: AnswerKind, learnt: list[object], hand_clock: HandClock
) -> None:
    mention_id, question_id = asked(store, world, item(TEXT), what, world.crescent, plateau)
    before = _facts(store, world, mention_id)
    answered(store, world.owner, question_id, kind, world.crescent.id)
    hand_clock.advance(seconds=59)
    with store.transaction() as tx:
        assert ask.undo(tx, world.owner, question_id).is_open
    work(store)
    hand_clock.advance(seconds=-59)
    assert _facts(store, world, mention_id) == before
    hand_clock.advance(minutes=5)
    work(store)
    assert learnt == []
    answered(store, world.headquarters, question_id, PLACE, plateau.id)
    with store.reading() as tx:
        (card,) = read.now_view(tx, world.owner).waiting
        assert (card.place_id, card.first.mention_id) == (plateau.id, mention_id)
        (incident,) = [one for one in incidents.of_conversation(tx, card.conversation_id) if one.closed_at is None]
        assert incident.place_id == plateau.id


def test_only_who_answered_and_only_for_a_minute(
    store: Store, world: World, plateau: Place, hand_clock: HandClock
) -> None:
    _, question_id = asked(store, world, item(TEXT), Ask.WHICH_PLACE, world.crescent, plateau)
    answered(store, world.manager, question_id, PLACE, world.crescent.id)
    with store.transaction() as tx:
        with pytest.raises(BadInput):
            ask.undo(tx, world.owner, question_id)
        hand_clock.advance(minutes=1)
        with pytest.raises(BadInput):
            ask.undo(tx, world.manager, question_id)


def test_what_somebody_has_in_hand_is_not_taken_away_from_them(store: Store, world: World) -> None:
    _, question_id = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent)
    answered(store, world.owner, question_id, PLACE, world.crescent.id)
    with store.transaction() as tx:
        (card,) = read.now_view(tx, world.manager).waiting
        act.take(tx, world.manager, card.conversation_id)
        with pytest.raises(BadInput):
            ask.undo(tx, world.owner, question_id)
        assert read.conversation_view(tx, world.manager, card.conversation_id).card.state is ConversationState.OURS


def test_a_wrong_tap_taken_back_leaves_the_rest_of_the_visit(store: Store, world: World) -> None:
    """The author has said more in the same conversation: that stays."""
    builders.said(store, world, "Chez Delorière, personne.", world.crescent)
    _, question_id = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent)
    answered(store, world.owner, question_id, PLACE, world.crescent.id)
    with store.reading() as tx:
        assert [card.messages for card in read.now_view(tx, world.owner).waiting] == [2]
    with store.transaction() as tx:
        ask.undo(tx, world.owner, question_id)
        assert [card.messages for card in read.now_view(tx, world.owner).waiting] == [1]


def test_what_was_taken_back_and_then_forgotten_is_nobodys(store: Store, world: World, hand_clock: HandClock) -> None:
    mention_id, question_id = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent)
    answered(store, world.owner, question_id, OURS)
    with store.transaction() as tx:
        ask.undo(tx, world.owner, question_id)
        retain.purge(tx, NOW + timedelta(days=15))
        assert mentions.get(tx, mention_id).mention.state is MentionState.NOT_OURS
        assert questions.counted(tx, world.owner) == 0


# --- what it teaches -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "lesson"),
    [(PLACE, (True, "crescent")), (OURS, (True, None)), (NOT_OURS, (False, None)), (UNSURE, None)],
)
def test_an_answer_teaches_once_when_it_can_no_longer_be_taken_back(
    store: Store, world: World, kind: AnswerKind, lesson: tuple[bool, str | None] | None,
    learnt: list[tuple[str, bool, str | None]], hand_clock: HandClock,
) -> None:  # fmt: skip
    mention_id, question_id = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent)
    answered(store, world.owner, question_id, kind, world.crescent.id)
    hand_clock.advance(seconds=UNDO_FOR.total_seconds() - 1)
    work(store)
    assert learnt == []
    hand_clock.advance(seconds=2)
    work(store)
    work(store)
    place_id = world.crescent.id if lesson and lesson[1] else None
    assert learnt == ([(mention_id, lesson[0], place_id)] if lesson else [])


def test_one_word_more_points_to_the_place_from_now_on(store: Store, world: World, plateau: Place) -> None:
    text = "À la boutique du haut, trente minutes d'attente. Delorière Montréal !"
    _, question_id = asked(store, world, item(text), Ask.WHICH_PLACE, world.crescent, plateau)
    answered(store, world.owner, question_id, PLACE, world.crescent.id)
    with store.transaction() as tx:
        assert read.question_view(tx, world.owner, question_id).phrase == "boutique du haut"
        assert read.question_view(tx, world.manager, question_id).phrase == ""
        with pytest.raises(NotAllowed):
            ask.understand(tx, world.manager, question_id, "boutique du haut")
        with pytest.raises(BadInput):
            ask.understand(tx, world.owner, question_id, " x ")
        ask.understand(tx, world.owner, question_id, " boutique  du haut ")
        ask.understand(tx, world.owner, question_id, "boutique du haut")
        assert [one.near for one in watches.of(tx, world.owner)] == [("boutique du haut",)]
        assert read.question_view(tx, world.owner, question_id).phrase == ""


def test_a_place_without_a_watch_of_its_own_keeps_the_word_itself(store: Store, world: World, plateau: Place) -> None:
    _, question_id = asked(
        store, world, item("Delorière, le magasin du parc"), Ask.WHICH_PLACE, world.crescent, plateau
    )
    answered(store, world.owner, question_id, PLACE, plateau.id)
    with store.transaction() as tx:
        ask.understand(tx, world.owner, question_id, "magasin du parc")
        found = next(p for p in organisations.places(tx, world.owner) if p.id == plateau.id)
    assert found.landmarks == ("magasin du parc",)


def test_one_word_more_silences_the_watch_that_was_wrong(store: Store, world: World) -> None:
    one = item("La rue de Montréal sanguine au soleil, quel beau jour !")
    _, question_id = asked(store, world, one, Ask.ABOUT_US, world.crescent)
    with store.transaction() as tx, pytest.raises(BadInput):
        ask.ignore(tx, world.owner, question_id, "sanguine")
    answered(store, world.owner, question_id, NOT_OURS)
    with store.transaction() as tx:
        ask.ignore(tx, world.owner, question_id, "sanguine")
        assert [watch.excluded for watch in watches.of(tx, world.owner)] == [("sanguine",)]


def test_the_stages_know_the_lesson(store: Store) -> None:
    """A row that nobody works on would wait for ever."""
    assert {questions.TEACHES, mentions.READS} <= {stage.name for stage in flow.STAGES}


def test_opened_again_on_its_page_it_is_ours_without_an_answer(store: Store, world: World, plateau: Place) -> None:
    """The conversation of an answer that was taken back is in no list, but its address may be known."""
    mention_id, question_id = asked(store, world, item(TEXT), Ask.ABOUT_US, world.crescent, plateau)
    answered(store, world.owner, question_id, OURS)
    with store.transaction() as tx:
        stands = conversations.standing(tx, mention_id)
        assert stands is not None
        ask.undo(tx, world.owner, question_id)
        act.reopen(tx, world.owner, stands.conversation_id)
        assert mentions.get(tx, mention_id).mention.state is MentionState.OURS
        assert questions.get(tx, question_id).answer is OURS
        assert len(read.now_view(tx, world.owner).waiting) == 1
