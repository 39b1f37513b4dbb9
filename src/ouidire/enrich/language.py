"""Which language a text is in: one of ours, or honestly 'und'.

Two opinions multiplied: a softmax over hashed runs of one to five characters and whole words of our seven languages
(`scripts/train_language.py`), which is right about ten characters, and py3langid, which knows the others too.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib import resources
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


def buckets(text: str) -> Buckets:
    """The rows of the table that the text's runs of characters and its words fall on; none where no letter stands."""
    words = _WORD.findall(_ADDRESSED.sub(" ", text[:_FEW].lower()).replace("’", "'"))
    if not words:
        return np.zeros(0, dtype=np.int64)
    spaced = f" {' '.join(words)} ".encode("utf-32-le", "replace")
    letters = np.frombuffer(spaced, dtype=np.uint32).astype(np.uint64)
    run, found = np.zeros(len(letters), dtype=np.uint64), []
    for length in range(1, min(RUNS, len(letters)) + 1):
        run = run[: len(letters) - length + 1] * _STEP + letters[length - 1 :] + np.uint64(length)
        found.append((run * _SPREAD >> _SHIFT).astype(np.int64))
    whole = np.array([crc32(word.encode("utf-8", "replace")) for word in words], dtype=np.uint64)
    return np.concatenate([*found, (whole * _SPREAD >> _SHIFT).astype(np.int64)])


@cache
def _table() -> tuple[npt.NDArray[np.int8], float, Floats]:
    """Rows of small numbers (2^BITS, 7), what one of them is worth, and what is added in the end (7,)."""
    with resources.files(__package__).joinpath("language.npz").open("rb") as file:
        kept = np.load(file)
        return kept["rows"], float(kept["step"]), kept["bias"].astype(np.float64)


def by_letters(text: str) -> Floats:
    """How likely each of `OURS` is by the letters alone (7,); all alike where no letter stands."""
    found = buckets(text)
    if not len(found):
        return np.full(len(OURS), 1 / len(OURS))
    rows, step, bias = _table()
    heard = rows[found].sum(axis=0, dtype=np.int64) * step / np.sqrt(len(found)) + bias
    powers = np.exp(heard - heard.max())
    shares: Floats = powers / powers.sum()
    return shares


@cache
def _identifier() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    found = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    found.set_languages([code for code in (*OURS, *_OTHERS) if code in found.labels])
    # The table of all 142 languages weighs 28 MB and nobody asks for it again.
    found._full_model = (found.nb_ptc, found.nb_pc, found.nb_classes)
    found.tk_nextmove = _on_disk(found.tk_nextmove)
    return found


def _on_disk(table: Any) -> Any:
    """The same numbers in a nameless file: of 39 MB, only the pages that texts come by (about 25) take memory, and
    the system may take them back.
    """
    with tempfile.TemporaryFile() as file:
        table.tofile(file)
        file.flush()
        return memoryview(mmap(file.fileno(), 0, access=ACCESS_READ)).cast(table.typecode)


def language_of(text: str, hints: Iterable[str] = ()) -> tuple[str, float]:
    """The language of `text` (ISO 639-1) and the probability of it; ('und', p) where none of ours is likely enough.

    `hints` are the languages that the network gives, which decide where a short text does not.
    """
    if not any(letter.isalpha() for letter in text):
        return UNKNOWN, 1.0
    ranked = {code: float(share) for code, share in _identifier().rank(text[:_MAX_CHARS])}
    ours = np.array([ranked.pop(code) for code in OURS])
    hinted = {hint.lower().replace("_", "-").split("-")[0] for hint in hints}
    weighed = by_letters(text) * np.sqrt(ours + _LEAST)
    weighed *= [_HINT_FACTOR if code in hinted else 1.0 for code in OURS]
    others = _OTHER_PRIOR * sum(ranked.values())
    best = int(np.argmax(weighed))
    share = float(weighed[best] / weighed.sum() * (1 - others / (others + ours.max() + _LEAST)))
    return (OURS[best], share) if share >= _SURE_ENOUGH else (UNKNOWN, 1.0 - share)


def warm() -> None:
    """Read the tables now (about a second), so that the first post does not wait for it."""
    _identifier()
    _table()


__all__ = ["BITS", "OURS", "RUNS", "UNKNOWN", "buckets", "by_letters", "language_of", "warm"]
