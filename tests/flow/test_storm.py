"""A storm: the first reader reads alone, and what it missed is heard when both read again."""

from __future__ import annotations

import pytest

from ouidire import flow
from ouidire.clock import HandClock
from ouidire.domain.enrichment import Urgency
from ouidire.domain.item import Gone
from ouidire.enrich import step as enrich
from ouidire.enrich.read import BOTH, READER
from ouidire.store import conversations, incidents, mentions
from ouidire.store.engine import Store
from ouidire.store.mentions import Heard
from ouidire.store.stretch import Stretch
from tests import builders
from tests.builders import World, found, item, keep_found

MANY = Stretch(limit=10)
CALMLY = "Ma carte est restée dix minutes hors de ma vue, le soir même 600 euros sont partis"
"""Grave, and said so calmly that the first reader does not hear it."""


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def _hear(store: Store, world: World, text: str, author: str = "a") -> str:
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, item(text, author=author), world.crescent)).mention_ids
    return mention_id


def _read_in_a_storm(store: Store, world: World, monkeypatch: pytest.MonkeyPatch, text: str = CALMLY) -> str:
    """The mention, which the first reader has read alone; the storm is over by then."""
    with monkeypatch.context() as stormy:
        stormy.setattr(enrich, "STORM", 0)
        mention_id = _hear(store, world, text)
        _go_on(store)
    assert _reader(store, mention_id) == READER
    return mention_id


def _go_on(store: Store) -> None:
    while any(flow.work_once(store, stage, "test") for stage in flow.STAGES):
        pass


def _heard(store: Store, mention_id: str) -> Heard:
    with store.reading() as tx:
        return mentions.get(tx, mention_id)


def _reader(store: Store, mention_id: str) -> str:
    reading = _heard(store, mention_id).reading
    assert reading is not None
    return reading.reader


def test_what_was_missed_in_a_storm_is_told_when_it_is_over(
    store: Store, world: World, hand_clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mention_id = _read_in_a_storm(store, world, monkeypatch)
    with store.reading() as tx:
        assert all(one.gravity < Urgency.NOW for one in incidents.listed(tx, world.owner, MANY))
    hand_clock.advance(seconds=enrich.AGAIN.total_seconds() + 1)
    _go_on(store)
    reading = _heard(store, mention_id).reading
    assert reading is not None
    assert reading.reader == BOTH
    assert reading.urgency >= Urgency.NOW
    with store.reading() as tx:
        stands = conversations.standing(tx, mention_id)
        assert stands is not None
        assert conversations.get(tx, stands.conversation_id).gravity >= Urgency.NOW
        (told,) = incidents.listed(tx, world.owner, MANY)
    assert (told.mention_id, told.mentions, told.gravity) == (mention_id, 1, reading.urgency)


def test_it_waits_until_the_storm_is_over(
    store: Store, world: World, hand_clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mention_id = _read_in_a_storm(store, world, monkeypatch)
    monkeypatch.setattr(enrich, "CALM", 1)
    hand_clock.advance(seconds=enrich.AGAIN.total_seconds() + 1)
    _hear(store, world, "Encore !", author="b")
    (again,) = [stage for stage in flow.STAGES if stage.name == mentions.READS_AGAIN]
    assert flow.work_once(store, again, "test") == [mention_id]
    assert _reader(store, mention_id) == READER
    _go_on(store)
    hand_clock.advance(seconds=enrich.AGAIN.total_seconds() + 1)
    _go_on(store)
    assert _reader(store, mention_id) == BOTH


def test_what_was_grave_already_is_told_once(
    store: Store, world: World, hand_clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    grave = "Intoxication alimentaire après le poulet, toute la famille malade !"
    mention_id = _read_in_a_storm(store, world, monkeypatch, grave)
    hand_clock.advance(seconds=enrich.AGAIN.total_seconds() + 1)
    _go_on(store)
    assert _reader(store, mention_id) == BOTH
    with store.reading() as tx:
        (told,) = incidents.listed(tx, world.owner, MANY)
    assert told.mentions == 1


def test_what_is_gone_meanwhile_is_left_alone(
    store: Store, world: World, hand_clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    mention_id = _read_in_a_storm(store, world, monkeypatch)
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", mentions.get(tx, mention_id).item.uri),))
    hand_clock.advance(seconds=enrich.AGAIN.total_seconds() + 1)
    _go_on(store)
    assert _heard(store, mention_id).is_gone
