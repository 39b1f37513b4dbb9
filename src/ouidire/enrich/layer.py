"""What an organisation's corrections taught: a thin layer over the frozen readers, for that organisation alone.

Logistic regression on the beginnings of words (five letters, so that "mortel" and "mortelle" are one) with the frozen
reader's logits as offset, by plain stochastic gradient descent, held near zero (L2): a word that members keep
correcting in one direction comes to lean that way, everything else stays as it was. It is built anew of the last
corrections each time one is said or taken back, so that what is taken back is unlearnt.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from ouidire.domain.correction import NOT_JUDGED, Judged
from ouidire.domain.enrichment import Act, Aspect, Sentiment
from ouidire.enrich import heads
from ouidire.enrich import sentiment as feelings
from ouidire.enrich.sentiment import Buckets, Floats
from ouidire.shield.fold import fold

BUCKETS = 4096
_ROUNDS, _RATE, _SHRINK, _MOST = 30, 0.25, 0.002, 6.0
_LETTERS, _MOST_CHARS = 5, 2000
_WORD = re.compile(r"\w{2,}")


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a member said a text means, on one line of its reading."""

    text: str
    judged: Judged
    aspect: str
    meant: str


@dataclass(frozen=True, slots=True)
class Leans:
    """What to add to the frozen logits of one text."""

    sentiment: Floats
    act: Floats
    urgent: float
    aspects: Floats


@dataclass(slots=True)
class _Head:
    """Weights (buckets, classes) and what every text gets."""

    classes: int
    weights: Floats = field(init=False)
    bias: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.weights = np.zeros((BUCKETS, self.classes), dtype=np.float32)
        self.bias = np.zeros(self.classes, dtype=np.float32)

    def lean(self, words: Buckets) -> Floats:
        if not len(words):
            return self.bias
        total: Floats = np.clip(self.weights[words].sum(axis=0) + self.bias, -_MOST, _MOST)
        return total

    def teach(self, words: Buckets, frozen: Floats, meant: int) -> None:
        values = frozen + self.lean(words)
        powers = np.exp(values - values.max())
        wrong = powers / powers.sum()
        wrong[meant] -= 1
        step = _RATE / np.sqrt(max(len(words), 1))
        self.weights[words] = self.weights[words] * (1 - _SHRINK) - step * wrong
        self.bias = self.bias * (1 - _SHRINK) - 0.05 * _RATE * wrong


class Layer:
    """The leanings of one organisation. Of no lessons, it leans nowhere."""

    def __init__(self, lessons: Sequence[Lesson]) -> None:
        self._heads: dict[tuple[Judged, str], _Head] = {}
        taught = [(one, _words(text), _frozen(one, text)) for one in lessons for text in (fold(one.text).text,)]
        for _ in range(_ROUNDS):
            for one, words, frozen in taught:
                key = (one.judged, one.aspect)
                head = self._heads.setdefault(key, _Head(len(frozen)))
                head.teach(words, frozen, _class_of(one))

    def leans(self, folded: str) -> Leans:
        """Where this organisation's corrections pull a folded text."""
        words = _words(folded)
        urgent = self._lean(Judged.URGENCY, "", 2, words)
        return Leans(
            sentiment=self._lean(Judged.SENTIMENT, "", len(Sentiment), words),
            act=self._lean(Judged.ACT, "", len(Act), words),
            urgent=float(urgent[1] - urgent[0]),
            aspects=np.stack([self._lean(Judged.ASPECT, one, 1 + len(Sentiment), words) for one in Aspect]),
        )

    def _lean(self, judged: Judged, aspect: str, classes: int, words: Buckets) -> Floats:
        head = self._heads.get((judged, aspect))
        return np.zeros(classes, dtype=np.float32) if head is None else head.lean(words)


def _words(folded: str) -> Buckets:
    words = {word[:_LETTERS] for word in _WORD.findall(folded[:_MOST_CHARS])}
    return np.array(sorted({crc32(word.encode("utf-8", "replace")) % BUCKETS for word in words}), dtype=np.int64)


def _class_of(one: Lesson) -> int:
    if one.judged is Judged.SENTIMENT:
        return list(Sentiment).index(Sentiment(one.meant))
    if one.judged is Judged.ACT:
        return list(Act).index(Act(one.meant))
    if one.judged is Judged.URGENCY:
        return int(int(one.meant) >= 2)
    return 0 if one.meant == NOT_JUDGED else 1 + list(Sentiment).index(Sentiment(one.meant))


def _frozen(one: Lesson, folded: str) -> Floats:
    """The logits that the first reader gives the line that was corrected."""
    grams = feelings.ngrams([folded])
    if one.judged is Judged.SENTIMENT:
        return np.asarray(feelings.logits(grams)[0])
    heard = heads.heard(grams)
    if one.judged is Judged.ACT:
        return np.asarray(heard.act[0])
    if one.judged is Judged.URGENCY:
        return np.array([0.0, heard.flags[0, 0]], dtype=np.float32)
    return np.asarray(heard.aspects[0, list(Aspect).index(Aspect(one.aspect))])
