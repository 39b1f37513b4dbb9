"""Bringing a store to this release's tables: linear Alembic migrations, run at every opening."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine

from ouidire.errors import Corrupt

_LOCK = 0x6F7569646972  # "ouidir": PostgreSQL's advisory lock, so that two servers starting together migrate once


def config() -> Config:
    settings = Config()
    # A percent sign in the path would be read as a place to fill in.
    settings.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return settings


Before = Callable[[Engine, str, str], None]
"""Called before a populated store changes its form, with the form it has and the one it gets; raises to stop it."""


@cache
def head() -> str:
    """The form of this release."""
    return str(ScriptDirectory.from_config(config()).get_current_head())


def knows(revision: str) -> bool:
    """Is this a form that this release, or one before it, gave to a store?"""
    return revision in _forms()


@cache
def _forms() -> frozenset[str]:
    return frozenset(one.revision for one in ScriptDirectory.from_config(config()).walk_revisions())


def upgrade(engine: Engine, before: Before | None = None) -> None:
    """Run what is missing, in one transaction. Raises `Corrupt` when the store belongs to a newer release."""
    wanted = head()
    if before is not None:
        with engine.connect() as look:
            current = MigrationContext.configure(look).get_current_revision()
        if current not in (None, wanted) and knows(str(current)):
            before(engine, str(current), wanted)
    with engine.begin() as tx:
        if tx.dialect.name == "postgresql":
            tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        bring(tx, wanted)


def bring(tx: Connection, revision: str) -> None:
    """Give the store of this transaction the form `revision`, going forward only."""
    current = MigrationContext.configure(tx).get_current_revision()
    if current == revision:
        return
    settings = config()
    settings.attributes["connection"] = tx
    try:
        command.upgrade(settings, revision)
    except CommandError as error:
        raise Corrupt(
            f"The store was written by a newer release (its form is {current}): install that one, or restore."
        ) from error
