"""Forgetting in time, and the bounded sample of public posts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ouidire.clock import HandClock
from ouidire.domain.item import Gone, ItemKind
from ouidire.errors import Retry
from ouidire.store import keep, mentions, retain, tokens
from ouidire.store.engine import Store
from ouidire.store.sample import Sample
from ouidire.store.tokens import TokenKind
from tests import builders
from tests.builders import NOW, item


def test_what_may_be_kept_no_longer_is_erased_and_counted_on(store: Store, hand_clock: HandClock) -> None:
    world = builders.world(store)
    said = builders.said(store, world, "Trente minutes")
    with store.transaction() as tx:
        secret = tokens.issue(tx, TokenKind.SETUP, NOW + timedelta(days=1))
        assert retain.purge(tx, NOW + timedelta(days=29)) == 0
        assert not mentions.get(tx, said.mention_id).is_gone
        assert retain.purge(tx, NOW + timedelta(days=30)) == 1
        assert retain.purge(tx, NOW + timedelta(days=30)) == 0
        heard = mentions.get(tx, said.mention_id)
        assert (heard.is_gone, heard.item.text, heard.reading) == (True, "", None)
        assert tokens.used_facts(tx, TokenKind.SETUP, secret) is None


def test_a_purge_takes_a_bounded_bite(store: Store, hand_clock: HandClock) -> None:
    world = builders.world(store)
    with store.transaction() as tx:
        builders.keep_found(tx, world, *(builders.found(world, item()) for _ in range(5)))
        assert [retain.purge(tx, NOW + timedelta(days=31), limit=3) for _ in range(3)] == [3, 2, 0]


def test_without_a_limit_of_days_things_stay(store: Store, hand_clock: HandClock) -> None:
    world = builders.world(store)
    one = item()
    with store.transaction() as tx:
        keep.keep(
            tx, world.stream.id, builders.Batch(items=(one,)), [builders.found(world, one)], NOW,
            first_stage="enrich", retain_days=0,
        )  # fmt: skip
        assert retain.purge(tx, NOW + timedelta(days=9999)) == 0


@pytest.fixture
def sample(tmp_path: Path) -> Iterator[Sample]:
    made = Sample(tmp_path / "sample.db", hours=24, megabytes=1)
    yield made
    made.close()


def test_the_sample_gives_posts_back_newest_first(sample: Sample) -> None:
    for minute in range(3):
        ones = [item(f"{minute}.{n}", languages=("fr", "en")) for n in range(2)]
        sample.put(ones, (), NOW + timedelta(minutes=minute))
    texts = [one.text for one in sample.newest()]
    assert [text[0] for text in texts] == ["2", "2", "1", "1", "0", "0"]
    first = next(sample.newest())
    assert (first.connector, first.languages, first.written_at) == (
        "simulated",
        ("fr", "en"),
        NOW - timedelta(minutes=1),
    )
    assert len(list(sample.newest(limit=1))) <= 1000


def test_more_than_a_page_comes_back_whole_and_once(sample: Sample) -> None:
    sample.put((item() for _ in range(2500)), (), NOW)
    uris = [one.uri for one in sample.newest()]
    assert len(uris) == len(set(uris)) == 2500


def test_relays_imports_and_empty_posts_are_not_sampled(sample: Sample) -> None:
    sample.put([item("x", kind=ItemKind.REPOST), item("x", imported=True), item("")], (), NOW)
    assert sample.count() == 0


def test_deletions_are_honoured_in_the_sample(sample: Sample) -> None:
    kept, gone, left = item("je reste", author="a"), item("supprimé", author="b"), item("parti", author="c")
    sample.put([kept, gone, left], (), NOW)
    sample.put(
        [item("encore", author="c")], (Gone("simulated", gone.uri), Gone("simulated", author_uri=left.author.uri)), NOW
    )
    assert [one.text for one in sample.newest()] == ["je reste"]


def test_a_deletion_in_the_batch_of_its_post_wins(sample: Sample) -> None:
    one = item()
    sample.put([one], (Gone("simulated", one.uri),), NOW)
    assert sample.count() == 0


def test_the_sample_forgets_what_is_older_than_its_hours(sample: Sample) -> None:
    sample.put([item("vieux")], (), NOW - timedelta(hours=24, minutes=1))
    sample.put([item("récent")], (), NOW - timedelta(hours=23))
    sample.trim(NOW)
    assert [one.text for one in sample.newest()] == ["récent"]


def test_the_sample_stays_below_its_size_and_keeps_the_newest(sample: Sample, tmp_path: Path) -> None:
    for minute in range(8):
        ones = (item(f"{minute} " + "pain " * 40) for _ in range(1000))
        sample.put(ones, (), NOW + timedelta(minutes=minute))
    assert sample.bytes() > 2_000_000
    sample.trim(NOW + timedelta(minutes=9))
    assert sample.bytes() <= 1_000_000
    assert 0 < sample.count() < 8000
    assert next(sample.newest()).text.startswith("7 ")
    with sqlite3.connect(tmp_path / "sample.db") as looking:
        pages = looking.execute("PRAGMA page_count").fetchone()[0] * looking.execute("PRAGMA page_size").fetchone()[0]
    looking.close()
    assert pages < 1_200_000, "the file itself shrinks"


def test_a_sample_of_no_megabytes_ends_empty_and_does_not_hang(tmp_path: Path) -> None:
    sample = Sample(tmp_path / "sample.db", hours=24, megabytes=0)
    sample.put([item()], (), NOW)
    sample.trim(NOW)
    assert sample.count() == 0
    sample.close()


def test_the_sample_can_be_cleared(sample: Sample) -> None:
    sample.put([item()], (), NOW)
    sample.clear()
    assert list(sample.newest()) == []


def test_a_sample_that_cannot_be_written_says_so_and_goes_on_later(sample: Sample, tmp_path: Path) -> None:
    sample._db.execute("PRAGMA busy_timeout=10")
    other = sqlite3.connect(tmp_path / "sample.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Retry, match="sample"):
        sample.put([item("perdu")], (), NOW)
    other.execute("ROLLBACK")
    other.close()
    sample.put([item("gardé")], (), NOW)
    assert [one.text for one in sample.newest()] == ["gardé"]
