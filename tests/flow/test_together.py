"""A claim of several mentions is read together, and yet each is for itself."""

from __future__ import annotations

import pytest

from ouidire import flow
from ouidire.domain.item import Gone
from ouidire.enrich import step as enrich
from ouidire.enrich.read import BOTH
from ouidire.store import mentions, work
from ouidire.store.engine import Store
from tests import builders
from tests.builders import World, found, item, keep_found

READS = flow.STAGES[0]


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def _hear(store: Store, world: World, *texts: str) -> list[str]:
    heard = []
    with store.transaction() as tx:
        for n, text in enumerate(texts):
            kept = keep_found(tx, world, found(world, item(text, author=f"author{n}"), world.crescent))
            heard += kept.mention_ids
    return heard


def _readers(store: Store, mention_ids: list[str]) -> list[str | None]:
    with store.reading() as tx:
        readings = [mentions.get(tx, mention_id).reading for mention_id in mention_ids]
    return [None if reading is None else reading.reader for reading in readings]


def test_all_of_a_claim_are_read_and_related_next(store: Store, world: World) -> None:
    heard = _hear(store, world, "Merci à tous", "Une heure d'attente !", "Ouvert lundi ?")

    assert flow.work_once(store, READS, "test") == heard
    assert _readers(store, heard) == [BOTH] * 3
    assert flow.work_once(store, flow.STAGES[1], "test") == heard


def test_what_is_gone_is_left_alone_and_stops_nobody(store: Store, world: World) -> None:
    heard = _hear(store, world, "Merci à tous", "Une heure d'attente !")
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", mentions.get(tx, heard[0]).item.uri),))

    flow.work_once(store, READS, "test")
    assert _readers(store, heard) == [None, BOTH]
    assert flow.work_once(store, flow.STAGES[1], "test") == heard[1:]


def test_one_that_fails_costs_nobody_else(store: Store, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = _hear(store, world, "Merci à tous", "Une heure d'attente !", "Ouvert lundi ?")
    hints = enrich._hints

    def failing(tx: object, one: mentions.Heard) -> object:
        if one.mention.id == heard[1]:
            raise ZeroDivisionError("of this one alone")
        return hints(tx, one)  # type: ignore[arg-type]

    monkeypatch.setattr(enrich, "_hints", failing)
    flow.work_once(store, READS, "test")

    assert _readers(store, heard) == [BOTH, None, BOTH]
    with store.reading() as tx:
        assert work.waiting(tx)[READS.name, "due"] == 1
