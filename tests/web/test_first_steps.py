"""What Now offers whoever has just begun, until it is done or put away; and what it may not say meanwhile."""

from __future__ import annotations

from datetime import timedelta

from ouidire import clock
from ouidire.people import pairing, wake
from ouidire.store import channels, sources, states
from tests.web.house import Browser, House
from tests.web.test_imports import TABLE, bring_in, read_to_the_end
from tests.web.test_screens import words

LISTEN, PHONE, WAKE = "Choisir une première source", "Associer votre téléphone", "Dire comment vous réveiller"


def now(browser: Browser) -> str:
    return words(browser.get("/")).replace("\xa0", " ").replace("\u202f", " ")


def test_whoever_has_just_begun_is_offered_the_way_to_a_waking_phone_until_it_wakes(house: House) -> None:
    owner = house.browser(house.stranger)
    page = now(owner)
    assert "Personne n’attend, pour autant qu’on l’entende." in page, "nothing is listened to yet"
    assert all(step in page for step in (LISTEN, PHONE, WAKE))
    for path in ("/sources", "/settings", "/wake"):
        assert f'href="{path}' in owner.page
        owner.get(path)
    mine = house.browser(house.owner)
    assert f"{LISTEN} à écouter · fait" in now(mine)
    with house.app.store.transaction() as tx:
        pairing.pair(tx, pairing.offer(tx, house.owner), "iPhone Safari/605")
        way = wake.ntfy(wake.NTFY, wake.fresh_topic(), "", is_private=True)
        channel = wake.add(tx, house.app.store, house.owner, way, 1)
        channels.tried(tx, channel, "ntfy does not answer.", clock.now())
    assert WAKE in now(mine), "a try that failed wakes nobody"
    with house.app.store.transaction() as tx:
        channels.tried(tx, channel, "", clock.now())
    assert "Pour bien commencer" not in now(mine)


def test_a_manager_is_offered_what_is_theirs_to_do_and_what_is_put_away_stays_away(house: House) -> None:
    manager = house.browser(house.manager)
    page = now(manager)
    assert PHONE in page
    assert LISTEN not in page
    manager.post("/steps/away")
    assert "Pour bien commencer" not in now(manager)
    assert "Pour bien commencer" in now(house.browser(house.owner)), "a colleague put theirs away, not mine"


def test_what_was_imported_is_not_of_today(house: House) -> None:
    browser = house.browser(house.owner)
    browser.post(bring_in(browser, "avis.csv", TABLE), **{"c-text": "Commentaire", "c-created_at": "Publié le"})
    read_to_the_end(house)
    assert "Aucune mention aujourd’hui." in now(browser)
    house.hear("Un accueil charmant chez Maison Delorière, rue Crescent, merci !")
    assert "1 mention aujourd’hui, plutôt contente." in now(browser)


def test_a_deaf_source_is_a_trouble_of_the_house(house: House) -> None:
    with house.app.store.transaction() as tx:
        sources.went_deaf(tx, house.source_id, "bsky.social cut the line.", clock.now() - timedelta(hours=14))
    owner = house.browser(house.owner)
    assert "La maison va bien" not in words(owner.get("/settings/health"))
    assert "sourd" in words(owner.page)


def test_whoever_waits_comes_before_what_the_house_says_of_itself(house: House) -> None:
    house.hear("@deloriere_na Trente minutes d'attente rue Crescent, et personne ne dit bonjour.")
    house.app.is_disk_low = True
    with house.app.store.transaction() as tx:
        states.put(tx, states.CLOCK, "10800")
    page = now(house.browser(house.owner))
    waits = page.index("Une personne attend une réponse")
    assert waits < page.index("Trente minutes") < page.index("L’horloge de cette machine") < page.index("Le disque de")


def test_hours_are_told_as_the_reader_tells_them(house: House) -> None:
    owner = house.browser(house.owner)
    place = f"/places/{house.crescent.id}"
    owner.get(place)
    owner.post(place, name="Crescent", town="Montréal", country="CA", time_zone="America/Toronto", postcode="H3G 2B2",
               quiet_start="22:00", quiet_end="07:30", **{"h-0-o1": "09:00", "h-0-c1": "12:30"})  # fmt: skip
    for path in ("/alerts", "/places"):
        page = words(owner.get(path)).replace("\xa0", " ")
        assert "de 22 h à 7 h 30" in page
        assert "22:00" not in page
    assert "9 h – 12 h 30" in page
