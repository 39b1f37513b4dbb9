"""A feed as it is asked, on a real server: what it costs, what is remembered, and what happens when it is not well."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.connectors.rss import client
from ouidire.connectors.rss.client import Gone as FeedGone
from ouidire.connectors.rss.mapping import address_of
from ouidire.connectors.rss.reader import FeedReader
from ouidire.domain.item import Batch, Rhythm
from ouidire.domain.subscription import Received
from ouidire.errors import Permanent, Retry

from ..loopback import Answer, Asked, Server, answering
from .contract import entry, rss

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = 3_600.0


@dataclass
class Feed:
    """A server with one feed, and a reader of it; `answer` may be changed at any time."""

    server: Server
    reader: FeedReader
    clock: HandClock
    cursor: str = ""
    batches: list[Batch] = field(default_factory=list)

    async def read(self) -> list[str]:
        """One look; the texts that came, and `batches` with what was said about them."""
        self.batches = [batch async for batch in self.reader.read(self.cursor)]
        self.cursor = self.batches[-1].cursor
        return [one.text for batch in self.batches for one in batch.items]

    @property
    def rhythm(self) -> Rhythm:
        found = self.batches[-1].rhythm
        assert found is not None
        return found

    def shows(self, *entries: str, about: str = "", **headers: str) -> None:
        body = rss(*entries[::-1], about=about)
        mark = {"ETag": f'"{hash(body)}"', **{name.replace("_", "-"): value for name, value in headers.items()}}

        def answer(asked: Asked) -> Answer:
            known = asked.headers.get("if-none-match") == mark["ETag"]
            return Answer(304 if known else 200, b"" if known else body, {"Content-Type": "text/xml"} | mark)

        self.server.answering = answer

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        self.server.answering = lambda _: Answer(status, body, said)


@pytest.fixture
async def feed(http: Http) -> AsyncIterator[Feed]:
    async with opened(http) as made:
        yield made


@asynccontextmanager
async def opened(http: Http) -> AsyncIterator[Feed]:
    hand = HandClock(NOW)
    with clock.running(hand):
        async with answering(lambda _: Answer(404)) as server:
            yield Feed(server, FeedReader(f"{server.url}/feed", http, None), hand)


def days_ago(n: float) -> datetime:
    return NOW - timedelta(days=n)


async def test_what_did_not_change_is_not_sent_twice_and_proves_that_the_line_is_alive(feed: Feed) -> None:
    feed.shows(entry(1, "Un", days_ago(2)), entry(2, "Deux", days_ago(1)))
    assert await feed.read() == ["Un", "Deux"]
    assert await feed.read() == []
    assert feed.server.asked[1].headers["if-none-match"]
    assert (len(feed.batches), feed.batches[0].heard) == (1, 0)
    assert feed.rhythm.next_s == pytest.approx(2 * HOUR, rel=0.11)
    assert feed.rhythm.spoke_at == days_ago(1)


async def test_only_what_is_new_or_says_something_else_is_heard_again(feed: Feed) -> None:
    feed.shows(entry(1, "Un", days_ago(2)))
    await feed.read()
    feed.shows(entry(1, "Un", days_ago(2)), entry(2, "Deux", days_ago(1)))
    assert await feed.read() == ["Deux"]
    feed.shows(entry(1, "Un, corrigé", days_ago(2)), entry(2, "Deux", days_ago(1)))
    assert await feed.read() == ["Un, corrigé"]
    assert feed.batches[0].items[0].uri == f"{address_of(feed.server.url)}feed#urn:1"
    feed.shows(entry(2, "Deux", days_ago(1)))
    assert await feed.read() == []
    feed.shows(entry(1, "Un, corrigé", days_ago(2)), entry(2, "Deux", days_ago(1)))
    assert await feed.read() == []


async def test_what_it_holds_at_first_is_the_past_and_what_comes_without_a_date_later_is_news(feed: Feed) -> None:
    feed.shows(entry(1, "Sans date", None), entry(2, "Vieux", days_ago(30)), entry(3, "Frais", days_ago(0.1)))
    await feed.read()
    assert [(one.text, one.is_news(NOW)) for one in feed.batches[0].items] == [
        ("Vieux", False),
        ("Frais", True),
        ("Sans date", False),
    ]
    feed.shows(entry(1, "Sans date", None), entry(4, "Encore sans date", None))
    assert await feed.read() == ["Encore sans date"]
    assert feed.batches[0].items[0].is_news(NOW)


async def test_a_long_feed_comes_in_parts_and_goes_on_where_it_stopped(feed: Feed) -> None:
    feed.shows(*(entry(n, f"Message {n}", days_ago(300 - n)) for n in range(250)))
    heard = await feed.read()
    assert [len(batch.items) for batch in feed.batches] == [100, 100, 50]
    feed.cursor = feed.batches[0].cursor
    assert await feed.read() == heard[100:]
    assert all(one.imported is False for batch in feed.batches for one in batch.items)


async def test_it_is_asked_as_seldom_as_it_wishes_and_sooner_after_news(feed: Feed) -> None:
    daily = [entry(n, f"Jour {n}", days_ago(10 - n)) for n in range(9)]
    feed.shows(*daily, about="<ttl>600</ttl>")
    await feed.read()
    assert feed.rhythm.next_s == 10 * HOUR
    feed.shows(*daily, Cache_Control="public, max-age=18000")
    await feed.read()
    assert feed.rhythm.next_s == 5 * HOUR
    feed.shows(*daily, entry(9, "Aujourd’hui", NOW))
    await feed.read()
    assert feed.rhythm.next_s == pytest.approx(HOUR, rel=0.11)
    assert feed.rhythm.usual_s == 86_400


async def test_a_move_for_good_is_remembered_and_forgotten_when_nothing_is_left_there(feed: Feed) -> None:
    feed.shows(entry(1, "Un", days_ago(1)))
    there = feed.server.answering

    def moved(asked: Asked) -> Answer:
        return there(asked) if asked.path == "/new" else Answer(301, b"", {"Location": "/new"})

    feed.server.answering = moved
    assert await feed.read() == ["Un"]
    assert feed.rhythm.note == f"The feed has moved to {feed.server.url}/new; it is read there."
    await feed.read()
    assert [asked.path for asked in feed.server.asked] == ["/feed", "/new", "/new"]
    assert feed.batches[0].items == ()

    feed.server.answering = lambda asked: Answer(404) if asked.path == "/new" else there(asked)
    with pytest.raises(Retry, match="no feed at this address any more"):
        await feed.read()
    assert await feed.read() == []
    assert feed.rhythm.note == ""


async def test_a_feed_that_is_gone_for_good_ends(feed: Feed) -> None:
    feed.answers(410)
    with pytest.raises(FeedGone, match="gone for good; it is not asked any more"):
        await feed.read()


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (404, b"", "has no feed at this address any more"),
        (403, b"", "does not let us in"),
        (500, b"", "is in trouble"),
        (200, b"<!DOCTYPE html><html><body>Bienvenue</body></html>", "answered with a web page, not with a feed"),
        (200, b'{"error": "quota"}', "answered with something that is no feed"),
        (200, b"", "answered with something that is no feed"),
        (302, b"", "from one address to the next without end"),
        (200, b"<rss>" + b"a" * 8_000_001, "is larger than 8 MB; nothing of it was read"),
    ],
    ids=range(8),
)
async def test_what_is_no_feed_today_is_said_and_tried_less_and_less_often(
    feed: Feed, status: int, body: bytes, sentence: str
) -> None:
    feed.shows(entry(1, "Un", days_ago(1)))
    await feed.read()
    before, good = feed.cursor, feed.server.answering
    feed.answers(status, body, **({"Location": "/feed"} if status == 302 else {}))
    waits = []
    for _ in range(4):
        with pytest.raises(Retry, match=sentence) as caught:
            await feed.read()
        waits.append(caught.value.after_s or 0.0)
    assert waits == sorted(waits)
    assert waits[0] >= 48
    assert waits[3] > 300
    feed.server.answering = good
    assert (await feed.read(), feed.cursor) == ([], before)


async def test_a_server_that_asks_us_to_wait_is_left_alone_with_all_its_feeds(feed: Feed, http: Http) -> None:
    for status in (429, 503):
        feed.answers(status, Retry_After="7200")
        with pytest.raises(Retry) as caught:
            await feed.read()
        assert 7_190 < (caught.value.after_s or 0) <= 7_200
        asked = len(feed.server.asked)
        with pytest.raises(Retry, match="asks us to slow down"):
            await client.fetch(http, f"{feed.server.url}/another")
        assert len(feed.server.asked) == asked
        http.turns.hold(feed.server.url, 0)


async def test_a_public_feed_never_leads_inside_and_a_house_that_others_use_reads_none_there(
    feed: Feed, http: Http, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def outside(url: str) -> bool:
        return False

    with monkeypatch.context() as patched:
        patched.setattr(client, "leads_inside", outside)  # as if it were on the internet
        with pytest.raises(Retry, match="is not a public address"):
            await feed.read()
    careful = Http(only_public=True)
    with pytest.raises(Permanent, match="is not a public address"):
        await client.get(careful, feed.server.url, {})
    await careful.aclose()
    assert feed.server.asked == []


@pytest.mark.parametrize(
    "typed", ["", "guide", "ftp://guide.example", "https://u:p@guide.example", "http://[::1", "a b"]
)
def test_an_address_that_is_none_is_refused_at_once(typed: str) -> None:
    with pytest.raises(Permanent, match=r"is not a web address|password"):
        client.checked(typed)


async def test_what_a_hub_brings_is_heard_once_and_a_call_that_is_no_feed_is_counted(feed: Feed) -> None:
    feed.shows(entry(1, "Un", days_ago(1)))
    await feed.read()

    async def brought(body: bytes) -> Batch:
        (batch,) = await feed.reader.take(Received("r", "s", "application/rss+xml", body, NOW), feed.cursor)
        feed.cursor = batch.cursor or feed.cursor
        return batch

    new = rss(entry(2, "Deux", NOW))
    assert [one.text for one in (await brought(new)).items] == ["Deux"]
    assert (await brought(new)).items == ()
    assert (await brought(b"<html>")).dropped
    feed.shows(entry(1, "Un", days_ago(1)), entry(2, "Deux", NOW))
    assert await feed.read() == []


@pytest.mark.parametrize("cursor", ['{"seen": ["a"', "[]", '{"v": 9}', '{"spoke": [99999999999999999]}'])
async def test_a_cursor_that_is_not_ours_is_a_gap_and_the_feed_is_read_anew(feed: Feed, cursor: str) -> None:
    feed.shows(entry(1, "Un", days_ago(1)))
    feed.cursor = cursor
    assert await feed.read() == ["Un"]
    assert feed.batches[0].gap is not None
