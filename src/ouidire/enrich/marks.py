"""Which words carried what was read: those on whose characters the most weight lies, of many readings at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from ouidire.domain.enrichment import Span
from ouidire.enrich import heads
from ouidire.enrich import sentiment as feelings
from ouidire.enrich.sentiment import Buckets, Ngrams

Weights = npt.NDArray[np.float64]
AT_MOST = 3


def of_feelings(grams: Ngrams, texts: Sequence[int], labels: Sequence[int]) -> list[list[float]]:
    """Of each of `texts` how much each of its words spoke for its label."""
    at = np.array(texts)
    some, whose = _stretches(grams.firsts[at], np.diff(grams.firsts)[at])
    worded, runs = grams.worded[at], np.diff(grams.firsts)[at] - grams.worded[at]
    is_worded = some < (grams.firsts[at] + worded)[whose]
    roots = np.sqrt(np.where(is_worded, worded[whose], runs[whose]))
    each = feelings.leads(grams, some, np.array(labels)[whose]) / _widths(grams, some) / roots
    return _of_words(grams, at, _spread(grams, some, whose, each, (is_worded, ~is_worded)))


def of_heads(grams: Ngrams, texts: Sequence[int], columns: Sequence[tuple[int, int]]) -> list[list[float]]:
    """Of each of `texts` how much each of its words spoke for one number rather than another (`heads.column`)."""
    at = np.array(texts)
    some, whose = _stretches(grams.firsts[at], np.diff(grams.firsts)[at])
    toward, against = np.array(columns).T
    each = heads.leads(grams, some, toward[whose], against[whose]) / _widths(grams, some)
    return _of_words(grams, at, _spread(grams, some, whose, each, (slice(None),)))


def of_tokens(length: int, tokens: Sequence[Span], weights: Sequence[float], words: Sequence[Span]) -> list[float]:
    """How much weight of its tokens lies on each of the words of a text."""
    per_char = np.zeros(length + 1)
    for (start, end), weight in zip(tokens, weights, strict=True):
        per_char[start:end] = weight / max(end - start, 1)
    before = np.concatenate([[0.0], np.cumsum(per_char[:length])]).tolist()
    return [before[end] - before[start] for start, end in words]


def heaviest(weights: Iterable[float], words: Iterable[Span], share: float, least: float = 0.0) -> tuple[Span, ...]:
    """The words with the most weight, heaviest first; those under a share of the first, or under the least, are left
    out, and so are those that weigh against it."""
    ranked = sorted(zip(weights, words, strict=True), reverse=True)[:AT_MOST]
    floor = max(share * ranked[0][0], least) if ranked else 0.0
    return tuple([word for weight, word in ranked if weight > 0 and weight >= floor])


def _stretches(firsts: Buckets, counts: Buckets) -> tuple[Buckets, Buckets]:
    """The numbers from each of `firsts` on, and to which each belongs."""
    whose = np.repeat(np.arange(len(counts)), counts)
    return np.arange(len(whose)) + (firsts - np.cumsum(counts) + counts)[whose], whose


def _widths(grams: Ngrams, some: Buckets) -> Buckets:
    return np.asarray(np.maximum(grams.ends[some] - grams.starts[some], 1))


def _spread(
    grams: Ngrams, some: Buckets, whose: Buckets, each: Weights, parts: Sequence[npt.NDArray[np.bool_] | slice]
) -> Weights:
    """How much weight lies before each place of each text: that of an n-gram is spread over its characters."""
    width, texts = int(grams.ends[some].max(initial=0)) + 2, int(whose.max(initial=0)) + 1
    first, last = whose * width + grams.starts[some], whose * width + grams.ends[some]
    places = np.concatenate([side[part] for part in parts for side in (first, last)])
    values = np.concatenate([side[part] for part in parts for side in (each, -each)])
    before = np.zeros((texts, width + 1))
    slopes = np.bincount(places, values, minlength=texts * width).reshape(texts, width)
    np.cumsum(np.cumsum(slopes, axis=1), axis=1, out=before[:, 1:])
    return before


def _of_words(grams: Ngrams, texts: Buckets, before: Weights) -> list[list[float]]:
    """The weight of each of the texts' words."""
    words, whose = _stretches(grams.firsts[texts], grams.words[texts])
    weights = (before[whose, grams.ends[words]] - before[whose, grams.starts[words]]).tolist()
    bounds = np.cumsum(grams.words[texts]).tolist()
    return [weights[start:end] for start, end in zip([0, *bounds], bounds, strict=False)]
