"""Told to end, the house ends in order, soon, and says so by its exit code."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from ouidire.cli import ending

SOON_S = 20.0
"""Under a second on a machine of one's own; systemd and containers wait for ten or more."""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no word to end a program but its console's")
def test_the_word_of_systemd_ends_the_house_within_seconds(tmp_path: Path, sqlite_pattern: Path) -> None:
    shutil.copy(sqlite_pattern, tmp_path / "ouidire.db")
    env = os.environ | {"OUIDIRE_LISTEN_BLUESKY": "false", "LANG": "fr_FR.UTF-8", "LC_ALL": ""}
    command = [sys.executable, "-m", "ouidire", "up", "--home", str(tmp_path), "--port", "0"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        assert running.stdout is not None
        address = next(found[0] for line in running.stdout if (found := re.search(r"http://[^/\s]+", line)))
        with urlopen(f"{address}/healthz") as answer:
            assert answer.status == 200
        told_at = time.monotonic()
        running.send_signal(signal.SIGTERM)
        said = running.stdout.read()  # to its end: what was printed before is in the same buffer
        running.wait(timeout=30)
    assert running.returncode == 0, said
    assert time.monotonic() - told_at < SOON_S
    assert "Traceback" not in said
    assert "Ctrl-C pour arrêter" in said
    assert not (tmp_path / "ouidire.db-wal").exists(), "the store was closed in order"
    assert sqlite3.connect(tmp_path / "ouidire.db").execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def _told(word: int, ended: list[str]) -> None:
    try:
        os.kill(os.getpid(), word)
        await asyncio.sleep(30)
    finally:
        os.kill(os.getpid(), word)  # said twice by somebody in a hurry
        await asyncio.sleep(0.01)
        ended.append("in order")


@pytest.mark.parametrize("word", [signal.SIGTERM, signal.SIGHUP])
def test_work_that_is_told_to_end_is_cancelled_and_the_former_way_comes_back(word: signal.Signals) -> None:
    ended: list[str] = []
    former = signal.signal(word, signal.SIG_DFL)  # whoever runs the tests may have asked for something else
    try:
        ending.run(_told(word, ended))
        assert ended == ["in order"]
        assert signal.getsignal(word) == signal.SIG_DFL
    finally:
        signal.signal(word, former)


def test_a_closed_terminal_that_is_to_be_ignored_stays_ignored() -> None:
    async def work() -> None:
        os.kill(os.getpid(), signal.SIGHUP)
        await asyncio.sleep(0)

    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as `nohup` leaves it
    try:
        ending.run(work())
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)


def test_what_was_not_told_to_end_but_cancelled_itself_is_not_hidden() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        ending.run(work())
