"""All rows of a store as plain values that every engine can read: for backups, restores and moves.

The tables are taken as they are found, not as this release knows them, so that a store can be copied before its form
is changed, and an older copy be put into the form it was taken from.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from alembic.migration import MigrationContext
from sqlalchemy import Column, DateTime, Integer, LargeBinary, MetaData, Table, func, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import DropTable

from ouidire.errors import BadInput
from ouidire.store import migrate
from ouidire.store.engine import Tx
from ouidire.store.schema import Moment, metadata

RETIRED: frozenset[str] = frozenset()
"""Tables that a former release had and this one has no more: still copied before a migration takes them away."""

PASSING = frozenset({"refused"})
"""Tables of what is only lent to us for a day: in no copy of the store."""

_AT_ONCE = 500


def revision(tx: Tx) -> str | None:
    """The form this store is in; None: it has no tables of ours yet."""
    return MigrationContext.configure(tx).get_current_revision()


def tables(tx: Tx) -> list[Table]:
    """Our lasting tables as they are in this store, what is referred to before what refers to it."""
    return [table for table in _every_table(tx) if table.name not in PASSING]


def _every_table(tx: Tx) -> list[Table]:
    if revision(tx) == migrate.head():
        return metadata.sorted_tables
    found = MetaData()
    known = metadata.tables.keys() | RETIRED
    found.reflect(tx, only=lambda name, _: name in known)
    return found.sorted_tables


def size(tx: Tx) -> int:
    """How many bytes the store takes on its disk, about."""
    if tx.dialect.name == "sqlite":
        pages, page = (tx.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in ("page_count", "page_size"))
        return int(pages) * int(page)
    return int(tx.execute(select(func.pg_database_size(func.current_database()))).scalar_one())


def count(tx: Tx, table: Table) -> int:
    return tx.execute(select(func.count()).select_from(table)).scalar_one()


def rows(tx: Tx, table: Table) -> Iterator[dict[str, Any]]:
    """Every row in the order of its key, a few at a time, with values that JSON has."""
    query = select(table).order_by(*table.primary_key.columns)
    for row in tx.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings():
        yield {column.name: _plain(row[column.name]) for column in table.columns}


def put(tx: Tx, table: Table, given: Iterable[Mapping[str, Any]]) -> int:
    """Insert rows that `rows` gave, into a table of the same form; returns how many. Raises `BadInput`."""
    columns = {column.name: column for column in table.columns}
    lines, written = iter(given), 0
    while some := list(itertools.islice(lines, _AT_ONCE)):
        try:
            tx.execute(insert(table), [{name: _back(columns[name], row[name]) for name in columns} for row in some])
        except (KeyError, ValueError, TypeError, DBAPIError) as error:
            raise BadInput(f"A row of {table.name} cannot be put back: {_cause(error)}.") from error
        written += len(some)
    _count_on(tx, table)
    return written


def clear(tx: Tx) -> None:
    """Take away every table of ours, whatever stands in them."""
    for table in reversed(_every_table(tx)):
        table.drop(tx)
    if tx.dialect.name == "sqlite":
        made = tx.execute(text("SELECT name FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL TABLE%'"))
        for name in made.scalars().all():
            tx.execute(DropTable(Table(name, MetaData())))
    tx.execute(text("DROP TABLE IF EXISTS alembic_version"))


def late_checks(tx: Tx) -> None:
    """Let references be looked at when all rows are there, where the engine can."""
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def _count_on(tx: Tx, table: Table) -> None:
    """PostgreSQL numbers new rows from a counter that knows nothing of rows that brought their number along."""
    if tx.dialect.name != "postgresql":
        return
    for column in table.primary_key.columns:
        if isinstance(column.type, Integer):
            counter = func.pg_get_serial_sequence(table.name, column.name)
            last = select(func.setval(counter, func.max(column))).where(counter.is_not(None))
            tx.execute(last.having(func.max(column).is_not(None)))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.isoformat()
    return base64.b64encode(value).decode() if isinstance(value, (bytes, memoryview)) else value


def _back(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, LargeBinary):
        return base64.b64decode(value, validate=True)
    if isinstance(column.type, DateTime | Moment):
        moment = datetime.fromisoformat(value).astimezone(UTC)
        return moment if isinstance(column.type, Moment) or column.type.timezone else moment.replace(tzinfo=None)
    return value


def _cause(error: Exception) -> str:
    """The driver's own words; never the row's."""
    return str(error.orig).splitlines()[0] if isinstance(error, DBAPIError) else f"{type(error).__name__}: {error}"
