"""Opening the store and beginning transactions, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from ouidire.errors import BadInput, Corrupt, Retry
from ouidire.store import migrate
from ouidire.store.secrets import SecretBox

P = ParamSpec("P")
R = TypeVar("R")

Tx = Connection
"""A transaction in progress; every function that reads or writes takes it first."""

_BUSY_MS = 10_000
_MOST_PARAMETERS = 500


class Store:
    """One database. Sync inside (plain functions on `Tx`), async at its edge (`run`).

    On SQLite there is one writer at a time; a lock in this process queues writers fairly instead of letting
    them spin on SQLITE_BUSY, and BEGIN IMMEDIATE makes other processes wait instead of failing half-way.
    """

    def __init__(self, engine: Engine, box: SecretBox) -> None:
        self.engine = engine
        self.box = box
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._writing = threading.Lock()

    @classmethod
    def open(cls, url: str, box: SecretBox, before: migrate.Before | None = None) -> Store:
        """Connect, and bring the tables to this release's form; `before` is called first where that changes something.

        Raises `BadInput` when the address cannot be used, `Corrupt` when the store is of a newer release or damaged.
        """
        store = cls.connect(url, box)
        engine = store.engine
        try:
            migrate.upgrade(engine, before)
        except Exception as error:
            engine.dispose()
            raise _not_opened(error, engine) from error
        return store

    @classmethod
    def connect(cls, url: str, box: SecretBox) -> Store:
        """The store as it is, whatever its form: for who copies it or looks at it. Raises `BadInput`."""
        return cls(engine_for(url), box)

    @contextmanager
    def transaction(self) -> Iterator[Tx]:
        """A transaction that may write; committed at the end of the block, rolled back on any exception.

        A full disk, a locked or lost database become `Retry`; a damaged one `Corrupt`.
        """
        lock = self._writing if self.is_sqlite else _no_lock
        try:
            with lock, self.engine.begin() as tx:
                yield tx
        except DBAPIError as error:
            raise _named(error) from error

    @contextmanager
    def reading(self) -> Iterator[Tx]:
        """A transaction that only reads; never waits for a writer."""
        try:
            with self.engine.connect() as tx:
                marks = tx.info  # asked for now: a connection that is lost meanwhile would refuse to say
                if self.is_sqlite:
                    marks["reading"] = True
                try:
                    yield tx
                finally:  # nothing was read: the mark must not stay on the connection for the next writer
                    marks.pop("reading", None)
        except DBAPIError as error:
            raise _named(error) from error

    @contextmanager
    def snapshot(self) -> Iterator[Tx]:
        """Like `reading`, and all is seen as it was at one moment, however long one looks and whoever writes."""
        if self.is_sqlite:  # WAL: a reader keeps seeing what it saw first
            with self.reading() as tx:
                yield tx
            return
        frozen = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        try:
            with frozen.connect() as tx:
                yield tx
        except DBAPIError as error:
            raise _named(error) from error

    async def run(self, function: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`function(tx, …)` in a transaction of its own, on a thread, so that the loop never waits for the disk."""

        def work() -> R:
            with self.transaction() as tx:
                return function(tx, *args, **kwargs)

        return await asyncio.to_thread(work)

    async def read(self, function: Callable[Concatenate[Tx, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Like `run`, for functions that only read."""

        def work() -> R:
            with self.reading() as tx:
                return function(tx, *args, **kwargs)

        return await asyncio.to_thread(work)

    def close(self) -> None:
        self.engine.dispose()


class _NoLock:
    def __enter__(self) -> None: ...
    def __exit__(self, *exc: object) -> None: ...


_no_lock = _NoLock()


def engine_for(url: str) -> Engine:
    """The way to the database at `url`; no line is open yet. Raises `BadInput` for no address."""
    if url.startswith("sqlite:///") and (path := url.removeprefix("sqlite:///")):
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            if not Path(path).exists():
                Path(path).touch(mode=0o600)  # its owner's alone, whatever the folder; SQLite keeps its journals so too
        except OSError as error:
            raise BadInput(f"The folder of the store {path} cannot be made: {error.strerror}.") from error
        # The connection last used knows the newest pages; one that rested must read them anew after each commit.
        engine = create_engine(url, pool_size=8, max_overflow=8, pool_use_lifo=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if url.startswith(("postgresql:", "postgres:")):
        url = "postgresql+psycopg:" + url.split(":", 1)[1]
    if not url.startswith("postgresql+psycopg:"):
        raise BadInput(f"OUIDIRE_STORE is {url!r}: expected sqlite:///FILE or postgresql://USER@HOST/DATABASE.")
    try:
        return create_engine(url, pool_size=8, max_overflow=8, pool_pre_ping=True)
    except (ArgumentError, ValueError) as error:  # the address may hold a password: it is not repeated
        raise BadInput("OUIDIRE_STORE cannot be read: expected postgresql://USER@HOST:PORT/DATABASE.") from error


def _prepare_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # The driver would begin on its own, too late for BEGIN IMMEDIATE: we begin ourselves.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        # FULL: a reply marked as sent must survive a power cut, or it would be said twice.
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MS}",
        "cache_size=-8000",
        "journal_size_limit=16777216",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(tx: Connection) -> None:
    tx.exec_driver_sql("BEGIN" if tx.info.pop("reading", False) else "BEGIN IMMEDIATE")


def _not_opened(error: Exception, engine: Engine) -> Exception:
    if not isinstance(error, DBAPIError):
        return error
    named = _named(error)
    if isinstance(named, Retry) or "permission denied" in str(error.orig):
        return BadInput(f"The store at {engine.url.render_as_string()} cannot be opened: {error.orig}")
    return named


def _named(error: DBAPIError) -> Exception:
    """The same trouble in our words: what to do next."""
    if isinstance(error, IntegrityError):
        return error
    said = str(error.orig)
    if "malformed" in said or "not a database" in said:
        return Corrupt(f"The store is damaged ({said}). Stop, and restore the last backup.")
    if "disk is full" in said or "No space" in said:
        return Retry(f"The disk of the store is full ({said}). Free some space; nothing was lost, we try again.", 5.0)
    if isinstance(error, OperationalError):
        return Retry(f"The store did not answer ({said}). We try again.", 1.0)
    return error


def in_parts(ids: Iterable[str]) -> Iterator[list[str]]:
    """A few hundred at a time: no engine takes any number of parameters."""
    left = iter(ids)
    while part := list(islice(left, _MOST_PARAMETERS)):
        yield part


def upsert(tx: Tx, table: Any) -> Any:
    """An INSERT that knows ON CONFLICT, in the dialect of this store."""
    return upsert_in(tx.dialect.name, table)


@cache
def upsert_in(dialect: str, table: Any) -> Any:
    """The same for a dialect by name. Made once a table: an INSERT is a value whose `excluded` takes long to name."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert as insert_sqlite

        return insert_sqlite(table)
    from sqlalchemy.dialects.postgresql import insert as insert_postgres

    return insert_postgres(table)
