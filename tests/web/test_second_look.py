"""What members change about each other, undo, and read about why: on the pages, without script."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from ouidire.domain.alert import Because, DeliveryState
from ouidire.domain.enrichment import Act, Sentiment, Urgency
from ouidire.domain.ids import new_id
from ouidire.domain.source import Source
from ouidire.inbox.views import ToldView
from ouidire.locale import translator
from ouidire.store import sources
from ouidire.web import pages
from ouidire.web.words import Words
from tests.web import samples
from tests.web.house import Browser, House
from tests.web.test_screens import TEXT, first_conversation, words

FR = Words(translator("fr"), samples.NOW)


def person(browser: Browser, name: str) -> str:
    found = re.search(rf'<strong>{name}</strong>.*?id="person-([0-9a-f-]+)"', browser.page, re.S)
    assert found, f"{name} cannot be changed here"
    return found[1]


def test_a_colleague_gets_another_role_and_then_leaves(house: House) -> None:
    browser = house.browser(house.owner)
    browser.get("/settings")
    camille = person(browser, "Camille")
    page = browser.post(f"/settings/people/{camille}", role="viewer", place=[house.crescent.id])
    assert "Camille Lecture seule" in words(page)
    assert "au moins un lieu" in words(browser.post(f"/settings/people/{camille}", 422, role="viewer"))
    page = browser.post(f"/settings/people/{camille}/leave")
    assert "Cette personne ne peut plus se connecter" in words(page)
    assert "Camille" not in words(browser.get("/settings"))
    assert "Quel plaisir de vous voir." in house.browser().get("/signin")
    gone = house.browser()
    gone.get("/signin")
    gone.post("/signin", 401, email=house.manager.email, password="une phrase de passe")


def test_the_last_owner_stays_and_only_who_configures_changes_people(house: House) -> None:
    browser = house.browser(house.owner)
    page = browser.get("/settings")
    assert f"/settings/people/{house.owner.id}/leave" not in page
    page = browser.post(f"/settings/people/{house.owner.id}", 422, role="headquarters")
    assert "Il faut au moins une personne propriétaire" in words(page)
    manager = house.browser(house.manager)
    assert "/settings/people/" not in manager.get("/settings")
    manager.post(f"/settings/people/{house.owner.id}/leave", 403)


def test_one_changes_how_one_is_called(house: House) -> None:
    browser = house.browser(house.manager)
    browser.get("/settings")
    page = browser.post("/settings/me", name="Camille, le matin", language="fr")
    assert "Camille, le matin (vous)" in words(page)
    assert "trop long" in words(browser.post("/settings/me", 422, name="x" * 200, language="fr"))


def test_a_muted_author_is_listed_and_heard_again(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    browser.get("/")
    browser.post(f"/c/{first_conversation(browser)}/mute", mention="", next="/inbox")
    page = browser.get("/listening")
    assert "Nadia" in words(page)
    author = re.search(r'name="author" value="([^"]+)"', page)
    assert author
    assert "à nouveau entendu" in words(browser.post("/listening/unmute", author=html.unescape(author[1])))
    assert "Nadia" not in words(browser.get("/listening"))


def test_what_was_said_not_to_be_about_us_is_taken_back_from_the_closed_conversation(house: House) -> None:
    house.hear(TEXT)
    browser = house.browser(house.owner)
    browser.get("/")
    at = f"/c/{first_conversation(browser)}"
    browser.post(f"{at}/not-ours", mention="", next="/")
    assert "Rouvrir" in words(browser.get(f"{at}?do=more"))
    browser.post(f"{at}/reopen")
    assert "Une personne attend" in words(browser.get("/"))


def test_an_account_that_only_answers_is_never_about_to_listen(house: House) -> None:
    own = Source(new_id(), house.owner.organisation_id, "bluesky", "Compte", listens=False, can_reply=True)
    with house.app.store.transaction() as tx:
        sources.add(tx, house.app.store, own)
    page = house.browser(house.owner).get("/sources")
    tile = words(page[page.index(f'id="source-{own.id}"') :].partition("</li>")[0])
    assert "pour répondre" in tile
    assert "Répond oui, d’ici" in tile
    assert "bientôt" not in tile
    assert "Entendu" not in tile


def test_the_signing_secret_of_a_webhook_is_shown_to_who_configures_alone(house: House) -> None:
    target = "https://hooks.example/x"
    secret = house.app.webhook_secret(target)
    manager = house.browser(house.manager)
    manager.get("/alerts")
    assert secret not in manager.post("/alerts/routes", notifier="webhook", target=target, min_gravity="2")
    assert secret in house.browser(house.owner).get("/alerts")


def test_why_a_source_is_deaf_is_said_in_french_on_its_card_and_since_when_on_now(house: House) -> None:
    from ouidire import clock

    said = "jetstream.example cannot be reached now ([Errno 111] Connection refused)."
    with house.app.store.transaction() as tx:
        sources.went_deaf(tx, house.source_id, said, clock.now() - timedelta(hours=3))
    browser = house.browser(house.owner)
    now = words(browser.get("/"))
    assert "sourd depuis 3 h" in now
    assert "Personne n’attend." not in now, "who is deaf cannot say so"
    assert "jetstream.example est injoignable pour l’instant" in words(browser.get("/sources"))


def told(name: str, notifier: str, state: DeliveryState, because: Because, minutes_ago: float = 3) -> ToldView:
    return samples.told(
        delivery_id=new_id(), member_name=name, notifier=notifier, state=state, because=because,
        at=samples.NOW - timedelta(minutes=minutes_ago),
    )  # fmt: skip


def test_who_knew_is_one_line_a_person_in_time_order_and_who_was_not_told_stands_apart() -> None:
    lines = (
        told("Camille", "email", DeliveryState.HELD, Because.BELOW_GRAVITY),
        told("Paris", "browser", DeliveryState.SENT, Because.FIRST, 2),
        told("Camille", "browser", DeliveryState.SENT, Because.FIRST, 3),
        told("Camille", "browser", DeliveryState.SENT, Because.GREW, 1),
        told("Yorkville", "email", DeliveryState.HELD, Because.NO_ROUTE),
    )
    knew, untold = pages.who_knew(lines)
    assert [(k.member_name, len(k.at_once), len(k.again), len(k.not_told)) for k in knew] == [
        ("Camille", 1, 1, 1),
        ("Paris", 1, 0, 0),
    ]
    assert [k.member_name for k in untold] == ["Yorkville"]


def test_a_conversation_says_by_what_somebody_was_told_and_why_not_otherwise(house: House) -> None:
    lines = (
        told("Camille", "browser", DeliveryState.SENT, Because.FIRST),
        told("Camille", "webhook", DeliveryState.HELD, Because.BELOW_GRAVITY),
        told("Yorkville", "webhook", DeliveryState.HELD, Because.QUIET_HOURS),
    )
    template = '{% from "macros.html" import knew_list with context %}{{ knew_list(told, "UTC", "/", "x") }}'
    shown = pages.environment("fr").from_string(template)
    page = words(shown.render(told=lines, w=FR, csrf="", open_notifiers={"browser", "webhook"}))
    assert re.search(r"Camille sur cette page il y a 3 min · pas par webhook.: moins grave que le seuil demandé", page)
    assert re.search(r"1 personne non prévenue, et pourquoi Yorkville · pas par webhook", page)


@pytest.mark.parametrize(
    ("rules", "read", "shown"),
    [
        (["waiting", "served_after_others", "rude"], {"urgency": Urgency.TODAY, "urgency_p": 0.92},
         "l’attente · d’autres ont été servis avant 92 %"),
        (["question"], {"act": Act.QUESTION, "act_p": 0.85}, "une question 85 %"),
        ([], {"sentiment": Sentiment.NEGATIVE, "sentiment_p": 0.41}, "humeur : nous ne savons pas"),
    ],
)  # fmt: skip
def test_who_is_not_sure_of_the_mood_still_says_what_the_rules_saw(
    rules: list[str], read: dict[str, object], shown: str
) -> None:
    calm: dict[str, object] = {"act": Act.INFORMATION, "act_p": 0.5, "urgency": Urgency.CALM, "urgency_p": 0.6}
    because = tuple((rule, ()) for rule in rules)
    reading = samples.reading("x", **{**calm, **read, "sure": False, "because": because})
    message = replace(samples.message(), reading=reading)
    template = '{% from "macros.html" import judgement with context %}{{ judgement(m) }}'
    page = words(pages.environment("fr").from_string(template).render(m=message, w=FR))
    assert page.replace("\u00a0", " ").replace("\u202f", " ").strip().startswith(shown)


def test_a_mail_address_breaks_only_after_its_sign() -> None:
    template = '{% from "macros.html" import mail with context %}{{ mail("direction@maisondeloriere.example") }}'
    shown = pages.environment("fr").from_string(template).render()
    assert "direction@</span><wbr><span>maisondeloriere.example" in shown


def test_every_setting_of_a_connector_has_a_name_for_people() -> None:
    from ouidire.connectors import registry
    from ouidire.locale import labels

    named = {key for connector in registry.names() for key in registry.manifest(connector).settings}
    assert named == set(labels.SETTING)
