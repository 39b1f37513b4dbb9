"""A house for each test, and a real browser where there is one."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from argon2 import PasswordHasher

from ouidire.people import signin
from tests.web.house import House, opened


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Hashing that is slow by design would be most of these tests' time."""
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(signin, "_hasher", quick)
        patched.setattr(signin, "_NOBODY", quick.hash("nobody has this password"))
        yield


@pytest.fixture
def house(tmp_path: Path, sqlite_pattern: Path) -> Iterator[House]:
    shutil.copy(sqlite_pattern, tmp_path / "ouidire.db")
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def address(house: House) -> Iterator[str]:
    """The house on a real socket of this machine."""
    with served(house) as found:
        yield found


@contextmanager
def served(house: House) -> Iterator[str]:
    """`house` on a real socket of this machine, on a thread and a loop of its own."""
    config = uvicorn.Config(house.web, host="127.0.0.1", port=0, log_config=None, lifespan="off")  # type: ignore[arg-type]
    server = uvicorn.Server(config)

    async def serve() -> None:
        house.loop = asyncio.get_running_loop()
        await server.serve()

    thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = server.force_exit = True
    thread.join(5)


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """Debian's Chromium, headless and talking to nobody but us."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()
