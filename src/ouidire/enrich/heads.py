"""The first reader's other tasks by hashed n-grams: the act, the aspects with their polarity, and whether it is urgent.

The weights (`heads.npz`) are one int8 per bucket and number, made by `scripts/train_heads.py` from labelled posts and
from what the second reader says of posts without labels (a small model taught by a larger one: Hinton et al. 2015,
arXiv:1503.02531). How good they are: docs/model-card-first-reader.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Act, Aspect
from ouidire.enrich.sentiment import BITS as SENTIMENT_BITS
from ouidire.enrich.sentiment import Buckets, Floats, Ngrams, each_once

BITS = 16
HEADS = {"act": len(Act), "urgent": 1, "mixed": 1, "irony": 1, "aspects": 4 * len(Aspect)}
OUTPUTS = sum(HEADS.values())


@dataclass(frozen=True, slots=True)
class Model:
    """Weights (2^16, outputs), the size of one int8 step a number, and what every text begins with."""

    weights: npt.NDArray[np.int8]
    step: Floats
    bias: Floats


@dataclass(frozen=True, slots=True)
class Heard:
    """Logits of some texts: `act` (texts, 10), `aspects` (texts, 11, 4), `flags` (texts, 3): urgent, mixed, irony."""

    act: Floats
    aspects: Floats
    flags: Floats


@cache
def model() -> Model:
    """The shipped weights, read once."""
    with resources.files(__package__).joinpath("heads.npz").open("rb") as file, np.load(file) as kept:
        return Model(kept["weights"], kept["step"], kept["bias"])


def buckets(grams: Ngrams) -> tuple[Buckets, Buckets]:
    """The buckets that the texts' n-grams fall on, each once a text, and whose they are: a subset of the sentiment's
    hash bits, words and runs together."""
    keys = each_once(grams.distinct >> (SENTIMENT_BITS - BITS + 1))
    return keys & ((1 << BITS) - 1), keys >> BITS


def heard(grams: Ngrams) -> Heard:
    """What the n-grams say of each text."""
    kept, texts = model(), len(grams.lengths)
    seen, whose = buckets(grams)
    firsts = np.searchsorted(whose, np.arange(texts + 1))
    rows = kept.weights.take(seen, axis=0)
    sums = np.stack([rows[a:b].sum(axis=0, dtype=np.int32) for a, b in pairwise(firsts.tolist())])
    roots: Floats = np.sqrt(np.maximum(np.diff(firsts), 1)).astype(np.float32)[:, None]
    total: Floats = kept.bias + sums.astype(np.float32) * kept.step / roots
    acts, others = HEADS["act"], OUTPUTS - HEADS["aspects"]
    return Heard(total[:, :acts], total[:, others:].reshape(texts, -1, 4), total[:, acts:others])


@cache
def column(head: str, index: int) -> int:
    """The column of a task's number among the weights."""
    names = list(HEADS)
    return sum(HEADS[name] for name in names[: names.index(head)]) + index


def leads(grams: Ngrams, some: Buckets, toward: Buckets, against: Buckets) -> Floats:
    """How much each of `some` n-grams spoke for one number, or for it rather than another (-1: none)."""
    kept, rows = model(), (grams.buckets[some] >> (SENTIMENT_BITS - BITS)) * OUTPUTS
    weights, steps = kept.weights.ravel(), np.append(kept.step, np.float32(0))
    lead: Floats = weights.take(rows + toward) * steps[toward] - weights.take(rows + against) * steps[against]
    return lead
