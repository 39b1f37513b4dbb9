"""Trouble from outside: each has a message that says what to do, a counter, and loses nothing (invariant 8)."""

from __future__ import annotations

import asyncio
import dataclasses
import multiprocessing
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sqlalchemy import event
from structlog.testing import capture_logs

from ouidire import clock, flow
from ouidire.app import App
from ouidire.cli import doctor
from ouidire.cli.importing import read_file
from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.demo.faults import FaultKind
from ouidire.domain.item import Batch
from ouidire.domain.source import Source, SourceState
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.locale import translator
from ouidire.match.checks import refuse
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import conversations, engine, mentions, organisations, sources, work
from ouidire.store.engine import Store, Tx
from ouidire.store.secrets import SecretBox
from tests import builders
from tests.connectors.bluesky.jetstream import T0, PlayedJetstream, playing, post
from tests.flow.faults.importer import bring_in
from tests.flow.house import open_house

BEGUN = datetime.fromtimestamp(T0 / 1e6, UTC)


def settled(folder: Path, **given: object) -> Settings:
    return Settings.model_validate({"home": folder, "listen_bluesky": False, "sample": False, **given})


async def doctor_says(settings: Settings) -> str:
    console = Console(record=True, width=300, file=StringIO())
    await doctor.look(settings, console)
    return console.export_text()


async def soon(question: Any, within_s: float = 15.0) -> Any:
    async with asyncio.timeout(within_s):
        while not (answer := await asyncio.to_thread(question)):
            await asyncio.sleep(0.02)
    return answer


# --- a cursor that cannot be true --------------------------------------------------------------------------------


@asynccontextmanager
async def heard_from(store: Store, folder: Path, cursor: str, *frames: bytes) -> AsyncIterator[Settings]:
    """A house that goes on from `cursor` on a Jetstream that remembers `frames`, until it has heard one about us."""
    where = builders.world(store)
    async with playing() as jetstream:
        settings = settled(folder, jetstream=jetstream.url)
        with store.transaction() as tx:
            sources.pause(tx, where.owner, where.stream.id)
            sources.add(tx, store, Source("bsky", None, "bluesky", "Bluesky", cursor=cursor))
        app = App(settings, store, Http())
        running = asyncio.create_task(app.run())
        try:
            await _play_until_heard(store, where.organisation.id, jetstream, frames)
            yield settings
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await app.http.aclose()


async def _play_until_heard(
    store: Store, organisation_id: str, jetstream: PlayedJetstream, frames: Sequence[bytes]
) -> None:
    async with asyncio.timeout(10):
        await jetstream.came.wait()

    def heard() -> bool:
        with store.reading() as tx:
            key = f"bluesky:at://did:plc:ada/app.bsky.feed.post/3k{9_000:011d}"
            return mentions.by_item_key(tx, organisation_id, key) is not None

    await jetstream.play(*frames, post("Delorière, enfin", 9_000))
    await soon(heard)


@pytest.mark.parametrize(
    ("cursor", "frames", "says"),
    [
        (str(T0 + 10**13), (), "lies in the future"),
        ("yesterday", (), "is not one of Bluesky's"),
        (str(T0 - 3 * 86_400_000_000), (post("first that is remembered", 1),), "longer than Jetstream remembers"),
    ],
)
async def test_a_cursor_that_cannot_be_followed_is_a_gap_that_is_shown(
    sqlite_store: Store, tmp_path: Path, cursor: str, frames: tuple[bytes, ...], says: str
) -> None:
    with clock.running(HandClock(BEGUN + timedelta(seconds=10))):
        async with heard_from(sqlite_store, tmp_path, cursor, *frames) as settings:
            with sqlite_store.reading() as tx:
                (gap,) = sources.gaps(tx, "bsky")
                assert int(sources.get(tx, "bsky").cursor) >= T0
            assert says in gap.because
            assert f"Bluesky: not heard from {gap.since:%Y-%m-%d %H:%M} UTC" in await doctor_says(settings)


# --- a store in trouble ------------------------------------------------------------------------------------------


