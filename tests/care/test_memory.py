from __future__ import annotations

import sys

import pytest

from ouidire.care import memory
from ouidire.care.health import memory_mb


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be asked")
def test_what_is_free_is_given_back() -> None:
    memory.few_heaps()
    many = [bytes(1_000) for _ in range(60_000)]
    last = many[-1]  # stands at the end of the heap, so that nothing before it goes back by itself
    full = memory_mb()
    many.clear()
    memory.give_back()
    assert len(last) == 1_000
    assert memory_mb() < full - 20
