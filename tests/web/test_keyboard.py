"""Now, Inbox and Conversation without a mouse and without eyes: by keyboard, in order, never thrown back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from ouidire.people import signin
from tests.web.house import House
from tests.web.test_browser import tell
from tests.web.test_screens import TEXT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
ENGLISH = "We waited half an hour at Maison Delorière, rue Crescent, and nobody even said hello. Terrible service."
Open = Callable[..., "Page"]

HERE = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const x = box.x + Math.min(box.width, innerWidth - box.x) / 2, y = box.y + Math.min(box.height, 40) / 2;
  const top = document.elementFromPoint(x, y), words = at.getAttribute("aria-label") || at.labels?.[0]?.innerText;
  return {
    name: (words || at.innerText || "").replace(/\\s+/g, " ").trim(),
    shown: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    there: box.bottom > 0 && box.top < innerHeight && !!top && (at.contains(top) || top.contains(at)),
    html: at.outerHTML.slice(0, 120),
  };
}"""
"""What has the focus: its name, whether one sees it, whether nothing lies over it."""


@pytest.fixture
def person(chromium: Any, address: str, house: House) -> Iterator[Open]:
    """A browser of a member who is signed in already; any error on a page fails the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def opened(path: str = "/", **options: Any) -> Page:
        context = chromium.new_context(**{"viewport": PHONE, "reduced_motion": "reduce", **options})
        context.set_default_timeout(8_000)
        contexts.append(context)
        with house.app.store.transaction() as tx:
            session = signin.open_session(tx, house.manager)
        context.add_cookies([{"name": "ouidire", "value": session, "url": address}])
        page: Page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        with page.expect_response("**/events"):
            page.goto(address + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def go_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until what is called `name` has the focus; everything on the way must show it, and stand uncovered."""
    passed: list[str] = []
    for _ in range(60):
        page.keyboard.press(key)
        at = page.evaluate(HERE)
        assert at["shown"], f"one does not see the focus on {at['html']}"
        assert at["there"], f"something lies over {at['html']}"
        if name in at["name"]:
            return
        passed.append(at["name"][:40])
    raise AssertionError(f"no way to “{name}” by keyboard; passed {passed}")


def focused(page: Page) -> str:
    return str(page.evaluate(HERE)["name"])


