"""What the readers learnt to hear, put together: the n-grams' numbers, the encoder's, or the plain sum of both.

A learned stack over readers was worse than their sum, since the domains that teach are not those that are read
(docs/model-card-encoder.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import compress
from typing import NamedTuple

import numpy as np

from ouidire.domain.enrichment import Sentiment, Span
from ouidire.enrich import heads, marks
from ouidire.enrich.encoder import Said, part_of
from ouidire.enrich.heads import Heard
from ouidire.enrich.layer import Leans
from ouidire.enrich.sentiment import LABELS, Floats, Ngrams, softmax
from ouidire.shield.fold import Folded

_SAID_FROM, _SMALL = 0.35, 2
_SENTIMENT = "sentiment"
_ALARMS, _ALARMS_TAUGHT = -1.5, 0.5
"""From where a likeness alone calls for somebody, though no rule speaks: the second reader's log-odds, for the first
hears little of what is said calmly; where members of that organisation have said so, the probability of both."""

_FIRST, _SECOND = 0.5, 0.5
"""What each reader's number counts for when both have read; found on held-out texts."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """Probabilities of one text: of each act, of urgent and ironic and mixed, and of the aspects that are judged."""

    act: Sequence[float]
    judged: tuple[tuple[int, int, float], ...]
    """The aspects likelier judged than not, by their place in the enumeration: how (in `LABELS`), and how surely."""

    urgent: float
    mixed: float
    irony: float
    is_both: bool
    """Did both readers read?"""

    alarms: bool
    """Is it so like what was urgent that somebody should look now, though no rule says so?"""


def together(heard: Heard, said: Sequence[Said | None], leans: Sequence[Leans | None]) -> list[Learnt]:
    """Of each text one reader's numbers, or the sum of both, and what its organisation's corrections add, as
    probabilities."""
    act, aspects, flags = heard.act.copy(), heard.aspects.copy(), heard.flags.astype(np.float64)
    for at, one in enumerate(said):
        if one is not None:
            act[at] = _FIRST * act[at] + _SECOND * one.act
            aspects[at] = _FIRST * aspects[at] + _SECOND * one.aspects
            flags[at] = _FIRST * flags[at] + _SECOND * np.array([one.urgent, one.mixed, one.irony])
    for at, lean in enumerate(leans):
        if lean is not None:
            act[at] += lean.act
            aspects[at] += lean.aspects
            flags[at, 0] += lean.urgent
    flags = 1 / (1 + np.exp(-flags))
    parts = zip(softmax(act).tolist(), _judged(softmax(aspects)), flags.tolist(), said, leans, strict=True)
    return [
        Learnt(shares, judged, urgent, mixed, irony, one is not None, _alarms(urgent, one, lean))
        for shares, judged, (urgent, mixed, irony), one, lean in parts
    ]


def _judged(aspects: Floats) -> list[tuple[tuple[int, int, float], ...]]:
    found: list[list[tuple[int, int, float]]] = [[] for _ in aspects]
    polarities = aspects[:, :, 1:].argmax(axis=2)
    for text, aspect in np.argwhere(aspects[:, :, 0] < 1 - _SAID_FROM).tolist():
        polarity = int(polarities[text, aspect])
        found[text].append((aspect, polarity, float(aspects[text, aspect, 1 + polarity])))
    return [tuple(some) for some in found]


def _alarms(urgent: float, said: Said | None, leans: Leans | None) -> bool:
    if leans is not None and leans.urgent > 1:
        return urgent >= _ALARMS_TAUGHT
    return said is not None and said.urgent >= _ALARMS


class Why(NamedTuple):
    """What is asked of a text's words: which of them spoke for one number of a task, rather than another (None: at
    all)."""

    head: str
    toward: int
    against: int | None = None

    @property
    def columns(self) -> tuple[int, int]:
        """Of the numbers among the first reader's weights; -1: none."""
        first = heads.column(self.head, 0)
        return first + self.toward, -1 if self.against is None else first + self.against


URGENT = Why("urgent", 0)


@cache
def of_sentiment(label: Sentiment) -> Why:
    return Why(_SENTIMENT, LABELS.index(label))


