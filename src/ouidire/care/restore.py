"""Putting a backup back: checked first, whole or not at all, deletions applied anew, and nothing sent until told."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from cryptography.fernet import Fernet
from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from ouidire import __version__, clock
from ouidire.care import backup as backups
from ouidire.care.archive import BINARY, IMPORTS, Archive, Manifest, sync_folder
from ouidire.care.disk import Disk
from ouidire.care.ledger import Ledger
from ouidire.care.lock import HouseLock
from ouidire.errors import BadInput, Corrupt
from ouidire.settings import Settings
from ouidire.store import channels, dump, heard, migrate, pauses, sources, states, tombstones
from ouidire.store.engine import Store, Tx
from ouidire.store.secrets import SecretBox

T = TypeVar("T")

KEY_LEFT_BEHIND = "The key of its address was left behind."


@dataclass(frozen=True, slots=True)
class Asked:
    """`into`: another store than the settings name. `replace`: what stands there goes, after a backup of it.

    `new_key`: go on without the key of the backup; accounts are then connected again. `passphrase` is asked for the
    key when it lies in the backup and is not the house's already.
    """

    into: str = ""
    replace: bool = False
    new_key: bool = False
    passphrase: Callable[[], str] = lambda: ""


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back, how many deletions were applied to it, and where what stood there before was put."""

    manifest: Manifest
    buried: int
    set_aside: Path | None
    without_key: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """Told how many bytes of the check and how many rows of the filling are done."""

    checked: Callable[[int], None] = lambda _: None
    filled: Callable[[int], None] = lambda _: None


PLAINLY, UNSEEN = Asked(), Progress()


def restore(settings: Settings, file: Path, asked: Asked = PLAINLY, progress: Progress = UNSEEN) -> Restored:
    """Raises `BadInput` and changes nothing when the backup is damaged or newer, or the store is in use or not empty.

    Killed at any instant, the store is what it was or what the backup holds.
    """
    target = settings.model_copy(update={"store": asked.into}) if asked.into else settings
    with closing(Archive(file)) as archive:
        refuse_newer(archive.manifest)
        archive.check(progress.checked)
        with HouseLock(target):
            key = _key(settings, archive, asked)
            aside = _make_way(target, asked.replace)
            imports = _put_imports(settings, archive)
            filling = _Filling(archive, Ledger(settings.folder), not key, imports, clock.now(), progress.filled)
            buried = _into_file(target, filling) if _is_file(target) else _into_server(target, filling)
            _put_key(settings, key)
            lost = not key and _holds_secrets(archive)
    return Restored(archive.manifest, buried, aside, lost)


def refuse_newer(manifest: Manifest) -> None:
    if not migrate.knows(manifest.revision):
        raise BadInput(
            f"This backup was taken by Ouïdire {manifest.release} (form {manifest.revision}); this is {__version__} "
            f"(form {migrate.head()}), which does not know that form. Install {manifest.release} or newer, then "
            "restore. Nothing was changed."
        )


# --- the key ---------------------------------------------------------------------------------------------------


def _key(settings: Settings, archive: Archive, asked: Asked) -> bytes:
    """The key that opens what comes back; empty: there is none, and secrets are forgotten."""
    own = settings.key_path.read_bytes().strip() if settings.key_path.exists() else b""
    wanted = archive.manifest.key_id
    if own and _id(own) == wanted:
        return own
    if archive.manifest.has_key and not asked.new_key:
        return archive.key(asked.passphrase())
    if asked.new_key or not _holds_secrets(archive):
        return b""
    raise BadInput(
        f"The accounts in this backup were locked with another key than {settings.key_path}. Put the file `key` of "
        "that house there, or restore with --new-key: the accounts must then be connected again, and answers that "
        "waited are to be decided again. Nothing was changed."
    )


def _id(key: bytes) -> str:
    return SecretBox(key).derive("key id").hex()[:16]


def _holds_secrets(archive: Archive) -> bool:
    locked = any(row.get("secrets") for row in archive.rows("source")) or any(archive.rows("channel"))
    return locked or any(row.get("state") in ("due", "sending", "unclear") for row in archive.rows("reply"))


def _put_key(settings: Settings, key: bytes) -> None:
    """The key that came along, in its place; one that stood there is kept beside it."""
    path = settings.key_path
    if not key or (path.exists() and path.read_bytes().strip() == key):
        return
    if path.exists():
        path.replace(path.with_name(f"{path.name}.before-{clock.now():%Y%m%d-%H%M%S}"))
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BINARY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())


# --- what stands there -------------------------------------------------------------------------------------------


def _make_way(settings: Settings, may_replace: bool) -> Path | None:
    """Look at what the store holds now, and keep a backup of it. Raises `BadInput` when it must not go."""
    file = _file(settings)
    if file is not None and not file.exists():
        return None
    store = Store.connect(settings.store_url, _any_box(settings))
    try:
        return _kept(store, settings, may_replace)
    except (Corrupt, DBAPIError) as error:  # damaged: perhaps the very reason for restoring
        if file is None or not may_replace:
            raise BadInput(f"{error} To put the backup in its place, add --replace: it is set aside.") from error
        store.close()
        return _set_aside(file)
    finally:
        store.close()


