"""The phone on the pages, without script: pairing, ending, waking; and whom a house in a local network answers."""

from __future__ import annotations

import asyncio
import html
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from fastapi.testclient import TestClient

from ouidire.app import App
from ouidire.domain.ids import new_id
from ouidire.notifiers import registry
from ouidire.notifiers.context import NotifierContext
from ouidire.settings import Settings
from ouidire.store import channels, organisations
from tests.notifiers.servers import HookServer, MailBox, hook_server, smtp_server
from tests.notifiers.test_webpush import Device
from tests.people.test_pairing import IPHONE
from tests.web.house import Browser, House, opened
from tests.web.test_screens import TEXT, words

T = TypeVar("T")

LAN = "http://192.168.1.20:8765"


@pytest.fixture
def lan(house: House) -> House:
    house.app.address = lambda: LAN
    return house


@contextmanager
def serving(server: AbstractAsyncContextManager[T]) -> Iterator[T]:
    """A server in a loop of its own."""
    started: Future[T] = Future()
    over, loop = asyncio.Event(), asyncio.new_event_loop()

    async def serve() -> None:
        async with server as running:
            started.set_result(running)
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()], daemon=True)
    thread.start()
    yield started.result(10)
    loop.call_soon_threadsafe(over.set)
    thread.join(10)


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """A server that takes whatever is sent."""
    with serving(hook_server(HookServer(answers=[200] * 9))) as server:
        yield server


def pair(house: House, asker: Browser) -> Browser:
    """The asker's phone."""
    asker.get("/settings")
    page = asker.post("/settings/phones")
    found = re.search(rf"{LAN}(/pair/[\w-]+)", page)
    assert found, words(page)
    assert "<svg" in page
    phone = Browser(TestClient(house.web, headers={"Accept-Language": "fr", "User-Agent": IPHONE}))  # type: ignore[arg-type]
    assert "Associer ce téléphone" in words(phone.get(found[1]))
    late = house.browser()
    late.get(found[1])
    assert "Ce téléphone est associé" in words(phone.post(found[1]))
    assert "n’associe plus de téléphone" in words(late.post(found[1], 410))
    assert "n’associe plus de téléphone" in words(late.get(found[1], 410))
    return phone


def test_a_phone_comes_in_by_the_code_and_is_listed_by_what_it_is(lan: House) -> None:
    owner = lan.browser(lan.manager)
    phone = pair(lan, owner)
    assert "Camille" in phone.get("/settings")
    assert "iPhone · Safari (celui-ci)" in words(phone.page)
    assert "iPhone · Safari vu" in words(owner.get("/settings"))
    assert lan.browser(lan.stranger).get("/settings").count("iPhone") == 0


def test_an_ended_phone_says_so_and_gives_back_what_was_typed(lan: House) -> None:
    lan.hear(TEXT)
    manager = lan.browser(lan.manager)
    phone = pair(lan, manager)
    conversation = re.search(r"/c/([0-9a-f-]{36})", phone.get("/"))
    assert conversation
    phone.get(f"/c/{conversation[1]}?do=answer")
    manager.get("/settings")
    (phone_id,) = re.findall(r"/settings/phones/([\w-]+)/revoke", manager.page)
    lan.browser(lan.stranger).get("/settings")
    assert "n’est plus réveillé" in words(manager.post(f"/settings/phones/{phone_id}/revoke"))
    page = words(phone.post(f"/c/{conversation[1]}/answer", 401, text="Bonjour Nadia, nous venons vers vous."))
    assert "Ce téléphone est déconnecté. Son association a été retirée" in page
    assert "Ce que vous venez d’envoyer n’a pas été fait." in page
    assert "Bonjour Nadia, nous venons vers vous." in page
    assert "Associer un téléphone" in words(phone.get("/", 401))
    assert "Trente" not in phone.page
    assert phone.client.get("/events").status_code == 401
    assert phone.client.get("/part/now", headers={"HX-Request": "true"}).headers["hx-refresh"] == "true"
    assert "Bonjour Nadia" not in manager.get(f"/c/{conversation[1]}")
    phone.sign_in(lan.manager.email)
    assert "Réglages" in words(phone.get("/settings"))


