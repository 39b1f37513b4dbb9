from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ouidire.web.marks import kept_together, pieces, words

spans = st.lists(st.tuples(st.integers(-3, 40), st.integers(-3, 40)))


@given(st.text(max_size=30), spans)
def test_cutting_a_text_loses_and_adds_no_letter(text: str, cuts: list[tuple[int, int]]) -> None:
    assert "".join(piece.text for piece in pieces(text, cuts)) == kept_together(text)
    assert kept_together(text).replace("\u00a0", " ") == text.replace("\u00a0", " ")


@given(st.text(max_size=30), spans)
def test_no_two_marked_pieces_touch(text: str, cuts: list[tuple[int, int]]) -> None:
    found = pieces(text, cuts)
    assert not any(a.is_marked and b.is_marked for a, b in pairwise(found))


def test_overlapping_spans_are_one_mark() -> None:
    assert words("trente minutes d'attente", [(7, 14), (0, 10)]) == ["trente minutes"]


def test_a_word_marked_twice_is_named_once() -> None:
    assert words("non, non", [(0, 3), (5, 8)]) == ["non"]
