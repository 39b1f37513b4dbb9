"""The question on the pages, read and answered as a person without script would."""

from __future__ import annotations

import re

import pytest

from ouidire.domain.mention import Ask
from ouidire.store import members, watches
from tests.web.asking import SPARE, TEXT, ask, sister
from tests.web.house import Browser, House
from tests.web.test_screens import first_conversation, words

CRESCENT = "rue Crescent"


def tap(browser: Browser, question: str, label: str, **fields: str) -> str:
    """Press the button of this label in the question's form, as the page has it."""
    form = re.search(rf'<form method="post" action="/questions/{question}">.*?</form>', browser.page, re.S)
    assert form, "no such question on this page"
    button = re.search(rf'<button [^>]*value="([^"]+)"[^>]*>(?:(?!</button>).)*?<span>{label}', form[0], re.S)
    assert button, f"no button “{label}”"
    return browser.post(f"/questions/{question}", answer=button[1], **fields)


def test_a_question_is_put_on_now_in_words_and_never_in_red(house: House) -> None:
    plateau = sister(house)
    question = ask(house, SPARE, Ask.WHICH_PLACE, house.crescent, plateau)
    browser = house.browser(house.owner)
    page = browser.get("/")
    read = words(page)
    assert "Est-ce rue Crescent ou boulevard Saint-Laurent ?" in read
    assert "Parle de vous : incertain (70 %)" in read
    assert read.split("Parle de vous")[1].count("Montréal") == 1
    assert "<mark>Montréal</mark>" in page
    card = re.search(rf'<section class="([^"]+)" id="question-{question}"', page)
    assert card
    assert "needs" not in card[1]
    assert "Est-ce" not in words(house.browser(house.stranger).get("/"))


def test_one_at_a_time_and_the_others_behind_a_link(house: House) -> None:
    for author in ("a", "b", "c"):
        ask(house, SPARE, Ask.ABOUT_US, house.crescent, author=author)
    browser = house.browser(house.manager)
    assert browser.get("/").count('class="tile question"') == 1
    assert "2 autres questions" in words(browser.page)
    assert browser.get("/questions").count('class="tile question"') == 3


def test_what_would_be_grave_is_asked_first_and_above_all(house: House) -> None:
    house.hear("Quel accueil glacial chez Maison Delorière, rue Crescent ! Une honte.", author="louise")
    ask(house, TEXT, Ask.ABOUT_US, house.crescent)
    ask(house, SPARE, Ask.ABOUT_US, house.crescent, author="b")
    page = house.browser(house.owner).get("/")
    assert page.index('class="tile question"') < page.index('class="card needs"')
    assert "Trente" in page[page.index('class="tile question"') :].split("</section>")[0]


def test_the_answer_acts_is_shown_to_the_others_and_is_taken_back(house: House) -> None:
    plateau = sister(house)
    question = ask(house, TEXT, Ask.WHICH_PLACE, house.crescent, plateau)
    owner, manager = house.browser(house.owner), house.browser(house.manager)
    owner.get("/")
    manager.get("/")
    page = words(tap(manager, question, CRESCENT))
    assert "Il s’agit de ce lieu : Maison Delorière rue Crescent." in page
    assert "Vous l’avez dit, à l’instant" in page
    page = words(tap(owner, question, "boulevard Saint-Laurent"))
    assert "Camille l’a dit" in page
    assert "Votre réponse n’a rien changé." in page
    assert "Annuler" not in page
    owner.get("/")
    read = words(owner.get(f"/c/{first_conversation(owner)}"))
    assert "Il s’agit de ce lieu : Maison Delorière rue Crescent. Camille l’a dit" in read
    manager.get(f"/questions/{question}")
    page = words(manager.post(f"/questions/{question}/undo"))
    assert "Réponse annulée." in page
    assert "Est-ce rue Crescent ou boulevard Saint-Laurent" in page


