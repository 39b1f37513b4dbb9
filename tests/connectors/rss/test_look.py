"""What somebody typed, looked at before it is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from ouidire.connectors import registry
from ouidire.connectors.base import Look, SourceContext
from ouidire.connectors.http import Http
from ouidire.connectors.rss import client
from ouidire.connectors.rss import look as looking
from ouidire.errors import Permanent, Retry

from ..loopback import Answer, Asked, answering
from .contract import entry, rss

FEED = rss(*(entry(n, f"Message {n}", datetime(2026, 11, 20 - n, 10, tzinfo=UTC)) for n in range(1, 4)))
PAGE = (
    "<!doctype html><html><head><title>Le Guide &amp; amis</title>{}</head><body><a href='/feed'>RSS</a></body></html>"
)
LINK = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'


@dataclass
class Site:
    http: Http
    url: str = ""
    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked.path)
        return self.pages.get(asked.path, Answer(404, b"<html>", {"Content-Type": "text/html"}))

    async def look(self, path: str = "/") -> Look:
        return await registry.look("rss", SourceContext("", {"address": self.url + path}, {}, self.http))

    def has_page(self, *links: str) -> None:
        body = PAGE.format("".join(links)).encode()
        self.pages["/"] = Answer(200, body, {"Content-Type": "text/html; charset=utf-8"})


@pytest.fixture
async def site(http: Http) -> AsyncIterator[Site]:
    made = Site(http)
    async with answering(made.answer) as server:
        made.url = server.url
        yield made


async def test_a_feed_shows_its_title_and_its_latest_first(site: Site) -> None:
    site.pages["/feed"] = Answer(200, FEED, {"Content-Type": "text/xml"})
    found = await site.look("/feed")
    assert (found.title, found.settings) == ("Le Guide", {"address": f"{site.url}/feed"})
    assert [one.text for one in found.items] == ["Message 1", "Message 2", "Message 3"]


async def test_a_page_that_names_one_feed_is_that_feed_and_one_that_names_several_offers_them(site: Site) -> None:
    site.pages["/atom"] = Answer(200, FEED, {"Content-Type": "text/xml"})
    site.has_page(LINK.format("Articles", "/atom"))
    assert (await site.look()).settings == {"address": f"{site.url}/atom"}
    site.has_page(LINK.format("Articles", "/atom"), LINK.format("Commentaires", "comments"), LINK.format("", "ftp://x"))
    found = await site.look()
    assert (found.title, found.items) == ("Le Guide & amis", ())
    assert [(one.title, one.settings["address"]) for one in found.offers] == [
        ("Articles", f"{site.url}/atom"),
        ("Commentaires", f"{site.url}/comments"),
    ]


async def test_a_site_that_speaks_plain_http_alone_is_found_by_its_name(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "PATIENCE_S", 0.5)
    site.pages["/feed"] = Answer(200, FEED, {"Content-Type": "text/xml"})
    name = site.url.removeprefix("http://")
    for typed in (f"{name}/feed", f"feed:{site.url}/feed"):
        found = await registry.look("rss", SourceContext("", {"address": typed}, {}, site.http))
        assert found.settings == {"address": f"{site.url}/feed"}


async def test_where_a_page_names_none_the_usual_places_are_tried(site: Site) -> None:
    site.has_page()
    with pytest.raises(Permanent, match="a web page that names no feed"):
        await site.look()
    site.pages["/rss"] = Answer(200, FEED, {"Content-Type": "text/xml"})
    assert (await site.look()).settings == {"address": f"{site.url}/rss"}


async def test_a_feed_that_moved_for_good_is_kept_under_its_new_address(site: Site) -> None:
    site.pages["/old"] = Answer(301, b"", {"Location": "/feed"})
    site.pages["/feed"] = Answer(200, FEED, {"Content-Type": "text/xml"})
    found = await site.look("/old")
    assert found.settings == {"address": f"{site.url}/feed"}
    assert found.notes == [f"The feed has moved to {site.url}/feed; it is read there."]


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (Answer(200, b"a" * 8_000_001), Permanent, "larger than 8 MB; nothing of it was read"),
        (Answer(302, b"", {"Location": "/"}), Retry, "from one address to the next without end"),
        (Answer(200, b'{"error": "no"}'), Permanent, "something that is no feed"),
        (Answer(404), Permanent, "refused"),
        (Answer(500), Retry, "is in trouble"),
    ],
    ids=range(5),
)
async def test_what_cannot_be_read_is_said_before_anything_is_kept(
    site: Site, answer: Answer, error: type[Exception], sentence: str
) -> None:
    site.pages["/"] = answer
    with pytest.raises(error, match=sentence):
        await site.look()


async def test_a_page_of_a_stranger_does_not_lead_inside(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.has_page(LINK.format("Articles", "/atom"))

    async def outside(url: str) -> bool:
        return not url.endswith("/")  # the page itself as if it were on the internet

    real = Http.request

    async def request(http: Http, method: str, url: str, **more: Any) -> Any:
        return await real(http, method, url, **more | ({"public_only": False} if url.endswith("/") else {}))

    monkeypatch.setattr(client, "leads_inside", outside)
    monkeypatch.setattr(Http, "request", request)
    with pytest.raises(Permanent, match="is not a public address"):
        await site.look()
    assert site.asked == ["/"]
