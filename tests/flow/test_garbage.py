"""Bad input is data (invariant 8): it is dropped, counted and shown; what is good beside it is kept."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from ouidire import flow
from ouidire.app import App
from ouidire.connectors.bluesky.mapping import jetstream
from ouidire.connectors.http import Http
from ouidire.domain.item import MAX_TEXT, Batch, Item
from ouidire.domain.mention import Ask
from ouidire.match.ears import UNSTORABLE
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import sources, work
from ouidire.store.engine import Store
from ouidire.store.schema import edge, item, mention, question
from ouidire.store.schema import work as work_rows
from ouidire.store.secrets import SecretBox
from tests import builders
from tests.flow.garbage import FRAMES, T0, deletion, frame, impossible, uri

pytestmark = pytest.mark.usefixtures("hand_clock")

_few = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)


class House:
    """An app on a store of its own, with one business that is called Delorière."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.world = store, builders.world(store)
        given = {"home": folder, "listen_bluesky": False, "sample": False}
        self.app = App(Settings.model_validate(given), store, Http())

    def hear(self, *batches: Batch) -> None:
        """The batches through the hot path, then every stage until there is nothing left to do."""

        async def all_of_them() -> None:
            for batch in batches:
                await self.app.hear(Parcel(self.world.stream.id, batch), at_once=True)

        asyncio.run(all_of_them())
        while any(flow.work_once(self.store, stage, "test") for stage in flow.STAGES):
            continue

    def kept(self) -> Counter[str]:
        with self.store.reading() as tx:
            keys = tx.execute(select(item.c.key).join(mention, mention.c.item_id == item.c.id))
            return Counter(key.partition(":")[2] for key in keys.scalars())

    def words(self) -> set[str]:
        with self.store.reading() as tx:
            return set(tx.execute(select(item.c.text)).scalars())

    def drops(self) -> Counter[str]:
        with self.store.reading() as tx:
            return Counter({reason: count for _, reason, count, _ in sources.drops(tx, self.world.stream.id)})

    def trouble(self) -> list[str]:
        """Why stages could not do their work."""
        with self.store.reading() as tx:
            assert {stage for stage, _ in work.waiting(tx)} <= {stage.name for stage in flow.STAGES}
            return list(tx.execute(select(work_rows.c.because)).scalars())

    def is_whole(self) -> bool:
        """Every mention is read and stands in one conversation, or waits for a member to say that it is about us."""
        with self.store.reading() as tx:
            read = mention.c.enrichment_id.is_not(None)
            whole = select(mention.c.id).join(edge, edge.c.mention_id == mention.c.id).where(read)
            asked = select(question.c.mention_id).where(question.c.ask == Ask.ABOUT_US)
            done = Counter([*tx.execute(whole).scalars(), *tx.execute(asked).scalars()])
            return done == Counter(tx.execute(select(mention.c.id)).scalars())


@contextmanager
def house(pattern: Path) -> Iterator[House]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(pattern, folder / "ouidire.db")
        store = Store.open(f"sqlite:///{folder / 'ouidire.db'}", SecretBox.at(folder / "key"))
        try:
            yield House(store, folder)
        finally:
            store.close()


def decoded(frames: Sequence[bytes], cursor: int) -> Batch:
    heard = jetstream().decode(frames, T0 + 10**12)
    return Batch(
        items=tuple(heard.items),
        gone=tuple(heard.gone),
        dropped=tuple(heard.dropped),
        cursor=str(cursor),
        heard=heard.heard,
    )


def good(count: int) -> list[bytes]:
    """Posts about us; every third answers the one after it, which comes later."""
    frames = []
    for number in range(1, count + 1):
        record: dict[str, Any] = {"reply": {"parent": {"uri": uri(number + 1)}, "root": {"uri": uri(number + 1)}}}
        answers = number % 3 == 0 and number < count
        text = "merci à vous" if answers else f"Chez Delorière, visite {number}"
        frames.append(frame(text, number, **(record if answers else {})))
    return frames


