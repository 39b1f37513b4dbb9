"""Killed at any instant, the house loses nothing and does nothing twice (invariant 1)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from ouidire.store.engine import Store
from tests.flow.faults.count import Count, counts, repeated_mails
from tests.flow.faults.driver import Driver, open_driver
from tests.flow.faults.points import MAIL_TAKEN, POINTS

FEW = (
    "before commit: hear",
    "after commit: relate",
    MAIL_TAKEN,
    "before commit: reply sent",
    "after commit: delivery claimed",
)


async def test_five_kills_lose_nothing_and_repeat_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _tell(store, tmp_path, monkeypatch, FEW, posts=2_000, mentions=80)


@pytest.mark.long
@pytest.mark.timeout(1_200)
async def test_fifty_thousand_posts_and_a_kill_at_every_point(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    driver, found = await _tell(store, tmp_path, monkeypatch, POINTS, posts=49_500, mentions=500)
    with capsys.disabled():
        print(_table(store, driver, found, time.monotonic() - began))


async def _tell(
    store: Store, home: Path, patch: pytest.MonkeyPatch, points: Sequence[str], *, posts: int, mentions: int
) -> tuple[Driver, list[Count]]:
    async with open_driver(store, home, patch) as driver:
        await driver.run(points, posts, mentions)
        with store.reading() as tx:
            found = counts(driver, tx)
    assert driver.fired == list(points)
    assert (driver.told.posts, len(driver.told.mentions)) == (posts + mentions, mentions)
    assert [one for one in found if one.expected != one.found] == []
    return driver, found


def _table(store: Store, driver: Driver, found: Sequence[Count], took_s: float) -> str:
    rows: list[tuple[str, object]] = [("kills", len(driver.fired)), ("posts", driver.told.posts)]
    rows += [("mails in all", len(driver.box.mails)), ("mails again under their own id", repeated_mails(driver))]
    rows += [(one.what, one.found) for one in found]
    lines = [f"  {what:<40} {value}" for what, value in rows]
    return "\n".join(["", f"{store.engine.dialect.name}, {took_s:.0f} s", *lines])