def _kept(store: Store, settings: Settings, may_replace: bool) -> Path | None:
    with store.reading() as tx:
        revision = dump.revision(tx)
        if revision is None or not any(dump.count(tx, t) for t in dump.tables(tx) if t.name == "organisation"):
            return None
        if not may_replace:
            raise BadInput(
                "There is a house in this store already. Give an empty one (another --home, or --into), or add "
                "--replace: what is there is backed up first, then replaced. Nothing was changed."
            )
        if not migrate.knows(revision):
            raise Corrupt("The store is of a newer release.")
        Ledger(settings.folder).add(tombstones.since(tx))
    target = backups.default_path(settings, "replaced")
    backups.write(store, settings, target)
    return target


def _set_aside(file: Path) -> Path:
    aside = file.with_name(f"{file.name}.damaged-{clock.now():%Y%m%d-%H%M%S}")
    for suffix in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            file.with_name(file.name + suffix).replace(aside.with_name(aside.name + suffix))
    return aside


def _any_box(settings: Settings) -> SecretBox:
    """The house's box, or one that opens nothing: a key must not come into being by looking."""
    return SecretBox.at(settings.key_path) if settings.key_path.exists() else SecretBox(Fernet.generate_key())


# --- filling -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Filling:
    archive: Archive
    ledger: Ledger
    without_key: bool
    imports: list[Path]
    at: datetime
    filled: Callable[[int], None]

    def fill(self, tx: Tx) -> int:
        """Everything into an empty store, in the form of the backup, then in ours; how many deletions were applied."""
        dump.late_checks(tx)
        migrate.bring(tx, self.archive.manifest.revision)
        shape = dump.tables(tx)
        if lost := set(self.archive.tables) - {table.name for table in shape}:
            raise BadInput(f"This backup has tables that its form does not know: {', '.join(sorted(lost))}.")
        for table in reversed(shape):
            tx.execute(table.delete())
        for table in shape:
            self._fill_table(tx, table)
        migrate.bring(tx, migrate.head())
        return self._settle(tx)

    def _fill_table(self, tx: Tx, table: Table) -> None:
        wanted = self.archive.manifest.of_table(table.name)
        if (put := dump.put(tx, table, self._counted(self.archive.rows(table.name)))) != wanted:
            raise BadInput(f"{table.name} should have {wanted} rows and has {put}: the backup is damaged.")

    def _counted(self, rows: Iterable[T]) -> Iterator[T]:
        for number, row in enumerate(rows, 1):
            if number % 200 == 0:
                self.filled(200)
            yield row

    def _settle(self, tx: Tx) -> int:
        buried = tombstones.bury(tx, self.ledger.read(), self.at)
        pauses.begin(tx, self.at, self.archive.manifest.taken_at)
        if self.without_key:
            sources.forget_secrets(tx)
            channels.lose_all(tx, KEY_LEFT_BEHIND, self.at)
            pauses.let_go_of_sealed(tx)
        sources.find_files(tx, self.imports)
        states.put(tx, backups.LAST, self.archive.manifest.taken_at.isoformat())
        heard.begin_anew(tx)
        self.ledger.add(tombstones.since(tx))
        return buried


def _into_file(settings: Settings, filling: _Filling) -> int:
    """Into a fresh file beside the old one, which then takes its place in one step."""
    file = _file(settings)
    assert file is not None
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    Disk(file.parent, settings.disk_free_mb).must_have_room(2 * filling.archive.manifest.size, "the restored store")
    fresh = file.with_name(f".{file.name}.restoring")
    _remove(fresh)
    store = Store.connect(f"sqlite:///{fresh}", _any_box(settings))
    try:
        with store.transaction() as tx:
            buried = filling.fill(tx)
        store.close()
        _close_journal(fresh)
        fresh.chmod(0o600)
        if file.exists():
            _close_journal(file)
        fresh.replace(file)
        sync_folder(file.parent)
    except BaseException:
        store.close()
        _remove(fresh)
        raise
    return buried


def _close_journal(file: Path) -> None:
    """All of it into the one file: a journal left beside would be taken for the journal of what replaces it."""
    try:
        with closing(sqlite3.connect(file, timeout=1)) as db:
            mode = db.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    except sqlite3.Error as error:
        mode = str(error)
    if mode != "delete":
        raise BadInput(f"Somebody still uses the store {file} ({mode}): stop them, then restore. Nothing was changed.")


def _remove(fresh: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)


def _into_server(settings: Settings, filling: _Filling) -> int:
    """In one transaction: until it is committed, everybody sees what was there before."""
    store = Store.connect(settings.store_url, _any_box(settings))
    try:
        with store.transaction() as tx:
            dump.clear(tx)
            return filling.fill(tx)
    except DBAPIError as error:
        raise BadInput(f"The backup could not be put into the store: {error.orig} Nothing was changed.") from error
    finally:
        store.close()


def _is_file(settings: Settings) -> bool:
    return _file(settings) is not None


def _file(settings: Settings) -> Path | None:
    url = settings.store_url
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def _put_imports(settings: Settings, archive: Archive) -> list[Path]:
    """Copies of imported files that came along; one that lies there already is the same, by its name."""
    files = [settings.folder / IMPORTS / Path(name).name for name in archive.imports]
    for name, file in zip(archive.imports, files, strict=True):
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with file.open("xb") as out:
                for chunk in archive.chunks(name):
                    out.write(chunk)
    return files
