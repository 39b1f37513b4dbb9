"""Lesson: what an organisation's own decisions taught about the words and the authors of posts that bear its name.

Single words are counted, never texts kept: how many posts about us held the word, and how many that were not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import log

from ouidire.domain.fold import fold

POSTS = ""
"""The word under which the posts themselves are counted."""

_ENOUGH_TO_LEAN = 2
_ENOUGH_FOR_A_RATE = 8
_MOST_WORDS = 6
_MOST_A_WORD = 2.0
_MOST_TOGETHER = 4.0
_MOST_RATE = 1.5
_TELLING = 0.5
_MOST_TELLING = 200
_SHRINK = 10
"""After so many posts, half of what they say is believed."""

_TOKEN = re.compile(r"\S+")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SHORTEST, _LONGEST = 3, 20
_SMALL_WORDS = """
les des une est dans que qui pas pour sur par avec mais plus tout tous cette ces ses son mes mon ton ils elle elles
nous vous leur leurs ont sont etait suis ete avoir etre fait faire comme quand donc alors tres bien aussi meme sans
sous entre depuis apres avant chez rien quoi cela ceci dont puis car aux the and for you not are was were with this
that have has had but from they them their its our your his her she all can will just what when who how why there
here than then been being out about into over some any more very too also only own same get got did does doing would
could should
"""
_STOP_WORDS = frozenset(_SMALL_WORDS.split())


def learnable(text: str) -> frozenset[str]:
    """The words of a post that may be counted, folded: no link, no handle, no number, no stop word.

    Nor a word with a capital within a sentence: it may be somebody's name, and people are not counted.

    >>> sorted(learnable("Panne de fibre ! Merci Kevin, @free 3 jours sans réseau https://x.fr"))
    ['fibre', 'jours', 'merci', 'panne', 'reseau']
    """
    found: set[str] = set()
    begins = True
    for token in _TOKEN.findall(text):
        if "://" not in token and not token.startswith("@"):
            for word in _LETTERS.findall(token):
                if word[0].islower() or (begins and not word.isupper()):
                    found.update(fold(word).split())
                begins = False
        begins = begins or token[-1] in ".!?…:"
    return frozenset(w for w in found if _SHORTEST <= len(w) <= _LONGEST and w not in _STOP_WORDS)


@dataclass(frozen=True, slots=True)
class Lean:
    """What the words of a post say by experience: log-odds, above nought for us. `words` are those that say most."""

    words: tuple[tuple[str, float], ...] = ()
    rate: float = 0.0
    """By how much posts that bear the name have been about us more often than not."""

    @property
    def together(self) -> float:
        return max(-_MOST_TOGETHER, min(_MOST_TOGETHER, sum(weight for _, weight in self.words)))


@dataclass(frozen=True, slots=True)
class Lessons:
    """All organisations' lessons, as the hot path asks for them.

    `words`: by organisation and word, in how many posts about it and in how many others it stood. `habits`: by
    organisation and author's key, how often which place was spoken of.
    """

    words: Mapping[str, Mapping[str, tuple[int, int]]] = field(default_factory=dict)
    habits: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)

    def lean(self, organisation_id: str, words: Iterable[str]) -> Lean:
        """Smoothed log-odds of the words that were seen at least twice, believed the more, the more posts there were.

        Tens of posts are enough; no word decides alone, nor all of them together.
        """
        counted = self.words.get(organisation_id)
        if not counted:
            return Lean()
        ours, others = counted.get(POSTS, (0, 0))
        posts = ours + others
        belief = posts / (posts + _SHRINK)
        weighed = [
            (word, belief * _odds(*counted[word], ours, others))
            for word in words
            if word in counted and sum(counted[word]) >= _ENOUGH_TO_LEAN
        ]
        weighed.sort(key=lambda one: (-abs(one[1]), one[0]))
        rate = 0.5 * log((ours + 1) / (others + 1)) if posts >= _ENOUGH_FOR_A_RATE else 0.0
        return Lean(tuple(weighed[:_MOST_WORDS]), max(-_MOST_RATE, min(_MOST_RATE, rate)))

    def telling(self, organisation_id: str) -> tuple[str, ...]:
        """The words that speak for the organisation, those that say most first: beside its name it is worth a look."""
        counted = self.words.get(organisation_id)
        if not counted:
            return ()
        ours, others = counted.get(POSTS, (0, 0))
        weighed = [
            (_odds(*times, ours, others), times[0], word)
            for word, times in counted.items()
            if word != POSTS and times[0] >= _ENOUGH_TO_LEAN
        ]
        weighed.sort(key=lambda one: (-one[0] * one[1], one[2]))
        return tuple(word for odds, _, word in weighed[:_MOST_TELLING] if odds >= _TELLING)

    def habit(self, organisation_id: str, author_key: str) -> Mapping[str, int]:
        """How often this author has spoken of which place of the organisation, as far as members confirmed it."""
        return self.habits.get(organisation_id, {}).get(author_key, {})


def _odds(with_us: int, with_others: int, ours: int, others: int) -> float:
    found = log((with_us + 0.5) / (ours + 1)) - log((with_others + 0.5) / (others + 1))
    return max(-_MOST_A_WORD, min(_MOST_A_WORD, found))
