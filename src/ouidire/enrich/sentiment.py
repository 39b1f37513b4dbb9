"""Sentiment by hashed n-grams: words one by one and in pairs, and runs of three to five characters.

The weights (`sentiment.npz`) are one int8 per bucket and class with the inverse document frequency folded in; they
are made by `scripts/train_sentiment.py`. Where they come from and how good they are: docs/model-card-sentiment.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from zlib import crc32

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Sentiment, Span

BITS = 20
LABELS = (Sentiment.NEGATIVE, Sentiment.NEUTRAL, Sentiment.POSITIVE)
MAX_CHARS = 5000
CHAR_RUNS = (3, 4, 5)

_WORD = re.compile(r"\w+|[^\w\s]")
_BLANK = ord(" ")
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
    """The n-grams of some texts, text after text; of each words and signs, their pairs, then runs, short ones first.

    `buckets` are what they fall on, `starts` and `ends` where they stand in their text, whose length is one of
    `lengths`. A text's begin at one of `firsts` (one more than texts), `words` of them are words and signs, `worded`
    words and pairs. `distinct` holds each of a text's buckets once in words and once in runs: its text, the bucket and
    whether it is of a run, as one number, in order.
    """

    buckets: Buckets
    starts: Buckets
    ends: Buckets
    lengths: Buckets
    firsts: Buckets
    words: Buckets
    worded: Buckets
    distinct: Buckets

    def spans(self, text: int) -> list[Span]:
        """Where the words and signs of one of the texts stand."""
        some = slice(self.firsts[text], self.firsts[text] + self.words[text])
        return list(zip(self.starts[some].tolist(), self.ends[some].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Model:
    """Weights per bucket and class, the factor of each class's int8 step, and the bias; logits are already tempered."""

    weights: npt.NDArray[np.int8]
    step: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class _Kind:
    """N-grams of one kind: their hashes, whose they are, and where they stand, in all texts put together."""

    hashes: npt.NDArray[np.uint64]
    owners: Buckets
    starts: Buckets
    ends: Buckets


def ngrams(texts: Sequence[str]) -> Ngrams:
    """The n-grams of folded texts, at most the first `MAX_CHARS` characters; the same in training and in reading."""
    texts = [text[:MAX_CHARS] for text in texts]
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    joined = "".join([f" {text} " for text in texts])
    codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)), lengths + 2)
    words = _words(joined, codes, owners)
    kinds = [words, _pairs(words), *_runs(codes, owners)]
    counts = np.stack([np.bincount(kind.owners, minlength=len(texts)) for kind in kinds])
    firsts = np.concatenate([[0], np.cumsum(counts.sum(axis=0))])
    places = np.concatenate(list(_places(kinds, counts, firsts)))
    opens = np.cumsum(lengths + 2) - lengths - 1
    whose = np.concatenate([kind.owners for kind in kinds])
    starts = np.concatenate([kind.starts for kind in kinds]) - opens[whose]
    ends = np.concatenate([kind.ends for kind in kinds]) - opens[whose]
    buckets = _bucket(np.concatenate([kind.hashes for kind in kinds]))
    is_run = np.arange(len(buckets)) >= counts[:2].sum()
    return Ngrams(
        buckets=_placed(buckets, places),
        starts=_placed(np.maximum(starts, 0), places),
        ends=_placed(np.minimum(ends, lengths[whose]), places),
        lengths=lengths,
        firsts=firsts,
        words=counts[0],
        worded=counts[0] + counts[1],
        distinct=_distinct(_placed((whose << (BITS + 1)) | (buckets << 1) | is_run, places), firsts),
    )


def _words(joined: str, codes: npt.NDArray[np.uint64], owners: Buckets) -> _Kind:
    """Words and signs: what is no blank belongs to one of them, so their lengths tell where they stand."""
    words = _WORD.findall(joined)
    hashes = {word: crc32(word.encode("utf-8", "replace")) for word in set(words)}
    said = np.flatnonzero(codes != _BLANK)
    ends = np.cumsum(np.fromiter(map(len, words), dtype=np.int64, count=len(words)))
    sizes = np.diff(ends, prepend=0)
    starts = said[ends - sizes]
    found = np.fromiter(map(hashes.__getitem__, words), dtype=np.uint64, count=len(words))
    return _Kind(found, owners[starts], starts, starts + sizes)


