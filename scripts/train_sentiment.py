"""Train the shipped sentiment weights: `python -m scripts.train_sentiment --data PATH`.

Seeded and repeatable; needs the optional group `train` (scikit-learn). Learns only from sets marked `ships`, from the
posts that we labelled and from those that we wrote, and from no text that also stands in a set which measures; the
temperature is fitted on texts that neither trained nor measure.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, diags, vstack
from scripts.examples import Example, invented, measured, ours
from sklearn.linear_model import LogisticRegression

from ouidire.enrich.sentiment import BITS, LABELS, ngrams
from ouidire.evaluation.corpora import TRAIN, TUNE, Corpus, texts_of, words_of, xed
from ouidire.shield.fold import fold

TARGET = Path(__file__).parents[1] / "src/ouidire/enrich/sentiment.npz"
OTHERS = tuple(Corpus("xed", code, True, xed(code, test=False), weight=0.5) for code in ("es", "de", "it", "nl", "pt"))
"""What the other languages learn from besides our posts: subtitles."""

OUR_WEIGHT = {"fr": 3.0, "en": 3.0}
"""Of our posts in each language; 2.0 of the others."""

TRAIN_CHARS = 700  # reviews of films and books are long, posts are not
Matrix = csr_matrix
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Texts:
    rows: Matrix
    labels: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]


def rows_of(texts: Sequence[str]) -> Matrix:
    """Each block of n-grams has length one, so that long texts do not shout."""
    columns, values, ends = [], [], [0]
    for text in texts:
        distinct = ngrams([fold(text[:TRAIN_CHARS]).text]).distinct
        for block in (distinct[distinct & 1 == 0] >> 1, distinct[distinct & 1 == 1] >> 1):  # words, then runs
            columns.append(block)
            values.append(np.full(len(block), 1 / np.sqrt(max(len(block), 1)), dtype=np.float32))
        ends.append(ends[-1] + len(columns[-1]) + len(columns[-2]))
    rows = csr_matrix((np.concatenate(values), np.concatenate(columns), ends), shape=(len(texts), 1 << BITS))
    rows.sum_duplicates()
    return rows


def load(corpora: Sequence[Corpus], data: Path, without: frozenset[str]) -> Texts:
    """All sets together but for the texts in `without` (see `texts_of`).

    Within a set all labels weigh alike: a set of praise must not teach that all is well.
    """
    texts: list[str] = []
    labels: list[int] = []
    weights: list[float] = []
    for corpus in corpora:
        assert corpus.ships, f"{corpus.name} may only measure"
        given = list(corpus.read(data))
        pairs = [(text, label) for text, label in given if words_of(text) not in without]
        print(f"{corpus.name:24} {corpus.language:6} {len(pairs):6}, {len(given) - len(pairs):3} left out")
        texts += [text for text, _ in pairs]
        labels += [label for _, label in pairs]
        weights += _balanced([label for _, label in pairs], corpus.weight)
    return Texts(rows_of(texts), np.array(labels), np.array(weights))


def posts(data: Path, without: frozenset[str]) -> tuple[Texts, Texts]:
    """Those that we labelled or wrote, each language a set of its own: what trains, and the tenth that does not."""
    every = {words_of(one.text): one for one in (*ours(data), *invented()) if one.sentiment is not None}
    kept = [one for key, one in every.items() if key not in without]
    return _posts([one for one in kept if not one.is_held_out]), _posts([one for one in kept if one.is_held_out])


def _posts(some: Sequence[Example]) -> Texts:
    sets = [[one for one in some if one.language == code] for code in sorted({one.language for one in some})]
    labels = [[one.sentiment or 0 for one in of_it] for of_it in sets]
    weights: list[float] = []
    for of_it, told in zip(sets, labels, strict=True):
        language = of_it[0].language
        print(f"{'our posts':24} {language:6} {len(of_it):6}")
        weights += _balanced(told, OUR_WEIGHT.get(language, 2.0))
    rows = rows_of([one.text for of_it in sets for one in of_it])
    return Texts(rows, np.concatenate(labels), np.array(weights))


def both(one: Texts, other: Texts) -> Texts:
    """Two sets as one."""
    labels, weights = np.concatenate((one.labels, other.labels)), np.concatenate((one.weights, other.weights))
    return Texts(vstack((one.rows, other.rows), format="csr"), labels, weights)


def _balanced(labels: Sequence[int], weight: float) -> list[float]:
    """A set's mass is its weight times the square root of its size, shared equally by its labels."""
    counts = np.bincount(labels, minlength=len(LABELS))
    mass = 40 * weight * np.sqrt(len(labels)) / np.count_nonzero(counts)
    return [float(mass / counts[label]) for label in labels]


def idf_of(rows: Matrix, at_least: int = 2) -> npt.NDArray[np.float32]:
    seen = np.bincount(rows.indices, minlength=rows.shape[1])
    idf = np.log(rows.shape[0] / np.maximum(seen, 1)).astype(np.float32)
    idf[seen < at_least] = 0
    return idf


def tempered(logits: Floats, labels: npt.NDArray[np.int64]) -> float:
    """The factor on the logits that makes held-out probabilities honest."""

    def loss(factor: float) -> float:
        scaled = logits * factor
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chosen = scaled[np.arange(len(labels)), labels] - np.log(np.exp(scaled).sum(axis=1))
        return -float(chosen.mean())

    return float(minimize_scalar(loss, bounds=(0.1, 5), method="bounded").x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=TARGET)
    parser.add_argument("--c", type=float, default=0.1)
    options = parser.parse_args()

    measures = measured(options.data)
    own, held_out = posts(options.data, measures)
    train = both(load((*TRAIN, *OTHERS), options.data, without=measures), own)
    idf = idf_of(train.rows)
    learner = LogisticRegression(C=options.c, max_iter=60, tol=1e-3, random_state=7)
    learner.fit(train.rows @ diags(idf), train.labels, sample_weight=train.weights)

    weights = (learner.coef_ * idf).T
    step = np.quantile(np.abs(weights[weights != 0]), 0.9999) / 127
    small = np.clip(np.rint(weights / step), -127, 127).astype(np.int8)
    tune = both(load(TUNE, options.data, without=measures | texts_of(TRAIN, options.data)), held_out)
    logits = np.asarray(tune.rows @ small.astype(np.float32)) * step + learner.intercept_
    factor = tempered(logits, tune.labels)
    print(f"factor {factor:.3f}, on held-out {np.mean(logits.argmax(axis=1) == tune.labels):.3f} of {len(tune.labels)}")
    np.savez_compressed(
        options.out,
        weights=small,
        step=np.full(len(LABELS), step * factor, dtype=np.float32),
        bias=(learner.intercept_ * factor).astype(np.float32),
    )
    print(f"{options.out.name}: {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
