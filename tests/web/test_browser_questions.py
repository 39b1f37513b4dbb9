"""The question in a real Chromium, on a phone: from a post that names a town to the boutique of the rue Crescent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from ouidire.domain.mention import Ask
from ouidire.domain.question import AnswerKind
from ouidire.inbox import ask as answering
from ouidire.store import watches
from tests.inbox.asked import work
from tests.web.asking import SPARE, TEXT, ask, sister
from tests.web.house import House
from tests.web.test_browser import PHONE, SMALL, Open, person  # noqa: F401 - a fixture
from tests.web.test_keyboard import go_to

pytestmark = pytest.mark.browser

ASKED = "Est-ce rue Crescent ou boulevard Saint-Laurent\u00a0?"


def test_scene_1_asked_and_answered_on_a_phone(house: House, person: Open) -> None:  # noqa: F811
    plateau = sister(house)
    page, manager = person(house.owner.email), person(house.manager.email)
    expect(manager.locator("h1").first).to_contain_text("Personne n’attend")
    question = ask(house, TEXT, Ask.WHICH_PLACE, house.crescent, plateau)
    page.reload()

    card = page.locator(f"#question-{question}")
    expect(card.locator("h2")).to_have_text(ASKED)
    expect(page.locator(f"article.card + #question-{question}")).to_contain_text("Montréal")
    expect(card.locator(".answers")).to_have_accessible_name(ASKED)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.evaluate(SMALL) == []
    quiet: Any = card.evaluate("one => [one.className, getComputedStyle(one).borderInlineStartWidth]")
    assert quiet == ["tile question", "1px"]
    choices = card.locator(".wide-button")
    assert choices.first.bounding_box()["height"] >= 48  # type: ignore[index] # as large as a thumb

    card.get_by_role("button", name="rue Crescent").click()
    page.wait_for_url(re.compile(r"/questions/"))
    expect(page.get_by_role("status").filter(has_text="Maison Delorière rue Crescent")).to_be_visible()
    work(house.app.store)
    manager.reload()
    expect(manager.locator("h1").first).to_contain_text("Une personne attend")
    expect(manager.locator("article.card .place")).to_have_text("Maison Delorière rue Crescent")

    page.get_by_role("link", name="Lire").click()
    page.wait_for_url(re.compile(r"/c/"))
    expect(page.locator("h1")).to_have_text("Maison Delorière rue Crescent")
    expect(page.locator(".side")).to_contain_text("Vous l’avez dit")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_by_keyboard_alone_another_place_then_taken_back(house: House, person: Open) -> None:  # noqa: F811
    plateau = sister(house)
    question = ask(house, SPARE, Ask.WHICH_PLACE, house.crescent, plateau)
    page = person(house.owner.email)
    go_to(page, "Un autre de nos lieux")
    page.keyboard.press("Enter")
    go_to(page, "C’est celui-ci")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(question))
    expect(page.locator("h1")).to_contain_text("Boutique Yorkville")
    go_to(page, "Annuler")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Est-ce rue Crescent ou boulevard Saint-Laurent")


def test_one_word_more_is_one_tap_more(house: House, person: Open) -> None:  # noqa: F811
    plateau = sister(house)
    question = ask(house, "La boutique du haut est fermée, Delorière.", Ask.WHICH_PLACE, house.crescent, plateau)
    with house.app.store.transaction() as tx:
        answering.answer(tx, house.owner, question, AnswerKind.PLACE, house.crescent.id)
        assert [w.near for w in watches.of(tx, house.owner) if w.near] == []
    page = person(house.owner.email)
    page.goto(page.url.rstrip("/") + f"/questions/{question}")
    expect(page.locator("#f-phrase")).to_have_value("boutique du haut")
    page.get_by_role("button", name="Comprendre ainsi").click()
    expect(page.locator(".told-strip")).to_contain_text("Compris")
    with house.app.store.reading() as tx:
        assert [w.near for w in watches.of(tx, house.owner) if w.near] == [("boutique du haut",)]
