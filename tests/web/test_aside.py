"""The page of what was left aside: why, whose it is to see, and the one tap for where that was wrong."""

from __future__ import annotations

import re

from ouidire.inbox import read
from ouidire.store import refused
from tests.web.house import House
from tests.web.screens import NEARLY, leave_aside
from tests.web.test_screens import words


def test_each_post_stands_there_with_what_speaks_for_it_and_against_it(house: House) -> None:
    leave_aside(house)
    browser = house.browser(house.owner)
    page = words(browser.get("/listening/aside"))
    assert "2 messages" in page
    assert "Improbable 28 %" in page
    assert "Votre nom figure dans le texte : « Delorière » · moyen" in page
    assert "Contre : 36 autres portent ce nom · fort" in page
    assert re.search(r"Son auteur a déjà parlé de ce lieu \(Maison Delorière rue Crescent\) · faible", page)
    assert browser.page.count("<mark>Delorière</mark>") == 2
    assert "Mathis" not in page
    assert "nom masqué" in page
    assert 'href="/listening/aside"' in browser.get("/listening")


def test_one_tap_brings_it_in_and_leads_to_its_conversation(house: House) -> None:
    leave_aside(house)
    browser = house.browser(house.owner)
    browser.get("/listening/aside")
    action = re.findall(r'action="(/listening/aside/[^"]+/ours)"', browser.page)[1]
    page = words(browser.post(action))
    assert "Compris : il parle de vous." in page
    assert NEARLY[0] in page
    assert "Quelqu’un de l’équipe l’a apporté ici" in page
    with house.app.store.reading() as tx:
        assert len(refused.of(tx, house.owner)) == 1
        assert len(read.now_view(tx, house.owner).waiting) == 1
    browser.post(action, status=404)  # a second tap, or somebody else was quicker


def test_where_nothing_was_left_aside_the_page_says_what_it_is_for(house: House) -> None:
    assert "Rien n’a été laissé de côté." in words(house.browser(house.owner).get("/listening/aside"))


def test_a_house_without_the_local_sample_says_that_it_is_switched_off(house: House) -> None:
    sample, house.app.sample = house.app.sample, None
    try:
        assert "L’échantillon local est coupé" in words(house.browser(house.owner).get("/listening/aside"))
    finally:
        house.app.sample = sample


def test_it_is_for_who_may_change_what_is_listened_for(house: House) -> None:
    leave_aside(house)
    house.browser(house.manager).get("/listening/aside", status=403)
    assert "Delorière" not in words(house.browser(house.stranger).get("/listening/aside")).replace("Maison", "")
