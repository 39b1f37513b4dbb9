"""Events to open pages: nobody waits for a slow one."""

from __future__ import annotations

import asyncio
import gc

import pytest

from ouidire.notifiers.broadcaster import Broadcaster, Event
from ouidire.notifiers.browser import BrowserNotifier

from .servers import message


async def test_an_open_page_hears_the_alert() -> None:
    broadcaster = Broadcaster()
    page = broadcaster.subscribe("claire")
    await BrowserNotifier(broadcaster).send(message(), "claire")
    event = await anext(page)
    assert event.name == "alert"
    assert event.data["id"] == message().id
    assert event.data["facts"]["gravity"] == 3


async def test_what_is_said_between_subscribing_and_listening_is_not_lost() -> None:
    broadcaster = Broadcaster()
    page = broadcaster.subscribe("claire")
    for n in range(3):
        broadcaster.publish("claire", "alert", {"n": n})
    assert [(await anext(page)).data["n"] for _ in range(3)] == [0, 1, 2]


async def test_a_page_that_waits_is_woken() -> None:
    broadcaster = Broadcaster()
    page = broadcaster.subscribe("claire")
    waiting = asyncio.ensure_future(anext(page))
    await asyncio.sleep(0)
    broadcaster.publish("claire", "alert", {"n": 1})
    assert (await waiting).data == {"n": 1}


async def test_each_page_of_a_member_hears_and_nobody_elses() -> None:
    broadcaster = Broadcaster()
    first, second, other = (broadcaster.subscribe(who) for who in ("claire", "claire", "tom"))
    assert broadcaster.publish("claire", "alert", {"n": 1}) == 2
    assert broadcaster.publish("tom", "alert", {"n": 2}) == 1
    assert [(await anext(page)).data["n"] for page in (first, second, other)] == [1, 1, 2]


async def test_a_slow_page_learns_that_it_missed_something_and_keeps_the_newest() -> None:
    broadcaster = Broadcaster(room=3)
    page = broadcaster.subscribe("claire")
    for n in range(10):
        broadcaster.publish("claire", "alert", {"n": n})
    heard = [await anext(page) for _ in range(4)]
    assert heard[0] == Event("missed", {"count": 7})
    assert [event.data["n"] for event in heard[1:]] == [7, 8, 9]


async def test_a_page_that_closes_ends_and_is_no_longer_told() -> None:
    broadcaster = Broadcaster()
    page = broadcaster.subscribe("claire")
    waiting = asyncio.ensure_future(anext(page))
    await asyncio.sleep(0)
    page.close()
    with pytest.raises(StopAsyncIteration):
        await waiting
    assert broadcaster.publish("claire", "alert", {}) == 0


async def test_a_page_that_nobody_holds_is_forgotten() -> None:
    broadcaster = Broadcaster()
    page = broadcaster.subscribe("claire")
    assert broadcaster.publish("claire", "alert", {}) == 1
    del page
    gc.collect()
    assert broadcaster.publish("claire", "alert", {}) == 0


async def test_no_open_page_is_no_failure() -> None:
    await BrowserNotifier(Broadcaster()).send(message(), "claire")


async def test_when_the_house_closes_no_open_page_keeps_it_waiting() -> None:
    broadcaster = Broadcaster()
    pages = [broadcaster.subscribe("m-1"), broadcaster.subscribe("m-1"), broadcaster.subscribe("m-2")]
    broadcaster.publish("m-1", "changed", {})
    broadcaster.close()
    assert [[event async for event in page] for page in pages] == [[], [], []]
