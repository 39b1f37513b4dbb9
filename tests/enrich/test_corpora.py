"""What trains the shipped weights stands in no set that measures them."""

from __future__ import annotations

from pathlib import Path

from ouidire.evaluation.corpora import POLAR, TEST, TRAIN, Corpus, allocine, invented, texts_of, words_of


def test_copies_of_a_text_are_known_in_any_spelling() -> None:
    assert words_of("Très bon… L’accueil, à revoir !") == words_of("  tres bon l'accueil a REVOIR")
    assert words_of("Très bon") != words_of("Pas très bon")
    assert words_of("😀") != words_of("😡")


def test_what_measures_is_known_before_training_and_a_set_that_is_absent_has_nothing(tmp_path: Path) -> None:
    absent = Corpus("allocine", "fr", True, allocine("test_data_allocine_full.csv"), POLAR)
    held_out = Corpus("invented, held out", "fr+en", True, invented(test=True))

    measured = texts_of([absent, held_out], tmp_path)

    assert measured == {words_of(text) for text, _ in invented(test=True)(tmp_path)}
    assert measured


def test_a_set_that_only_measures_never_trains() -> None:
    assert all(corpus.ships for corpus in TRAIN)
    assert not all(corpus.ships for corpus in TEST)
