"""What each screen shows, read as a person without script would."""

import html
import re
import tomllib
from importlib.resources import files

import pytest

from ouidire.domain.item import ItemKind
from ouidire.locale import labels
from tests.web.house import Browser, House

TEXT = (
    "@deloriere_na Trente minutes d'attente dans votre boutique de Montréal, et des gens arrivés après moi sont servis "
    "avant moi."
)
PLACE = "Maison Delorière rue Crescent"


def words(page: str) -> str:
    """The page as it is read: no tags, spaces made one."""
    page = re.sub(r"<(script|style|svg).*?</\1>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def first_conversation(browser: Browser) -> str:
    found = re.search(r'href="/c/([0-9a-f-]{36})"', browser.page)
    assert found, "no conversation on this page"
    return found[1]


def test_when_nobody_waits_now_is_calm_and_says_so(house: House) -> None:
    page = words(house.browser(house.owner).get("/"))
    assert "Personne n’attend." in page
    assert "Aucune mention aujourd’hui." in page


def test_a_person_who_waits_comes_first_with_their_own_words_and_counts_in_the_title(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    page = browser.get("/")
    assert "<title>(1) Maintenant" in page
    assert "Une personne attend une réponse." in words(page)
    assert TEXT[:40] in html.unescape(re.sub("</?mark>", "", page))
    assert "le client est peut-être encore là" in words(page)
    assert PLACE in words(page)


def test_who_takes_it_has_it_in_hand_and_everybody_sees_so(house: House) -> None:
    house.hear(TEXT)
    manager, owner = house.browser(house.manager), house.browser(house.owner)
    manager.get("/")
    conversation = first_conversation(manager)
    page = manager.post(f"/c/{conversation}/take", next="/")
    assert "Vous vous en occupez." in words(page)
    assert "Personne n’attend." in words(owner.get("/"))
    assert "suivi par Camille" in words(owner.get("/inbox?state=ours"))


def test_the_conversation_says_why_it_is_here_how_it_was_read_and_who_was_told(house: House) -> None:
    uri = house.hear(TEXT, minutes_ago=20)
    house.hear("", author="guide", kind=ItemKind.REPOST, reposted_uri=uri, minutes_ago=1)
    browser = house.browser(house.owner)
    browser.get("/")
    page = words(browser.get(f"/c/{first_conversation(browser)}"))
    assert "Votre compte est nommé : @deloriere_na" in page
    assert "d’autres ont été servis avant" in page
    assert "1 relais" in page
    assert "Qui a su, et quand" in page
    assert "Camille" in page


def test_marked_words_are_the_authors_own(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    browser.get("/")
    page = browser.get(f"/c/{first_conversation(browser)}")
    marked = [html.unescape(one) for one in re.findall(r"<mark>(.*?)</mark>", page, re.S)]
    assert marked
    assert all(one in TEXT for one in marked)


def test_a_post_is_text_and_never_markup(house: House) -> None:
    house.hear('@deloriere_na <script>alert(1)</script> <img src=x onerror="alert(2)"> quelle honte, j\'attends')
    browser = house.browser(house.owner)
    page = browser.get("/") + browser.get(f"/c/{first_conversation(browser)}")
    assert "<script>alert" not in page
    assert "<img" not in page


def test_an_answer_that_ties_a_gesture_to_silence_comes_back_with_the_text_and_the_reason(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.manager)
    browser.get("/")
    conversation = first_conversation(browser)
    said = "Nous vous offrons 20 % de remise si vous supprimez votre avis."
    page = browser.post(f"/c/{conversation}/answer", status=422, text=said)
    assert "lie un geste à un avis ou au silence" in words(page)
    assert html.unescape(page).count(said) >= 1
    assert "Cela peut se dire ici." in words(browser.post(f"/c/{conversation}/check", text="Bonjour, nous arrivons."))


def test_where_no_account_is_connected_the_text_is_kept_for_the_site(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.manager)
    browser.get("/")
    page = browser.post(f"/c/{first_conversation(browser)}/answer", text="Bonjour Nadia, nous arrivons.")
    assert "Votre texte est gardé ici" in words(page)
    assert 'data-copy="Bonjour Nadia, nous arrivons."' in page


def test_a_note_a_close_and_a_reopening_leave_their_trace(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.manager)
    browser.get("/")
    at = f"/c/{first_conversation(browser)}"
    assert "Thé offert." in words(browser.post(f"{at}/note", text="Thé offert."))
    assert "Réglé, dit l’équipe" in words(browser.post(f"{at}/close", outcome="by_member"))
    assert "Vous attend" in words(browser.post(f"{at}/reopen"))


def test_put_off_it_is_out_of_sight(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.manager)
    browser.get("/")
    browser.post(f"/c/{first_conversation(browser)}/later", when="morning")
    assert "Personne n’attend." in words(browser.get("/"))


def test_not_about_us_takes_it_away(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    browser.get("/")
    conversation = first_conversation(browser)
    browser.get(f"/c/{conversation}?do=more")
    mention = re.search(r'name="mention" value="([^"]+)"', browser.page)
    assert mention
    browser.post(f"/c/{conversation}/not-ours", mention=mention[1], next="/")
    assert "Personne n’attend." in words(browser.page)


def test_the_inbox_is_filtered_by_place_and_found_by_words(house: House) -> None:
    house.hear(TEXT)
    house.hear("Terrible service at Maison Delorière in Toronto, the cashier was so rude.", author="kate")
    browser = house.browser(house.owner)
    assert "Terrible service" in browser.get("/inbox?q=cashier+RUDE")
    assert "Trente minutes" not in browser.page
    assert "Rien trouvé ici." in words(browser.get("/inbox?q=zzz"))
    assert "Terrible" not in browser.get(f"/inbox?place={house.crescent.id}")


def test_a_watch_is_changed_in_plain_words_and_nonsense_is_refused_beside_its_field(house: House) -> None:
    browser = house.browser(house.owner)
    page = browser.get("/listening")
    watch = re.search(r'name="watch" value="([^"]+)"', page)
    assert watch
    page = browser.post("/listening", watch=watch[1], names="Delorière, Chez Delorière", handles="@deloriere_na")
    assert "Delorière, Chez Delorière" in page
    page = browser.post("/listening", status=422, watch=watch[1], names="D")
    assert "est trop court pour être reconnu" in words(page)


def test_the_preview_shows_what_would_have_been_caught(house: House) -> None:
    from datetime import UTC, datetime

    from ouidire.domain.item import Author, Item

    now = datetime.now(UTC)
    posts = [
        Item(connector="bluesky", uri=f"at://{n}", author=Author("did:x"), text=text, written_at=now)
        for n, text in enumerate(["un savon de chez Delorière", "rien à voir", "deloriere, quel parfum"])
    ]
    assert house.app.sample is not None
    house.app.sample.put(posts, (), now)
    browser = house.browser(house.owner)
    browser.get("/listening")
    page = browser.post("/listening/preview", names="Delorière")
    assert "2 messages sur 3 entendus" in words(page)
    assert "<mark>Delorière</mark>" in page


def test_a_place_is_added_and_its_town_brings_its_clock_nowhere_else(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/places/new")
    page = browser.post(
        "/places", name="Boutique Lyon", town="Lyon", country="FR", time_zone="Europe/Paris", quiet_start="20:00",
        quiet_end="08:00",
    )  # fmt: skip
    assert "Boutique Lyon" in page
    assert "calme de 20 h à 8 h" in words(page)
    browser.get("/places/new")
    page = browser.post("/places", status=422, name="X", lat="quatre", lon="deux")
    assert "deux nombres" in words(page)


def test_the_alerts_say_who_was_told_and_who_was_not_and_why(house: House) -> None:
    house.hear(TEXT)
    page = words(house.browser(house.owner).get("/alerts"))
    assert "Camille sur cette page" in page
    assert "Personne ne peut encore être prévenu par mail." in page


def test_a_webhook_without_an_address_is_refused(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/alerts")
    page = browser.post("/alerts/routes", status=422, notifier="webhook", target="javascript:alert(1)", min_gravity="2")
    assert "https://" in words(page)
    browser.post("/alerts/routes", status=422, notifier="webhook", target="https://[half", min_gravity="2")
    assert "hooks.example" in browser.post("/alerts/routes", notifier="webhook", target="https://hooks.example/x")


def test_a_deaf_source_is_a_line_on_now_with_since_when(house: House) -> None:
    from datetime import timedelta

    from ouidire import clock
    from ouidire.store import sources

    with house.app.store.transaction() as tx:
        sources.went_deaf(tx, house.source_id, "The line was cut.", clock.now() - timedelta(hours=14))
    browser = house.browser(house.owner)
    assert "sourd depuis 14 h" in words(browser.get("/"))
    assert "The line was cut." in browser.get("/sources")


def test_a_file_is_imported_on_a_page_of_its_own(house: House) -> None:
    browser = house.browser(house.owner)
    assert 'href="/imports/new"' in browser.get("/sources")
    assert 'type="file"' in browser.get("/sources/new/files")
    answer = browser.client.post(
        "/imports/new", data={"csrf": browser.token}, files={"file": ("../../avis.csv", b"text\nbonjour\n")}
    )
    assert answer.status_code == 200
    assert "avis.csv" in answer.text
    kept = list((house.app.settings.folder / "imports").iterdir())
    assert len(kept) == 1
    assert kept[0].suffix == ".csv"


def test_pausing_a_source_is_said_in_the_members_language(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/sources")
    page = words(browser.post(f"/sources/{house.source_id}/pause"))
    assert "Mis en pause par quelqu’un de l’équipe." in page
    assert "Mis en pause" not in words(browser.post(f"/sources/{house.source_id}/resume"))


def test_the_pages_speak_english_to_who_wants_english(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/settings")
    page = browser.post("/settings/me", language="en")
    assert '<html lang="en">' in page
    assert "Nobody is waiting." in browser.get("/")


def test_a_visitor_is_greeted_in_the_language_of_the_browser(house: House) -> None:
    assert "Good to see you." in house.browser(language="en-GB").get("/signin")
    assert "Quel plaisir de vous voir." in house.browser(language="fr-CA").get("/signin")


@pytest.mark.parametrize("path", ["/nope", "/c/nope", "/places/nope", "/sources/new/nope", "/c/nope/thread"])
def test_what_is_not_there_says_what_happened_what_was_kept_and_what_to_do(house: House, path: str) -> None:
    page = words(house.browser(house.owner).get(path, 404))
    for part in ("Ce qui s’est passé", "Ce qui est gardé", "Que faire"):
        assert part in page


def test_every_rule_of_reading_has_words_for_people() -> None:
    kept = tomllib.loads(files("ouidire.enrich").joinpath("rules.toml").read_text("utf-8"))
    assert {one["name"] for one in (*kept["rule"], *kept["cue"])} <= set(labels.RULE)
