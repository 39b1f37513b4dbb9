"""Waking people by the real servers: ntfy to its subscriber, web push to a browser that opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ouidire.connectors.http import Http
from ouidire.errors import Permanent
from ouidire.notifiers import registry
from ouidire.notifiers.base import Lost
from ouidire.notifiers.context import NotifierContext
from ouidire.notifiers.webpush import OwnKey, WebPushNotifier
from ouidire.people import wake
from tests.notifiers.servers import message
from tests.web.house import House, apart, opened
from tests.web.test_screens import TEXT, words

from .pds import NoPeer
from .waking import Ntfy, PushService, ntfy, push_service

pytestmark = pytest.mark.peers


@pytest.fixture(scope="module")
def server() -> Iterator[Ntfy]:
    try:
        with ntfy() as started:
            yield started
    except NoPeer as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def pushes() -> Iterator[PushService]:
    try:
        with push_service() as started:
            yield started
    except NoPeer as reason:
        pytest.skip(str(reason))


class EachAnew:
    """The one HTTP client, opened for each request: every page and round of these tests has a loop of its own."""

    async def request(self, method: str, url: str, **given: object) -> object:
        http = Http()
        try:
            return await http.request(method, url, **given)  # type: ignore[arg-type]
        finally:
            await http.aclose()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as made:
        made.app.address = lambda: "http://192.168.1.20:8765"
        made.app.notifiers["webpush"] = WebPushNotifier(EachAnew(), OwnKey(made.app.push_key), "mailto:o@lune.example")
        yield made


def test_what_the_page_says_arrived_is_what_the_subscriber_of_ntfy_got(house: House, server: Ntfy) -> None:
    manager = house.browser(house.manager)
    manager.get("/wake")
    topic = wake.fresh_topic()
    page = words(manager.post("/wake/ntfy", server=server.url, topic=topic, token=server.token, private="yes"))
    (sent,) = server.messages(topic)
    assert f"« {sent['title']}. {words(sent['message'].splitlines()[0])} »" in page.replace("\xa0", " ")
    assert (sent["priority"], sent["click"]) == (4, "http://192.168.1.20:8765/wake")
    page = words(manager.post("/wake/ntfy", server=server.url, topic=topic, token="tk_nobodyhasthisone"))
    assert "Ce n’est pas arrivé. ntfy ne nous laisse pas entrer" in page
    assert len(server.messages(topic)) == 1


def test_an_alert_reaches_ntfy_masked_and_its_link_lets_its_member_in(house: House, server: Ntfy) -> None:
    topic = wake.fresh_topic()
    with house.app.store.transaction() as tx:
        way = wake.ntfy(server.url, topic, server.token, is_private=True)
        wake.add(tx, house.app.store, house.manager, way, 1)
    house.hear(TEXT)
    apart(_delivered(house))
    (sent,) = server.messages(topic)
    assert "Trente minutes" in sent["message"]
    link = re.search(r"http://192\.168\.1\.20:8765(/a/[\w-]+)", sent["message"])
    assert link
    assert sent["click"].endswith(link[1])
    phone = house.browser()
    phone.get(link[1])
    assert "Trente minutes" in phone.post(link[1])


async def _delivered(house: House) -> None:
    while await house.app.postman.round():
        pass


async def test_a_browser_opens_what_it_was_sent_and_one_that_is_gone_is_lost(pushes: PushService) -> None:
    http, seed = Http(), bytes(range(32))
    notifier = registry.open("webpush", NotifierContext(http=http, push_key=seed, contact="mailto:o@lune.example"))
    subscription, browser = pushes.subscribe(OwnKey(seed).public)
    await notifier.send(message(brief="Crescent : écrit à 15:26.", waiting=1), subscription)
    (shown,) = pushes.shown(browser)
    assert (shown["title"], shown["body"]) == (message().subject, "Crescent : écrit à 15:26.")
    assert "Trente" not in str(shown)
    pushes.expire(browser)
    with pytest.raises(Lost):
        await notifier.send(message(), subscription)
    stranger = registry.open("webpush", NotifierContext(http=http, push_key=bytes(32), contact="mailto:o@lune.example"))
    other, _ = pushes.subscribe(OwnKey(seed).public)
    with pytest.raises(Permanent):
        await stranger.send(message(), other)
    await http.aclose()


def test_a_phone_that_is_gone_is_forgotten_and_said_on_the_page(house: House, pushes: PushService) -> None:
    manager = house.browser(house.manager)
    manager.get("/wake")
    subscription, browser = pushes.subscribe(OwnKey(house.app.push_key).public)
    assert "Remis à" in words(manager.post("/wake/push", subscription=subscription))
    house.hear(TEXT)
    apart(_delivered(house))
    tried, told = pushes.shown(browser)
    assert (tried["title"], told["url"][:3]) == ("Un essai d’Ouïdire", "/c/")
    pushes.expire(browser)
    (way,) = re.findall(r"/wake/([\w-]+)/forget", manager.get("/wake"))
    assert "Ce navigateur ne peut plus être réveillé" in words(manager.post("/wake/try", way=way))
    assert "Il a été oublié" in words(manager.get("/wake"))
