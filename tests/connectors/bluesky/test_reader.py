from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from ouidire import clock
from ouidire.connectors import registry
from ouidire.connectors.base import Reader, SourceContext
from ouidire.connectors.bluesky import reader as bluesky
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch
from ouidire.errors import Permanent, Retry

from .jetstream import T0, PlayedJetstream, playing, post

BEGUN = datetime.fromtimestamp(T0 / 1e6, UTC)


@pytest_asyncio.fixture
async def jetstream() -> AsyncIterator[PlayedJetstream]:
    with clock.running(clock.HandClock(BEGUN + timedelta(seconds=10))):
        async with playing() as played:
            yield played


def opened(http: Http, servers: str) -> Reader:
    return registry.open_reader("bluesky", SourceContext("s", {"jetstream": servers}, {}, http))


async def first(reader: Reader, cursor: str) -> Batch:
    async with asyncio.timeout(10), aclosing(reader.read(cursor)) as reading:  # type: ignore[type-var]
        return await anext(reading)


async def test_only_posts_and_reposts_are_asked_for_from_a_little_before_the_cursor(
    http: Http, jetstream: PlayedJetstream
) -> None:
    await jetstream.play(post("hello", 5_000))
    await first(opened(http, jetstream.url), str(T0 + 5_000_000))
    (asked,) = jetstream.asked
    assert asked["wantedCollections"] == ["app.bsky.feed.post", "app.bsky.feed.repost"]
    assert asked["cursor"] == [str(T0 + 3_000_000)]


async def test_a_batch_says_how_far_behind_we_are(http: Http, jetstream: PlayedJetstream) -> None:
    await jetstream.play(post("hello", 4_000))
    batch = await first(opened(http, jetstream.url), str(T0))
    assert (batch.lag_s, batch.cursor, batch.heard) == (6.0, str(T0 + 4_000_000), 1)


async def test_silence_on_a_living_line_is_an_empty_batch(
    http: Http, jetstream: PlayedJetstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluesky, "SILENCE_S", 0.05)
    batch = await first(opened(http, jetstream.url), str(T0))
    assert batch == Batch(cursor=str(T0))


async def test_a_first_start_has_a_cursor_before_anything_was_said(
    http: Http, jetstream: PlayedJetstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bluesky, "SILENCE_S", 0.05)
    assert (await first(opened(http, jetstream.url), "")).cursor == str(T0 + 10_000_000)
    assert "cursor" not in jetstream.asked[0]


async def test_a_cursor_never_goes_back(http: Http, jetstream: PlayedJetstream) -> None:
    await jetstream.play(post("a little before", 4_000))
    assert (await first(opened(http, jetstream.url), str(T0 + 5_000_000))).cursor == str(T0 + 5_000_000)


async def test_what_the_server_forgot_is_a_gap(http: Http, jetstream: PlayedJetstream) -> None:
    await jetstream.play(post("the oldest that is left", 0))
    batch = await first(opened(http, jetstream.url), str(T0 - 3_600_000_000))
    assert batch.gap is not None
    assert (batch.gap.since, batch.gap.until) == (BEGUN - timedelta(hours=1), BEGUN)
    assert [item.text for item in batch.items] == ["the oldest that is left"]


async def test_a_short_absence_is_no_gap(http: Http, jetstream: PlayedJetstream) -> None:
    await jetstream.play(post("on time", 0))
    assert (await first(opened(http, jetstream.url), str(T0 - 60_000_000))).gap is None


async def test_a_cursor_that_the_network_has_not_reached_begins_where_it_is_and_says_so(
    http: Http, jetstream: PlayedJetstream
) -> None:
    reading = opened(http, jetstream.url).read(str(T0 + 10**13))
    async with asyncio.timeout(10), aclosing(reading):  # type: ignore[type-var]
        coming = asyncio.ensure_future(anext(reading))
        await jetstream.came.wait()
        await jetstream.play(post("live", 4_000))
        batch = await coming
    assert batch.gap is not None
    assert "future" in batch.gap.because
    assert batch.cursor == str(T0 + 4_000_000)


