"""What members say of readings: it counts at once everywhere, can be taken back, and teaches."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from ouidire.domain.conversation import ConversationState
from ouidire.domain.correction import NOT_JUDGED, Judged
from ouidire.domain.enrichment import Act, Aspect, Sentiment
from ouidire.enrich.read import Hints, read
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.inbox import correct
from ouidire.inbox.read import cards, conversation_view
from ouidire.store import corrections, keep, mentions, schema
from ouidire.store.engine import Store, Tx
from tests import builders
from tests.builders import NOW, Said, World
from tests.inbox.asked import work

pytestmark = pytest.mark.usefixtures("hand_clock")

TEXT = "Le cidre est sec chez Delorière, mais vraiment sec."


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
def said(store: Store, world: World) -> Said:
    return builders.said(store, world, TEXT, place=world.crescent, reading=read(TEXT, Hints(languages=("fr",))))


def test_what_is_meant_stands_everywhere_and_what_was_read_beside(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        before = corrections.as_read(tx, said.mention_id)
        correct.correct(tx, world.manager, said.mention_id, Judged.SENTIMENT, "positive")
        correct.correct(tx, world.manager, said.mention_id, Judged.ACT, "thanks")
        correct.correct(tx, world.manager, said.mention_id, Judged.URGENCY, "0")
        correct.correct(tx, world.manager, said.mention_id, Judged.ASPECT, "positive", "product")
        heard = mentions.get(tx, said.mention_id).reading
        assert heard is not None
        assert (heard.sentiment, heard.act, int(heard.urgency), heard.sure) == (Sentiment.POSITIVE, Act.THANKS, 0, True)
        assert [(o.polarity, o.p) for o in heard.aspects if o.aspect is Aspect.PRODUCT] == [(Sentiment.POSITIVE, 1.0)]
        row = tx.execute(select(schema.enrichment)).one()
        assert (row.sentiment, row.act, row.urgency) == ("positive", "thanks", 0)
        assert corrections.as_read(tx, said.mention_id) == before
        (view,) = conversation_view(tx, world.manager, said.conversation_id).messages
        assert view.reading is not None
        assert view.reading.corrected("sentiment") is not None
        assert conversation_view(tx, world.manager, said.conversation_id).card.gravity == 0


def test_taken_back_it_reads_as_it_was_read(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        before = mentions.get(tx, said.mention_id).reading
        correct.correct(tx, world.manager, said.mention_id, Judged.ASPECT, NOT_JUDGED, "product")
        correct.correct(tx, world.manager, said.mention_id, Judged.SENTIMENT, "neutral")
        correct.take_back(tx, world.manager, said.mention_id, Judged.ASPECT, "product")
        correct.take_back(tx, world.manager, said.mention_id, Judged.SENTIMENT)
        assert mentions.get(tx, said.mention_id).reading == before
        assert correct.accuracy(tx, world.manager) == (0, 0)


def test_a_new_reading_keeps_what_members_said(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        correct.correct(tx, world.manager, said.mention_id, Judged.SENTIMENT, "positive")
        mentions.read_again(tx, [mentions.get(tx, said.mention_id).mention], NOW)
    work(store)
    with store.reading() as tx:
        heard = mentions.get(tx, said.mention_id).reading
        assert heard is not None
        assert heard.sentiment is Sentiment.POSITIVE


def test_one_line_one_word_the_last_counts(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        now = corrections.as_read(tx, said.mention_id)
        assert now is not None
        for meant in ("positive", "neutral", now.sentiment.value):
            correct.correct(tx, world.manager, said.mention_id, Judged.SENTIMENT, meant)
        assert correct.accuracy(tx, world.manager) == (1, 1)
        correct.correct(tx, world.manager, said.mention_id, Judged.ACT, "other")
        assert correct.accuracy(tx, world.manager) == (1, 2)


@pytest.mark.parametrize(
    ("judged", "meant", "aspect"),
    [("sentiment", "thanks", ""), ("act", "", ""), ("urgency", "4", ""), ("aspect", "positive", "weather")],
)
def test_what_a_line_cannot_say_is_refused(
    store: Store, world: World, said: Said, judged: str, meant: str, aspect: str
) -> None:
    with store.transaction() as tx, pytest.raises(BadInput):
        correct.correct(tx, world.manager, said.mention_id, Judged(judged), meant, aspect)


def test_who_only_reads_along_does_not_correct(store: Store, world: World, said: Said) -> None:
    viewer = builders.world(store, "Charlie").manager
    with store.transaction() as tx, pytest.raises((NotAllowed, NotFound)):
        correct.correct(tx, viewer, said.mention_id, Judged.SENTIMENT, "positive")


def test_what_is_deleted_takes_what_was_said_of_it_along(store: Store, world: World, said: Said) -> None:
    with store.transaction() as tx:
        correct.correct(tx, world.manager, said.mention_id, Judged.SENTIMENT, "positive")
        keep.erase(tx, _item_id(tx, said), NOW)
        assert tx.execute(select(schema.correction)).all() == []


def _item_id(tx: Tx, said: Said) -> str:
    query = select(schema.mention.c.item_id).where(schema.mention.c.id == said.mention_id)
    return str(tx.execute(query).scalar_one())


def test_the_inbox_is_filtered_by_what_is_judged_as_it_is_meant(store: Store, world: World, said: Said) -> None:
    every = tuple(ConversationState)

    def found(aspect: Aspect) -> set[str]:
        with store.reading() as tx:
            return {card.conversation_id for card in cards(tx, world.manager, every, aspect=aspect)}

    with store.transaction() as tx:
        correct.correct(tx, world.manager, said.mention_id, Judged.ASPECT, "positive", "payment")
    assert found(Aspect.PAYMENT) == {said.conversation_id}
    assert found(Aspect.OPENING) == set()
    with store.transaction() as tx:
        correct.take_back(tx, world.manager, said.mention_id, Judged.ASPECT, "payment")
    assert found(Aspect.PAYMENT) == set()
