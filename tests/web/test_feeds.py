"""Adding a feed as a person does, and the doors that networks call at."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from ouidire import clock
from ouidire.domain.ids import new_id
from ouidire.domain.item import Rhythm
from ouidire.domain.source import Source
from ouidire.domain.subscription import Subscription, SubscriptionState
from ouidire.store import received, sources, subscriptions
from ouidire.web.routes import hooks
from ouidire.web.tries import Tries
from tests.connectors.loopback import Answer, Asked, answering
from tests.connectors.rss.contract import entry, rss
from tests.web.house import Browser, House, opened
from tests.web.test_screens import words

LINK = '<link rel="alternate" type="application/rss+xml" title="{}" href="{}">'
HTML = {"Content-Type": "text/html"}


class Site:
    """A city guide with a page, two feeds and a page without."""

    def __init__(self) -> None:
        self.url = ""
        self.has_feed = True
        now = clock.now()
        self.feed = rss(
            entry(1, "Trente minutes d'attente chez Maison Delorière, à Montréal.", now - timedelta(hours=2)),
            *(entry(n, f"Le marché numéro {n}.", now - timedelta(days=n)) for n in range(2, 9)),
        )

    def answer(self, asked: Asked) -> Answer:
        page = "<!doctype html><html><head><title>Le Guide</title>{}</head></html>"
        if asked.path == "/":
            links = LINK.format("Articles", "/feed") + LINK.format("Commentaires", "/comments")
            return Answer(200, page.format(links).encode(), HTML)
        if asked.path == "/feed" and self.has_feed:
            return Answer(200, self.feed, {"Content-Type": "text/xml"})
        return Answer(200 if asked.path == "/none" else 404, page.format("").encode(), HTML)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site()) as made:
        yield made


@contextmanager
def serving(made: Site) -> Iterator[Site]:
    """The site on a thread of its own."""
    ready, loop = threading.Event(), asyncio.new_event_loop()
    ended = asyncio.Event()

    async def serve() -> None:
        async with answering(made.answer) as server:
            made.url = server.url
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()], daemon=True)
    thread.start()
    ready.wait(5)
    yield made
    loop.call_soon_threadsafe(ended.set)
    thread.join(5)
    loop.close()


@pytest.fixture
def owner(house: House, address: str) -> Iterator[Browser]:
    with httpx2.Client(base_url=address, follow_redirects=True, headers={"Accept-Language": "fr"}) as client:
        browser = Browser(client)  # type: ignore[arg-type]
        browser.sign_in(house.owner.email)
        yield browser
    assert house.loop is not None
    # What its lines hang on is the loop that made them.
    asyncio.run_coroutine_threadsafe(house.app.http.aclose(), house.loop).result(5)


def test_a_site_is_typed_its_feeds_are_offered_and_one_is_seen_before_it_is_kept(owner: Browser, site: Site) -> None:
    owner.get("/sources/new/rss")
    page = owner.post("/sources/new/rss", **{"s-address": site.url})
    assert "C’est une page web ; elle propose ces flux :" in words(page).replace("\u202f", " ").replace("\u00a0", " ")
    assert f'value="{site.url}/feed"' in page
    page = owner.post("/sources/new/rss", **{"s-address": f"{site.url}/feed"})
    assert "1 publication vous aurait concerné sur les 8 dernières." in words(page)
    assert [html.unescape(one) for one in re.findall(r"<mark>(.*?)</mark>", page, re.S)]
    assert "Le Guide" in page
    assert "Aucune source" not in owner.get("/sources")
    page = owner.post("/sources/new/rss", sure="yes", name="Le Guide", **{"s-address": f"{site.url}/feed"})
    assert "127.0.0.1/feed" in page
    page = owner.post("/sources/new/rss", 422, **{"s-address": f"{site.url}/feed"})
    assert "C’est déjà écouté" in words(page)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/none", "127.0.0.1 a répondu par une page web qui n’annonce aucun flux."),
        ("ftp", "n’est pas une adresse web."),
    ],
)
def test_what_is_no_feed_is_said_and_what_was_typed_stays(owner: Browser, site: Site, path: str, sentence: str) -> None:
    site.has_feed = False
    typed = "ftp://guide.example" if path == "ftp" else site.url + path
    owner.get("/sources/new/rss")
    page = owner.post("/sources/new/rss", 422, **{"s-address": typed})
    assert sentence in words(page)
    assert f'value="{typed}"' in page


def kept_feed(house: House, **rhythm: object) -> Source:
    source = Source(
        new_id(), house.owner.organisation_id, "rss", "Le Guide", {"address": "https://guide.example/feed?key=s3cret"}
    )
    with house.app.store.transaction() as tx:
        sources.add(tx, house.app.store, source)
        sources.advance(tx, source.id, "{}", clock.now(), 12, 1, 0)
        sources.keep_rhythm(tx, source.id, Rhythm(next_s=7_260, **rhythm), clock.now())  # type: ignore[arg-type]
    return source


def test_the_card_says_where_how_often_and_what_is_unusual_and_repeats_no_key(house: House) -> None:
    note = "The feed has moved to https://new.example/feed; it is read there."
    source = kept_feed(house, usual_s=86_400.0, spoke_at=clock.now() - timedelta(days=9, hours=1), note=note)
    promise = Subscription(source.id, "https://hub.example/", "t", SubscriptionState.ACTIVE, clock.now(),
                           clock.now() + timedelta(days=1))  # fmt: skip
    with house.app.store.transaction() as tx:
        subscriptions.put(tx, promise)
    page = words(house.browser(house.owner).get("/sources"))
    assert "guide.example/feed?…" in page
    assert "s3cret" not in page
    assert "prochain passage dans 2 h" in page
    assert "hub.example nous appelle" in page
    assert "d’ordinaire 24 h entre deux publications" in page
    assert "Silencieux depuis 9 jours" in page
    assert "Le flux a déménagé à l’adresse https://new.example/feed" in page
    assert "sourd" not in page


def test_a_feed_is_removed_by_who_may_and_by_nobody_else(house: House) -> None:
    source = kept_feed(house)
    for member, status in ((house.manager, 403), (house.stranger, 404)):
        browser = house.browser(member)
        browser.get("/settings")
        browser.post(f"/sources/{source.id}/remove", status)
    browser = house.browser(house.owner)
    browser.get("/sources")
    assert "Retirée." in words(browser.post(f"/sources/{source.id}/remove"))
    assert "guide.example" not in browser.get("/sources")


@pytest.fixture
def public(tmp_path: Path, sqlite_pattern: Path) -> Iterator[House]:
    """A house that can be reached from outside."""
    shutil.copy(sqlite_pattern, tmp_path / "ouidire.db")
    with opened(tmp_path, public_url="https://ouidire.example") as made:
        yield made


def test_a_door_needs_no_session_and_no_form_token_and_bears_so_much_and_no_more(
    public: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = kept_feed(public)
    door = public.app.doors.door(source)
    assert door is not None
    path, client = door.url.removeprefix("https://ouidire.example"), public.browser().client
    promise = Subscription(source.id, "https://hub.example/", "t", SubscriptionState.ASKED, clock.now())
    with public.app.store.transaction() as tx:
        subscriptions.put(tx, promise)
    said = client.get(path, params={"hub.mode": "subscribe", "hub.topic": "t", "hub.challenge": "<b>abc"})
    assert (said.status_code, said.text) == (200, "<b>abc")
    assert said.headers["content-type"].startswith("text/plain")
    assert said.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"{path[:-1]}0").status_code == 404
    assert client.post("/hooks/x").status_code == 404
    monkeypatch.setattr(hooks, "MOST_BODY", 10)
    assert client.post(path, content=b"a" * 11).status_code == 413
    assert client.post(path, content=b"<rss/>").status_code == 202
    with public.app.store.reading() as tx:
        assert received.sources_called(tx) == []
        assert sources.drops(tx, source.id)[0][1] == "A call that does not bear the hub's signature"
    public.web.state.calls = Tries(3, timedelta(minutes=1))  # type: ignore[attr-defined]
    assert [client.post(path, content=b"x").status_code for _ in range(4)] == [202, 202, 202, 429]
