"""Taking a backup: the whole store as it is at one moment, into one file, while the house runs."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ouidire import __version__, clock
from ouidire.care.archive import FORMAT, IMPORTS, KEY, SUFFIX, Manifest, Writer, lock_key
from ouidire.care.disk import Disk
from ouidire.errors import BadInput
from ouidire.settings import Settings
from ouidire.store import dump, states
from ouidire.store.engine import Store, Tx

LAST = "last_backup"
"""The state that says when the last backup was taken, wherever it was put."""

_CHUNK = 1 << 20
_STALE_S = 86_400

Progress = Callable[[int, int], None]
"""Told now and then how many rows of how many are written."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What goes in beside the rows."""

    with_imports: bool = False
    passphrase: str = ""
    """Not empty: the key goes in too, locked with it."""


JUST_ROWS = Asked()


def default_path(settings: Settings, prefix: str = "ouidire") -> Path:
    """A name of its own in the folder of backups."""
    stem = f"{prefix}-{clock.now():%Y%m%d-%H%M%S}"
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    return next(file for name in names if not (file := settings.backups / f"{name}{SUFFIX}").exists())


def backup(
    store: Store, settings: Settings, target: Path, asked: Asked = JUST_ROWS, on_rows: Progress = lambda _n, _of: None
) -> Manifest:
    """Write the store to `target`, whole or not at all. Raises `BadInput` when it is there already or has no room.

    Everything in it is of one moment. Listening goes on meanwhile.
    """
    if target.exists():
        raise BadInput(f"There is a file at {target} already: give another name. Nothing was written.")
    try:
        manifest = write(store, settings, target, asked, on_rows)
    except OSError as error:
        raise BadInput(f"The backup {target} cannot be written: {error.strerror or error}.") from error
    with store.transaction() as tx:
        states.put(tx, LAST, manifest.taken_at.isoformat())
    return manifest


def write(
    store: Store, settings: Settings, target: Path, asked: Asked = JUST_ROWS, on_rows: Progress = lambda _n, _of: None
) -> Manifest:
    """The file alone; the store is not told. Raises `BadInput` without room, `OSError` when the disk refuses."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(target.parent)
    with store.snapshot() as tx:
        at = clock.now()
        room = dump.size(tx) // 2  # rows shrink to a fifth; half is what a store of pictures of words would need
        Disk(target.parent, settings.disk_free_mb).must_have_room(room, "a backup")
        writer = Writer(target)
        try:
            _put_rows(tx, writer, on_rows)
            if asked.with_imports:
                for file in sorted((settings.folder / "imports").glob("*")):
                    if file.is_file():
                        writer.add(IMPORTS + file.name, _chunks(file))
            if asked.passphrase:
                writer.add(KEY, [lock_key(settings.key_path.read_bytes().strip(), asked.passphrase)])
            manifest = _manifest(store, tx, at, writer)
            writer.finish(manifest)
        except BaseException:
            writer.give_up()
            raise
    return manifest


def _put_rows(tx: Tx, writer: Writer, on_rows: Progress) -> None:
    found = dump.tables(tx)
    total = sum(dump.count(tx, table) for table in found)
    written = 0

    def one_more() -> None:
        nonlocal written
        written += 1
        if written % 200 == 0:
            on_rows(written, total)

    for table in found:
        writer.add_rows(table.name, dump.rows(tx, table), one_more)
    on_rows(total, total)


def _manifest(store: Store, tx: Tx, at: datetime, writer: Writer) -> Manifest:
    return Manifest(
        format=FORMAT,
        release=__version__,
        revision=dump.revision(tx) or "",
        engine="SQLite" if store.is_sqlite else "PostgreSQL",
        taken_at=at,
        key_id=key_id(store),
        parts=writer.parts,
    )


def key_id(store: Store) -> str:
    """Tells one key from another, and nothing else about it."""
    return store.box.derive("key id").hex()[:16]


def _chunks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk


def _sweep(folder: Path) -> None:
    """What a killed backup left behind; a day old, so that nobody is writing it."""
    for left in folder.glob(f".*{SUFFIX}.*.part"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _STALE_S:  # the file system's time, not ours
                left.unlink()


def last(tx: Tx) -> datetime | None:
    """When the last backup was taken, wherever it was put; None: never."""
    said = states.get(tx, LAST)
    return datetime.fromisoformat(said) if said else None
