from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.match import model
from ouidire.match.model import Model, Thresholds, Weights, sigmoid

TINY = Model(
    {},
    Weights({"bias": -1.0, "handle": 4.0, "far": -2.0}, slope=0.5, shift=0.25),
    Weights({"street": 2.0, "unknown": 1.0}),
    Thresholds(0.5, 0.25, 0.9, 0.8, 0.8),
)


def test_the_probability_is_the_sum_of_what_each_value_moves() -> None:
    values = {"handle": 1.0, "far": 1.0}
    moved = sum(TINY.about.of(name, value) for name, value in values.items())
    assert moved == 0.5 * (4 - 2)
    assert TINY.is_about(values) == pytest.approx(sigmoid(0.5 * -1 + moved + 0.25))


def test_what_the_model_does_not_know_moves_nothing() -> None:
    assert TINY.about.of("moon", 3.0) == 0
    assert TINY.is_about({"moon": 3.0}) == TINY.is_about({})


@given(st.lists(st.floats(-500, 500), max_size=8), st.floats(-500, 500))
def test_shares_are_probabilities_whatever_they_are_made_of(streets: list[float], unknown: float) -> None:
    shares = TINY.shares([{"street": one} for one in streets], {"unknown": unknown})
    assert math.isclose(sum(shares.candidates) + shares.unknown, 1.0, rel_tol=1e-9)
    assert all(0 <= p <= 1 for p in (*shares.candidates, shares.unknown))


def test_a_file_that_is_no_model_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="trained_on"):
        model.read(b"{}")


def test_the_shipped_model_says_what_it_was_trained_on_and_its_thresholds_are_in_order() -> None:
    shipped = model.shipped()
    limits = shipped.thresholds
    assert {"posts", "about", "place", "by"} <= shipped.trained_on.keys()
    assert 0 < limits.perhaps < limits.about <= limits.only <= limits.place < 1
    assert all(math.isfinite(weight) for weights in (shipped.about, shipped.place) for weight in weights.by.values())
