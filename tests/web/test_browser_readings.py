"""How a message was read, in a real Chromium on a phone: its reasons, one tap that corrects, one that takes it back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from ouidire.inbox import correct
from tests.web.house import House
from tests.web.test_browser import PHONE, SMALL, Open, person  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser

TEXT = "Accueil glacial chez Maison Delorière rue Crescent, et 40 minutes d'attente pour deux cafés."


def _opened(house: House, page: Page) -> None:
    """The reading of the one message, unfolded."""
    page.get_by_role("link", name="Lire").first.click()
    page.wait_for_url(re.compile(r"/c/"))
    page.locator("details.why > summary").first.click()


def test_a_reading_is_shown_with_its_words_corrected_and_taken_back(house: House, person: Open) -> None:  # noqa: F811
    house.hear(TEXT)
    page = person(house.manager.email)
    _opened(house, page)
    panel = page.locator("details.why .panel").first
    expect(panel).to_contain_text("Humeur")
    expect(panel).to_contain_text("mécontent")
    expect(panel).to_contain_text("l’attente")
    assert panel.locator("q").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(SMALL) == []

    panel.get_by_role("button", name="content", exact=True).click()  # one tap
    page.wait_for_load_state()
    page.locator("details.why > summary").first.click()
    expect(page.locator("details.why .panel").first).to_contain_text("dit l’un de vous")
    with house.app.store.reading() as tx:
        assert correct.accuracy(tx, house.manager) == (0, 1)

    page.locator("details.why .panel").first.get_by_role("button", name="Revenir en arrière").click()
    page.wait_for_load_state()
    page.locator("details.why > summary").first.click()
    expect(page.locator("details.why .panel").first).to_contain_text("mécontent ·")
    with house.app.store.reading() as tx:
        assert correct.accuracy(tx, house.manager) == (0, 0)


def test_every_line_can_be_read_otherwise(house: House, person: Open) -> None:  # noqa: F811
    house.hear(TEXT)
    page = person(house.manager.email)
    _opened(house, page)
    page.get_by_role("link", name="Lire autrement").first.click()
    page.wait_for_url(re.compile(r"do=read"))
    expect(page.locator("#sheet-title")).to_have_text("Que veut dire ce message\u00a0?")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_label("Ce qui est jugé").select_option("cleanliness")
    page.get_by_label("Comment c’est jugé").select_option("positive")
    page.locator("form:has(#f-aspect)").get_by_role("button", name="C’est cela").click()
    page.wait_for_load_state()
    page.locator("details.why > summary").first.click()
    expect(page.locator("details.why .panel").first).to_contain_text("la propreté")


def test_other_voices_and_our_record_are_told_with_their_uncertainty(house: House, person: Open) -> None:  # noqa: F811
    for author in ("ana", "bob", "cleo"):
        house.hear("Chez Maison Delorière rue Crescent, une attente courte, merci à l'équipe", author=author)
    house.hear(TEXT, author="grumpy")
    page = person(house.manager.email)
    _opened(house, page)
    voices = page.locator("#voices")
    expect(voices).to_contain_text("D’autres voix")
    expect(voices).to_contain_text("Le premier message de cette personne")
    expect(voices).to_contain_text("quand c’était")
    expect(voices).to_contain_text("Des indices, pas un verdict")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]

    page.locator("details.why .panel").first.get_by_role("button", name="C’est juste").click()
    page.wait_for_load_state()
    page.goto(f"{page.url.split('/c/')[0]}/settings#readings")
    record = page.locator("#readings")
    expect(record).to_contain_text("Sur votre dernier avis sur nos lectures, 1 nous donnait raison.")
    expect(record).to_contain_text("Trop peu pour dire à quelle fréquence")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