def _pairs(words: _Kind) -> _Kind:
    of_one = words.owners[:-1] == words.owners[1:]
    hashes = words.hashes[:-1] * _PRIMES[1] + words.hashes[1:] * _PRIMES[2]
    return _Kind(hashes[of_one], words.owners[:-1][of_one], words.starts[:-1][of_one], words.ends[1:][of_one])


def _runs(codes: npt.NDArray[np.uint64], owners: Buckets) -> Iterator[_Kind]:
    """Runs of characters, with the blank before a text and that behind it."""
    total = codes * _PRIMES[0]
    for length in range(2, max(CHAR_RUNS) + 1):
        total = total[:-1] + codes[length - 1 :] * _PRIMES[length - 1]
        if length in CHAR_RUNS:
            starts = np.flatnonzero(owners[: len(total)] == owners[length - 1 :])
            yield _Kind(total[starts] + np.uint64(length), owners[starts], starts, starts + length)


def _places(kinds: Sequence[_Kind], counts: Buckets, firsts: Buckets) -> Iterator[Buckets]:
    """Where each n-gram goes for the texts to follow each other."""
    before = np.cumsum(counts, axis=0) - counts + firsts[:-1]
    for kind, of_each, first in zip(kinds, counts, before, strict=True):
        yield np.arange(len(kind.owners)) + (first - np.cumsum(of_each) + of_each)[kind.owners]


def _placed(values: Buckets, places: Buckets) -> Buckets:
    placed = np.empty_like(values)
    placed[places] = values
    return placed


def _distinct(keys: Buckets, firsts: Buckets) -> Buckets:
    """`keys` in order, each once; they are so text by text already, and short stretches are sorted much faster."""
    for first, end in pairwise(firsts.tolist()):
        keys[first:end].sort()
    return each_once(keys)


def each_once(keys: Buckets) -> Buckets:
    """`keys`, which are in order, each once."""
    return keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys


def _bucket(hashes: npt.NDArray[np.uint64]) -> Buckets:
    mixed = hashes * _MIX
    mixed ^= mixed >> np.uint64(29)
    buckets: Buckets = ((mixed * _PRIMES[0]) >> _SHIFT).astype(np.int64)
    return buckets


@cache
def model() -> Model:
    """The shipped weights, read once."""
    with resources.files(__package__).joinpath("sentiment.npz").open("rb") as file, np.load(file) as kept:
        return Model(kept["weights"], kept["step"], kept["bias"])


def logits(grams: Ngrams) -> Floats:
    """One number per text and label, tempered so that their softmax is an honest probability."""
    kept, texts = model(), len(grams.lengths)
    blocks = (grams.distinct >> (BITS + 1) << 1) | (grams.distinct & 1)
    rows = kept.weights.take(grams.distinct >> 1 & ((1 << BITS) - 1), axis=0)
    sums = [np.bincount(blocks, rows[:, label], minlength=2 * texts) for label in range(len(LABELS))]
    counts = np.maximum(np.bincount(blocks, minlength=2 * texts), 1)
    scores = np.stack(sums, axis=1).astype(np.float32) / np.sqrt(counts).astype(np.float32)[:, None]
    total: Floats = (scores[0::2] + scores[1::2]) * kept.step + kept.bias
    return total


def softmax(values: Floats) -> Floats:
    """Each row of `values` as probabilities."""
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def leads(grams: Ngrams, some: Buckets, toward: Buckets) -> npt.NDArray[np.float64]:
    """How much each of `some` n-grams spoke for the label `toward` against the others."""
    kept = model()
    rows = kept.weights.take(grams.buckets[some], axis=0)
    each = [rows[:, label].astype(np.float64) * kept.step[label] for label in range(len(LABELS))]
    own = np.choose(toward, each)
    lead: npt.NDArray[np.float64] = own - (sum(each) - own) / (len(LABELS) - 1)
    return lead
