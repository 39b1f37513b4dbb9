"""The name index against the simplest thing that could be right; the next automaton must pass the same."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.match.names import Hit, NameIndex


def plainly(patterns: dict[str, list[int]], folded: str) -> list[Hit]:
    hits = []
    for name, owners in patterns.items():
        for start in range(len(folded)):
            end = start + len(name)
            if folded[start:end] != name:
                continue
            before, after = folded[start - 1 : start] if start else "", folded[end : end + 1]
            if not before.isalnum() and not after.isalnum():
                hits += [(owner, start, end) for owner in set(owners)]
    return sorted(hits)


LETTERS = st.sampled_from([*"ab #@.é", "œ", "ß", "愛", "😂", "\ud800", "Ａ", "\u0301", "ﬁ", "'", "1"])
WORDS = st.lists(LETTERS, max_size=6).map("".join)
TEXTS = st.lists(st.one_of(LETTERS, st.characters(exclude_categories=())), max_size=60).map("".join)


@settings(max_examples=400)
@given(st.dictionaries(WORDS, st.lists(st.integers(0, 9), min_size=1, max_size=3), max_size=12), TEXTS)
def test_every_whole_word_is_found_and_nothing_else(patterns: dict[str, list[int]], text: str) -> None:
    folded = {fold(word): ids for word, ids in patterns.items()}
    names = {name: ids for name, ids in folded.items() if any(c.isalnum() for c in name)}
    assert NameIndex(names).scan(fold(text)) == plainly(names, fold(text))


@settings(max_examples=200)
@given(st.data())
def test_a_name_put_into_any_text_between_spaces_is_found(data: st.DataObject) -> None:
    name = fold(data.draw(TEXTS))
    if not any(c.isalnum() for c in name):
        return
    before, after = fold(data.draw(TEXTS)), fold(data.draw(TEXTS))
    start = len(before) + 1 if before else 0
    text = " ".join(part for part in (before, name, after) if part)
    assert (7, start, start + len(name)) in NameIndex([(name, 7)]).scan(text)


def test_lulu_is_not_in_lulubelle() -> None:
    index = NameIndex({"lulu": [1]})
    assert index.scan("lulubelle et zlulu et lulu2") == []
    assert index.scan("(lulu)") == [(1, 1, 5)]


def test_names_within_names_are_all_found() -> None:
    index = NameIndex({"la mie": [1], "la mie bretonne": [2, 3], "mie bretonne": [4]})
    assert index.scan("é la mie bretonne") == [(1, 2, 8), (2, 2, 17), (3, 2, 17), (4, 5, 17)]


def test_pairs_and_a_mapping_say_the_same() -> None:
    assert NameIndex([("lulu", 2), ("lulu", 1)]).scan("lulu") == NameIndex({"lulu": [1, 2]}).scan("lulu")


def test_an_index_of_nothing_finds_nothing() -> None:
    assert NameIndex({}).scan("lulu") == []


@pytest.mark.parametrize("name", ["", " ", "…", "#", "😂"])
def test_a_name_without_a_letter_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="no letter or digit"):
        NameIndex({name: [1]})