def test_what_waits_is_read_taken_answered_and_sent_by_keyboard_alone(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person()
    go_to(page, "Trente minutes")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/c/"))
    go_to(page, "Je m’en occupe")
    page.keyboard.press("Enter")
    expect(page.locator("#said")).to_have_text("Vous vous en occupez.")

    go_to(page, "Répondre")
    page.keyboard.press("Enter")
    expect(page.locator("#sheet textarea")).to_be_focused()
    page.keyboard.type("Une remise de 20 % si vous supprimez votre avis.")
    expect(page.locator("#verdict [role=status]")).to_contain_text("en échange")
    expect(page.locator("#sheet textarea")).to_be_focused()

    page.keyboard.press("Control+a")
    page.keyboard.type("Bonjour Nadia, nous venons vers vous.")
    expect(page.locator("#verdict [role=status]")).to_have_text("Cela peut se dire ici.")
    go_to(page, "Enregistrer le texte")
    page.keyboard.press("Enter")
    expect(page.locator("article.reply")).to_contain_text("Bonjour Nadia")
    expect(page.locator("#said")).to_contain_text("Votre texte est gardé ici")


def test_escape_closes_the_sheet_and_gives_the_focus_back_to_what_opened_it(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person("/inbox")
    go_to(page, "Lire")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/c/"))
    for opener in ("Noter", "Plus tard"):
        go_to(page, opener)
        page.keyboard.press("Enter")
        expect(page.locator("#sheet")).to_be_visible()
        assert page.evaluate("document.getElementById('sheet').contains(document.activeElement)")
        go_to(page, "pourquoi ici", key="Shift+Tab")  # what lies behind the sheet is scrolled out from under it
        page.keyboard.press("Escape")
        expect(page.locator("#sheet")).to_be_hidden()
        assert focused(page) == opener


WATCH = """() => {
  window.heard = []; window.touched = [];
  new MutationObserver(() => heard.push(document.getElementById("said").textContent))
    .observe(document.getElementById("said"), { childList: true, characterData: true, subtree: true });
  const card = document.querySelector("article.card");
  card.id = card.id; window.first = card; window.place = card.getBoundingClientRect().top;
  new MutationObserver((all) => touched.push(...all.map((m) => m.type + " " + m.target.nodeName)))
    .observe(card, { childList: true, attributes: true, characterData: true, subtree: true });
}"""


@pytest.mark.parametrize("path", ["/", "/inbox"])
def test_news_never_take_the_focus_nor_what_is_read_and_are_said_once(house: House, person: Open, path: str) -> None:
    """A reader stands on a control of a message; somebody else writes. The message under the reader is not rebuilt."""
    house.hear(TEXT)
    page = person(path)
    page.wait_for_timeout(400)  # what the opening of the line asks for has come
    go_to(page, "Je m’en occupe")
    page.evaluate(WATCH)
    house.hear("Quel accueil glacial rue Crescent chez Maison Delorière, une honte !", author="kate", minutes_ago=1)
    tell(house)
    expect(page.locator("article.card")).to_have_count(2)
    for _ in range(2):  # what has nothing new in it changes nothing
        with page.expect_response(re.compile(r"/part/now|/inbox")):
            tell(house)
    assert focused(page) == "Je m’en occupe"
    assert page.evaluate("first.isConnected && first.contains(document.activeElement)")
    assert [one for one in page.evaluate("touched") if "TIME" not in one and "#text" not in one] == []
    assert page.evaluate("heard.length") == 1, "said once, by the one region that is for it"
    assert "attend" in page.evaluate("heard[0]")
    assert page.locator("[aria-live]").count() == 1


def test_who_stood_on_what_went_away_is_led_to_the_content_not_to_the_top(house: House, person: Open) -> None:
    house.hear(TEXT)
    page = person()
    page.wait_for_timeout(400)
    go_to(page, "Je m’en occupe")
    colleague = house.browser(house.owner)
    colleague.get("/")
    found = re.search(r"/c/[0-9a-f-]{36}", colleague.page)
    assert found
    colleague.get(found[0])
    colleague.post(f"{found[0]}/close", outcome="nothing_to_do")
    tell(house)
    expect(page.locator("h1")).to_have_text("Personne n’attend.")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_page_is_heard_in_order(house: House, person: Open) -> None:
    house.hear(TEXT)
    house.hear(ENGLISH, author="kate")
    page = person()
    assert page.evaluate(OUTLINE) == ["h1"] + ["h2"] * (len(page.evaluate(OUTLINE)) - 1)
    assert page.evaluate("[...document.querySelectorAll('main, nav')].map(one => one.tagName)").count("MAIN") == 1
    assert page.evaluate(UNNAMED) == []
    tongues = page.evaluate("[...document.querySelectorAll('.post')].map(one => one.lang)")
    assert page.evaluate("document.documentElement.lang") == "fr"
    assert sorted(tongues) == ["en", "fr"], "a post is read aloud in its own language"
    page.click("article.card >> nth=0 >> a.post-link")
    page.click(".bar-item.primary")
    expect(page.get_by_role("region", name="Votre réponse")).to_be_visible()
    assert page.evaluate(UNNAMED) == []


OUTLINE = "[...document.querySelectorAll('h1, h2, h3')].filter(one => one.checkVisibility()).map(one => one.localName)"
UNNAMED = """[...document.querySelectorAll('a, button, input:not([type=hidden]), select, textarea, summary, nav')]
  .filter(one => one.checkVisibility())
  .filter(one => !(one.innerText.trim() || one.getAttribute('aria-label') || one.labels?.length))
  .map(one => one.outerHTML.slice(0, 120))"""


def test_with_colours_of_the_system_what_is_chosen_and_what_has_the_focus_can_be_told(
    house: House, person: Open
) -> None:
    house.hear(TEXT)
    page = person("/inbox", forced_colors="active")
    look = "one => { const s = getComputedStyle(one); return [s.outlineStyle, s.borderTopStyle, s.color].join() }"
    chosen, other = (page.locator(f".segments a{which}").first for which in ("[aria-current]", ":not([aria-current])"))
    assert chosen.evaluate(look) != other.evaluate(look)
    assert "solid" in page.locator(".pill").first.evaluate("one => getComputedStyle(one).borderTopStyle")
    go_to(page, "Lire")
