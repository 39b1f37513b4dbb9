"""Which language a text is in: one of ours, or honestly 'und'.

Two opinions multiplied: a softmax over hashed runs of one to five characters and whole words of our seven languages
(`scripts/train_language.py`), which is right about ten characters, and py3langid, which knows the others too.
Both hear many texts at once.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from mmap import ACCESS_READ, mmap
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

OURS = ("fr", "en", "es", "de", "it", "nl", "pt")
UNKNOWN = "und"
BITS, RUNS = 17, 5
"""The table has 2^BITS rows; the longest run of characters that is counted."""

# Kept so that a Polish or Arabic post is not called English; more columns would only cost memory.
_OTHERS = (
    *("ca", "gl", "oc", "ro", "pl", "cs", "sk", "sl", "hr", "sr", "bg", "ru", "uk", "el", "hu", "fi", "sv", "no", "da"),
    *("tr", "ar", "fa", "he", "hi", "zh", "ja", "ko", "vi", "th", "id", "ms", "eu", "ht", "br", "lb", "af", "la"),
)
_OTHER_PRIOR = 0.02
_HINT_FACTOR = 4.0
_SURE_ENOUGH = 0.25
_LEAST = 1e-9
_MAX_CHARS, _FEW = 1500, 300
_ADDRESSED = re.compile(r"[@#][\w.:-]+|https?://\S+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")
_STEP, _SPREAD = np.uint64(0x9E3779B1), np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(64 - BITS)

Buckets = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def buckets(texts: Sequence[str]) -> tuple[Buckets, Buckets]:
    """The rows of the table that the texts' runs of characters and their words fall on, and whose each is.

    None where no letter stands. Short runs come before long ones, and words last.
    """
    lines = "\n".join([text[:_FEW].replace("\n", " ") for text in texts]).lower()
    words = [_WORD.findall(line) for line in _ADDRESSED.sub(" ", lines).replace("’", "'").split("\n")]
    spaced = [f" {' '.join(some)} " if some else "" for some in words]
    letters = np.frombuffer("".join(spaced).encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    owners = np.repeat(np.arange(len(texts)), [len(one) for one in spaced])
    run, found, whose = np.zeros(len(letters), dtype=np.uint64), [], []
    for length in range(1, min(RUNS, len(letters)) + 1):
        run = run[: len(letters) - length + 1] * _STEP + letters[length - 1 :] + np.uint64(length)
        of_one = owners[: len(run)] == owners[length - 1 :]
        found.append((run * _SPREAD >> _SHIFT).astype(np.int64)[of_one])
        whose.append(owners[: len(run)][of_one])
    hashes = {word: crc32(word.encode("utf-8", "replace")) for some in words for word in some}
    whole = np.array([hashes[word] for some in words for word in some], dtype=np.uint64)
    found.append((whole * _SPREAD >> _SHIFT).astype(np.int64))
    whose.append(np.repeat(np.arange(len(texts)), [len(some) for some in words]))
    return np.concatenate(found), np.concatenate(whose)


@cache
def _table() -> tuple[npt.NDArray[np.int8], float, Floats]:
    """Rows of small numbers (2^BITS, 7), what one of them is worth, and what is added in the end (7,)."""
    with resources.files(__package__).joinpath("language.npz").open("rb") as file:
        kept = np.load(file)
        return kept["rows"], float(kept["step"]), kept["bias"].astype(np.float64)


def by_letters(texts: Sequence[str]) -> Floats:
    """How likely each of `OURS` is by the letters alone (texts, 7); all alike where no letter stands."""
    found, whose = buckets(texts)
    rows, step, bias = _table()
    counts = np.bincount(whose, minlength=len(texts))[:, None]
    rows_of = rows.take(found, axis=0)
    sums = np.stack([np.bincount(whose, rows_of[:, at], minlength=len(texts)) for at in range(len(OURS))], axis=1)
    heard = np.where(counts, sums * step / np.sqrt(np.maximum(counts, 1)) + bias, 0.0)
    powers = np.exp(heard - heard.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares


_APART = b"\xff"
"""No text holds it, and the walk begins anew after it."""

_DEPTH, _AT_ONCE = 6, 4
"""Of how many bytes a state knows at most, and how many places in a row are walked to by one walker."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """py3langid's tables: the state after a state's row and a byte, the rows, the feature that a state stands for (-1:
    none), and what each feature and a text alone say for each language; the columns of `OURS`."""

    next: npt.NDArray[np.uint32]
    rows: npt.NDArray[np.int64]
    features: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float16]
    prior: npt.NDArray[np.float32]
    ours: list[int]
    spelt: Any


@cache
def _walk() -> _Walk:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages([code for code in (*OURS, *_OTHERS) if code in found.labels])
    return _Walk(
        next=_on_disk(found.tk_nextmove),
        rows=np.array(found.tk_row, dtype=np.int64) << 8,
        features=np.array(found.tk_output, dtype=np.int64),
        weights=np.ascontiguousarray(found.nb_ptc),
        prior=found.nb_pc,
        ours=[found.nb_classes.index(code) for code in OURS],
        spelt=found._encode,
    )


def _on_disk(table: Any) -> npt.NDArray[np.uint32]:
    """The same numbers in a nameless file: of 39 MB, only the pages that texts come by (about 25) take memory, and
    the system may take them back.
    """
    with tempfile.TemporaryFile() as file:
        table.tofile(file)
        file.flush()
        return np.frombuffer(mmap(file.fileno(), 0, access=ACCESS_READ), dtype=np.dtype(table.typecode))


def _features(spelt: Sequence[bytes]) -> tuple[Buckets, Buckets]:
    """The features that each text holds, in one number with the text's, and how often.

    A state knows no more than the last `_DEPTH` bytes, so that walkers may set out at many places at once.
    """
    walk = _walk()
    read = _APART * _DEPTH + _APART.join(spelt) + _APART * _AT_ONCE
    starts = np.arange(0, len(read) - _DEPTH - _AT_ONCE + 1, _AT_ONCE)
    letters = np.frombuffer(read, dtype=np.uint8)
    state, states = np.zeros(len(starts), dtype=np.int64), []
    for step in range(_DEPTH + _AT_ONCE):
        state = walk.next[walk.rows[state] + letters[starts + step]]
        if step >= _DEPTH:
            states.append(walk.features[state])
    features = np.stack(states, axis=1).ravel()
    owners = np.repeat(np.arange(len(spelt)), [len(one) + 1 for one in spelt])
    features = features[: len(owners)]
    heard = features >= 0
    return np.unique(owners[heard] * len(walk.weights) + features[heard], return_counts=True)


def _by_features(texts: Sequence[str]) -> tuple[Floats, Floats]:
    """How likely py3langid finds each of `OURS` (texts, 7), and the others together."""
    walk = _walk()
    spelt = [walk.spelt(text[:_MAX_CHARS]) for text in texts]
    found, times = _features(spelt)
    owners, features = np.divmod(found, len(walk.weights))
    rows, counts = walk.weights.take(features, axis=0).astype(np.float32), np.log1p(times.astype(np.float32))
    firsts = np.searchsorted(owners, np.arange(len(texts) + 1)).tolist()
    scores = np.zeros((len(texts), rows.shape[1]), dtype=np.float32)
    for at, (first, end) in enumerate(pairwise(firsts)):
        if end > first:
            scores[at] = counts[first:end] @ rows[first:end] + walk.prior
    scores /= np.sqrt([[max(len(one), 1)] for one in spelt])
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    ours = shares[:, walk.ours].astype(np.float64)
    return ours, shares.sum(axis=1, dtype=np.float64) - ours.sum(axis=1)


def languages_of(texts: Sequence[str], hints: Sequence[Iterable[str]]) -> list[tuple[str, float]]:
    """The language of each text (ISO 639-1) and the probability of it; ('und', p) where none of ours is likely enough.

    `hints` are the languages that the network gives of each, which decide where a short text does not.
    """
    ours, others = _by_features(texts)
    weighed = by_letters(texts) * np.sqrt(ours + _LEAST)
    for at, given in enumerate(hints):
        hinted = {hint.lower().replace("_", "-").split("-")[0] for hint in given}
        if hinted:
            weighed[at] *= [_HINT_FACTOR if code in hinted else 1.0 for code in OURS]
    others = _OTHER_PRIOR * others
    share = weighed.max(axis=1) / weighed.sum(axis=1) * (1 - others / (others + ours.max(axis=1) + _LEAST))
    return [_told(*one) for one in zip(texts, weighed.argmax(axis=1).tolist(), share.tolist(), strict=True)]


def _told(text: str, best: int, share: float) -> tuple[str, float]:
    if not any(map(str.isalpha, text)):
        return UNKNOWN, 1.0
    return (OURS[best], share) if share >= _SURE_ENOUGH else (UNKNOWN, 1.0 - share)


def language_of(text: str, hints: Iterable[str] = ()) -> tuple[str, float]:
    """`languages_of`, of one text."""
    return languages_of([text], [hints])[0]


def warm() -> None:
    """Read the tables now (about a second), so that the first post does not wait for it."""
    _walk()
    _table()


__all__ = ["BITS", "OURS", "RUNS", "UNKNOWN", "buckets", "by_letters", "language_of", "languages_of", "warm"]
