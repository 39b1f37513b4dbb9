"""Bringing a store to this release's tables: linear Alembic migrations, run at every opening."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Engine

from ouidire.errors import Corrupt

_LOCK = 0x6F7569646972  # "ouidir": PostgreSQL's advisory lock, so that two servers starting together migrate once


def config() -> Config:
    settings = Config()
    # A percent sign in the path would be read as a place to fill in.
    settings.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    return settings


def upgrade(engine: Engine) -> None:
    """Run what is missing, in one transaction. Raises `Corrupt` when the store belongs to a newer release."""
    settings = config()
    head = ScriptDirectory.from_config(settings).get_current_head()
    with engine.begin() as tx:
        if tx.dialect.name == "postgresql":
            tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        current = MigrationContext.configure(tx).get_current_revision()
        if current == head:
            return
        settings.attributes["connection"] = tx
        try:
            command.upgrade(settings, "head")
        except CommandError as error:
            raise Corrupt(
                f"The store was written by a newer release (its form is {current}): install that one, or restore."
            ) from error
