"""Which words are proposed as a name of one place, or as a sign that another is meant; and what could never be one."""

from __future__ import annotations

import pytest

from ouidire.errors import BadInput
from ouidire.inbox.phrases import fits, odd_word, place_phrase

KNOWN = ("Maison Delorière", "Montréal", "Toronto", "rue Crescent", "Centre-ville")


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("À la boutique du haut, personne ne vient.", "boutique du haut"),
        ("Le resto de la gare était plein.", "resto de la gare"),
        ("Delorière, métro Guy-Concordia : fermé.", "métro Guy-Concordia"),
        ("Your uptown store is a mess.", "uptown store"),
        ("The store near Guy station is closed.", "store near Guy station"),
        ("La nouvelle boutique est belle.", "nouvelle boutique"),
        ("Trente minutes à votre boutique de Montréal, debout.", ""),
        ("J'attends dans votre boutique depuis 30 minutes.", ""),
        ("Honte à Delorière.", ""),
        ("boutique", ""),
        ("", ""),
        ("🔥🔥 boutique 🔥", ""),
    ],
)
def test_what_may_name_a_place_and_says_something_new(text: str, phrase: str) -> None:
    """What the house knows already, such as its own town, tells no sister from another."""
    assert place_phrase(text, KNOWN) == phrase


@pytest.mark.parametrize(
    ("text", "name", "word"),
    [
        ("Une orange sanguine par jour", "orange", "sanguine"),
        ("La belle orange", "orange", "belle"),
        ("orange", "orange", ""),
        ("Maison orange", "orange", ""),
    ],
)
def test_the_word_beside_the_name(text: str, name: str, word: str) -> None:
    at = text.index(name)
    assert odd_word(text, [(at, at + len(name))], KNOWN) == word
    assert odd_word(text, [], KNOWN) == ""


@pytest.mark.parametrize("phrase", ["", "  ", "ab", "💐💐💐", "x" * 61, "un deux trois quatre cinq six sept"])
def test_what_could_never_be_recognised_is_refused(phrase: str) -> None:
    with pytest.raises(BadInput):
        fits(phrase)


def test_spaces_are_made_one() -> None:
    assert fits("  la  boutique du haut ") == "la boutique du haut"