async def test_with_a_clock_that_is_hours_slow_the_cursor_goes_on_and_nothing_is_given_up(
    http: Http, jetstream: PlayedJetstream
) -> None:
    three_hours = 3 * 3_600_000
    for n in range(40):
        jetstream.remembered.append((T0 + (three_hours + n) * 1000, post(f"today {n}", three_hours + n)))
    jetstream.remembered.append((T0, post("too old", 1)))
    reading = opened(http, jetstream.url).read(str(T0 + three_hours * 1000))
    heard: list[Batch] = []
    async with asyncio.timeout(10), aclosing(reading):  # type: ignore[type-var]
        heard.append(await anext(reading))
        await jetstream.play(post("now", three_hours + 60_000))
        async for batch in reading:
            heard.append(batch)
            if batch.told_at is not None:
                break
    assert [batch.gap for batch in heard] == [None] * len(heard)
    assert "today 0" in {item.text for batch in heard for item in batch.items}
    assert heard[-1].cursor == str(T0 + (three_hours + 60_000) * 1000)
    assert heard[-1].told_at == BEGUN + timedelta(hours=3, minutes=1)


async def test_one_event_from_the_future_moves_no_cursor(http: Http, jetstream: PlayedJetstream) -> None:
    await jetstream.play(post("one mad stamp", 30 * 86_400_000))
    batch = await first(opened(http, jetstream.url), str(T0))
    assert (batch.heard, batch.cursor, batch.told_at) == (1, str(T0), None)


async def test_when_one_server_is_down_the_next_is_heard(http: Http, jetstream: PlayedJetstream) -> None:
    await jetstream.play(post("here", 1))
    reader = opened(http, f"ws://127.0.0.1:1, {jetstream.url}")
    assert [item.text for item in (await first(reader, str(T0))).items] == ["here"]


async def test_when_all_servers_are_down_another_try_is_worth_it(http: Http) -> None:
    with pytest.raises(Retry):
        await first(opened(http, "ws://127.0.0.1:1 ws://127.0.0.1:2"), "")


async def test_after_a_cut_the_next_server_is_asked_first(http: Http, jetstream: PlayedJetstream) -> None:
    async with playing() as other:
        for server in (jetstream, other):
            await server.play(post(server.url, 1))
        reader = opened(http, f"{jetstream.url} {other.url}")
        assert [(await first(reader, str(T0))).items[0].text for _ in range(3)] == [
            jetstream.url,
            other.url,
            jetstream.url,
        ]


@pytest.mark.parametrize("setting", ["jetstream.example", "https://jetstream.example", "ws://"])
def test_what_is_no_jetstream_server_is_said(http: Http, setting: str) -> None:
    with pytest.raises(Permanent, match="wss://"):
        opened(http, setting)


async def test_a_full_minute_of_posts_comes_in_handfuls(http: Http, jetstream: PlayedJetstream) -> None:
    many = 3 * bluesky.MOST
    for n in range(many):
        jetstream.remembered.append((T0 + n * 1000, post(str(n), n)))
    sizes, texts = [], []
    async with asyncio.timeout(10), aclosing(opened(http, jetstream.url).read(str(T0))) as reading:  # type: ignore[type-var]
        async for batch in reading:
            sizes.append(len(batch.items))
            texts += [item.text for item in batch.items]
            if len(texts) == many:
                break
    assert texts == [str(n) for n in range(many)]
    assert max(sizes) <= bluesky.MOST


async def test_a_server_that_speaks_otherwise_is_left(http: Http, jetstream: PlayedJetstream) -> None:
    for _ in range(1_500):
        jetstream.remembered.append((T0, b'{"v": 3, "event": "post"}'))
    reading = opened(http, jetstream.url).read(str(T0))
    with pytest.raises(Retry, match="do not understand"):
        async with asyncio.timeout(10):
            [batch async for batch in reading]


async def test_some_nonsense_is_borne(http: Http, jetstream: PlayedJetstream) -> None:
    for _ in range(900):
        jetstream.remembered.append((T0, b"{}"))
    jetstream.remembered.append((T0 + 1000, post("at last", 1)))
    for _ in range(900):
        jetstream.remembered.append((T0, b"{}"))
    jetstream.remembered.append((T0 + 2000, post("again", 2)))
    texts: list[str] = []
    async with asyncio.timeout(10), aclosing(opened(http, jetstream.url).read(str(T0))) as reading:  # type: ignore[type-var]
        async for batch in reading:
            texts += [item.text for item in batch.items]
            if "again" in texts:
                break
    assert texts == ["at last", "again"]
