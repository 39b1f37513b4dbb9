"""Which words carried what was read: those on whose characters the most weight lies, of many readings at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Span
from ouidire.enrich import heads
from ouidire.enrich import sentiment as feelings
from ouidire.enrich.sentiment import Buckets, Ngrams

Weights = npt.NDArray[np.float64]
AT_MOST = 3


def of_feelings(grams: Ngrams, texts: Sequence[int], labels: Sequence[int]) -> list[tuple[Span, ...]]:
    """The words of each of `texts` that spoke most for its label, heaviest first."""
    some, whose = _of_texts(grams, texts)
    lead = feelings.leads(grams, some, np.array(labels)[whose])
    at = np.array(texts)
    worded, every = grams.worded[at], np.diff(grams.firsts)[at]
    is_worded = some - grams.firsts[at][whose] < worded[whose]
    size = np.where(is_worded, worded[whose], (every - worded)[whose])
    each = lead / np.maximum(grams.ends[some] - grams.starts[some], 1) / np.sqrt(size)
    before = _weight_before(grams, texts, some, whose, each, (is_worded, ~is_worded))
    return [_heaviest(before[job], grams.spans(text), 0.3, 0.02) for job, text in enumerate(texts)]


def of_heads(
    grams: Ngrams,
    texts: Sequence[int],
    sides: Sequence[tuple[int, int]],
    words: Sequence[Sequence[Span]],
) -> list[tuple[Span, ...]]:
    """Of `words` of each of `texts`, those that spoke most for one number rather than another (`heads.column`)."""
    some, whose = _of_texts(grams, texts)
    toward, against = np.array(sides)[whose].T
    lead = heads.leads(grams, some, toward, against)
    each = lead / np.maximum(grams.ends[some] - grams.starts[some], 1)
    before = _weight_before(grams, texts, some, whose, each, (slice(None),))
    return [_heaviest(before[job], of_it, 0.5, 0.0) for job, of_it in enumerate(words)]


def of_tokens(length: int, tokens: Sequence[Span], weights: Sequence[float], words: Sequence[Span]) -> tuple[Span, ...]:
    """Of `words` of one text, those on whose tokens the most weight lies."""
    per_char = np.zeros(length + 1)
    for (start, end), weight in zip(tokens, weights, strict=True):
        per_char[start:end] = weight / max(end - start, 1)
    return _heaviest(np.concatenate([[0.0], np.cumsum(per_char[:length])]), words, 0.5, 0.0)


def _of_texts(grams: Ngrams, texts: Sequence[int]) -> tuple[Buckets, Buckets]:
    """All n-grams of `texts`, which may name one several times, and which of these each is of."""
    at = np.array(texts)
    counts = np.diff(grams.firsts)[at]
    whose = np.repeat(np.arange(len(texts)), counts)
    return np.arange(len(whose)) + (grams.firsts[at] - np.cumsum(counts) + counts)[whose], whose


def _weight_before(
    grams: Ngrams,
    texts: Sequence[int],
    some: Buckets,
    whose: Buckets,
    each: Weights,
    parts: Sequence[npt.NDArray[np.bool_] | slice],
) -> Weights:
    """How much weight lies before each place of each text: that of an n-gram is spread over its characters."""
    width = int(grams.ends[some].max(initial=0)) + 2
    first, last = whose * width + grams.starts[some], whose * width + grams.ends[some]
    places = np.concatenate([side[part] for part in parts for side in (first, last)])
    values = np.concatenate([side[part] for part in parts for side in (each, -each)])
    slopes = np.bincount(places, values, minlength=len(texts) * width).reshape(len(texts), width)
    before = np.zeros((len(texts), width + 1))
    np.cumsum(np.cumsum(slopes, axis=1), axis=1, out=before[:, 1:])
    return before


def _heaviest(before: Weights, words: Sequence[Span], share: float, least: float) -> tuple[Span, ...]:
    """The words with the most weight, heaviest first; those under a share of the first, or under the least, are left
    out, and so are those that weigh against it."""
    ranked = sorted([(before.item(b) - before.item(a), (a, b)) for a, b in words], reverse=True)[:AT_MOST]
    floor = max(share * ranked[0][0], least) if ranked else 0.0
    return tuple(span for weight, span in ranked if weight > 0 and weight >= floor)
