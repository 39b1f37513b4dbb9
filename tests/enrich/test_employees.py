"""The first reader's net for employees: whom it hears, whom it does not, and that nothing stops it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.enrich.employees import MOST_WORDS, Named, heard

NAMED = (
    ("Merci à Moussa pour son accueil", "Moussa"),
    ("Parfait, Maguema est au top", "Maguema"),
    ("c'est le facteur barbu qui a jeté mon colis", "barbu"),
    ("thanks to the tall guy at the desk, so kind", "tall"),
)
NOBODY = (
    ("La place Victor Hugo est belle", "Hugo"),
    ("ma copine Julie a adoré les frites", "Julie"),
    ("Merci au service, très bon accueil", "Merci"),
)
ODD = ("", " ", "🙃🙃", "\ud83d", "a\0b", "x" * 100_000, "mot " * 5_000, "да, 好的, oui", "ﬁ\u0301É-É")


def odds_of(named: Named, text: str, word: str) -> float:
    return next(float(odds) for (a, b), odds in zip(named.words, named.odds, strict=True) if text[a:b] == word)


@pytest.mark.parametrize(("text", "word"), NAMED)
def test_it_hears_who_works_there(text: str, word: str) -> None:
    assert odds_of(heard([text])[0], text, word) > 0


@pytest.mark.parametrize(("text", "word"), NOBODY)
def test_it_hears_who_does_not(text: str, word: str) -> None:
    assert odds_of(heard([text])[0], text, word) < -1


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_nothing_stops_it(text: str) -> None:
    (named,) = heard([text])

    assert len(named.words) == len(named.odds) <= MOST_WORDS
    assert all(0 <= a < b <= len(text) for a, b in named.words)


@given(st.lists(st.text(max_size=60), max_size=6))
def test_each_is_heard_as_if_alone(texts: list[str]) -> None:
    for one, text in zip(heard(texts), texts, strict=True):
        (alone,) = heard([text])
        assert one.words == alone.words
        assert one.odds == pytest.approx(alone.odds, abs=1e-3)
