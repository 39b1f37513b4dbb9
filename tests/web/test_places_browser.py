"""The map, the form and a list of places in a real Chromium, on a phone and on a desk."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from ouidire.domain.ids import new_id
from ouidire.domain.place import Coordinates, Place
from ouidire.places.opening_hours import read_hours
from ouidire.store import organisations
from tests.web import test_browser
from tests.web.house import House
from tests.web.test_browser import DESK, PHONE, SMALL, Open
from tests.web.test_places import LIST, named
from tests.web.test_screens import TEXT

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser
person = test_browser.person  # the same fixture

PAINTED = """pane => [...document.querySelectorAll(`.leaflet-${pane}-pane canvas`)].some(c => {
  const data = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
  for (let i = 3; i < data.length; i += 4) if (data[i]) return true;
  return false; })"""
"""Has the canvas of a pane anything on it?"""


def fits(page: Page, *sizes: dict[str, int]) -> None:
    """Nothing runs out of the screen and every target is large enough; of a radio button its line is the target."""
    for size in sizes:
        page.set_viewport_size(size)  # type: ignore[arg-type]
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.evaluate(SMALL.replace(":not([type=checkbox])", ":not([type=checkbox]):not([type=radio])")) == []


def watched(page: Page) -> list[str]:
    """Violations of the page's own policy, and addresses asked for that are not ours."""
    wrong: list[str] = []
    page.add_init_script(
        "document.addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
    )
    page.on("request", lambda one: None if one.url.startswith(("http://127.0.0.1", "data:")) else wrong.append(one.url))
    return wrong


def test_the_map_is_drawn_from_the_house_alone_and_its_marks_speak(house: House, person: Open, address: str) -> None:
    house.hear(TEXT)
    with house.app.store.transaction() as tx:
        organisations.change_place(tx, house.owner, replace(house.crescent, hours=read_hours("24/7")))
        near = Place(new_id(), house.owner.organisation_id, "Comptoir", street="rue X", town="Montréal", country="CA",
                     coordinates=Coordinates(45.54, -73.61), time_zone="America/Toronto")  # fmt: skip
        organisations.add_place(tx, near)
    page = person(house.owner.email)
    asked = watched(page)
    page.goto(f"{address}/places")
    page.wait_for_selector("#map[data-drawn='3'] .mark-icon")
    page.wait_for_function(PAINTED, arg="towns")
    page.wait_for_function(PAINTED, arg="overlay")
    assert asked == []
    alone, both = page.locator(".mark-icon", has_text="2"), page.locator("[aria-label='Boutique Yorkville: Calme']")
    expect(alone).to_have_attribute("aria-label", "2 lieux ici")
    both.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".leaflet-popup-content")).to_contain_text("Boutique Yorkville")
    page.click(".leaflet-popup-content a")
    expect(page.locator(f"#place-{named(house, 'Boutique Yorkville').id}")).to_be_focused()
    alone.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[aria-label^='Maison Delorière rue Crescent: 1 personne attend']")).to_be_visible()
    fits(page, DESK, PHONE)


def test_a_place_is_put_on_the_map_its_town_tells_its_clock_and_its_hours_are_copied(
    house: House, person: Open, address: str
) -> None:
    page = person(house.owner.email)
    asked = watched(page)
    page.goto(f"{address}/places/new")
    page.fill("[name=name]", "Rhum")
    page.locator("[name=postcode]").press_sequentially("97400")
    page.locator("[name=town]").press_sequentially("Saint-Denis")
    page.keyboard.press("Tab")
    page.wait_for_selector("#map[data-town='Saint-Denis']")
    expect(page.locator("[name=time_zone]")).to_have_value("Indian/Reunion")
    expect(page.locator("#town-said")).to_contain_text("Il y est")
    page.locator("#map").click(position={"x": 120, "y": 100})
    assert abs(float(page.input_value("[name=lat]")) + 20.88) < 1.5
    assert abs(float(page.input_value("[name=lon]")) - 55.45) < 1.5
    page.click("#hours summary")
    for name, value in (("o1", "09:00"), ("c1", "12:00"), ("o2", "14:00"), ("c2", "19:00")):
        page.fill(f"[name=h-0-{name}]", value)
    page.click("[data-copy-monday]")
    expect(page.locator("[name=h-4-c2]")).to_have_value("19:00")
    fits(page, DESK, PHONE)
    page.fill("[name=lat]", "")
    page.fill("[name=lon]", "")
    page.click("#place-form button.primary")
    page.wait_for_url(f"{address}/places*")
    page.click("li:has-text('Rhum') details summary")
    expect(page.locator("li", has_text="Rhum").locator(".week")).to_contain_text("9 h – 12 h, 14 h – 19 h")
    assert asked == []


def test_what_helps_to_recognise_a_place_is_folded_away_and_typed_on_a_phone(
    house: House, person: Open, address: str
) -> None:
    page = person(house.owner.email, viewport=PHONE)
    page.goto(f"{address}/places/{house.crescent.id}")
    landmarks = page.locator("[name=landmarks]")
    expect(landmarks).to_be_hidden()
    page.click("#more summary")
    expect(landmarks).to_be_visible()
    fits(page, PHONE)
    page.select_option("[name=category]", "clothes")
    landmarks.fill("métro Guy-Concordia")
    page.fill("[name=languages]", "fr, en")
    page.click("#place-form button.primary")
    page.wait_for_url(f"{address}/places*")
    kept = named(house, house.crescent.name)
    assert (kept.category, kept.landmarks, kept.languages) == ("clothes", ("métro Guy-Concordia",), ("fr", "en"))


def test_a_list_is_pasted_looked_at_and_added_with_and_without_script(
    house: House,
    person: Open,
    address: str,
) -> None:
    for size, script in ((PHONE, True), (DESK, False)):
        page = person(house.owner.email, viewport=size, java_script_enabled=script)
        page.goto(f"{address}/places/import")
        page.fill("[name=pasted]", LIST if script else LIST.replace("Levain", "Fournil"))
        page.click("form button.primary")
        assert "5 lignes" in page.inner_text(".counts")
        page.click("#columns summary")
        fits(page, size)
        page.check("[name=swapped][value=swap]")
        page.click("button:has-text('Répondre')")
        page.click("button:has-text('Ajouter 3 lieux')")
        assert "Les lieux sont ajoutés." in page.inner_text(".told-strip")
        assert page.locator("li.tile").count() == (5 if script else 8)
    assert page.locator(".map-box").is_hidden()  # without script the list says all
