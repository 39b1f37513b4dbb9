"""Backups and restores: whole or not at all, on either engine, and with a sentence where they cannot be."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import JSON, Boolean, DateTime, Float, Integer, LargeBinary, String

from ouidire import __version__
from ouidire.alert.deliver import reach
from ouidire.care import archive, restore
from ouidire.care.archive import Archive, Manifest
from ouidire.care.backup import Asked, backup
from ouidire.care.lock import HouseLock
from ouidire.domain.reply import ReplyState
from ouidire.domain.source import Source
from ouidire.errors import BadInput
from ouidire.people import wake
from ouidire.settings import Settings
from ouidire.store import alerts, channels, dump, members, organisations, schema, sources
from tests.care.conftest import house_in, opened
from tests.postgres import PostgresServer
from tests.upgrade.stores import everything

CHANGED_BY_A_RESTORE = {"organisation", "state", "token"}
"""Paused, counted on, and signed out."""


def taken(settings: Settings, name: str = "b.ouidire", **asked: object) -> Path:
    file = settings.folder.parent / name
    store = opened(settings)
    backup(store, settings, file, Asked(**asked))  # type: ignore[arg-type]
    store.close()
    return file


def rows_of(settings: Settings) -> dict[str, list[dict[str, object]]]:
    store = opened(settings)
    found = everything(store)
    store.close()
    return {table: rows for table, rows in found.items() if table not in CHANGED_BY_A_RESTORE}


def killed_while(work: Callable[[], object]) -> None:
    """In a process of its own, which must end by being killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(1)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL


def kill_at(patched: pytest.MonkeyPatch, where: object, name: str, nth: int) -> None:
    real, calls = getattr(where, name), iter(range(1, 1000))

    def trap(*given: object, **more: object) -> object:
        if next(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)

    patched.setattr(where, name, trap)


@pytest.mark.postgres
def test_rows_are_the_same_from_sqlite_to_postgresql_and_back(
    lived_in: Settings, postgres: PostgresServer, tmp_path: Path
) -> None:
    was = rows_of(lived_in)
    with postgres.database() as url:
        there = lived_in.model_copy(update={"store": url})
        restore.restore(lived_in, taken(lived_in), restore.Asked(into=url))
        assert rows_of(there) == was
        back = house_in(tmp_path / "back")
        back.folder.mkdir()
        shutil.copy(lived_in.key_path, back.key_path)
        restore.restore(back, taken(there, "c.ouidire"))
        assert rows_of(back) == was
        store = opened(there)
        with store.transaction() as tx:  # PostgreSQL goes on counting where the rows ended
            tx.execute(dump.insert(next(t for t in dump.tables(tx) if t.name == "work")).values(_work_row(tx)))
        store.close()


def _work_row(tx: dump.Tx) -> dict[str, object]:
    row = {"stage": "enrich", "subject_id": "x", "state": "due", "tries": 0, "because": ""}
    house = tx.exec_driver_sql("SELECT id, created_at FROM organisation").first()
    assert house is not None
    return {**row, "organisation_id": house[0], "due_at": house[1]}


