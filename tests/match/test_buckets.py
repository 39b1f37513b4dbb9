"""The weights that ship are of the size that is read, and a file of another size is told at once."""

from __future__ import annotations

import pytest

from ouidire.match import contrast, wording
from ouidire.match.buckets import Buckets


@pytest.mark.parametrize(("name", "bits"), [("wording.npz", wording.BITS), ("contrast.npz", contrast.BITS)])
def test_the_shipped_weights_are_small_and_of_the_size_that_is_read(name: str, bits: int) -> None:
    held = Buckets.shipped(name, bits)
    every = [held[at] for at in range(1 << bits)]
    step = min(abs(one) for one in every if one)
    assert 0 < max(map(abs, every)) <= 127 * step * 1.001
    with pytest.raises(IndexError):
        held[1 << bits]
    with pytest.raises(RuntimeError, match="does not hold"):
        Buckets.shipped(name, bits + 1)


def test_a_sum_is_each_number_times_its_share() -> None:
    held = Buckets(bytes((1, 2, 255)), 0.5)
    assert held.sum((0, 2), (1.0, 0.5)) == pytest.approx(0.5 * (1 - 0.5))