class Disk:
    """A disk that can be full: SQLite itself refuses to grow the file."""

    def __init__(self, store: Store) -> None:
        self.pages = 2**30
        with store.transaction() as tx:
            self._now = int(tx.exec_driver_sql("PRAGMA page_count").scalar_one())
        event.listen(store.engine, "checkout", self._limit)

    def _limit(self, connection: sqlite3.Connection, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count={self.pages}")

    def fill(self) -> None:
        self.pages = self._now

    def free(self) -> None:
        self.pages = 2**30


class Naps:
    """Stands for `asyncio.sleep` while a store is waited for; `then` happens at the second nap."""

    def __init__(self, then: Any) -> None:
        self.taken: list[float] = []
        self._then = then

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        if len(self.taken) == 2:
            self._then()


def heard(store: Store, where: builders.World) -> tuple[int, str]:
    """How many mentions are kept, and the cursor."""
    with store.reading() as tx:
        source = sources.get(tx, where.stream.id)
        return source.kept, source.cursor


async def test_a_full_disk_holds_the_batch_until_there_is_space(
    sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand_clock: HandClock
) -> None:
    where, disk = builders.world(sqlite_store), Disk(sqlite_store)
    app = App(settled(tmp_path), sqlite_store, Http())
    naps = Naps(disk.free)
    monkeypatch.setattr("ouidire.app.asyncio.sleep", naps)
    disk.fill()
    items = tuple(builders.item(f"Delorière {n} " + "a" * 500) for n in range(200))
    with capture_logs() as logs:
        await app.hear(Parcel(where.stream.id, Batch(items=items, cursor="after", heard=200)))
    assert naps.taken == [5.0, 5.0]
    assert {one["source"] for one in logs} == {where.stream.id}
    assert "The disk of the store is full" in logs[0]["because"]
    assert "Free some space" in logs[0]["because"]
    assert heard(sqlite_store, where) == (200, "after")


async def test_a_locked_database_is_waited_for(
    sqlite_pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand_clock: HandClock
) -> None:
    monkeypatch.setattr(engine, "_BUSY_MS", 20)
    path = tmp_path / "ouidire.db"
    shutil.copy(sqlite_pattern, path)
    store = Store.open(f"sqlite:///{path}", SecretBox.at(tmp_path / "key"))
    where = builders.world(store)
    app = App(settled(tmp_path), store, Http())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    naps = Naps(lambda: other.execute("ROLLBACK"))
    monkeypatch.setattr("ouidire.app.asyncio.sleep", naps)
    with capture_logs() as logs:
        batch = Batch(items=(builders.item("Delorière"),), cursor="after", heard=1)
        await app.hear(Parcel(where.stream.id, batch))
    assert len(naps.taken) == 2
    assert logs[0]["because"] == "The store did not answer (database is locked). We try again."
    assert heard(store, where) == (1, "after")
    other.close()
    store.close()


@pytest.mark.postgres
async def test_a_database_that_throws_everybody_out_ends_nothing(postgres_store: Store, tmp_path: Path) -> None:
    async with open_house(postgres_store, tmp_path, "boutique") as house:
        for number in range(12):
            await house.rig.post("gazouille", author=f"a{number}", text=f"Maison Delorière, visite {number}")
            await house.rig.fault(FaultKind.BROKEN, network="ciel", door="events")
            await asyncio.to_thread(_throw_everybody_out, postgres_store)

        await house.rig.heal()
        # What was claimed at that moment comes back when its lease ends: that is another story's.
        await house.until(lambda: _kept(postgres_store, house.world.sources[0].id) == 12)
        assert not house.running.done()


def _throw_everybody_out(store: Store) -> None:
    with suppress(Exception), store.transaction() as tx:
        tx.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def _kept(store: Store, source_id: str) -> int:
    with store.reading() as tx:
        return sources.get(tx, source_id).kept


async def test_a_network_and_the_store_in_trouble_together_end_nothing(
    sqlite_pattern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_BUSY_MS", 20)
    path = tmp_path / "ouidire.db"
    shutil.copy(sqlite_pattern, path)
    store = Store.open(f"sqlite:///{path}", SecretBox.at(tmp_path / "key"))
    async with open_house(store, tmp_path, "boutique") as house:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with capture_logs() as logs:
            await house.rig.fault(FaultKind.BROKEN, network="gazouille", door="events", times=1)
            await house.rig.post("gazouille", author="a", text="Maison Delorière, enfin")
            await house.rig.post("gazouille", author="b", text="Maison Delorière, encore")
            await soon(lambda: any(one["event"] == "the store is in trouble" for one in logs))
        other.execute("ROLLBACK")
        other.close()
        await house.until(lambda: _kept(store, house.world.sources[0].id) == 2)
    store.close()


# --- what people give ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ((), "This watch looks for nothing; give it at least one name."),
        (("",), "In names, “” is too short to be recognised; write at least 2 letters or digits."),
        (("X",), "In names, “X” is too short to be recognised; write at least 2 letters or digits."),
        (("é!",), "In names, “é!” is too short to be recognised; write at least 2 letters or digits."),
    ],
)
def test_a_watch_that_could_never_be_heard_is_refused_with_what_to_do(names: tuple[str, ...], says: str) -> None:
    with pytest.raises(BadInput) as refused:
        refuse(Watch("w", "o", None, names=names))
    assert str(refused.value) == says


