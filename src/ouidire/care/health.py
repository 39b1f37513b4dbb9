"""What a house looks at in itself: each finding a fact with its numbers, said in words by the doctor and the page."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from ouidire import clock
from ouidire.care import backup, copies, lock, log
from ouidire.care.disk import Disk
from ouidire.settings import Settings
from ouidire.store import dump, facts, organisations
from ouidire.store.engine import Store

BACKUP_EVERY = timedelta(days=30)
"""From here on a house without a fresh backup says so."""
JOURNAL_MB = 256
"""A journal this large is held by somebody who has been reading for very long."""
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Finding:
    """`code` names its words in `locale.labels.HEALTH`, and what to do in `HEALTH_TODO` where it is not well."""

    code: str
    is_well: bool = True
    values: Mapping[str, str] = field(default_factory=dict)


def look(settings: Settings, store: Store, *, thoroughly: bool = False) -> list[Finding]:
    """Everything about the house itself, no organisation's data. `thoroughly` reads the whole store once."""
    found = [*_store(store, thoroughly), *_backups(settings, store), *_disk(settings)]
    return [*found, *_clock(store), *_house(settings)]


def memory_mb() -> int:
    """What this process holds in memory now; where the system does not say, the most it ever held."""
    with suppress(OSError, ValueError, IndexError, AttributeError):
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000
    if sys.platform != "win32":
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return int(most // 1_000_000 if sys.platform == "darwin" else most // 1000)
    return 0


def journal_bytes(store: Store) -> int:
    file = Path((store.engine.url.database or "") + "-wal")
    return file.stat().st_size if store.is_sqlite and file.exists() else 0


def _store(store: Store, thoroughly: bool) -> Iterator[Finding]:
    with store.reading() as tx:
        size = dump.size(tx) // 1_000_000
        yield Finding("store", True, {"engine": "SQLite" if store.is_sqlite else "PostgreSQL", "mb": str(size)})
        if thoroughly:
            wrong = facts.damage(tx)
            yield Finding("damaged", False, {"why": wrong}) if wrong else Finding("whole")
    journal = journal_bytes(store) // 1_000_000
    if journal > JOURNAL_MB:
        yield Finding("journal", False, {"mb": str(journal)})


def _backups(settings: Settings, store: Store) -> Iterator[Finding]:
    with store.reading() as tx:
        last, houses = backup.last(tx), [one for one in organisations.every(tx) if not one.is_demo]
    age = clock.now() - last if last else None
    if age is not None:
        yield Finding("backup", age < BACKUP_EVERY, {"age": str(age.days), "at": _minute(last)})
    elif houses:
        is_new = clock.now() - min(one.created_at for one in houses) < BACKUP_EVERY
        yield Finding("no_backup", is_new)
    kept = len(copies.copies(settings))
    if kept:
        yield Finding("copies", True, {"n": str(kept), "folder": str(settings.backups)})


def _disk(settings: Settings) -> Iterator[Finding]:
    disk = Disk(settings.folder, settings.disk_free_mb)
    values = {"mb": str(disk.free_mb), "least": str(disk.least_mb), "folder": str(settings.folder)}
    yield Finding("disk_low", False, values) if disk.is_low else Finding("disk", True, values)
    mb = log.size(settings.folder) // 1_000_000
    most = settings.log_mb * (settings.log_kept + 1)
    yield Finding("log", mb <= most + 1, {"mb": str(mb), "most": str(most)})


def _clock(store: Store) -> Iterator[Finding]:
    """A clock that was put back: something here was heard later than now."""
    with store.reading() as tx:
        newest = facts.newest_moment(tx)
    at = clock.now()
    if newest is not None and newest > at + AHEAD:
        yield Finding("clock", False, {"now": _minute(at), "newest": _minute(newest)})


def _house(settings: Settings) -> Iterator[Finding]:
    if os.name == "posix" and settings.key_path.exists():
        mode = settings.key_path.stat().st_mode & 0o777
        values = {"file": str(settings.key_path), "mode": f"{mode:o}"}
        yield Finding("key_open" if mode & 0o077 else "key", not mode & 0o077, values)
    by = lock.holder(settings)
    if by is not None:
        yield Finding("up", True, {"pid": str(by.pid), "since": _minute(by.since), "address": by.address or "-"})
    yield Finding("mail" if settings.smtp else "no_mail")


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""
