"""Places as a person without script sees them: hours, the clock, what is asked, lists, the end of a place."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ouidire import clock
from ouidire.app import App
from ouidire.care.backup import Asked, backup
from ouidire.clock import HandClock
from ouidire.domain.conversation import ConversationState
from ouidire.people import begin
from ouidire.places.opening_hours import read_hours
from ouidire.settings import Settings
from ouidire.store import conversations, members, organisations, watches
from ouidire.web import tiles
from ouidire.web.main import build
from ouidire.web.pages import STATIC
from tests.web.house import PASSWORD, Browser, House, apart, opened
from tests.web.test_screens import TEXT, words

LIST = """Enseigne;Adresse;CP;Ville;Latitude;Longitude;Horaires
Levain Niort;12 rue Ricard;79000;Niort;46.3239;-0.4588;Mo-Fr 9:00-12:30,14:00-19:00
Levain Paris;3 rue de Rivoli;75004;Paris;2.357;48.855;lun-sam 7h-19h30
Levain Lyon;8 place Bellecour;69002;Lyon;;;sur rendez-vous
Levain Niort;12 rue Ricard;79000;Niort;;;
;1 rue Sans Nom;79000;Niort;;;
"""


def named(house: House, name: str):  # type: ignore[no-untyped-def]
    with house.app.store.reading() as tx:
        return next(one for one in organisations.places(tx, house.owner) if one.name == name)


def add(browser: Browser, status: int = 200, **fields: str | list[str]) -> str:
    browser.get("/places/new")
    return words(browser.post("/places", status=status, **{"country": "FR", **fields}))


# -- the form ----------------------------------------------------------------------------------------------------------


def test_a_town_brings_its_spot_and_its_clock_and_one_that_we_do_not_know_is_asked_about(house: House) -> None:
    browser = house.browser(house.owner)
    add(browser, name="Rhum", town="Saint-Denis", postcode="97400")
    place = named(house, "Rhum")
    assert place.time_zone == "Indian/Reunion"
    assert place.coordinates is not None
    assert "choisissez son heure" in add(browser, 422, name="Ici", town="Xyzville", country="CA")
    add(browser, name="Ici", town="Xyzville", country="CA", time_zone="America/Halifax")
    assert named(house, "Ici").time_zone == "America/Halifax"


def test_a_place_that_moves_takes_the_clock_of_its_new_town(house: House) -> None:
    browser = house.browser(house.owner)
    add(browser, name="Rhum", town="Niort")
    path = f"/places/{named(house, 'Rhum').id}"
    browser.get(path)
    browser.post(path, name="Rhum", town="Cayenne", country="FR", time_zone="Europe/Paris")
    assert named(house, "Rhum").time_zone == "America/Cayenne"
    browser.post(path, name="Rhum", town="Cayenne", country="FR", time_zone="Europe/Paris")  # meant so
    assert named(house, "Rhum").time_zone == "Europe/Paris"


def test_swapped_coordinates_are_asked_about_and_swapped_on_a_word(house: House) -> None:
    browser = house.browser(house.owner)
    typed = {"name": "Levain", "town": "Paris", "lat": "2,357", "lon": "48,855"}
    assert "semblent inversées" in add(browser, 422, **typed)
    assert 'value="2,357"' in browser.page
    browser.post("/places", **typed, country="FR", answer="swap")
    place = named(house, "Levain")
    assert (place.coordinates.lat, place.coordinates.lon) == (48.855, 2.357)
    far = {"name": "Loin", "town": "Paris", "lat": "43.3", "lon": "5.4"}
    assert "sont loin de Paris" in add(browser, 422, **far)
    browser.post("/places", **far, country="FR", answer="keep")
    assert named(house, "Loin").coordinates.lat == 43.3


def test_a_second_place_of_the_same_name_and_address_is_refused(house: House) -> None:
    browser = house.browser(house.owner)
    add(browser, name="Levain", street="12 rue Ricard", town="Niort")
    assert "Vous avez déjà « Levain »" in add(browser, 422, name="LEVAIN", street="12, rue Ricard", town="niort")
    add(browser, name="Levain", street="14 rue Ricard", town="Niort")


def test_hours_are_typed_shown_and_kept_with_days_that_differ_and_holidays(house: House) -> None:
    browser = house.browser(house.owner)
    hours = {
        "h-1-o1": "09:00",
        "h-1-c1": "12:00",
        "h-1-o2": "14:00",
        "h-1-c2": "19:00",
        "h-5-o1": "18:00",
        "h-5-c1": "02:00",
    }
    page = add(browser, name="Levain", town="Strasbourg", postcode="67000", **hours, **{
        "s-0-first": "2031-12-24", "s-0-o1": "09:00", "s-0-c1": "12:00", "s-0-name": "réveillon",
        "s-1-first": "2031-08-01", "s-1-last": "2031-08-20", "holiday": ["christmas", "st_stephen"],
        "hours_note": "sonnez deux fois", "quiet_when_closed": "yes",
    })  # fmt: skip
    assert "Mardi 9 h – 12 h, 14 h – 19 h" in page
    assert "Samedi 18 h – 2 h" in page
    assert "1 août 2031 – 20 août 2031 : fermé" in page
    assert "24 décembre 2031 : 9 h – 12 h (réveillon)" in page
    assert "sonnez deux fois" in page
    place = named(house, "Levain")
    assert place.hours.holidays == ("christmas", "st_stephen")
    assert place.quiet_when_closed
    form = browser.get(f"/places/{place.id}")
    assert all(f'name="{name}" value="{value}"' in form for name, value in hours.items())
    assert 'value="st_stephen" checked' in form
    fields = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', form))
    fields.pop("holiday")
    browser.post(f"/places/{place.id}", **fields, country="FR", time_zone="Europe/Paris", holiday=["christmas"])
    assert named(house, "Levain").hours.special == place.hours.special  # what was not touched stays


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"h-0-o1": "14:00", "h-0-c1": "12:00"}, "Lundi : 14:00–12:00 finit avant d’avoir commencé"),
    ({"h-2-o1": "09:00", "h-2-c1": "15:00", "h-2-o2": "14:00", "h-2-c2": "19:00"},
     "Mercredi : 09:00–15:00, 14:00–19:00 se chevauchent"),
    ({"h-0-o1": "09:00"}, "Il manque une heure"),
    ({"s-0-first": "2031-08-20", "s-0-last": "2031-08-01"}, "vient avant le premier"),
    ({"s-0-first": "hier"}, "« hier » n’est pas une date"),
    ({"hours_line": "quand il fait beau"}, "« quand il fait beau » n’est pas compris"),
]  # fmt: skip


def test_what_helps_to_recognise_a_place_is_typed_kept_and_shown_again(house: House) -> None:
    browser = house.browser(house.owner)
    known = {
        "category": "bakery", "landmarks": "métro Guy-Concordia, place Jean-Jaurès", "products": "kouign-amann",
        "roles": "serveur, sommelière", "languages": "fr, en", "listing_ids": "Google : 1, 2",
    }  # fmt: skip
    add(browser, name="Levain", town="Niort", **known)
    place = named(house, "Levain")
    assert (place.category, place.landmarks) == ("bakery", ("métro Guy-Concordia", "place Jean-Jaurès"))
    assert (place.products, place.roles, place.languages) == (
        ("kouign-amann",),
        ("serveur", "sommelière"),
        ("fr", "en"),
    )
    form = browser.get(f"/places/{place.id}")
    assert '<details class="why" id="more" open>' in form
    assert 'value="bakery" selected' in form
    assert 'value="métro Guy-Concordia, place Jean-Jaurès"' in form
    assert '<details class="why" id="more">' in browser.get("/places/new")


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("landmarks", "🚇", "n’a ni lettre ni chiffre"),
        ("products", "x", "est trop court"),
        ("roles", ", ".join(f"rôle {n}" for n in range(5000)), "Il y en a 5000 ; 200 au plus"),
    ],
)
def test_what_cannot_help_is_refused_beside_its_field_and_nothing_is_kept(
    house: House, field: str, typed: str, said: str
) -> None:
    browser = house.browser(house.owner)
    page = add(browser, 422, name="Levain", town="Niort", **{field: typed})
    assert said in page
    assert f'id="e-{field}"' in browser.page
    with house.app.store.reading() as tx:
        assert "Levain" not in {one.name for one in organisations.places(tx, house.owner)}


def test_former_names_are_listened_for_and_typed_with_their_last_day(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/listening?watch=new")
    typed = "Chez Jo (jusqu’en 2019), Chez Jeanne (jusqu’au 2021-05-31), Jeannot"
    browser.post("/listening", watch="", place=house.crescent.id, names="Levain", former=typed)
    with house.app.store.reading() as tx:
        kept = next(one for one in watches.of(tx, house.owner) if one.names == ("Levain",))
    assert [(one.name, str(one.until)) for one in kept.former] == [
        ("Chez Jo", "2019-12-31"), ("Chez Jeanne", "2021-05-31"), ("Jeannot", "None"),
    ]  # fmt: skip
    assert f'value="{typed}"' in browser.get(f"/listening?watch={kept.id}")
    aliases = ", ".join(f"Levain {n}" for n in range(5000))
    page = words(browser.post("/listening", status=422, watch=kept.id, names="Levain", aliases=aliases, former="X"))
    assert "Il y en a 5000 ; 500 au plus" in page
    with house.app.store.reading() as tx:
        assert kept in watches.of(tx, house.owner)


def test_hours_that_cannot_be_are_refused_with_why_and_nothing_typed_is_lost(house: House) -> None:
    browser = house.browser(house.owner)
    for fields, said in REFUSED:
        assert said in add(browser, 422, name="Levain", town="Niort", **fields)
        assert all(f'value="{value}"' in browser.page for value in fields.values())


def test_hours_in_one_line_replace_the_boxes(house: House) -> None:
    page = add(
        house.browser(house.owner), name="Levain", town="Niort", hours_line="lun-ven 9h-12h, 14h-19h; sam 9h-12h30"
    )
    assert "Lundi à vendredi 9 h – 12 h, 14 h – 19 h" in page
    assert "Samedi 9 h – 12 h 30" in page


# -- the list of places ------------------------------------------------------------------------------------------------


def test_a_place_says_whether_its_door_is_open_by_its_own_clock(house: House, hand_clock: HandClock) -> None:
    """Saturday, 15:26 in Montréal."""
    hours = "Mo-Fr 9:00-12:00,14:00-19:00; Sa {}"
    for saturday, french, english in (
        ("9:00-19:00", "Ouvert jusqu’à 19 h 00", "Open until 19:00"),
        ("9:00-12:00", "Fermé depuis 12 h 00 · ouvre lundi à 9 h 00", "Closed since 12:00 · opens on Monday at 9:00"),
        ("18:00-2:00", "Fermé · ouvre à 18 h 00", "Closed now · opens at 18:00"),
    ):
        with house.app.store.transaction() as tx:
            organisations.change_place(
                tx, house.owner, replace(house.crescent, hours=read_hours(hours.format(saturday)))
            )
            members.set_language(tx, house.owner, "fr")
        browser = house.browser(house.owner)
        assert french in words(browser.get("/places"))
        with house.app.store.transaction() as tx:
            members.set_language(tx, house.owner, "en")
        assert english.replace("9:00", "09:00").replace("109:00", "19:00") in words(browser.get("/places"))


def test_the_list_says_who_waits_where_and_the_map_says_the_same_to_whom_it_may(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    assert "Maison Delorière rue Crescent 1 personne attend" in words(browser.get("/places"))
    marks = json.loads(browser.get("/places/map"))["places"]
    assert {(one["name"], one["state"]) for one in marks} == {
        ("Maison Delorière rue Crescent", "needs"), ("Boutique Yorkville", "calm"),
    }  # fmt: skip
    manager = json.loads(house.browser(house.manager).get("/places/map"))["places"]
    assert [one["name"] for one in manager] == ["Maison Delorière rue Crescent"]
    stranger = house.browser(house.stranger).get("/places/map")
    assert "Delorière" not in stranger
    with house.app.store.transaction() as tx:
        for one in watches.of(tx, house.owner):
            watches.remove(tx, house.owner, one.id)
    assert "rien n’écoute" in words(house.browser(house.owner).get("/places"))


def test_a_place_that_has_closed_is_watched_no_more_and_what_was_said_stays(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    browser.get(f"/places/{house.crescent.id}")
    page = words(browser.post(f"/places/{house.crescent.id}/close"))
    assert "1 lieu fermé" in page
    assert "Trente minutes" in browser.get(f"/inbox?place={house.crescent.id}")
    house.hear(TEXT.replace("Trente", "Quarante"), author="paul")
    with house.app.store.reading() as tx:
        assert conversations.counted(tx, house.owner, clock.now())[ConversationState.WAITING] == 1
    browser.get("/places")
    browser.post(f"/places/{house.crescent.id}/reopen")
    house.hear(TEXT.replace("Trente", "Cinquante"), author="lise")
    with house.app.store.reading() as tx:
        assert conversations.counted(tx, house.owner, clock.now())[ConversationState.WAITING] == 2
    stranger = house.browser(house.stranger)
    stranger.get("/places/new")
    stranger.post(f"/places/{house.crescent.id}/close", status=404)


# -- a list that is brought --------------------------------------------------------------------------------------------


def bring(browser: Browser, text: str = LIST, **fields: str) -> str:
    browser.get("/places/import")
    return words(browser.post("/places/import", pasted=text, **fields))


def here(browser: Browser) -> str:
    found = re.search(r'action="(/places/import/[0-9a-f-]{36})"', browser.page)
    assert found
    return found[1]


def test_a_list_is_shown_row_by_row_asked_about_and_then_added_at_once(house: House) -> None:
    browser = house.browser(house.owner)
    page = bring(browser)
    assert "5 lignes" in page
    assert "Dans 1 ligne, latitude et longitude semblent inversées." in page
    assert "Deux fois dans la liste : ligne 2" in page
    assert "Répondez d’abord aux questions" in page
    path = here(browser)
    refused = words(browser.post(f"{path}/add", status=422, names="no"))
    assert "Rien n’a été ajouté." in refused
    assert len(house_places(house)) == 2
    page = words(browser.post(path, swapped="swap"))
    assert "Ajouter 3 lieux" in page
    page = words(browser.post(f"{path}/add", names="yes"))
    assert "Les lieux sont ajoutés." in page
    assert {"Levain Niort", "Levain Paris", "Levain Lyon"} <= house_places(house)
    assert named(house, "Levain Lyon").hours.note == "sur rendez-vous"
    with house.app.store.reading() as tx:
        made = {one.names[0]: one for one in watches.of(tx, house.owner)}
    assert "niort" in made["Levain Niort"].required
    house.hear("Levain Niort : quarante minutes d'attente et personne ne vient.", author="lise")
    with house.app.store.reading() as tx:
        assert named(house, "Levain Niort").id in conversations.open_at_places(tx, house.owner, clock.now())
    assert "4 · déjà là" in bring(browser)
    assert not list((house.app.settings.folder / "lists").rglob(f"{Path(path).name}*"))


def house_places(house: House) -> set[str]:
    with house.app.store.reading() as tx:
        return {one.name for one in organisations.places(tx, house.owner)}


def test_a_wrong_column_is_put_right_before_anything_is_added(house: House) -> None:
    browser = house.browser(house.owner)
    page = bring(browser, "truc,ville\nLevain,Niort\nMie,Lyon\n")
    assert "Aucune colonne ne porte le nom des lieux" in page
    path = here(browser)
    browser.post(f"{path}/add", status=422, names="no")
    page = words(browser.post(path, **{"c-0": "name", "c-1": "town"}))
    assert "Ajouter 2 lieux" in page
    browser.post(f"{path}/add", names="no")
    assert {"Levain", "Mie"} <= house_places(house)
    with house.app.store.reading() as tx:
        assert len(watches.of(tx, house.owner)) == 1


def test_a_file_is_taken_as_well_and_what_is_no_list_is_refused(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/places/import")
    sent = {"file": ("lieux.csv", LIST.encode("cp1252", "replace"))}
    page = browser.client.post("/places/import", data={"csrf": browser.token}, files=sent).text
    assert "lieux.csv" in page
    sent = {"file": ("lieux.xlsx", b"PK\x03\x04")}
    refused = browser.client.post("/places/import", data={"csrf": browser.token}, files=sent)
    assert refused.status_code == 422
    assert "C’est un classeur" in refused.text
    browser.get("/places/import")
    assert "Choisissez un fichier" in words(browser.post("/places/import", status=422))


def test_of_an_extract_only_our_own_are_shown_and_added(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/places/import")
    extract = json.dumps({"features": [
        {"properties": {"name": name, "addr:city": "Niort", "addr:street": f"{n} rue X", "instagram": f"@levain{n}"}}
        for n, name in enumerate(("Levain Port", "Chez Lulu", "Levain Gare"))
    ]})  # fmt: skip
    page = words(browser.post("/places/import", pasted=extract, only="levain"))
    assert "2 lignes sur 3 portent ce nom." in page
    assert "@levain0" in page
    assert "Lulu" not in page
    browser.post(f"{here(browser)}/add", names="no")
    with house.app.store.reading() as tx:
        added = {one.id: one.name for one in organisations.places(tx, house.owner) if one.town == "Niort"}
        handles = {added[one.place_id]: one.handles for one in watches.of(tx, house.owner) if one.place_id in added}
    assert handles == {"Levain Port": ("levain0",), "Levain Gare": ("levain2",)}
    browser.get("/places/import")
    assert "Aucune des 3 lignes" in words(browser.post("/places/import", status=422, pasted=extract, only="personne"))


def test_a_list_that_waits_is_in_nobodys_way(house: House) -> None:
    """Neither the housekeeping nor a backup takes it for the copy of an imported file."""
    browser, folder = house.browser(house.owner), house.app.settings.folder
    page = bring(browser)
    copy = folder / "imports" / "read.csv"
    copy.parent.mkdir(exist_ok=True)
    copy.write_text("text")
    (copy.parent / "a folder").mkdir()
    backup(house.app.store, house.app.settings, folder / "b.ouidire", Asked(with_imports=True))
    apart(house.app._sweep_copies())
    assert not copy.exists()
    assert "5 lignes" in page
    assert "5 lignes" in words(browser.get(here(browser)))


def test_a_list_of_another_house_cannot_be_seen_or_added(house: House) -> None:
    browser = house.browser(house.owner)
    bring(browser)
    path = here(browser)
    stranger = house.browser(house.stranger)
    stranger.get(path, 404)
    stranger.get("/places/import")
    stranger.post(f"{path}/add", status=404, names="no")
    for odd in ("%2e%2e%2fx", "a" * 36, ".", "..%5c"):
        assert browser.client.get(f"/places/import/{odd}").status_code in (404, 200 if odd == "." else 404)
    browser.get(path)
    browser.post(f"{path}/forget")
    browser.get(path, 404)


# -- what the map brings -----------------------------------------------------------------------------------------------


def test_leaflet_comes_with_pages_that_show_a_map_and_the_rest_stays_light(house: House) -> None:
    browser = house.browser(house.owner)
    assert "leaflet" not in browser.get("/inbox")
    for path in ("/places", "/places/new"):
        assets = re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js)\?[^"]+)"', browser.get(path))
        assert [one for one in assets if "leaflet" in one]
        own = (browser.client.get(one).content for one in assets if "leaflet" not in one)
        assert sum(len(gzip.compress(one, 9)) for one in own) <= 60_000
        for held in re.findall(r'data-(?:coast|towns)="([^"]+)"', browser.page):
            assert "immutable" in browser.client.get(held).headers["cache-control"]


def test_leaflet_is_the_file_its_note_says() -> None:
    note = (STATIC / "vendor" / "README.md").read_text("utf-8")
    for name in ("leaflet.js", "leaflet.css"):
        assert hashlib.sha256((STATIC / "vendor" / "leaflet" / name).read_bytes()).hexdigest() in note


def test_who_begins_in_a_town_of_two_clocks_is_asked_for_the_postcode(tmp_path: Path) -> None:
    app = App.open(Settings(home=tmp_path, listen_bluesky=False, _env_file=None))  # type: ignore[call-arg]
    try:
        with app.store.transaction() as tx:
            token = begin.setup_token(tx)
        browser = Browser(TestClient(build(app), headers={"Accept-Language": "fr"}))
        browser.get(f"/setup?token={token}&for=business")
        typed = {"business": "Levain", "name": "Lise", "email": "l@levain.example", "password": PASSWORD}
        page = words(browser.post("/setup", status=422, token=str(token), town="Saint-Denis", **typed))
        assert "Écrivez plutôt le code postal." in page
        browser.post("/setup", token=str(token), town="93200", **typed)
        with app.store.reading() as tx:
            assert organisations.every_place(tx)[0].time_zone == "Europe/Paris"
    finally:
        apart(app.close())


# -- tiles -------------------------------------------------------------------------------------------------------------


def test_own_tiles_open_the_pages_to_exactly_their_host(tmp_path: Path) -> None:
    url = "https://tiles.example.org/v1/{z}/{x}/{y}.png"
    with opened(tmp_path, tiles=url, tiles_attribution="© <b>OSM</b>") as house:
        browser = house.browser(house.owner)
        page = browser.get("/places")
        policy = browser.client.get("/places").headers["content-security-policy"]
    assert "img-src 'self' data: https://tiles.example.org;" in policy
    assert "© &lt;b&gt;OSM&lt;/b&gt;" in page


def test_without_tiles_nobody_else_is_asked_for_anything(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/places")
    assert "http" not in browser.client.get("/places").headers["content-security-policy"]


@pytest.mark.parametrize(
    "url",
    ["tiles.example.org/{z}/{x}/{y}.png", "https://{s}.example.org/{z}/{x}/{y}.png", "https://example.org/{z}/{x}.png",
     "https://a.example *;/{z}/{x}/{y}", "javascript:{z}{x}{y}"],
)  # fmt: skip
def test_an_address_of_tiles_that_cannot_be_is_said_and_not_used(url: str) -> None:
    settings = Settings(tiles=url, _env_file=None)  # type: ignore[call-arg]
    assert "expected https://HOST/{z}/{x}/{y}.png" in tiles.trouble(settings)
    assert tiles.tiles_of(settings) is None
