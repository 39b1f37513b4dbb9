"""The phone in a real Chromium: paired by its code over plain http, woken by a channel, ended; and the installable app.

Its name for the house is none of this machine's: over plain http it is no secure place, as in a network.
"""

from __future__ import annotations

import json
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Error, expect

from tests.web.house import PASSWORD, House
from tests.web.test_browser import DESK, PHONE, SMALL
from tests.web.test_screens import TEXT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def network() -> Iterator[Browser]:
    """Chromium in a network where `house.lan` is the house."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync",
             "--host-resolver-rules=MAP house.lan 127.0.0.1"]  # fmt: skip
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        browser.close()


class Receiver(BaseHTTPRequestHandler):
    """Takes what a channel is sent."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        self.server.got.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def receiver() -> Iterator[Any]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def page_of(network: Browser, email: str = "", address: str = "", **options: Any) -> Page:
    context = network.new_context(**{"viewport": PHONE, "locale": "fr-FR", **options})
    context.set_default_timeout(10_000)
    page = context.new_page()
    if email:
        page.goto(f"{address}/signin")
        page.fill("[name=email]", email)
        page.fill("[name=password]", PASSWORD)
        page.click("form.stack button")
        page.wait_for_url(f"{address}/")
    return page


def test_a_phone_is_paired_by_the_code_woken_by_a_channel_and_ended(
    house: House, address: str, network: Browser, receiver: Any
) -> None:
    house.hear(TEXT)
    at_home = address.replace("127.0.0.1", "house.lan")
    house.app.address = lambda: at_home
    desk = page_of(network, house.manager.email, address, viewport=DESK)
    desk.goto(f"{address}/settings")
    desk.click("#phones form[action^='/settings/phones'] button")
    desk.wait_for_selector(".code svg")
    code = desk.inner_text(".pairing .break")
    assert code.startswith(f"{at_home}/pair/")

    phone = page_of(network)
    phone.goto(code)
    phone.click("button.primary")
    phone.wait_for_selector("#ways")
    assert not phone.evaluate("window.isSecureContext")
    expect(phone.locator(".strip.unknown")).to_contain_text("navigateurs exigent https")
    assert phone.locator("#add-push").count() == 0
    topic = phone.input_value("[name=topic]")
    phone.fill("[name=server]", f"http://127.0.0.1:{receiver.server_address[1]}")
    phone.click("#add-ntfy button.primary")
    phone.wait_for_selector("#ways .told-strip")
    (sent,) = receiver.got
    assert (sent["topic"], sent["title"]) == (topic, "Un essai d’Ouïdire")
    assert sent["message"].split("\n")[0] in phone.inner_text("#ways .told-strip")
    assert f"{at_home}/wake" in sent["message"]
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.evaluate(SMALL) == []

    conversation = re.search(r"/c/[0-9a-f-]{36}", (phone.goto(f"{at_home}/"), phone.content())[1])
    assert conversation
    phone.goto(f"{at_home}{conversation[0]}?do=answer")
    phone.fill("#sheet textarea", "Bonjour Nadia, nous venons vers vous.")
    desk.goto(f"{address}/settings")
    desk.click("#phones form[action$='/revoke'] button")
    desk.wait_for_selector(".told-strip")
    with suppress(Error):  # it may be loading itself anew at this very moment
        phone.reload()
    expect(phone.locator("h1")).to_have_text("Ce téléphone est déconnecté.")
    expect(phone.locator("textarea")).to_have_value("Bonjour Nadia, nous venons vers vous.")
    desk.context.close()
    phone.context.close()


def test_words_are_copied_without_a_clipboard(house: House, address: str, network: Browser) -> None:
    at_home = address.replace("127.0.0.1", "house.lan")
    page = page_of(network, house.owner.email, at_home)
    page.goto(f"{at_home}/settings")
    page.click("#invite summary")
    page.select_option("#invite [name=role]", "headquarters")
    page.click("#invite form button")
    page.wait_for_selector("[data-copy]")
    assert page.evaluate("navigator.clipboard") is None
    page.click("[data-copy]")
    expect(page.locator("[data-copy]")).to_have_text("Copié")
    page.context.close()


def test_the_app_can_be_installed_and_a_push_shows_where_to_look(house: House, address: str, network: Browser) -> None:
    """The worker's own code, handed what a push service would hand it."""
    page = page_of(network, house.owner.email, address, permissions=["notifications"])
    page.wait_for_function("navigator.serviceWorker.ready.then(() => true)")
    client = page.context.new_cdp_session(page)
    registrations: list[str] = []
    client.on("ServiceWorker.workerRegistrationUpdated", lambda e: registrations.extend(
        one["registrationId"] for one in e["registrations"]))  # fmt: skip
    client.send("ServiceWorker.enable")
    page.wait_for_timeout(200)
    told = {"title": "Rue Crescent · attente", "body": "Écrit à 15:26.", "url": "/inbox", "tag": "c1", "language": "fr"}
    client.send("ServiceWorker.deliverPushMessage", {
        "origin": address, "registrationId": registrations[0], "data": json.dumps(told)})  # fmt: skip
    shown = page.evaluate(
        """async () => {
          const ready = await navigator.serviceWorker.ready;
          for (let n = 0; n < 180; n++) {
            const found = await ready.getNotifications();
            if (found.length) return [found[0].title, found[0].body, found[0].tag, found[0].data.url];
            await new Promise((then) => setTimeout(then, 50));
          }
        }"""
    )
    assert shown == ["Rue Crescent · attente", "Écrit à 15:26.", "c1", "/inbox"]

    # and it is an app that can be installed
    found = client.send("Page.getAppManifest")
    assert found["errors"] == []
    manifest = json.loads(found["data"])
    for icon in manifest["icons"]:
        answer = page.request.get(address + icon["src"])
        assert answer.ok
        assert answer.headers["content-type"] == icon["type"]
    assert {icon["sizes"] for icon in manifest["icons"]} >= {"192x192", "512x512"}
    errors = client.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in errors if one["errorId"] != "in-incognito"] == []
    page.context.close()
