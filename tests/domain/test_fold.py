from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.domain.fold import fold, fold_with_offsets, glue, span

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("œuf", "oeuf"),
        ("ŒUF", "oeuf"),
        ("L’Œuf", "l oeuf"),
        ("l'oeuf", "l oeuf"),
        ("L´œuf", "l oeuf"),
        ("É", "e"),
        ("E\u0301", "e"),
        ("ﬁn", "fin"),
        ("ＦＵＬＬ", "full"),
        ("zé\u200bro\u00adlar\ufeffge", "zerolarge"),
        ("Straße", "strasse"),
        ("Łódź", "lodz"),
        ("Smørrebrød", "smorrebrod"),
        ("İstanbul ıstanbul", "istanbul istanbul"),
        ("ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ"),
        ("𝓛𝓾𝓵𝓾", "lulu"),
        ("Saint-Malo, Saint\u2011Malo", "saint malo, saint malo"),
        ("la_mie", "la mie"),
        ("a\x00b", "a b"),
        ("a\ud800b", "a b"),
        (" \t un\n\n deux\u00a0 ", "un deux"),
        ("#Rennes @lulu", "#rennes @lulu"),
        ("", ""),
    ],
)
def test_what_people_spell_in_many_ways_folds_alike(written: str, folded: str) -> None:
    assert fold(written) == folded
    assert fold_with_offsets(written)[0] == folded


@given(ANY_TEXT)
def test_any_text_folds_to_something_that_no_longer_changes(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert "  " not in folded
    folded.encode()  # no lone surrogate is left


@given(st.text(max_size=60))
def test_composed_and_decomposed_text_fold_alike(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert fold(unicodedata.normalize(form, text)) == fold(text)


@given(ANY_TEXT)
def test_offsets_lead_from_each_folded_letter_to_the_character_it_came_from(text: str) -> None:
    folded, offsets = fold_with_offsets(text)
    assert folded == fold(text)
    assert offsets == sorted(offsets)
    assert len(offsets) == len(folded)
    for letter, at in zip(folded, offsets, strict=True):
        assert letter == " " or letter in fold(text[at])


def test_a_span_takes_the_accent_that_follows_its_last_letter() -> None:
    text = "un cafe\u0301 froid"
    folded, offsets = fold_with_offsets(text)
    start = folded.index("cafe")
    first, last = span(text, offsets, start, start + 4)
    assert text[first:last] == "cafe\u0301"


def test_glued_is_how_a_hashtag_is_written() -> None:
    assert glue(fold("L’Œuf à la Coque")) == "loeufalacoque"


@given(st.text("aÉé’ œ🥐\u0301\u200b\u3000ﬁ\n_-愛", max_size=30))
def test_offsets_are_the_same_a_word_or_a_letter_at_a_time(text: str) -> None:
    beside = fold_with_offsets(f"{text} ﬁ")  # a ligature: then it goes letter by letter
    folded, offsets = fold_with_offsets(text)
    assert beside[0].removesuffix("fi").strip() == folded
    assert beside[1][: len(offsets)] == offsets
