"""The same pages in a real Chromium: what is live, what needs script, what fits on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.web.house import PASSWORD, House
from tests.web.test_imports import TABLE, read_to_the_end
from tests.web.test_screens import TEXT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
Open = Callable[..., "Page"]


@pytest.fixture
def person(chromium: Any, address: str) -> Iterator[Open]:
    """Opens a browser for a member and signs in; any error on a page fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def opened(email: str = "", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": PHONE, "locale": "fr-FR", **options})
        context.set_default_timeout(8_000)
        contexts.append(context)
        page: Page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if _matters(said) else None)
        page.goto(f"{address}/signin")
        if email:
            page.fill("[name=email]", email)
            page.fill("[name=password]", PASSWORD)
            page.click("form.stack button")
            page.wait_for_url(f"{address}/")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


OFFLINE = ("ERR_INTERNET_DISCONNECTED", "htmx:afterRequest", "htmx:sendError")
"""What a browser and htmx say of a request that was on its way when the line was cut."""


def _matters(said: Any) -> bool:
    return said.type == "error" and not any(one in said.text for one in OFFLINE)


def tell(house: House) -> None:
    """What the app does after each round of work."""
    assert house.loop is not None
    house.loop.call_soon_threadsafe(house.app.broadcaster.publish_all, "changed", {})


def test_a_new_person_slides_in_counts_in_the_title_and_is_said_aloud(house: House, person: Open) -> None:
    page = person(house.owner.email)
    page.wait_for_timeout(300)  # the line of what is live is open
    assert page.inner_text("h1") == "Personne n’attend."
    house.hear(TEXT)
    tell(house)
    page.wait_for_selector("article.card.needs")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
    expect(page.locator("#said")).to_have_text("Une personne attend une réponse.")


