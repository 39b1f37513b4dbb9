"""One house a store, its log, its disk, its ledger of deletions."""

from __future__ import annotations

import asyncio
import io
import json
import os
import sqlite3
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from rich.console import Console
from typer.testing import CliRunner

from ouidire import clock
from ouidire.app import App
from ouidire.care import copies, lock
from ouidire.care.archive import Archive
from ouidire.care.backup import backup
from ouidire.care.disk import Disk
from ouidire.care.export import export
from ouidire.care.health import look
from ouidire.care.latency import Latency
from ouidire.care.ledger import Ledger
from ouidire.care.lock import HouseLock
from ouidire.care.log import RotatingLog
from ouidire.cli import doctor
from ouidire.cli.main import app as cli
from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch, Gone
from ouidire.domain.source import Source
from ouidire.errors import BadInput
from ouidire.locale import translator
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import sources, states
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox
from tests import builders
from tests.care.conftest import house_in, opened
from tests.care.others import held_by_another
from tests.postgres import PostgresServer


def test_the_second_house_is_told_who_has_the_first_and_a_killed_one_holds_nothing(lived_in: Settings) -> None:
    home = ["--home", str(lived_in.folder)]
    with held_by_another(lived_in) as pid:
        for command in (["up", *home, "--port", "0"], ["demo", *home, "--port", "0"]):
            refused = CliRunner().invoke(cli, command)
            assert refused.exit_code == 1
            told = " ".join(refused.output.split())
            assert f"Ouïdire is up here already: process {pid} on" in told
            assert "its page is http://127.0.0.1:8765" in told
            assert "--home" in told
        held = lock.holder(lived_in)
        assert held is not None
        assert held.pid == pid
        taken = CliRunner().invoke(cli, ["backup", str(lived_in.folder / "b"), *home])
        assert taken.exit_code == 0, taken.output  # a backup is taken while the house is up
    assert lock.holder(lived_in) is None
    with HouseLock(lived_in):
        pass
    Archive(lived_in.folder / "b.ouidire").check()


def test_two_folders_with_one_file_are_one_house(tmp_path: Path) -> None:
    shared = f"sqlite:///{tmp_path / 'shared' / 'ouidire.db'}"
    here, there = house_in(tmp_path / "here", shared), house_in(tmp_path / "there", shared)
    with held_by_another(here), pytest.raises(BadInput, match="up here already"):
        HouseLock(there).take()
    with held_by_another(here):
        HouseLock(house_in(tmp_path / "there")).take().release()


@pytest.mark.postgres
def test_two_folders_with_one_database_are_one_house(postgres: PostgresServer, tmp_path: Path) -> None:
    with postgres.database() as url:
        here, there = house_in(tmp_path / "here", url), house_in(tmp_path / "there", url)
        with HouseLock(here), pytest.raises(BadInput, match=r"is up on this database, from 127.0.0.1 since 20"):
            HouseLock(there).take()
        HouseLock(there).take().release()


def test_the_log_is_bounded_and_a_full_disk_costs_lines_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "ouidire.log"
    log = RotatingLog(file, most_bytes=100, kept=2)
    for number in range(40):
        log.write(f'{{"line": {number:02}}}\n')
    names = sorted(one.name for one in tmp_path.iterdir())
    assert names == ["ouidire.log", "ouidire.log.1", "ouidire.log.2"]
    assert all(one.stat().st_size <= 100 for one in tmp_path.iterdir())
    lines = [
        json.loads(line)["line"] for name in reversed(names) for line in (tmp_path / name).read_text().splitlines()
    ]
    assert lines == list(range(40))[-len(lines) :]
    assert len(lines) > 14

    with monkeypatch.context() as full:
        full.setattr(log, "_file", _FullDisk())
        log.write("lost\n")
        log.write("lost\n")
    log.write('{"event": "again"}\n')
    assert "2 lines were lost" in file.read_text()
    log.close()