@cache
def of_aspect(aspect: int, polarity: int) -> Why:
    return Why("aspects", 4 * aspect + 1 + polarity, 4 * aspect)


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one text, the `at`th of those whose n-grams `grams` are, in the text's offsets.

    `names` are folded words that judge nothing: those of places and brands; nor do `people`, where employees are named.
    """

    text: str
    folded: Folded
    grams: Ngrams
    at: int
    said: Said | None
    names: frozenset[str] = frozenset()
    people: tuple[Span, ...] = ()

    def carried(self, whys: Sequence[Why], weights: Mapping[Why, Sequence[float]]) -> dict[Why, tuple[Span, ...]]:
        """For each of `whys` the words that carried it, by the weights that the first reader gives each word, or by
        those of the second reader's tokens."""
        spans = self.grams.spans(self.at) if whys else []
        spoken = self._are_spoken(spans)
        found = {}
        for why in whys:
            if self.said is not None:
                found[why] = self._by_tokens(why, list(compress(spans, spoken)))
            elif why.head == _SENTIMENT:
                heavy = marks.heaviest(weights[why], spans, 0.3, 0.02)
                found[why] = self._in_text(span for span in heavy if spoken[spans.index(span)])
            else:
                heavy = marks.heaviest(compress(weights[why], spoken), compress(spans, spoken), 0.5)
                found[why] = self._in_text(heavy)
        return found

    def _by_tokens(self, why: Why, spans: Sequence[Span]) -> tuple[Span, ...]:
        if self.said is None or not len(self.said.parts):
            return ()
        words = self._in_text(spans)
        weights = _of_parts(self.said.parts, why).tolist()
        return marks.heaviest(marks.of_tokens(len(self.text), self.said.tokens, weights, words), words, 0.5)

    def _in_text(self, spans: Iterable[Span]) -> tuple[Span, ...]:
        return tuple(self.folded.span(*span) for span in spans)

    def _are_spoken(self, words: Sequence[Span]) -> list[bool]:
        """Of each: is it more than a sign, a small word or a name?"""
        text, names = self.folded.text, self.names
        spoken = [end - start > _SMALL and text[start:end] not in names for start, end in words]
        if self.people:
            spans = zip(spoken, words, strict=True)
            spoken = [is_spoken and not self._is_person(self.folded.span(*word)) for is_spoken, word in spans]
        return spoken

    def _is_person(self, span: Span) -> bool:
        return any(span[0] < end and start < span[1] for start, end in self.people)


def _of_parts(parts: Floats, why: Why) -> Floats:
    """What each token adds to one number rather than to another."""
    if why.head == _SENTIMENT:
        others = [at for at in range(len(LABELS)) if at != why.toward]
        return np.asarray(parts[:, why.toward] - parts[:, others].mean(axis=1))
    toward = parts[:, part_of(why.head, why.toward)]
    return np.asarray(toward if why.against is None else toward - parts[:, part_of(why.head, why.against)])


def carried(words: Sequence[Words], whys: Sequence[Sequence[Why]]) -> list[dict[Why, tuple[Span, ...]]]:
    """For each of some texts, whose n-grams are in one place, and for each of its whys, the words that carried it,
    heaviest first."""
    asked = [
        (at, why) for at, (one, some) in enumerate(zip(words, whys, strict=True)) if one.said is None for why in some
    ]
    weights: list[dict[Why, Sequence[float]]] = [{} for _ in words]
    for some, weigh in (
        ([(at, why) for at, why in asked if why.head == _SENTIMENT], _by_feelings),
        ([(at, why) for at, why in asked if why.head != _SENTIMENT], _by_heads),
    ):
        if some:
            of_each = weigh(words[0].grams, [words[at].at for at, _ in some], [why for _, why in some])
            for (at, why), of_words in zip(some, of_each, strict=True):
                weights[at][why] = of_words
    return [one.carried(some, of_it) for one, some, of_it in zip(words, whys, weights, strict=True)]


def _by_feelings(grams: Ngrams, texts: Sequence[int], whys: Sequence[Why]) -> list[list[float]]:
    return marks.of_feelings(grams, texts, [why.toward for why in whys])


def _by_heads(grams: Ngrams, texts: Sequence[int], whys: Sequence[Why]) -> list[list[float]]:
    return marks.of_heads(grams, texts, [why.columns for why in whys])