@_few
@given(bad=st.lists(FRAMES, min_size=1, max_size=25), seed=st.randoms(use_true_random=False), size=st.integers(1, 9))
def test_frames_that_mean_nothing_are_counted_and_the_good_ones_are_kept(
    sqlite_pattern: Path, bad: list[bytes], seed: object, size: int
) -> None:
    sound = good(7)
    frames = [*bad, *sound, *sound[2:5], *bad[:3]]
    seed.shuffle(frames)  # type: ignore[attr-defined]
    batches = [decoded(frames[start : start + size], n) for n, start in enumerate(range(0, len(frames), size), 1)]
    with house(sqlite_pattern) as home:
        home.hear(*batches)
        kept = home.kept()
        assert {uri(number) for number in range(1, 8)} <= set(kept)
        assert set(kept.values()) == {1}
        assert home.trouble() == []
        assert home.is_whole()
        lost = Counter(one.reason for batch in batches for one in batch.dropped)
        assert home.drops().total() == lost.total()
        assert all(reason.strip() for reason in home.drops())
        with home.store.reading() as tx:
            source = sources.get(tx, home.world.stream.id)
        assert (source.heard, source.dropped) == (len(frames), lost.total())


@_few
@given(bad=st.lists(impossible(), min_size=1, max_size=12), seed=st.randoms(use_true_random=False))
def test_items_that_cannot_be_stop_nobody(sqlite_pattern: Path, bad: list[Item], seed: object) -> None:
    sound = [builders.item(f"Delorière, visite {number}", uri=f"sim://good/{number}") for number in range(5)]
    items = [*bad, *sound, *sound[:2]]
    seed.shuffle(items)  # type: ignore[attr-defined]
    with house(sqlite_pattern) as home:
        home.hear(Batch(items=tuple(items), cursor="1", heard=len(items)))
        kept = home.kept()
        assert {one.uri for one in sound} <= set(kept)
        assert set(kept.values()) == {1}
        assert home.trouble() == []
        assert home.is_whole()


def test_a_post_of_ten_megabytes_is_cut_and_kept(sqlite_pattern: Path) -> None:
    long = "Une heure chez Delorière. " * 400_000
    with house(sqlite_pattern) as home:
        home.hear(decoded([frame(long, 1), frame("Delorière", 2)], 1))
        assert home.kept() == {uri(1): 1, uri(2): 1}
        with home.store.reading() as tx:
            assert max(tx.execute(select(func.length(item.c.text))).scalars()) == MAX_TEXT


def test_what_no_store_keeps_is_counted_with_its_reason(sqlite_pattern: Path) -> None:
    with house(sqlite_pattern) as home:
        home.hear(Batch(items=(builders.item("Delorière \ud800"), builders.item("Delorière")), cursor="1", heard=2))
        assert home.drops() == {UNSTORABLE: 1}
        assert len(home.kept()) == 1


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_a_time_that_cannot_be_does_not_hold_a_message_up(sqlite_pattern: Path, written: str) -> None:
    with house(sqlite_pattern) as home:
        home.hear(decoded([frame("Delorière", 1, createdAt=written)], 1))
        assert home.kept() == {uri(1): 1}
        assert home.trouble() == []
        assert home.is_whole()


def test_what_is_posted_and_deleted_in_one_batch_is_gone(sqlite_pattern: Path) -> None:
    with house(sqlite_pattern) as home:
        home.hear(decoded([frame("Delorière, secret", 1), deletion(1)], 1))
        assert home.words() == {""}


def test_a_reply_deleted_in_the_batch_that_brought_it_does_not_come_back_with_its_parent(sqlite_pattern: Path) -> None:
    orphan = frame("secret", 2, reply={"parent": {"uri": uri(1)}})
    with house(sqlite_pattern) as home:
        home.hear(decoded([orphan, deletion(2)], 1), decoded([frame("Delorière", 1)], 2))
        assert home.words() == {"Delorière"}
