"""Public real posts beside the generated ones: a name that is also a word, and reviews that name a chain.

Both are read where they lie, and nothing of them is kept. They say only whether an organisation is spoken of: no
place is known of them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from ouidire.domain.item import Author, Item
from ouidire.domain.mention import Ask
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.evaluation.filling import BEGIN
from ouidire.evaluation.gather import Brand, brands, ordinary_words
from ouidire.evaluation.metrics import Counts
from ouidire.evaluation.world import is_ordinary
from ouidire.match.matcher import Matcher

MOST = 1_000
"""Posts of each kind; more would say the same."""

_FREE = re.compile(r"\bfree\b", re.IGNORECASE)


def free(data: Path) -> Counts | None:
    """Posts about the operator Free against French and English texts that hold the word; None without the data.

    The operator's tweets are French and the other texts mostly English, as they are on a public stream.
    """
    ours = [text for text in _tweets(data / "fr-freemobile-tweets") if _FREE.search(text)][:MOST]
    others = [text for text in _elsewhere(data) if _FREE.search(text)][:MOST]
    if not ours or not others:
        return None
    place = Place("free-0", "free", "Free", town="Paris", category="telecom", languages=("fr",))
    matcher = Matcher([Watch("free-w", "free", None, ("Free",), handles=("free", "Freebox"))], [place])
    return _judged(matcher, [*((text, "free") for text in ours), *((text, "") for text in others)])


def fast_food(data: Path) -> Counts | None:
    """Reviews of fast-food places that name a chain, against all such chains at once; None without the data."""
    words = ordinary_words(data)
    chains = {one.name: one for one in brands(data) if one.category == "fast_food" and not is_ordinary(one.name, words)}
    named = re.compile("|".join(rf"\b{re.escape(name)}\b" for name in sorted(chains, key=len, reverse=True)) or "$^")
    texts: list[tuple[str, str]] = []
    for text in _reviews(data / "fr-fastfood-google" / "reviews"):
        if len(found := {match.group() for match in named.finditer(text)}) == 1:
            texts.append((text, found.pop()))
    return _judged(_chains(chains.values()), texts[:MOST]) if texts else None


def _chains(some: Iterable[Brand]) -> Matcher:
    every = list(some)
    watches = [Watch(f"{one.name}-w", one.name, None, (one.name,), one.aliases) for one in every]
    places = [Place(f"{one.name}-{n}", one.name, one.name, category="fast_food") for one in every for n in (1, 2)]
    return Matcher(watches, places)


def _judged(matcher: Matcher, texts: Sequence[tuple[str, str]]) -> Counts:
    """Counts of posts, each with the organisation that it speaks of ("" is nobody)."""
    counts = Counts()
    for number, (text, organisation_id) in enumerate(texts):
        written = BEGIN + timedelta(minutes=number)
        item = Item(connector="public", uri=f"at://public/{number}", author=Author("u"), text=text, written_at=written)
        matches = matcher.match(item)
        decided = [match.organisation_id for match in matches if match.ask is not Ask.ABOUT_US]
        right = organisation_id in decided
        counts += Counts(
            posts=1,
            said=len(decided),
            said_right=int(right),
            about=int(bool(organisation_id)),
            heard=int(right),
            unplaced=int(bool(decided)),
            asked_whether=int(bool(matches) and not decided),
            dropped=int(not matches),
        )
    return counts


def _tweets(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.jsonl")):
        yield from (json.loads(line)["text"] for line in path.read_text("utf-8").splitlines())


def _elsewhere(data: Path) -> Iterator[str]:
    """Texts about anything else, in turns: reviews, tweets, remarks."""
    for name in ("yelp-uci-sentences/yelp_labelled.txt", "goemotions/original/train.tsv"):
        if (path := data / name).is_file():
            yield from (line.split("\t")[0] for line in path.read_text("utf-8").splitlines())
    for path in sorted((data / "tweeteval").rglob("*_text.txt")):
        yield from path.read_text("utf-8").splitlines()


def _reviews(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else ():
        with path.open(encoding="utf-8", newline="") as rows:
            yield from (row.get("review") or "" for row in csv.DictReader(rows))
