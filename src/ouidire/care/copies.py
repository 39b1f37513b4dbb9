"""A copy of the store before its form is changed, so that a release that disappoints can be left again."""

from __future__ import annotations

from pathlib import Path

import structlog
from sqlalchemy import Engine

from ouidire.care import lock
from ouidire.care.archive import SUFFIX
from ouidire.care.backup import Asked, default_path, write
from ouidire.errors import BadInput
from ouidire.settings import Settings
from ouidire.store import dump
from ouidire.store.engine import Store
from ouidire.store.migrate import Before
from ouidire.store.secrets import SecretBox

log = structlog.get_logger()

PREFIX = "before"
MOST_BYTES = 1_000_000_000
"""A PostgreSQL store larger than this is copied by PostgreSQL's own tools, which whoever runs one that large has."""


def before_migration(settings: Settings, box: SecretBox) -> Before:
    """What `Store.open` is to call before it changes a populated store."""

    def keep(engine: Engine, revision: str, wanted: str) -> None:
        store = Store(engine, box)
        _nobody_else(settings)
        if settings.migrate_without_copy or _is_empty(store):
            return
        _not_too_large(store)
        target = default_path(settings, f"{PREFIX}-{wanted}")
        try:
            manifest = write(store, settings, target, Asked(), lambda _n, _of: None)
        except (BadInput, OSError) as error:
            raise BadInput(_no_copy(str(error))) from error
        log.info("copied", file=str(target), rows=manifest.rows, was=revision, becomes=wanted)
        forget_old(settings)

    return keep


def forget_old(settings: Settings) -> None:
    """Keep the newest copies; backups that a person made are never touched."""
    kept = sorted(settings.backups.glob(f"{PREFIX}-*{SUFFIX}"), key=lambda file: (file.stat().st_mtime, file.name))
    for old in kept[: -settings.keep_copies]:
        old.unlink(missing_ok=True)


def copies(settings: Settings) -> list[Path]:
    return sorted(settings.backups.glob(f"{PREFIX}-*{SUFFIX}"))


def _nobody_else(settings: Settings) -> None:
    """A house of the former release that is still up would not understand the new form."""
    by = lock.holder(settings)
    if by is not None and not by.is_me:
        raise BadInput(
            f"The store is of a former release, and one is up on it (process {by.pid}): stop that one first, then "
            "start this one. Nothing was changed."
        )


def _is_empty(store: Store) -> bool:
    with store.reading() as tx:
        return not any(dump.count(tx, table) for table in dump.tables(tx) if table.name == "organisation")


def _not_too_large(store: Store) -> None:
    if store.is_sqlite:
        return
    with store.reading() as tx:
        size = dump.size(tx)
    if size > MOST_BYTES:
        raise BadInput(_no_copy(f"The database holds {size // 1_000_000} MB: copy it with pg_dump."))


def _no_copy(why: str) -> str:
    return (
        f"The store has the form of a former release, and is not changed without a copy of it. {why} "
        "When you have a copy of your own, start once with OUIDIRE_MIGRATE_WITHOUT_COPY=true. Nothing was changed."
    )