def test_another_of_our_places_is_chosen_from_a_list(house: House) -> None:
    plateau = sister(house)
    question = ask(house, SPARE, Ask.WHICH_PLACE, house.crescent, plateau)
    browser = house.browser(house.owner)
    page = browser.get(f"/questions/{question}")
    options = re.findall(r'<option value="([^"]+)">([^<]+)</option>', page)
    assert [name for _, name in options] == ["Boutique Yorkville"]
    assert "Boutique Yorkville" in words(tap(browser, question, "C’est celui-ci", place=options[0][0]))


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("Nous, aucun lieu", "Cela parle de vous, d’aucun lieu en particulier."),
        ("Cela ne parle pas de nous", "Cela ne parle pas de vous."),
        ("Je ne sais pas", "Personne ne sait"),
    ],
)
def test_every_other_answer_is_confirmed(house: House, label: str, said: str) -> None:
    question = ask(house, SPARE, Ask.ABOUT_US, house.crescent)
    browser = house.browser(house.manager)
    browser.get("/questions")
    assert said in words(tap(browser, question, label))
    assert "Rien à vous demander." in words(browser.get("/questions"))


def test_the_question_stands_in_its_conversation_too(house: House) -> None:
    plateau = sister(house)
    question = ask(house, TEXT, Ask.WHICH_PLACE, house.crescent, plateau)
    browser = house.browser(house.owner)
    browser.get("/")
    browser.get(f"/c/{first_conversation(browser)}")
    assert "Maison Delorière rue Crescent" in words(tap(browser, question, CRESCENT))


def test_one_word_more_is_offered_edited_and_kept(house: House) -> None:
    plateau = sister(house)
    question = ask(house, "La boutique du haut est fermée, Delorière.", Ask.WHICH_PLACE, house.crescent, plateau)
    browser = house.browser(house.owner)
    browser.get("/")
    page = tap(browser, question, CRESCENT)
    assert "Comprendre aussi ces mots comme Maison Delorière rue Crescent" in words(page)
    assert 'name="phrase" value="boutique du haut"' in page
    page = browser.post(f"/questions/{question}/understand", phrase="la boutique du haut")
    assert "Compris ; cela compte dès maintenant." in words(page)
    assert "Comprendre aussi" not in words(page)
    with house.app.store.reading() as tx:
        near = {word for watch in watches.of(tx, house.owner) for word in watch.near}
    assert near == {"la boutique du haut"}


def test_a_word_that_says_it_is_not_us_is_offered_and_kept(house: House) -> None:
    question = ask(house, SPARE, Ask.ABOUT_US, house.crescent)
    browser = house.browser(house.owner)
    browser.get("/")
    page = tap(browser, question, "Cela ne parle pas de nous")
    found = re.search(r'name="word" value="([^"]+)"', page)
    assert found
    browser.post(f"/questions/{question}/ignore", word="sanguine")
    with house.app.store.reading() as tx:
        assert {word for watch in watches.of(tx, house.owner) for word in watch.excluded} == {"sanguine"}


def test_what_cannot_be_is_refused_in_words(house: House) -> None:
    question = ask(house, SPARE, Ask.ABOUT_US, house.crescent)
    browser = house.browser(house.owner)
    browser.get("/")
    assert "Dites de quel lieu il s’agit." in words(browser.post(f"/questions/{question}", 400, answer="nonsense"))
    browser.get("/")
    tap(browser, question, CRESCENT)
    assert "trop court" in words(browser.post(f"/questions/{question}/understand", 400, phrase="x"))
    assert "Il n’y a rien ici" in words(house.browser(house.stranger).get(f"/questions/{question}", 404))


def test_it_speaks_english(house: House) -> None:
    plateau = sister(house)
    question = ask(house, SPARE, Ask.WHICH_PLACE, house.crescent, plateau)
    with house.app.store.transaction() as tx:
        members.set_language(tx, house.owner, "en")
    browser = house.browser(house.owner)
    assert "Was this about rue Crescent or boulevard Saint-Laurent?" in words(browser.get("/"))
    assert "It is about Maison Delorière rue Crescent." in words(tap(browser, question, CRESCENT))
