"""Sentiment by hashed n-grams: words one by one and in pairs, and runs of three to five characters.

The weights (`sentiment.npz`) are one int8 per bucket and class with the inverse document frequency folded in; they
are made by `scripts/train_sentiment.py`. Where they come from and how good they are: docs/model-card-sentiment.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Sentiment, Span
from ouidire.shield.fold import Folded

BITS = 20
LABELS = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
MAX_CHARS = 5000
CHAR_RUNS = (3, 4, 5)

_WORD = re.compile(r"\w+|[^\w\s]")
_SHIFT = np.uint64(64 - BITS)
_PRIMES = np.array(
    [0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5],
    dtype=np.uint64,
)
_MIX = np.uint64(0xD6E8FEB86659FD93)

Buckets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ngrams:
    """A text's n-grams: their buckets, words before pairs, short runs before long ones, and where they stand."""

    words: Buckets
    chars: Buckets
    word_spans: list[Span]
    pair_spans: list[Span]
    run_counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """Weights per bucket and class, the factor of each class's int8 step, and the bias; logits are already tempered."""

    weights: npt.NDArray[np.int8]
    step: Floats
    bias: Floats


def _bucket(hashes: npt.NDArray[np.uint64]) -> Buckets:
    mixed = hashes * _MIX
    mixed ^= mixed >> np.uint64(29)
    buckets: Buckets = ((mixed * _PRIMES[0]) >> _SHIFT).astype(np.int64)
    return buckets


def _runs(codes: npt.NDArray[np.uint64], length: int) -> npt.NDArray[np.uint64]:
    count = len(codes) - length + 1
    if count <= 0:
        return np.empty(0, dtype=np.uint64)
    total = np.full(count, length, dtype=np.uint64)
    for place in range(length):
        total += codes[place : place + count] * _PRIMES[place]
    return total


def ngrams(text: str) -> Ngrams:
    """The n-grams of a folded text, at most its first `MAX_CHARS` characters; the same in training and in reading."""
    text = text[:MAX_CHARS]
    spans = [found.span() for found in _WORD.finditer(text)]
    hashes = np.array([crc32(text[a:b].encode("utf-8", "replace")) for a, b in spans], dtype=np.uint64)
    pairs = hashes[:-1] * _PRIMES[1] + hashes[1:] * _PRIMES[2]
    codes = np.frombuffer(f" {text} ".encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    runs = [_runs(codes, length) for length in CHAR_RUNS]
    return Ngrams(
        words=_bucket(np.concatenate([hashes, pairs])),
        chars=_bucket(np.concatenate(runs)),
        word_spans=spans,
        pair_spans=[(a[0], b[1]) for a, b in pairwise(spans)],
        run_counts=tuple(len(run) for run in runs),
    )


@cache
def model() -> Model:
    """The shipped weights, read once."""
    with resources.files(__package__).joinpath("sentiment.npz").open("rb") as file, np.load(file) as kept:
        return Model(kept["weights"], kept["step"], kept["bias"])


def _scores(buckets: Buckets, weights: npt.NDArray[np.int8]) -> Floats:
    seen = np.unique(buckets)
    if not len(seen):
        return np.zeros(len(LABELS), dtype=np.float32)
    total: Floats = weights[seen].sum(axis=0, dtype=np.float32)
    return total / np.float32(np.sqrt(len(seen)))


def logits(grams: Ngrams) -> Floats:
    """One number per label, tempered so that their softmax is an honest probability."""
    kept = model()
    total: Floats = (_scores(grams.words, kept.weights) + _scores(grams.chars, kept.weights)) * kept.step + kept.bias
    return total


def softmax(values: Floats) -> tuple[float, float, float]:
    """`values` as probabilities, negative, neutral, positive."""
    powers = np.exp(values - values.max())
    negative, neutral, positive = (powers / powers.sum()).tolist()
    return negative, neutral, positive


def heavy_words(folded: Folded, grams: Ngrams, label: Sentiment, at_most: int = 3) -> tuple[Span, ...]:
    """The words that spoke most for `label` against the others, heaviest first, in the original text's offsets."""
    length = min(len(folded.text), MAX_CHARS)
    per_char = _weight_per_char(grams, LABELS.index(label), length)
    before = np.concatenate([[0.0], np.cumsum(per_char)])
    ranked = sorted(((float(before[b] - before[a]), (a, b)) for a, b in grams.word_spans), reverse=True)[:at_most]
    floor = max(0.3 * ranked[0][0], 0.02) if ranked else 0.0
    return tuple(folded.span(a, b) for weight, (a, b) in ranked if weight >= floor)


def _weight_per_char(grams: Ngrams, column: int, length: int) -> npt.NDArray[np.float64]:
    """How much each character of the folded text spoke for a label: each n-gram's weight spread over its characters."""
    slope = np.zeros(length + 2)
    _spread(slope, grams.words, np.array(grams.word_spans + grams.pair_spans).reshape(-1, 2), column)
    starts = np.concatenate([np.arange(count) for count in grams.run_counts]) - 1
    sizes = np.repeat(CHAR_RUNS, grams.run_counts)
    _spread(slope, grams.chars, np.clip(np.stack([starts, starts + sizes], axis=1), 0, length), column)
    spread: npt.NDArray[np.float64] = np.cumsum(slope)[:length]
    return spread


def _spread(slope: npt.NDArray[np.float64], buckets: Buckets, spans: Buckets, column: int) -> None:
    if not len(buckets):
        return
    rows = model().weights[buckets].astype(np.float64) * model().step
    lead = rows[:, column] - (rows.sum(axis=1) - rows[:, column]) / (len(LABELS) - 1)
    each = lead / np.maximum(spans[:, 1] - spans[:, 0], 1) / np.sqrt(len(buckets))
    np.add.at(slope, spans[:, 0], each)
    np.add.at(slope, spans[:, 1], -each)