def test_what_is_open_stays_open_when_the_page_is_refreshed_under_it(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person(house.owner.email)
    page.wait_for_timeout(300)
    page.click("details.why summary")
    house.hear("Terrible service at Maison Delorière in Toronto, so rude.", author="kate")
    tell(house)
    page.wait_for_selector("article.card >> nth=1")
    assert page.locator("details.why[open]").count() == 1


def test_an_answer_is_written_checked_and_sent_from_a_phone(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person(house.manager.email)
    page.click("article.card footer a")
    page.click(".bar-item.primary")
    page.wait_for_selector("#sheet textarea")
    page.fill("#sheet textarea", "Une remise de 20 % si vous supprimez votre avis.")
    page.wait_for_selector("#verdict .needs")
    page.fill("#sheet textarea", "Bonjour Nadia, nous venons vers vous.")
    page.wait_for_selector("#verdict .right")
    page.click("#sheet button.primary")
    page.wait_for_selector("article.reply")
    assert "Bonjour Nadia" in page.inner_text("article.reply")


def test_what_was_typed_is_still_there_after_the_page_was_left(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person(house.manager.email)
    page.click("article.card footer a")
    page.click(".bar-item.primary")
    page.fill("#sheet textarea", "Bonjour Nadia, je regarde")
    page.reload()
    page.click(".bar-item.primary")
    expect(page.locator("#sheet textarea")).to_have_value("Bonjour Nadia, je regarde")


def test_without_script_one_reads_takes_and_answers(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person(house.manager.email, java_script_enabled=False)
    page.click("article.card button.primary")
    assert "Vous vous en occupez." in page.inner_text(".told-strip")
    page.click("article.card a.post-link")
    page.click(".bar-item.primary")
    page.fill("#sheet textarea", "Bonjour Nadia, nous venons vers vous.")
    page.click("#sheet button.primary")
    assert "Bonjour Nadia" in page.inner_text("article.reply")


def test_the_preview_follows_the_typing(house: House, person: Open) -> None:
    from datetime import UTC, datetime

    from ouidire.domain.item import Author, Item

    now = datetime.now(UTC)
    assert house.app.sample is not None
    post = Item(connector="bluesky", uri="at://1", author=Author("did:x"), text="vive le zinzolin", written_at=now)
    house.app.sample.put([post], (), now)
    page = person(house.owner.email, viewport=DESK)
    page.click("nav.rail a[href='/listening']")
    page.fill("[name=names]", "zinzolin")
    page.wait_for_selector("#preview mark")
    assert page.inner_text("#preview mark") == "zinzolin"


@pytest.mark.parametrize("size", [PHONE, DESK, {"width": 320, "height": 640}], ids=["phone", "desk", "narrow"])
def test_nothing_runs_out_of_the_screen_and_every_target_is_large_enough(
    house: House, person: Open, address: str, size: dict[str, int]
) -> None:
    house.hear(TEXT)
    page = person(house.owner.email, viewport=size)
    conversation = re.search(r"/c/[0-9a-f-]{36}", page.content())
    assert conversation
    paths = ["/", "/inbox", "/alerts", "/listening", "/places", "/places/new", "/sources", "/sources/new/bluesky",
             "/settings", "/wake", conversation[0], conversation[0] + "?do=answer",
             conversation[0] + "?do=more"]  # fmt: skip
    for path in paths:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
        assert page.evaluate(SMALL) == [], path


SMALL = """[...document.querySelectorAll(`button, .button, input:not([type=hidden]):not([type=checkbox]), select,
  textarea, nav a, .bar-item, .quiet, .segments a, summary.button`)]
  .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
  .map(one => one.outerHTML.slice(0, 120))"""


def test_the_text_of_a_post_is_the_largest_thing_on_the_screen(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person(house.owner.email)
    sizes: list[list[Any]] = page.evaluate(
        """[...document.querySelectorAll('main *')].filter(one => [...one.childNodes].some(
             n => n.nodeType === 3 && n.data.trim()) && one.checkVisibility())
           .map(one => [parseFloat(getComputedStyle(one).fontSize), !!one.closest('.post')])"""
    )
    post = max(size for size, is_post in sizes if is_post)
    assert all(size < post for size, is_post in sizes if not is_post)


def test_with_the_keyboard_alone_one_gets_to_the_content_and_sees_where_one_is(house: House, person: Open) -> None:
    page = person(house.owner.email)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_nothing_moves_for_who_asked_for_stillness(house: House, person: Open) -> None:
    page = person(house.owner.email, reduced_motion="reduce")
    page.evaluate("document.querySelector('main').classList.add('arrived')")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).animationName") == "none"


def test_losing_the_connection_is_said_and_coming_back_too(house: House, person: Open) -> None:
    page = person(house.owner.email)
    page.wait_for_timeout(300)
    page.context.set_offline(True)
    page.wait_for_selector("#offline:not([hidden])")
    page.context.set_offline(False)
    page.wait_for_selector("#offline", state="hidden")


def test_a_table_is_mapped_with_a_thumb_and_the_preview_follows(house: House, person: Open) -> None:
    page = person(house.owner.email)
    page.goto(f"{page.url}imports/new")
    page.set_input_files("#f-file", {"name": "avis.csv", "mimeType": "text/csv", "buffer": TABLE.encode()})
    page.click("button.primary")
    expect(page.locator("#preview .caught li")).to_have_count(13)
    page.select_option("#f-c-text", "Note")
    expect(page.locator("#preview .needs-word").first).to_contain_text("surtout des nombres")
    page.select_option("#f-c-text", "Commentaire")
    expect(page.locator("#preview .needs-word")).to_have_count(0)
    small = [
        one.get_attribute("id") or one.inner_text()
        for one in page.locator("main select, main button, main summary").all()
        if one.is_visible() and one.bounding_box()["height"] < 44  # type: ignore[index]
    ]
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.click("button[value=begin]")
    expect(page.locator("progress")).to_be_visible()
    read_to_the_end(house)
    tell(house)
    expect(page.locator("#import .pill")).to_contain_text("lu jusqu’au bout")
    page.click("#undo summary")
    page.click("#undo button.primary")
    expect(page.locator("#import")).to_contain_text("13 messages ont été retirés.")
