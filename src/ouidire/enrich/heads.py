"""The first reader's other tasks by hashed n-grams: the act, the aspects with their polarity, and whether it is urgent.

The weights (`heads.npz`) are one int8 per bucket and number, made by `scripts/train_heads.py` from labelled posts and
from what the second reader says of posts without labels (a small model taught by a larger one: Hinton et al. 2015,
arXiv:1503.02531). How good they are: docs/model-card-first-reader.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Act, Aspect, Span
from ouidire.enrich.sentiment import BITS as SENTIMENT_BITS
from ouidire.enrich.sentiment import CHAR_RUNS, Buckets, Floats, Ngrams

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
    """Logits of one text: `act` (10,), `aspects` (11, 4), and one number each for urgent, mixed, irony."""

    act: Floats
    aspects: Floats
    urgent: float
    mixed: float
    irony: float


@cache
def model() -> Model:
    """The shipped weights, read once."""
    with resources.files(__package__).joinpath("heads.npz").open("rb") as file, np.load(file) as kept:
        return Model(kept["weights"], kept["step"], kept["bias"])


def buckets(grams: Ngrams) -> Buckets:
    """The buckets of a text's n-grams, words and runs together; a subset of the sentiment's hash bits."""
    return np.concatenate([grams.words, grams.chars]) >> (SENTIMENT_BITS - BITS)


def heard(grams: Ngrams) -> Heard:
    """What the n-grams say of a text."""
    kept, seen = model(), np.unique(buckets(grams))
    total = kept.bias
    if len(seen):
        total = total + kept.weights[seen].sum(axis=0, dtype=np.float32) * kept.step / np.float32(np.sqrt(len(seen)))
    bounds = np.cumsum(list(HEADS.values()))
    act, urgent, mixed, irony, aspects = np.split(total, bounds[:-1])
    return Heard(act, aspects.reshape(-1, 4), float(urgent[0]), float(mixed[0]), float(irony[0]))


def column(head: str, index: int) -> int:
    """The column of a task's number among the weights."""
    names = list(HEADS)
    return sum(HEADS[name] for name in names[: names.index(head)]) + index


def weight_per_char(grams: Ngrams, length: int, toward: int, against: int | None) -> npt.NDArray[np.float64]:
    """How much each character of the folded text spoke for one number, or for it rather than another."""
    kept, slope = model(), np.zeros(length + 2)
    starts = np.concatenate([np.arange(count) for count in grams.run_counts]) - 1
    runs = np.clip(np.stack([starts, starts + np.repeat(CHAR_RUNS, grams.run_counts)], axis=1), 0, length)
    words = np.array(grams.word_spans + grams.pair_spans).reshape(-1, 2)
    spans = np.concatenate([words, runs])
    rows = kept.weights[buckets(grams)]
    lead = rows[:, toward] * kept.step[toward]
    if against is not None:
        lead = lead - rows[:, against] * kept.step[against]
    each = lead / np.maximum(spans[:, 1] - spans[:, 0], 1)
    np.add.at(slope, spans[:, 0], each)
    np.add.at(slope, spans[:, 1], -each)
    spread: npt.NDArray[np.float64] = np.cumsum(slope)[:length]
    return spread


def heavy(per_char: npt.NDArray[np.float64], words: list[Span], at_most: int = 3) -> tuple[Span, ...]:
    """The words on which the most weight lies, heaviest first; those under half of the first are left out."""
    before = np.concatenate([[0.0], np.cumsum(per_char)])
    ranked = sorted(((float(before[b] - before[a]), (a, b)) for a, b in words), reverse=True)[:at_most]
    floor = 0.5 * ranked[0][0] if ranked and ranked[0][0] > 0 else 0.0
    return tuple(span for weight, span in ranked if weight > 0 and weight >= floor)
