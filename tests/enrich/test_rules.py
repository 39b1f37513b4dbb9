"""The rules, searched only where their stems stand, say what they would say anywhere."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.enrich.rules import _spoken, rules, spoken
from ouidire.shield.fold import fold

WORDS = sorted({word for rule in rules().rules for word in re.findall(r"[a-z]+|\d", rule.say.pattern)})
said = st.lists(st.sampled_from([*WORDS, "?", "pas de", "hier", "m'a", "est-ce que"]), max_size=60).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(said, st.sampled_from(["fr", "en", "es"])), max_size=5))
def test_no_rule_is_left_out_that_would_speak(posts: list[tuple[str, str]]) -> None:
    texts, languages = [fold(text) for text, _ in posts], [language for _, language in posts]
    every = range(len(rules().rules))

    assert spoken(texts, languages) == [_spoken(*one, every) for one in zip(texts, languages, strict=True)]