@contextmanager
def importing(store: Store, folder: Path) -> Iterator[tuple[Settings, Console, Path]]:
    builders.world(store)
    file = folder / "posts.csv"
    yield settled(folder), Console(record=True, width=300, file=StringIO()), file


def csv_lines(count: int) -> str:
    rows = (f'{n},ann{n},"Delorière, visite {n}",2026-10-0{1 + n % 9}T10:00:00Z' for n in range(count))
    return "\n".join(["id,author,text,created_at", *rows]) + "\n"


async def test_a_file_with_wrong_columns_says_which_and_can_be_read_once_they_are_right(
    sqlite_store: Store, tmp_path: Path
) -> None:
    with importing(sqlite_store, tmp_path) as (settings, console, file):
        file.write_text("who,what,when\nann,Delorière,2026-10-01\n")
        with pytest.raises(BadInput, match="who, what, when") as refused:
            await read_file(settings, console, translator("en"), file)
        assert f"ouidire import {file} --map created_at=when --map 'text=…'" in str(refused.value)
        file.write_text(csv_lines(3) + ',bob,"Delorière",not a day\n')
        await read_file(settings, console, translator("en"), file)
        said = console.export_text()
        assert "4 lines read, 3 speak of you, 1 could not be used." in said
        assert "1 × The date cannot be read  #5 ,bob" in said


async def test_an_import_that_was_killed_goes_on_and_counts_each_line_once(sqlite_store: Store, tmp_path: Path) -> None:
    with importing(sqlite_store, tmp_path) as (settings, console, file):
        file.write_text(csv_lines(600))
        for point, nth in (("before commit: hear", 2), ("after commit: hear", 2), ("before commit: relate", 3)):
            one = multiprocessing.get_context("forkserver").Process(target=bring_in, args=(tmp_path, file, point, nth))
            one.start()
            await asyncio.to_thread(one.join, 60)
            assert one.exitcode == -signal.SIGKILL
        hand = HandClock(clock.now() + work.LEASE)  # what the killed ones held comes back
        with clock.running(hand):
            await read_file(settings, console, translator("en"), file)
        said = console.export_text()
        assert "Going on where the last import stopped." in said
        assert "600 lines read, 600 speak of you, 0 could not be used." in said
        with sqlite_store.reading() as tx:
            assert work.waiting(tx) == {}
            source = sources.by_connector(tx, organisations.every(tx)[0].id, "files")
            assert source is not None
            assert source.state is SourceState.DONE


# --- a message that our own stage cannot bear ----------------------------------------------------------------------


async def test_a_poisoned_message_is_set_aside_and_the_doctor_says_so(
    sqlite_store: Store, tmp_path: Path, hand_clock: HandClock
) -> None:
    where = builders.world(sqlite_store)
    with sqlite_store.transaction() as tx:
        kept = builders.keep_found(
            tx, where, *(builders.found(where, builders.item(f"Delorière {n}"), where.crescent) for n in range(5))
        )
    poisoned = kept.mention_ids[2]
    stages = [_poisoned(stage, poisoned) if stage.name == "relate" else stage for stage in flow.STAGES]
    for _ in range(work.MAX_TRIES):
        while any(flow.work_once(sqlite_store, stage, "test") for stage in stages):
            continue
        hand_clock.advance(minutes=1)
    with sqlite_store.reading() as tx:
        assert work.waiting(tx) == {("relate", "failed"): 1}
        placed = [one for one in kept.mention_ids if conversations.standing(tx, one) is not None]
    assert placed == [one for one in kept.mention_ids if one != poisoned]
    said = await doctor_says(settled(tmp_path))
    assert "1 message(s) were set aside by the stage relate: ZeroDivisionError: division by zero" in said
    assert "Please report this fault" in said


def _poisoned(stage: flow.Stage, subject: str) -> flow.Stage:
    def run(tx: Tx, subject_ids: Sequence[str]) -> Sequence[Sequence[str]]:
        if subject in subject_ids:
            raise ZeroDivisionError("division by zero")
        return stage.run(tx, subject_ids)

    return dataclasses.replace(stage, run=run)