def test_a_changed_password_is_named_as_what_ended_a_phone(lan: House) -> None:
    manager = lan.browser(lan.manager)
    phone = pair(lan, manager)
    manager.get("/settings")
    manager.post("/settings/password", old="une phrase assez longue", new="une autre phrase longue")
    assert "Le mot de passe a changé" in words(phone.get("/", 401))
    assert "iPhone" not in words(manager.get("/settings"))


def test_a_house_that_no_phone_reaches_says_how_to_change_that(house: House) -> None:
    house.app.address = lambda: "http://127.0.0.1:8765"
    browser = Browser(TestClient(house.web, base_url="http://127.0.0.1:8765", headers={"Accept-Language": "fr"}))  # type: ignore[arg-type]
    browser.sign_in(house.owner.email)
    browser.get("/settings")
    assert "ouidire up --lan" in words(browser.post("/settings/phones", 422))


def test_nobody_pairs_or_ends_for_another_house(lan: House) -> None:
    pair(lan, lan.browser(lan.manager))
    owner = lan.browser(lan.owner)
    (phone_id,) = re.findall(r"/settings/phones/([\w-]+)/revoke", owner.get("/settings"))
    stranger = lan.browser(lan.stranger)
    stranger.get("/settings")
    stranger.post(f"/settings/phones/{phone_id}/revoke", 404)


def test_a_way_is_kept_tried_and_shown_without_its_secret(lan: House, hook: HookServer) -> None:
    manager = lan.browser(lan.manager)
    page = manager.get("/wake")
    topic = re.search(r'name="topic"[^>]* value="(ouidire-[0-9a-f]{20})"', page)
    assert topic
    server = hook.url.removesuffix("/hook")
    page = manager.post("/wake/ntfy", server=server, topic=topic[1], private="yes", min_gravity="3")
    assert "Remis à" in words(page)
    assert "Un essai d’Ouïdire. C’est ainsi que je vous réveillerai, Camille." in words(page)
    assert topic[1] not in page
    assert topic[1] not in manager.get("/wake") + manager.get("/alerts")
    assert "Essayé à l’instant : c’est passé. " in words(manager.get("/wake"))
    (way,) = re.findall(r"/wake/([\w-]+)/forget", manager.page)
    hook.answers[:] = [403]
    page = words(manager.post("/wake/try", way=way))
    assert "Ce n’est pas arrivé. ntfy ne nous laisse pas entrer" in page
    assert len(hook.got) == 1
    assert "par un canal à soi" in words(lan.browser(lan.owner).get("/alerts"))
    stranger = lan.browser(lan.stranger)
    assert way not in stranger.get("/wake")
    for deed in (f"{way}/forget", "try"):
        stranger.post(f"/wake/{deed}", 404, way=way)
    manager.get("/wake")
    manager.post(f"/wake/{way}/forget")
    assert way not in manager.get("/alerts") + manager.get("/wake")


def test_the_mail_that_the_page_speaks_of_is_the_one_in_the_box(lan: House) -> None:
    manager = lan.browser(lan.manager)
    assert "Aucun serveur de mail n’est réglé" in words(manager.get("/wake"))
    with serving(smtp_server(MailBox())) as box:
        context = NotifierContext(smtp=box.url(), mail_from="o@lune.example")
        lan.app.notifiers["email"] = registry.open("email", context)
        manager.get("/wake")
        page = words(manager.post("/wake/try", way="email"))
        (mail,) = box.mails
        lan.app.notifiers.pop("email")  # its line is of a loop that is over
    text = mail.get_body(("plain",)).get_content().splitlines()[0]
    assert (mail["To"], mail["Subject"]) == ("Camille <crescent@deloriere.example>", "Un essai d’Ouïdire")
    assert f"{mail['Subject']}. {words(text)}" in page


REFUSED = [
    ("ntfy", {"server": "ftp://x", "topic": "abc"}, "https://ntfy.sh"),
    ("telegram", {"bot": "x", "chat": "1"}, "BotFather"),
    ("other", {"address": "syslog://"}, "parlerait à la machine"),
    ("other", {"address": "bluesky://a:b"}, "en public"),
    ("other", {"address": "tgram://"}, "n’est pas complète"),
    ("push", {"subscription": "{}"}, "comment le réveiller"),
]


