"""What the readers learnt to hear, put together: the n-grams' numbers, the encoder's, or the plain sum of both.

A learned stack over readers was worse than their sum, since the domains that teach are not those that are read
(docs/model-card-encoder.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from ouidire.domain.enrichment import Act, Aspect, Opinion, Sentiment, Span
from ouidire.enrich import heads
from ouidire.enrich import sentiment as feelings
from ouidire.enrich.encoder import Said, part_of
from ouidire.enrich.heads import Heard
from ouidire.enrich.layer import Leans
from ouidire.enrich.sentiment import LABELS, Floats, Ngrams
from ouidire.shield.fold import Folded, fold
from ouidire.shield.staff import is_first_name

_SAID_FROM, _SMALL = 0.35, 2
_ALARMS, _ALARMS_TAUGHT = -1.5, 0.5
"""From where a likeness alone calls for somebody, though no rule speaks: the second reader's log-odds, for the first
hears little of what is said calmly; where members of that organisation have said so, the probability of both."""

_WORD = re.compile(r"\w+")
_SOMEBODY, _IN_SMALL, _BESIDE, _NOBODY, _UNHEARD = -2.0, -1.0, -7.5, -7.0, -99.0
"""Log-odds from which a word names somebody, and one that has no capital and is no first name; from which it goes with
one that does, beside it ("the one with *the round* glasses"); under which a name in a list is left: a place, a guest.
Found on posts that were not learned from."""

_LEADING_ON = frozenset(("qui", "que", "who", "that", "which"))
"""Words that lead from somebody on to what is said of them, and are no part of who they are."""

_APART = re.compile(r"[.!?;:,()\n]")
"""What stands between words that do not describe the same person."""

_FIRST, _SECOND = 0.5, 0.5
"""What each reader's number counts for when both have read; found on held-out texts."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """Probabilities: of each act (10,), of each aspect being absent or judged (11, 4), of urgent, mixed, ironic."""

    act: Floats
    aspects: Floats
    urgent: float
    mixed: float
    irony: float
    is_both: bool
    """Did both readers read?"""

    alarms: bool
    """Is it so like what was urgent that somebody should look now, though no rule says so?"""


def together(heard: Heard, said: Said | None, leans: Leans | None = None) -> Learnt:
    """One reader's numbers, or the sum of both, and what the organisation's corrections add, as probabilities."""
    if said is None:
        act, aspects, flags = heard.act, heard.aspects, np.array([heard.urgent, heard.mixed, heard.irony])
    else:
        act = _FIRST * heard.act + _SECOND * said.act
        aspects = _FIRST * heard.aspects + _SECOND * said.aspects
        flags = _FIRST * np.array([heard.urgent, heard.mixed, heard.irony])
        flags = flags + _SECOND * np.array([said.urgent, said.mixed, said.irony])
    if leans is not None:
        act, aspects, flags = act + leans.act, aspects + leans.aspects, flags + np.array([leans.urgent, 0.0, 0.0])
    urgent, mixed, irony = (1 / (1 + np.exp(-flags))).tolist()
    taught = leans is not None and leans.urgent > 1
    alarms = urgent >= _ALARMS_TAUGHT if taught else said is not None and said.urgent >= _ALARMS
    return Learnt(_shares(act), _shares(aspects), urgent, mixed, irony, said is not None, alarms)


def _shares(values: Floats) -> Floats:
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