def test_a_backup_is_of_one_moment_and_can_be_read_without_us(settings: Settings, tmp_path: Path) -> None:
    store = opened(settings)
    was = everything(store)

    def write_meanwhile(_done: int, _of: int) -> None:
        with store.transaction() as tx:
            tx.exec_driver_sql("UPDATE item SET text = 'changed meanwhile'")
            tx.exec_driver_sql("DELETE FROM route")

    file = tmp_path / "b.ouidire"
    seen = iter([True])
    writer = archive.Writer.add_rows

    def add(self: archive.Writer, table: str, *given: object) -> None:
        if next(seen, False):
            write_meanwhile(0, 0)
        writer(self, table, *given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(archive.Writer, "add_rows", add)
        backup(store, settings, file)
    store.close()
    assert file.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(file) as plain:
        told = json.loads(plain.read("manifest.json"))
        kept = {t: [json.loads(line) for line in plain.read(f"rows/{t}.jsonl").splitlines()] for t in was}
        assert settings.key_path.read_bytes() not in b"".join(plain.read(name) for name in plain.namelist())
    assert (told["release"], told["revision"]) == (__version__, dump_revision(settings))
    assert kept == was
    with pytest.raises(BadInput, match="There is a file at"):
        backup(store, settings, file)


def dump_revision(settings: Settings) -> str | None:
    store = opened(settings)
    with store.reading() as tx:
        found = dump.revision(tx)
    store.close()
    return found


def test_a_backup_killed_anywhere_leaves_no_half_file(lived_in: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for where, name, nth in [(archive.Writer, "add_rows", 9), (archive.os, "fsync", 1), (Path, "replace", 1)]:
        with monkeypatch.context() as patched:
            kill_at(patched, where, name, nth)
            killed_while(lambda: taken(lived_in))
        assert list(lived_in.folder.parent.glob("*.ouidire")) == []
    assert len(list(lived_in.folder.parent.glob(".b.ouidire.*.part"))) == 3
    Archive(taken(lived_in)).check()


@pytest.mark.parametrize(
    "settings", ["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.long])], indirect=True
)
def test_a_restore_killed_anywhere_leaves_what_was_there_or_what_came_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = taken(settings, f"{tmp_path.name}.ouidire")
    came_back = rows_of(settings)
    store = opened(settings)
    with store.transaction() as tx:
        tx.exec_driver_sql("UPDATE item SET text = 'newer'")
    store.close()
    was = rows_of(settings)
    points = [(dump, "put", 12), (restore, "sync_folder", 1)] if settings.store == "" else [(dump, "put", 12)]
    for where, name, nth in points:
        with monkeypatch.context() as patched:
            kill_at(patched, where, name, nth)
            killed_while(lambda: restore.restore(settings, file, restore.Asked(replace=True)))
        assert rows_of(settings) == (came_back if name == "sync_folder" else was)
    done = restore.restore(settings, file, restore.Asked(replace=True))
    assert rows_of(settings) == came_back
    assert done.set_aside is not None
    Archive(done.set_aside).check()
    file.unlink()


def test_a_bit_that_flipped_is_found_before_anything_is_changed(lived_in: Settings, tmp_path: Path) -> None:
    file = taken(lived_in)
    whole = file.read_bytes()
    good = _contents(Archive(file))
    refused = 0
    for at in range(7, len(whole), len(whole) // 160):
        broken = tmp_path / "broken.ouidire"
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:  # what a restore does before all else
            read = _contents(Archive(broken))
        except BadInput as error:
            assert "damaged" in str(error) or "no whole backup" in str(error)  # noqa: PT017
            refused += 1
        else:  # a bit that says nothing, such as a date in the archive's own list
            assert read == good
    assert refused > 140
    was = rows_of(lived_in)
    for at in (len(whole) // 3, len(whole) - 5):
        broken.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(BadInput, match="nothing was changed"):
            restore.restore(lived_in, broken, restore.Asked(replace=True))
    assert rows_of(lived_in) == was
    (tmp_path / "short.ouidire").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other.ouidire").write_bytes(b"no archive at all")
    for name in ("short", "other", "absent"):
        with pytest.raises(BadInput, match=r"no whole backup|cannot be read"):
            restore.restore(lived_in, tmp_path / f"{name}.ouidire")


def _contents(one: Archive) -> dict[str, list[dict[str, object]]]:
    one.check()
    return {table: list(one.rows(table)) for table in one.tables}


def test_a_backup_of_a_newer_release_is_refused_with_both_names(lived_in: Settings, tmp_path: Path) -> None:
    for changed, said in [
        (
            {"release": "7.0.0", "revision": "0700"},
            r"Ouïdire 7\.0\.0 \(form 0700\); this is .* Install 7\.0\.0 or newer",
        ),
        ({"release": "8.0.0", "format": 2}, r"taken by Ouïdire 8\.0\.0; this is .* cannot read it"),
    ]:
        newer = _rewritten(taken(lived_in, f"{changed['release']}.ouidire"), changed)
        with pytest.raises(BadInput, match=said):
            restore.restore(house_in(tmp_path / "fresh"), newer)
    assert not (tmp_path / "fresh" / "ouidire.db").exists()


def _rewritten(file: Path, changed: dict[str, object]) -> Path:
    """As another release would have written it, with checksums that hold."""
    manifest = msgspec.structs.replace(Archive(file).manifest, **changed)
    newer = file.with_name(f"newer-{file.name}")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            if name != archive.MANIFEST:
                new.writestr(name, old.read(name))
        told = msgspec.json.encode(manifest)
        new.writestr(archive.MANIFEST, told)
        new.comment = archive.hashlib.sha256(told).hexdigest().encode()
    return newer


def test_a_house_that_lives_is_not_replaced_unasked_nor_while_it_is_up(lived_in: Settings) -> None:
    file = taken(lived_in)
    was = rows_of(lived_in)
    with pytest.raises(BadInput, match="There is a house in this store already"):
        restore.restore(lived_in, file)
    with HouseLock(lived_in), pytest.raises(BadInput, match="Ouïdire is up here already"):
        restore.restore(lived_in, file, restore.Asked(replace=True))
    assert rows_of(lived_in) == was


def test_a_damaged_store_is_set_aside_and_the_backup_takes_its_place(lived_in: Settings) -> None:
    file, was = taken(lived_in), rows_of(lived_in)
    database = lived_in.folder / "ouidire.db"
    database.write_bytes(b"\x00garbage" * 4096)
    with pytest.raises(BadInput, match="--replace"):
        restore.restore(lived_in, file)
    done = restore.restore(lived_in, file, restore.Asked(replace=True))
    assert done.set_aside is not None
    assert done.set_aside.read_bytes().startswith(b"\x00garbage")
    assert rows_of(lived_in) == was


def test_the_key_travels_only_when_asked_and_locked_with_a_passphrase(lived_in: Settings, tmp_path: Path) -> None:
    bare = taken(lived_in, "bare.ouidire")
    fresh = house_in(tmp_path / "fresh")
    with pytest.raises(BadInput, match=r"another key .* --new-key"):
        restore.restore(fresh, bare)
    assert not fresh.key_path.exists()

    along = taken(lived_in, "along.ouidire", passphrase="trois petits pains au lait")
    with pytest.raises(BadInput, match="not the passphrase"):
        restore.restore(fresh, along, restore.Asked(passphrase=lambda: "quatre petits pains"))
    restore.restore(fresh, along, restore.Asked(passphrase=lambda: "trois petits pains au lait"))
    assert fresh.key_path.read_bytes() == lived_in.key_path.read_bytes()
    assert fresh.key_path.stat().st_mode & 0o777 == 0o600
    assert _secrets(fresh) == _secrets(lived_in) != []

    anew = house_in(tmp_path / "anew")
    assert restore.restore(anew, bare, restore.Asked(new_key=True)).without_key
    assert _secrets(anew) == []


async def test_without_the_key_a_members_channels_are_lost_and_stop_nothing(lived_in: Settings, tmp_path: Path) -> None:
    store = opened(lived_in)
    with store.transaction() as tx:
        tx.execute(schema.organisation.update().values(is_demo=False))
        owner = members.of_organisation(tx, organisations.every(tx)[0].id)[0]
        ntfy = wake.add(tx, store, owner, wake.ntfy("https://ntfy.example", "louve", "", is_private=True), 2)
        sources.forget_secrets(tx)  # the channel alone is locked now
        tx.exec_driver_sql("UPDATE reply SET state = 'sent'")
    store.close()
    file = taken(lived_in)
    anew = house_in(tmp_path / "anew")
    with pytest.raises(BadInput, match=r"another key .* --new-key"):
        restore.restore(anew, file)
    assert restore.restore(anew, file, restore.Asked(new_key=True)).without_key
    store = opened(anew)
    assert await reach(store, "apprise", ntfy, owner.id) is None
    with store.reading() as tx:
        (lost,) = channels.of(tx, owner)
        assert lost.trouble == restore.KEY_LEFT_BEHIND
        assert not [one for one in alerts.routes(tx, owner) if one.target == ntfy]
    store.close()


def _secrets(settings: Settings) -> list[dict[str, str]]:
    store = opened(settings)
    with store.reading() as tx:
        ids = tx.exec_driver_sql("SELECT id FROM source ORDER BY id").scalars().all()
        found = [sources.secrets(tx, store, one) for one in ids]
    store.close()
    return [one for one in found if one]


def test_replies_on_their_way_then_are_asked_about_and_nobody_stays_signed_in(lived_in: Settings) -> None:
    store = opened(lived_in)
    with store.transaction() as tx:
        tx.exec_driver_sql("UPDATE reply SET state = 'due'")
    store.close()
    file = taken(lived_in)
    restore.restore(lived_in, file, restore.Asked(replace=True))
    store = opened(lived_in)
    with store.reading() as tx:
        assert set(tx.exec_driver_sql("SELECT state FROM reply").scalars()) == {ReplyState.UNCLEAR}
        assert tx.exec_driver_sql("SELECT count(*) FROM token").scalar() == 0
        assert tx.exec_driver_sql("SELECT count(*) FROM organisation WHERE paused_at IS NULL").scalar() == 0
    store.close()


def test_copies_of_imported_files_come_along_when_asked_and_are_found(lived_in: Settings, tmp_path: Path) -> None:
    kept = lived_in.folder / "imports" / "a.csv"
    kept.parent.mkdir()
    kept.write_text("text\nbonjour")
    store = opened(lived_in)
    one = Source("an import", None, "files", "a", {"path": str(kept)})
    with store.transaction() as tx:
        sources.add(tx, store, one)
    store.close()
    fresh = house_in(tmp_path / "fresh", key_file=lived_in.key_path)
    restore.restore(fresh, taken(lived_in, with_imports=True))
    store = opened(fresh)
    with store.reading() as tx:
        found = Path(sources.get(tx, one.id).settings["path"])
    store.close()
    assert found.parent == fresh.folder / "imports"
    assert found.read_text(encoding="utf-8") == "text\nbonjour"
    assert "imports/a.csv" not in Archive(taken(lived_in, "without.ouidire")).manifest.parts


def test_every_column_has_a_kind_that_a_backup_can_hold() -> None:
    known = (String, Integer, Float, Boolean, DateTime, JSON, LargeBinary, schema.Moment)
    odd = [
        f"{t.name}.{c.name}" for t in schema.metadata.sorted_tables for c in t.columns if not isinstance(c.type, known)
    ]
    assert odd == [], "teach store/dump.py these kinds, there and back"


def test_a_store_that_somebody_reads_is_not_pulled_away(lived_in: Settings) -> None:
    file, was = taken(lived_in), rows_of(lived_in)
    with closing(sqlite3.connect(lived_in.folder / "ouidire.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM item").fetchone()
        with pytest.raises(BadInput, match="Somebody still uses the store"):
            restore.restore(lived_in, file, restore.Asked(replace=True))
    assert rows_of(lived_in) == was


def test_a_manifest_says_what_is_in_it(lived_in: Settings) -> None:
    manifest: Manifest = Archive(taken(lived_in)).manifest
    assert manifest.of_table("mention") == 27
