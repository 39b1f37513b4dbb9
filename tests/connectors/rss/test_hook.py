"""Hubs at our door, and the promise they make: who may say what, and what it changes."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.connectors.base import Answer, Call, Door
from ouidire.connectors.http import Http
from ouidire.connectors.rss.hook import FeedHook, farewell, is_signed
from ouidire.connectors.rss.reader import FeedReader
from ouidire.connectors.rss.websub import Hub
from ouidire.domain.subscription import Subscription, SubscriptionState

from ..loopback import Answer as Said
from ..loopback import Asked, Server, answering
from .contract import entry, rss

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TOPIC = "https://guide.example/feed"
SECRET = "s3cret"
ASKED = Subscription("source-1", "https://hub.example/", TOPIC, SubscriptionState.ASKED, NOW)
ACTIVE = replace(ASKED, state=SubscriptionState.ACTIVE, until=NOW + timedelta(days=10))
REFUSED = replace(ASKED, state=SubscriptionState.REFUSED)


@dataclass
class Book:
    """A ledger in memory."""

    known: Subscription | None = None

    async def read(self) -> Subscription | None:
        return self.known

    async def write(self, one: Subscription) -> None:
        self.known = one


@pytest.fixture(autouse=True)
def hand() -> AsyncIterator[HandClock]:
    with clock.running(HandClock(NOW)) as made:
        yield made  # type: ignore[misc]


def door(book: Book) -> Door:
    return Door("https://ouidire.example/hooks/rss.source-1.abc", SECRET, book)


def asked(known: Subscription | None, **query: str) -> Answer:
    named = {"hub." + name: value for name, value in query.items()}
    return hook().answer(Call("GET", named, {}, b""), known)


def hook() -> FeedHook:
    return FeedHook(Http(), door(Book()), TOPIC)


def brought(body: bytes, signature: str, known: Subscription | None = ACTIVE) -> Answer:
    headers = {"x-hub-signature": signature, "content-type": "application/atom+xml"}
    return hook().answer(Call("POST", {}, headers, body), known)


def signed(body: bytes, method: str = "sha256", secret: str = SECRET) -> str:
    return f"{method}={hmac.new(secret.encode(), body, method).hexdigest()}"


def test_what_we_asked_for_is_confirmed_for_as_long_as_the_hub_says() -> None:
    answer = asked(ASKED, mode="subscribe", topic=TOPIC, challenge="xyz", lease_seconds="3600")
    assert (answer.status, answer.text) == (200, "xyz")
    assert answer.subscription == replace(ASKED, state=SubscriptionState.ACTIVE, until=NOW + timedelta(hours=1))
    for said, lease in (("", 86_400), ("5", 300), ("9" * 11, 30 * 86_400), ("soon", 86_400)):
        renewed = asked(ACTIVE, mode="subscribe", topic=TOPIC, challenge="x", lease_seconds=said).subscription
        assert renewed is not None
        assert renewed.until == NOW + timedelta(seconds=lease)


@pytest.mark.parametrize(
    ("known", "query"),
    [
        (None, {"mode": "subscribe", "topic": TOPIC, "challenge": "x"}),
        (ASKED, {"mode": "subscribe", "topic": "https://other.example/", "challenge": "x"}),
        (ASKED, {"mode": "subscribe", "topic": TOPIC}),
        (ASKED, {"mode": "unsubscribe", "topic": TOPIC, "challenge": "x"}),
        (REFUSED, {"mode": "subscribe", "topic": TOPIC, "challenge": "x"}),
        (ASKED, {}),
    ],
)
def test_nobody_makes_us_confirm_what_we_did_not_ask_for(known: Subscription | None, query: dict[str, str]) -> None:
    assert asked(known, **query) == Answer(404)


def test_a_hub_that_does_not_want_to_is_believed_with_its_reason() -> None:
    answer = asked(ASKED, mode="denied", topic=TOPIC, reason="too many")
    assert answer.subscription is not None
    assert answer.subscription.state is SubscriptionState.REFUSED
    assert "too many" in answer.subscription.because


def test_what_is_signed_is_kept_whatever_the_method_and_nothing_else_is() -> None:
    for method in ("sha1", "sha256", "sha384", "sha512"):
        assert brought(b"<feed/>", signed(b"<feed/>", method)).kind == "application/atom+xml"
    for bad in ("", "sha256=", "md5=0", signed(b"<feed/>", secret="guess"), signed(b"<feed />"), "sha256=é"):
        answer = brought(b"<feed/>", bad)
        assert (answer.kind, bool(answer.refused), answer.status) == ("", True, 202)
    assert is_signed(b"a", "SHA1=" + hmac.new(b"k", b"a", hashlib.sha1).hexdigest().upper(), "k")


def test_who_calls_a_source_that_is_gone_is_told_so() -> None:
    assert farewell(Call("POST", {}, {}, b"x")).status == 410
    goodbye = farewell(Call("GET", {"hub.mode": "unsubscribe", "hub.challenge": "bye"}, {}, b""))
    assert (goodbye.status, goodbye.text) == (200, "bye")
    assert farewell(Call("GET", {"hub.mode": "subscribe", "hub.challenge": "x"}, {}, b"")).status == 404


@dataclass
class Played:
    """A hub on loopback; `forms` are the requests it got, `status` what it answers."""

    server: Server
    http: Http
    book: Book
    status: int = 202
    typed: str = ""

    @property
    def hub(self) -> Hub:
        return Hub(self.http, door(self.book), self.typed or self.server.url)

    @property
    def forms(self) -> list[dict[str, str]]:
        return [{name: v[0] for name, v in parse_qs(one.body.decode()).items()} for one in self.server.asked]

    async def keep(self, late: tuple[datetime, ...] = ()) -> float | None:
        return await self.hub.keep(f"{self.server.url}/hub", TOPIC, late)


@pytest.fixture
async def played(http: Http) -> AsyncIterator[Played]:
    async with answering(lambda _: Said(made.status)) as server:
        made = Played(server, http, Book())
        yield made


async def test_a_hub_is_asked_once_with_our_secret_and_counted_on_once_it_has_promised(
    played: Played, hand: HandClock
) -> None:
    assert await played.keep() is None
    (form,) = played.forms
    assert (form["hub.mode"], form["hub.topic"], form["hub.secret"]) == ("subscribe", TOPIC, SECRET)
    assert form["hub.callback"] == "https://ouidire.example/hooks/rss.source-1.abc"
    assert await played.keep() is None
    assert len(played.forms) == 1
    assert played.book.known is not None
    played.book.known = replace(played.book.known, state=SubscriptionState.ACTIVE, until=NOW + timedelta(days=10))
    assert await played.keep() == 5 * 86_400
    hand.advance(days=9)
    await played.keep()
    assert len(played.forms) == 2
    assert played.book.known.state is SubscriptionState.ACTIVE, "while it is renewed, the old promise holds"


async def test_a_strangers_feed_names_no_hub_inside(played: Played, hand: HandClock) -> None:
    """Not even where this house may call its own network."""
    played.typed = "https://192.0.31.1/feed"
    assert await played.keep() is None
    assert played.forms == []
    assert played.book.known is not None
    assert "not a public" in played.book.known.because


async def test_a_hub_that_says_no_is_left_alone_for_a_day_and_one_that_forgets_is_not_counted_on(
    played: Played, hand: HandClock
) -> None:
    played.status = 400
    assert await played.keep() is None
    assert played.book.known is not None
    assert played.book.known.state is SubscriptionState.REFUSED
    hand.advance(hours=23)
    await played.keep()
    assert len(played.forms) == 1
    hand.advance(hours=2)
    await played.keep()
    assert len(played.forms) == 2
    played.book.known = replace(played.book.known, state=SubscriptionState.ACTIVE, until=hand.at + timedelta(days=10))
    assert await played.keep(late=(NOW - timedelta(days=1),)) is not None, "that was before it promised"
    assert await played.keep(late=(hand.at + timedelta(minutes=1),)) is None
    assert await played.keep() is None


async def test_a_feed_with_a_hub_is_asked_less_often_while_the_hub_calls(played: Played) -> None:
    entries = [entry(n, f"Jour {n}", NOW - timedelta(days=n)) for n in range(1, 9)]
    body = rss(*entries)

    def answer(one: Asked) -> Said:
        links = f'<{played.server.url}/hub>; rel="hub", <{TOPIC}>; rel=self'
        return Said(200, body, {"Link": links, "Content-Type": "text/xml"}) if one.method == "GET" else Said(202)

    played.server.answering = answer
    reader = FeedReader(f"{played.server.url}/feed", played.http, door(played.book))
    waits = []
    cursor = ""
    for _ in range(2):
        last = [batch async for batch in reader.read(cursor)][-1]
        assert last.rhythm is not None
        cursor, known = last.cursor, played.book.known
        waits.append(last.rhythm.next_s)
        assert known is not None
        assert (known.topic, known.hub) == (TOPIC, f"{played.server.url}/hub")
        played.book.known = replace(known, state=SubscriptionState.ACTIVE, until=NOW + timedelta(days=10))
    assert waits[0] == pytest.approx(7_200, rel=0.11)
    assert waits[1] == pytest.approx(4 * 7_200, rel=0.11)
