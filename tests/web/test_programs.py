"""Settings, Programs: a token is shown once, says what it may, and ends."""

import re

from fastapi.testclient import TestClient

from tests.web.house import House
from tests.web.test_screens import words

TOKEN = re.compile(r"ouid_[A-Za-z0-9_-]{43}")


def works(house: House, token: str) -> bool:
    asked = TestClient(house.web).get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})  # type: ignore[arg-type]
    return asked.status_code == 200


def test_a_program_is_let_in_its_token_shown_once_and_ended(house: House) -> None:
    browser = house.browser(house.owner)
    assert "Programmes" in words(browser.get("/settings"))
    assert "Aucun programme n’est admis." in words(browser.get("/settings/programs"))
    page = browser.post("/settings/programs", name="La caisse", scope=["conversations:read", "replies:send"], days="90")
    (token,) = set(TOKEN.findall(page))
    assert works(house, token)

    page = browser.get("/settings/programs")
    assert token not in page
    assert "La caisse" in words(page)
    assert "lire ce qui se dit · répondre en public" in words(page)
    assert "servi pour la dernière fois à l’instant" in words(page)
    found = re.search(r"/settings/programs/([0-9a-f-]+)/end", page)
    assert found
    assert "ce programme n’est plus admis" in words(browser.post(f"/settings/programs/{found[1]}/end"))
    assert not works(house, token)


def test_what_is_missing_is_said_and_what_was_typed_stays(house: House) -> None:
    browser = house.browser(house.owner, "en")
    browser.get("/settings/programs")
    page = browser.post("/settings/programs", 422, name="La caisse", days="365")
    assert "Choisissez au moins une chose" in words(page)
    assert 'value="La caisse"' in page
    assert '<option value="365" selected>' in page


def test_nobody_is_offered_more_than_they_have_nor_ends_a_strangers_program(house: House) -> None:
    owner, manager, stranger = (house.browser(one) for one in (house.owner, house.manager, house.stranger))
    owner.get("/settings/programs")
    page = owner.post("/settings/programs", name="La caisse", scope=["listening:write"], days="30")
    (program,) = re.findall(r"/settings/programs/([0-9a-f-]+)/end", page)
    offered = manager.get("/settings/programs")
    assert 'value="conversations:write"' in offered
    assert 'value="listening:write"' not in offered
    assert program not in offered
    manager.post("/settings/programs", 422, name="x", scope=["listening:write"], days="30")
    for other in (manager, stranger):
        other.get("/settings/programs")
        other.post(f"/settings/programs/{program}/end", 404)
    assert program in owner.get("/settings/programs")