def test_what_cannot_wake_anybody_is_refused_with_why_and_kept_on_the_page(lan: House) -> None:
    browser = lan.browser(lan.owner)
    browser.get("/wake")
    for path, fields, said in REFUSED:
        page = browser.post(f"/wake/{path}", 422, **fields)
        assert said in words(page), path
        for name, value in fields.items():
            assert name == "subscription" or (f'name="{name}"' in page and html.escape(value) in page), path
    browser.post("/wake/calm", 404, place="", hour="25:00", by="email")
    browser.get("/wake")
    assert "19:00" in words(browser.post("/wake/calm", 422, place=lan.crescent.id, hour="25:00", by="email"))
    with lan.app.store.reading() as tx:
        assert channels.of(tx, lan.owner) == []


def test_one_browser_wakes_one_member(lan: House) -> None:
    subscription = Device().subscription("http://127.0.0.1:1/push/1")
    for member in (lan.owner, lan.manager):
        browser = lan.browser(member)
        browser.get("/wake")
        assert "Ce n’est pas arrivé." in words(browser.post("/wake/push", subscription=subscription))
    with lan.app.store.reading() as tx:
        assert channels.of(tx, lan.owner) == []
        assert len(channels.of(tx, lan.manager)) == 1


def test_the_calm_message_is_wished_for_and_taken_back(lan: House) -> None:
    manager = lan.browser(lan.manager)
    manager.get("/wake")
    assert "Une fois par jour, donc." in words(
        manager.post("/wake/calm", place=lan.crescent.id, hour="20:30", by="email")
    )
    assert 'value="20:30"' in manager.get("/wake")
    assert 'value="20:30"' not in lan.browser(lan.owner).get("/wake")
    manager.post("/wake/calm", place=lan.crescent.id, hour="20:30", by="")
    assert 'value="20:30"' not in manager.get("/wake")


def test_the_page_says_what_works_here(lan: House) -> None:
    browser = lan.browser(lan.owner)
    assert "navigateurs exigent https" in words(browser.get("/wake"))
    assert "data-push" not in browser.page
    secure = Browser(TestClient(lan.web, base_url="https://ouidire.example"))  # type: ignore[arg-type]
    secure.sign_in(lan.owner.email)
    assert "navigateurs exigent https" not in words(secure.get("/wake"))
    assert re.search(r'data-push="[\w-]{87}"', secure.page)


def test_a_house_in_a_local_network_answers_its_neighbours_by_its_own_address(
    tmp_path: Path, sqlite_pattern: Path
) -> None:
    with opened(tmp_path, lan=True) as house:
        assert house.app.settings.listens_on == "0.0.0.0"
        assert house.app.settings.only_public

        def asked(near: str, base: str = LAN) -> int:
            client = TestClient(house.web, base_url=base, client=(near, 4242))  # type: ignore[arg-type]
            return client.get("/signin").status_code

        assert [asked(near) for near in ("127.0.0.1", "192.168.1.7", "10.1.2.3", "100.101.102.103")] == [200] * 4
        assert [asked(near) for near in ("8.8.8.8", "2a00:1450::1")] == [403] * 2
        assert asked("192.168.1.7", "http://evil.example:8765") == 403
        assert asked("192.168.1.7", "http://localhost:8765") == 200


def test_the_address_follows_the_network_and_a_public_one_stays(tmp_path: Path) -> None:
    app = App.open(Settings(home=tmp_path, public_url="https://o.example/", _env_file=None))  # type: ignore[call-arg]
    assert app.base_url == "https://o.example"
    app.address = iter(["http://10.0.0.2:1", "http://192.168.0.2:1"]).__next__
    assert [app.postman.base_url(), app.calm.base_url()] == ["http://10.0.0.2:1", "http://192.168.0.2:1"]
    asyncio.run(app.close())


def test_who_has_many_places_chooses_one_and_sees_the_wishes_there_are(lan: House) -> None:
    with lan.app.store.transaction() as tx:
        for n in range(6):
            organisations.add_place(tx, replace(lan.crescent, id=new_id(), name=f"Boutique {n}"))
    owner = lan.browser(lan.owner)
    assert owner.get("/wake").count('action="/wake/calm#calm"') == 1
    owner.post("/wake/calm", place=lan.crescent.id, hour="18:15", by="email")
    assert owner.get("/wake").count('action="/wake/calm#calm"') == 2
    assert 'value="18:15"' in owner.page
