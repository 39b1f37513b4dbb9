"""Servers are spared: what is asked of one comes one after the other, and a host that wants rest gets it."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from ouidire.connectors.turns import Turns
from ouidire.errors import Retry


async def starts(turns: Turns, *urls: str) -> list[float]:
    """When each of these was its turn, all of them waiting from the same moment on."""
    loop = asyncio.get_running_loop()
    began = loop.time()

    async def ask(url: str) -> float:
        async with turns.at(url):
            return loop.time() - began

    return await asyncio.gather(*(ask(url) for url in urls))


async def test_feeds_of_one_server_are_asked_one_after_the_other_and_others_do_not_wait() -> None:
    times = await starts(
        Turns(spaced_s=0.05), *(f"https://one.example/{n}" for n in range(4)), "https://two.example/feed"
    )
    assert times[3] >= 0.15
    assert times[4] < 0.05
    assert all(later - sooner >= 0.045 for sooner, later in pairwise(times[:4]))


async def test_this_very_machine_need_not_be_spared() -> None:
    assert max(await starts(Turns(spaced_s=5), *["http://127.0.0.1:1/"] * 5)) < 1


async def test_a_host_that_asks_for_rest_is_asked_nothing_by_anybody() -> None:
    turns = Turns(spaced_s=0)
    turns.hold("https://one.example/a", 90)
    with pytest.raises(Retry, match=r"one\.example asks us to slow down") as caught:
        async with turns.at("https://one.example/b"):
            pass
    assert 80 < (caught.value.after_s or 0) <= 90
    assert await starts(turns, "https://two.example/")


async def test_few_are_asked_at_once() -> None:
    turns, now, most = Turns(spaced_s=0, at_once=3), 0, 0

    async def ask(n: int) -> None:
        nonlocal now, most
        async with turns.at(f"https://host{n}.example/"):
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1

    await asyncio.gather(*(ask(n) for n in range(20)))
    assert most == 3
