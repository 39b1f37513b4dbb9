"""Thirty posts about us and thirty that are not teach what an ordinary word means: on public posts."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from ouidire.domain.item import Author, Item
from ouidire.domain.lesson import POSTS, Lessons, learnable
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.matcher import Matcher

from .bakery import NOW

DATA = Path(os.environ.get("OUIDIRE_DATA", Path(__file__).parents[2].parent / "shared/data"))
_NEARLY_ALL = 0.95
"""From here on there are no five in a hundred left to win."""

LEARNED = 30


def lines(path: Path) -> Iterator[str]:
    if path.suffix == ".jsonl":
        rows = map(json.loads, path.read_text("utf-8").splitlines())
        yield from (row["text"] for row in rows if not row["by_brand"])  # what guests write, not the brand itself
    else:
        yield from (line.rsplit("\t", 2)[0] for line in path.read_text("utf-8").splitlines())


def holding(word: str, *patterns: str) -> list[str]:
    """The posts of these files that hold `word`, in an order that has nothing to do with theirs."""
    whole = re.compile(rf"\b{word}\b", re.IGNORECASE)
    texts = {
        text
        for pattern in patterns
        for path in sorted(DATA.glob(pattern))
        for text in lines(path)
        if whole.search(text)
    }
    found = sorted(texts)
    Random(4).shuffle(found)
    return found


def taught(ours: Sequence[str], others: Sequence[str]) -> Lessons:
    """As `store.lessons` counts them."""
    accepted = Counter(word for text in ours for word in learnable(text))
    refused = Counter(word for text in others for word in learnable(text))
    words = {word: (accepted[word], refused[word]) for word in accepted | refused}
    return Lessons({"o": {POSTS: (len(ours), len(others)), **words}})


@dataclass(frozen=True)
class Told:
    """How well posts are told apart: the share of pairs in the right order, and of posts on the right side of even."""

    order: float
    right: float


def told_apart(matcher: Matcher, ours: Sequence[str], others: Sequence[str]) -> Told:
    mine, theirs = [likelihood(matcher, text) for text in ours], [likelihood(matcher, text) for text in others]
    pairs = [(a > b) + (a == b) / 2 for a in mine for b in theirs]
    right = [sum(p >= 0.5 for p in mine) / len(mine), sum(p < 0.5 for p in theirs) / len(theirs)]
    return Told(sum(pairs) / len(pairs), sum(right) / 2)


def likelihood(matcher: Matcher, text: str) -> float:
    item = Item(connector="b", uri="u", author=Author("a"), text=text, written_at=NOW)
    return next((match.p for match in matcher.consider(item)), 0.0)


@pytest.mark.parametrize("word", ["Free", "Orange"])
def test_thirty_posts_and_thirty_others_tell_an_ordinary_word_from_our_name(
    word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = holding(word, "fr-freemobile-tweets/*.jsonl")
    others = holding(word, "tweeteval/sentiment/*text.txt", "goemotions/**/*.tsv", "tweeteval/emotion/*text.txt")
    if not ours or not others:
        pytest.skip(f"the public posts are not at hand: no fr-freemobile-tweets, tweeteval or goemotions in {DATA}")
    many = min(LEARNED, len(ours) // 2, len(others) // 2)
    known = [Watch("w", "o", names=(word,))], [Place("p", "o", word, town="Paris", category="telecom")]
    rest = ours[many:], others[many:]
    before = told_apart(Matcher(*known), *rest)
    after = told_apart(Matcher(*known, lessons=taught(ours[:many], others[:many])), *rest)
    with capsys.disabled():
        print(
            f"\n  {word}: taught by {many} + {many}, asked {len(rest[0])} + {len(rest[1])}: in order "
            f"{before.order:.3f} -> {after.order:.3f}, on the right side {before.right:.3f} -> {after.right:.3f}"
        )
    assert after.order >= 0.95
    assert after.right >= max(0.8, min(before.right + 0.05, _NEARLY_ALL))