@dataclass(frozen=True, slots=True)
class Words:
    """Finds the words of one text that carried a judgement, in the text's offsets, heaviest first.

    `names` are folded words that judge nothing: those of places and brands; nor do `people`, where employees are named.
    """

    text: str
    folded: Folded
    grams: Ngrams
    said: Said | None
    names: frozenset[str] = frozenset()
    people: tuple[Span, ...] = ()

    def for_sentiment(self, label: Sentiment) -> tuple[Span, ...]:
        toward = LABELS.index(label)
        if self.said is not None:
            others = [at for at in range(len(LABELS)) if at != toward]
            parts = self.said.parts[:, :3]
            return self._of_tokens(parts[:, toward] - parts[:, others].mean(axis=1))
        spoken = {self.folded.span(a, b) for a, b in self._spoken()}
        return tuple(span for span in feelings.heavy_words(self.folded, self.grams, label) if span in spoken)

    def for_aspect(self, aspect: int, polarity: int) -> tuple[Span, ...]:
        return self._for("aspects", 4 * aspect + 1 + polarity, 4 * aspect)

    def for_act(self, act: Act) -> tuple[Span, ...]:
        other = Act.INFORMATION if act is not Act.INFORMATION else Act.COMPLAINT
        return self._for("act", tuple(Act).index(act), tuple(Act).index(other))

    def for_urgent(self) -> tuple[Span, ...]:
        return self._for("urgent", 0, None)

    def employees(self) -> tuple[Span, ...]:
        """The words that name an employee or make one recognisable, as the second reader hears them."""
        if self.said is None or not (self.said.named > _SOMEBODY).any():
            return ()
        words = [found.span() for found in _WORD.finditer(self.text) if not self._is_ours(found)]
        odds = [self._named(span) for span in words]
        named = [one > self._least(span) for one, span in zip(odds, words, strict=True)]
        for along in (range(len(words)), range(len(words) - 1, -1, -1)):
            for before, at in pairwise(along):
                goes_along = odds[at] > _BESIDE and not self._is_apart(words[before], words[at])
                named[at] = named[at] or (named[before] and goes_along)
        for at, (start, end) in enumerate(words):  # "Rose qui m'a servie": what only leads on describes nobody
            leads_on = fold(self.text[start:end]).text in _LEADING_ON and odds[at] <= _SOMEBODY
            if leads_on and not (at + 1 < len(words) and named[at + 1]):
                named[at] = False
        return tuple(span for span, is_named in zip(words, named, strict=True) if is_named)

    def _least(self, word: Span) -> float:
        """From which log-odds on this word by itself names somebody."""
        text = self.text[slice(*word)]
        return _SOMEBODY if text[0].isupper() or is_first_name(fold(text).text) else _IN_SMALL

    def _is_ours(self, word: re.Match[str]) -> bool:
        """Is it a word of the house's own name, spelt as a name is, and no first name? "Delorière a fermé": nobody."""
        if not word[0][0].isupper():
            return False
        folded = fold(word[0]).text
        return folded in self.names and not is_first_name(folded)

    def _is_apart(self, one: Span, other: Span) -> bool:
        first, second = sorted((one, other))
        return _APART.search(self.text, first[1], second[0]) is not None

    def is_nobody(self, span: Span) -> bool:
        """Is the second reader sure that these words, which look like a name, name nobody of the house?"""
        return self.said is not None and self._named(span) < _NOBODY

    def _named(self, span: Span) -> float:
        """How much like an employee's name these words are, in log-odds; very little where nobody has heard."""
        if self.said is None:
            return _UNHEARD
        parts = zip(self.said.tokens, self.said.named.tolist(), strict=True)
        return max((named for (start, end), named in parts if span[0] < end and start < span[1]), default=_NOBODY)

    def _for(self, head: str, toward: int, against: int | None) -> tuple[Span, ...]:
        if self.said is not None:
            parts = self.said.parts[:, part_of(head, toward)]
            return self._of_tokens(parts if against is None else parts - self.said.parts[:, part_of(head, against)])
        length = min(len(self.folded.text), feelings.MAX_CHARS)
        per_char = heads.weight_per_char(
            self.grams, length, heads.column(head, toward), None if against is None else heads.column(head, against)
        )
        return tuple(self.folded.span(a, b) for a, b in heads.heavy(per_char, self._spoken()))

    def _spoken(self) -> list[Span]:
        """Where words stand, without signs, small words and names."""
        words, text = self.grams.word_spans, self.folded.text
        long = [(a, b) for a, b in words if b - a > _SMALL and text[a:b] not in self.names]
        return [at for at in long if not self._is_person(self.folded.span(*at))] if self.people else long

    def _is_person(self, span: Span) -> bool:
        return any(span[0] < end and start < span[1] for start, end in self.people)

    def _of_tokens(self, weights: Floats) -> tuple[Span, ...]:
        """The words on whose pieces the most weight lies."""
        if self.said is None or not len(weights):
            return ()
        per_char = np.zeros(len(self.text) + 1)
        for (start, end), weight in zip(self.said.tokens, weights.tolist(), strict=True):
            per_char[start:end] = weight / max(end - start, 1)
        words = [self.folded.span(a, b) for a, b in self._spoken()]
        return heads.heavy(per_char[: len(self.text)], words)


def opinions(learnt: Learnt, words: Words) -> tuple[Opinion, ...]:
    """The aspects that are likelier judged than not, the surest first."""
    found = []
    for at in np.flatnonzero(learnt.aspects[:, 0] < 1 - _SAID_FROM).tolist():
        polarity = int(np.argmax(learnt.aspects[at, 1:]))
        p = float(learnt.aspects[at, 1 + polarity])
        found.append(Opinion(tuple(Aspect)[at], LABELS[polarity], p, words.for_aspect(at, polarity)))
    return tuple(sorted(found, key=lambda one: -one.p))
