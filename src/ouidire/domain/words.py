"""Which words everybody uses: how often words and short phrases stand in public posts (`scripts/count_words.py`)."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from importlib.resources import files


@cache
def common() -> Mapping[str, float]:
    """Folded phrases of up to three words, and in how many of 10,000 posts each stands; rare ones are absent."""
    raw = files("ouidire.domain").joinpath("common_words.csv.gz").read_bytes()
    rows = (line.rpartition(",") for line in gzip.decompress(raw).decode("utf-8").splitlines())
    return {phrase: float(rate) for phrase, _, rate in rows}
