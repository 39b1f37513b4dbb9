"""Which readers read a mention: both, but for a storm, or where the second cannot be opened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ouidire.enrich import step
from ouidire.enrich.encoder import NoEncoder
from ouidire.enrich.read import BOTH, READER
from ouidire.store import mentions
from ouidire.store.engine import Store
from tests import builders


@pytest.fixture(autouse=True)
def _opened_anew() -> Iterator[None]:
    step.second.cache_clear()
    yield
    step.second.cache_clear()


def _read(store: Store, waiting: int) -> str:
    """The reader of the first of so many mentions that wait."""
    world = builders.world(store)
    with store.transaction() as tx:
        kept = [
            builders.keep_found(tx, world, builders.found(world, builders.item(f"Encore {n} !", author=f"a{n}")))
            for n in range(waiting)
        ]
        (first, *_) = kept[0].mention_ids
        step.step(tx, [first])
        reading = mentions.get(tx, first).reading
    assert reading is not None
    return reading.reader


def test_both_read_while_there_is_time(store: Store) -> None:
    assert _read(store, 3) == BOTH


def test_in_a_storm_the_first_reads_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "STORM", 3)
    assert _read(store, 3) == READER


def test_without_its_files_the_first_goes_on_alone_and_it_is_said_once(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> None:
        raise NoEncoder("encoder.onnx is missing: `make models` builds it")

    monkeypatch.setattr(step, "encoder", missing)
    assert _read(store, 2) == READER
    assert step.second() is None
    assert capsys.readouterr().out.count("make models") == 1
