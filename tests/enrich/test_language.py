"""Many texts at once are told apart as py3langid tells them one by one."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from ouidire.enrich import language


@cache
def _identifier() -> Any:
    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages([code for code in (*language.OURS, *language._OTHERS) if code in found.labels])
    return found


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text() | st.text(alphabet="abeiou éñçßłж漢 \ud800"), min_size=1, max_size=5))
@example(["", "MERCI À TOUS", "Bardzo dobre jedzenie, polecam", "e\u0301te\u0301", "很好吃"])
def test_languages_are_as_likely_as_one_by_one(texts: list[str]) -> None:
    ours, others = language._by_features(texts)

    for at, text in enumerate(texts):
        ranked = dict(_identifier().rank(text[:1500]))
        assert ours[at].tolist() == pytest.approx([ranked[code] for code in language.OURS], abs=1e-5)
        assert others[at] == pytest.approx(sum(ranked.values()) - sum(ranked[code] for code in language.OURS), abs=1e-5)
