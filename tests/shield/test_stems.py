"""A pattern is only searched where one of its stems stands: that must leave out nothing that it says."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ouidire.enrich.rules import rules
from ouidire.shield.fold import fold
from ouidire.shield.staff import _cues
from ouidire.shield.stems import Stems

EVERY = [*(rule.say for rule in rules().rules), *_cues().described]
STEMS = Stems([pattern.pattern for pattern in EVERY])
WORDS = sorted({word for pattern in EVERY for word in re.findall(r"[a-z]+|\d", pattern.pattern)})

said = st.lists(st.sampled_from([*WORDS, "?", ".", "m.", "l'", "12"]), max_size=40)
joined = st.tuples(said, st.sampled_from([" ", "  ", "", "'", "-", "? "])).map(lambda some: some[1].join(some[0]))


@st.composite
def spoken(draw: st.DrawFn) -> str:
    """What one of the patterns matches, with anything around it."""
    pattern = draw(st.sampled_from(EVERY)).pattern.removeprefix(r"(?<!\w)").removesuffix(r"(?!\w)")
    match = draw(st.from_regex(re.compile(pattern), fullmatch=True))
    around = st.sampled_from(["", " ", ".", "(", "?", "l'", "x", "é ", "\ud800"])
    return f"{draw(around)}{match}{draw(around)}"


def _matching(text: str) -> set[int]:
    return {at for at, pattern in enumerate(EVERY) if pattern.search(text)}


@settings(max_examples=300, deadline=None)
@given(st.lists(joined | spoken() | st.text(), max_size=4))
@example(["3 h d'attente", "ça sent le gaz ?", "٣ h d'attente", "", "cafard"])
def test_what_has_no_stem_does_not_match(texts: list[str]) -> None:
    folded = [fold(text).text for text in texts]

    for text, may in zip(folded, STEMS.may_match(folded), strict=True):
        assert _matching(text) <= may


def test_most_patterns_are_left_out_of_most_texts() -> None:
    (may,) = STEMS.may_match(["nous sommes passes samedi midi en famille"])

    assert len(may) <= 2


@pytest.mark.parametrize(
    "pattern",
    [
        r"\w+",
        r".{3,9}",
        r"[^ ]+",
        r"ca",
        r"(?:cafard)?",
        r"(?:cafard|\w)",
        r"(?i:cafard)",
        r"(?i)cafard",
        r"(caf)\1",
        r"(?:cafard)*",
    ],
)
def test_what_can_match_anything_is_never_left_out(pattern: str) -> None:
    assert 0 in Stems([pattern]).may_match(["CAFARD cafcaf ca va"])[0]