class _FullDisk(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_clock_that_was_ahead_hides_no_deletion_from_the_ledger(tmp_path: Path, hand_clock: HandClock) -> None:
    ledger, ahead = Ledger(tmp_path), hand_clock.now() + timedelta(days=3)
    ledger.add([("a" * 64, ahead)])
    since = ledger.since()
    assert since is not None
    assert since < hand_clock.now(), "what is deleted now, the clock put right, would not be asked for"


def test_what_is_kept_and_taken_away_is_its_owners_alone(tmp_path: Path) -> None:
    """Also in a folder that others may look into."""
    old = os.umask(0o022)
    try:
        store = Store.open(f"sqlite:///{tmp_path / 'ouidire.db'}", SecretBox(Fernet.generate_key()))
        member = builders.world(store).owner
        export(store, member, tmp_path / "e.zip")
        RotatingLog(tmp_path / "ouidire.log", 1000, 1).close()
        store.close()
    finally:
        os.umask(old)
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == dict.fromkeys(
        ("ouidire.db", "e.zip", "ouidire.log"), 0o600
    )


def test_the_ledger_keeps_every_deletion_once_and_survives_a_torn_line(tmp_path: Path) -> None:
    at = clock.now()
    ledger = Ledger(tmp_path)
    assert ledger.since() is None
    assert ledger.add([("a" * 64, at), ("b" * 64, at)]) == 2
    assert ledger.add([("a" * 64, at + timedelta(days=1))]) == 0
    with ledger.path.open("a") as file:
        file.write("\n2026-10-17T19:2")
    assert ledger.path.stat().st_mode & 0o777 == 0o600
    again = Ledger(tmp_path)
    assert again.add([("c" * 64, at)]) == 1
    assert {digest[0] for digest, _ in Ledger(tmp_path).read()} == {"a", "b", "c"}


async def test_a_deletion_is_in_the_ledger_when_its_commit_is_done(sqlite_store: Store, tmp_path: Path) -> None:
    where = builders.world(sqlite_store)
    said = builders.said(sqlite_store, where)
    app = App(house_in(tmp_path), sqlite_store, Http())
    gone = Gone("simulated", uri=said.item.uri)
    await app.hear(Parcel(where.stream.id, Batch(gone=(gone,), cursor="c2", heard=1)))
    ((digest, _),) = Ledger(tmp_path).read()
    assert len(digest) == 64
    assert said.item.uri not in Ledger(tmp_path).path.read_text()
    await app.http.aclose()


async def test_when_the_disk_is_low_what_can_wait_waits_and_what_is_said_is_kept(
    sqlite_store: Store, tmp_path: Path
) -> None:
    where = builders.world(sqlite_store)
    full = house_in(tmp_path, disk_free_mb=10**9, sample=True)
    app = App(full, sqlite_store, Http())
    app._look_at_disk()
    assert app.is_disk_low
    post = builders.item("Trente minutes d’attente chez Delorière, rue Crescent à Montréal.")
    await app.hear(Parcel(where.stream.id, Batch(items=(post,), cursor="c2", heard=1)))
    assert app._unsampled == []
    with sqlite_store.reading() as tx:
        assert sources.get(tx, where.stream.id).cursor == "c2"
        assert sources.get(tx, where.stream.id).kept == 1
    held = asyncio.create_task(app._hand_over(Source("s", None, "files", "a file"), Batch()))
    live = asyncio.create_task(app._hand_over(where.stream, Batch()))
    await asyncio.wait_for(live, 5)
    assert not held.done(), "an import went on"
    held.cancel()
    with suppress(asyncio.CancelledError):
        await held
    with pytest.raises(BadInput, match=r"no room for a backup.* OUIDIRE_BACKUP_FOLDER"):
        backup(sqlite_store, full, tmp_path / "b.ouidire")
    app.disk = Disk(tmp_path, 0)
    app._look_at_disk()
    assert not app.is_disk_low
    app.sample.close()  # type: ignore[union-attr]
    await app.http.aclose()


def test_only_the_newest_copies_made_before_migrations_are_kept(lived_in: Settings) -> None:
    lived_in.backups.mkdir()
    for number in range(5):
        (lived_in.backups / f"before-0009-2026010{number}-000000.ouidire").touch()
    (lived_in.backups / "mine.ouidire").touch()
    copies.forget_old(lived_in)
    assert [one.name[12:20] for one in copies.copies(lived_in)] == ["20260102", "20260103", "20260104"]
    assert (lived_in.backups / "mine.ouidire").exists()


async def test_the_doctor_finds_what_is_wrong_and_says_what_to_do_in_both_languages(lived_in: Settings) -> None:
    store = opened(lived_in)
    with store.transaction() as tx:
        states.put(tx, "last_backup", (clock.now() - timedelta(days=45)).isoformat())
        tx.exec_driver_sql("UPDATE source SET last_heard_at = '2090-01-01 00:00:00'")
        tx.exec_driver_sql("UPDATE organisation SET paused_at = '2026-11-25 10:00:00'")
    lived_in.key_path.chmod(0o644)
    found = {one.code: one for one in look(lived_in, store, thoroughly=True)}
    assert {code for code, one in found.items() if not one.is_well} == {"backup", "clock", "key_open"}
    assert {"whole", "disk", "log", "store", "no_mail"} <= found.keys()
    store.close()
    low = lived_in.model_copy(update={"disk_free_mb": 10**9, "metrics_token": "geheim"})
    said = await _said(low, "fr")
    for words in ("Il ne reste que", "→ Faites de la place", "→ Mettez l’horloge à l’heure", "rien ne part"):
        assert words in said
    assert "geheim" not in said
    told = json.loads(await _said(low, "en", as_json=True))
    assert told["well"] is False
    codes = {one["code"]: one for one in told["findings"]}
    assert codes["disk_low"]["todo"].startswith("Free some space")
    assert codes["paused"]["well"] is False
    assert told["settings"]["OUIDIRE_METRICS_TOKEN"] == "(set)"


async def _said(settings: Settings, language: str, *, as_json: bool = False) -> str:
    console = Console(file=io.StringIO(), width=400, highlight=False)
    await doctor.look(settings, console, translator(language), as_json=as_json)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_damaged_store_is_found(lived_in: Settings) -> None:
    with closing(sqlite3.connect(lived_in.folder / "ouidire.db")) as store_file:
        (page,) = store_file.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'item'").fetchone()
    with (lived_in.folder / "ouidire.db").open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(bytes(4096))
    store = opened(lived_in)
    codes = {one.code for one in look(lived_in, store, thoroughly=True)}
    store.close()
    assert "damaged" in codes
    (lived_in.folder / "ouidire.db").write_bytes(b"no database" * 1000)
    assert CliRunner().invoke(cli, ["doctor", "--home", str(lived_in.folder)]).exit_code == 1


def test_latency_is_counted_in_buckets_that_grow() -> None:
    latency = Latency()
    latency.counts[2] = 3
    assert latency.buckets()[0] == ("0.5", 0.0)
    assert latency.buckets()[-1] == ("+Inf", 3.0)
