"""Which language a text is in: one of ours, or honestly 'und'."""

from __future__ import annotations

import re
import tempfile
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from mmap import ACCESS_READ, mmap
from typing import Any

OURS = ("fr", "en", "es", "de", "it", "nl", "pt")
UNKNOWN = "und"

# Kept so that a Polish or Arabic post is not called English; more columns would only cost memory.
_OTHERS = (
    *("ca", "gl", "oc", "ro", "pl", "cs", "sk", "sl", "hr", "sr", "bg", "ru", "uk", "el", "hu", "fi", "sv", "no", "da"),
    *("tr", "ar", "fa", "he", "hi", "zh", "ja", "ko", "vi", "th", "id", "ms", "eu", "ht", "br", "lb", "af", "la"),
)
_OTHER_PRIOR = 0.1
_HINT_FACTOR = 4.0
_WORD_FACTOR = 3.0
_SURE_ENOUGH = 0.5
_MAX_CHARS = 1500
_WORD = re.compile(r"[\w']+")


@cache
def _telltale_words() -> dict[str, frozenset[str]]:
    kept = tomllib.loads(resources.files(__package__).joinpath("language.toml").read_text(encoding="utf-8"))
    return {code: frozenset(words) for code, words in kept.items()}


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


def language_of(text: str, folded: str, hints: Iterable[str] = ()) -> tuple[str, float]:
    """The language of `text` (ISO 639-1) and the probability of it; ('und', p) where none of ours is likely enough.

    `folded` is the same text without case and accents. `hints` are the languages that the network gives, which
    decide where a short text does not.
    """
    if not any(letter.isalpha() for letter in folded):
        return UNKNOWN, 1.0
    hinted = {hint.lower().replace("_", "-").split("-")[0] for hint in hints}
    weighed = _weighed(text[:_MAX_CHARS], folded[:_MAX_CHARS], hinted)
    total = sum(weighed.values())
    best = max(OURS, key=weighed.__getitem__)
    share = weighed[best] / total
    return (best, share) if share >= _SURE_ENOUGH else (UNKNOWN, 1.0 - share)


def _weighed(text: str, folded: str, hinted: set[str]) -> dict[str, float]:
    words = _WORD.findall(folded)
    telltale = _telltale_words()
    weighed: dict[str, float] = {}
    for code, share in _identifier().rank(text):
        prior = 1.0 if code in OURS else _OTHER_PRIOR
        said = sum(word in telltale[code] for word in words) if code in telltale else 0
        hint = _HINT_FACTOR if code in hinted else 1.0
        weighed[code] = float(share) * prior * hint * _WORD_FACTOR ** min(said, 3)
    return weighed


def warm() -> None:
    """Read the tables now (about a second), so that the first post does not wait for it."""
    _identifier()


__all__ = ["OURS", "UNKNOWN", "language_of", "warm"]
