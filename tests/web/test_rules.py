"""A boolean rule on the page of what we listen to: typed, tried, refused where it is wrong, kept whole or not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ouidire.domain.item import Author, Item
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.locale import translator
from ouidire.store import organisations, watches
from ouidire.web.outlook import KEEPING_S, Outlook, outlook, said
from ouidire.web.preview import Preview
from ouidire.web.words import Words
from tests.web.house import Browser, House
from tests.web.test_browser import PHONE, Open, person
from tests.web.test_screens import words

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["person"]  # the fixture

NOW = datetime(2026, 10, 17, 19, 30, tzinfo=UTC)
POSTS = (
    "Maison Delorière, vingt minutes d'attente",
    "une attente interminable à la boulangerie de Montréal",
    "attente à la poste",
    "la boulangerie de Laval, quelle attente",
    "Maison Delorière, quel parfum",
)
RULE = "attente (boulangerie OU delorière) SAUF laval"


def sampled(house: House, hours: float = 12) -> None:
    assert house.app.sample is not None
    at = datetime.now(UTC) - timedelta(hours=hours)
    posts = [
        Item(connector="bluesky", uri=f"at://{n}", author=Author("did:x"), text=text, written_at=at, languages=("fr",))
        for n, text in enumerate(POSTS)
    ]
    house.app.sample.put(posts, (), at)


def kept(house: House) -> list[Watch]:
    with house.app.store.reading() as tx:
        return watches.of_organisation(tx, house.owner.organisation_id)


def at_the_door(house: House) -> Browser:
    browser = house.browser(house.owner)
    browser.get("/listening?watch=new")
    return browser


def test_a_rule_alone_is_tried_on_the_sample_and_says_what_a_day_would_bring(house: House) -> None:
    sampled(house)
    page = at_the_door(house).post("/listening/preview", rule=RULE)
    assert "<mark>attente</mark>" in page
    assert "<mark>boulangerie</mark>" in page
    assert "La Poste" not in page
    assert "2 messages sur 5 entendus" in words(page)
    assert (
        "Il viendrait environ 4 messages par jour. Vous en recevez déjà 5 sur 10 ; il y en aurait environ 2 de "
        "nouveaux par jour. Lire ce qui est nouveau demande moins d’une seconde de calcul par jour. Estimé sur 12 h "
        "d’écoute seulement : ce n’est qu’un ordre de grandeur."
    ) in words(page)


def test_a_rule_on_a_name_says_what_it_would_lose(house: House) -> None:
    sampled(house)
    house.hear("Maison Delorière, un savon parfait", author="zoe")
    house.hear("Maison Delorière, trop d'attente", author="kim")
    [watch] = kept(house)
    names = {"watch": watch.id, "names": ", ".join(watch.names)}
    page = words(at_the_door(house).post("/listening/preview", **names, rule="attente"))
    assert "Vous les recevez déjà tous." in page
    assert "Environ 2 messages par jour, reçus aujourd’hui, ne viendraient plus." in page
    assert "1 de vos 2 derniers messages ne serait pas venu : Maison Delorière, un savon parfait" in page
    page = words(at_the_door(house).post("/listening/preview", **names, rule="savon OU attente"))
    assert "Vos 2 derniers messages seraient tous venus." in page


def test_what_would_be_lost_is_masked_for_who_may_not_see_names(house: House) -> None:
    house.hear("Maison Delorière : Mathis, votre vendeur, n'a pas levé les yeux.")
    [watch] = kept(house)
    page = at_the_door(house).post("/listening/preview", watch=watch.id, names=", ".join(watch.names), rule="attente")
    assert 'id="lost"' in page
    assert "Mathis" not in page


def test_what_is_wrong_is_said_while_typing_and_nothing_is_looked_for(house: House) -> None:
    sampled(house)
    browser = at_the_door(house)
    page = browser.post("/listening/preview", names="Delorière", rule="attente (boulangerie OU")
    assert "Au caractère 22 : il manque quelque chose après OU." in words(page)
    assert "<mark>" not in page
    english = house.browser(house.owner, "en")
    page = english.post("/listening/preview", names="Delorière", rule="(attente")
    assert "Au caractère 1 : cette « ( » n’est jamais fermée." in words(page), "a member reads in their own language"


def test_a_name_that_is_an_ordinary_word_is_advised_about_while_typing(house: House) -> None:
    with house.app.store.transaction() as tx:
        for one in organisations.places(tx, house.owner):
            organisations.change_place(tx, house.owner, Place(one.id, one.organisation_id, "Orange"))
    page = words(at_the_door(house).post("/listening/preview", names="Orange"))
    assert "« Orange » est aussi un mot ordinaire ; seul, il ne suffit pas à vous reconnaître." in page
    page = words(at_the_door(house).post("/listening/preview", names="Orange", near="Kéréon"))
    assert "mot ordinaire" not in page


def test_without_a_sample_it_is_said_that_nothing_new_can_be_tried(house: House) -> None:
    browser = at_the_door(house)
    assert "Aucun message public des dernières heures" in words(browser.post("/listening/preview", rule="attente"))
    house.app.sample.close()  # type: ignore[union-attr]
    house.app.sample = None
    assert "OUIDIRE_SAMPLE est désactivé" in words(browser.post("/listening/preview", rule="attente"))


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("attente (boulangerie", "Au caractère 9 : cette « ( » n’est jamais fermée."),
        ("attente XOR pain", "Au caractère 9 : « XOR » n’existe pas ici"),
        ("attente " * 1_300, "La règle a 10399 caractères ; 4 000 au plus."),
        ("SAUF attente", "« SAUF attente » n’a aucun mot entier"),
        ("   ", "ne cherche encore rien"),
    ],
)
def test_a_rule_that_cannot_be_used_is_refused_beside_its_field_and_nothing_is_kept(
    house: House, rule: str, sentence: str
) -> None:
    before = kept(house)
    page = at_the_door(house).post("/listening", 422, rule=rule)
    assert sentence in words(page)
    assert kept(house) == before
    if rule.strip():
        field = re.search(r'<details class="why" id="rule" open>.*?</details>', page, re.S)
        assert field
        assert sentence in words(field[0])
        assert rule.strip()[:30] in words(field[0]), "what was typed is still there"


def test_a_rule_is_kept_as_it_was_typed_and_is_heard(house: House) -> None:
    browser = at_the_door(house)
    page = browser.post("/listening", rule=f"  {RULE}\n", place=house.crescent.id)
    assert "Enregistré." in words(page)
    [made] = [one for one in kept(house) if one.rule]
    assert (made.rule, made.place_id, made.names) == (RULE, house.crescent.id, ())
    assert RULE in words(browser.get(f"/listening?watch={made.id}"))
    house.hear("Trente minutes d'attente dans cette boulangerie, une honte.", author="leo")
    house.hear("Trente minutes d'attente dans cette boulangerie de Laval, une honte.", author="mia")
    inbox = words(browser.get("/inbox"))
    assert "une honte" in inbox
    assert "Laval" not in inbox


# --- the sentences ----------------------------------------------------------------------------------------------------


def looked(**other: object) -> Preview:
    made = {"total": 40_000, "caught_total": 20, "since": NOW - timedelta(hours=12), "caught": (), "known": 18,
            "lost": 0, "busy_s": 1.0}  # fmt: skip
    return Preview(**made | other)  # type: ignore[arg-type]


def sentences(found: Preview, language: str = "en") -> str:
    ahead = outlook(found, NOW)
    assert ahead
    return " ".join(said(ahead, Words(translator(language), NOW)))


def test_a_day_is_reckoned_from_the_stretch_that_was_looked_at() -> None:
    assert outlook(looked(), NOW) == Outlook(
        span_s=43_200, a_day=40, share_known=0.9, new_a_day=4, lost_a_day=0, cost_s=2 * (1 + 2 * KEEPING_S),
        is_guess=False,
    )  # fmt: skip
    assert sentences(looked()) == (
        "About 40 messages a day would come. You hear 9 in 10 of them already; about 4 a day would be new. "
        "Reading what is new costs about 2 s of computing a day. Reckoned from the last 12 h."
    )


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (looked(known=20), "You hear all of them already."),
        (looked(known=0), "None of them comes to you so far."),
        (looked(lost=1), "About 2 messages a day that you hear now would come no more."),
        (looked(caught_total=2, known=1), "You hear 5 in 10 of them already; about 2 a day would be new."),
        (looked(caught_total=2), "Reckoned from the last 12 h alone: take it for a guess."),
        (looked(since=NOW - timedelta(hours=2)), "Reckoned from the last 2 h alone: take it for a guess."),
        (looked(caught_total=1, known=0, since=NOW - timedelta(days=3)), "Less than one message a day would come."),
        (looked(busy_s=0.0), "Reading what is new costs less than a second of computing a day."),
        (looked(busy_s=100.0), "Reading what is new costs about 3 min of computing a day."),
    ],
)
def test_each_sentence_says_what_was_counted(found: Preview, sentence: str) -> None:
    assert sentence in sentences(found)


def test_where_nothing_was_looked_at_nothing_is_foretold() -> None:
    assert outlook(looked(since=None), NOW) is None
    assert outlook(looked(since=NOW - timedelta(seconds=20)), NOW) is None
    assert sentences(looked(caught_total=0, known=0)) == "Reckoned from the last 12 h alone: take it for a guess."


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_rule_is_written_and_tried_with_a_thumb(house: House, person: Open) -> None:
    sampled(house)
    page: Page = person(house.owner.email, viewport=PHONE)
    page.goto(page.url + "listening?watch=new")
    page.click("#rule summary")
    page.fill("#f-rule", "attente (boulangerie")
    page.wait_for_selector("#preview .needs-word")
    assert "Au caractère 9" in page.inner_text("#preview .needs-word")
    page.fill("#f-rule", "attente boulangerie")
    page.wait_for_selector("#preview mark")
    assert "Il viendrait environ 4 messages par jour." in page.inner_text("#outlook").replace("\u00a0", " ")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.click("form.form button.primary")
    page.wait_for_selector(".told-strip")
    assert [one.rule for one in kept(house) if one.rule] == ["attente boulangerie"]
