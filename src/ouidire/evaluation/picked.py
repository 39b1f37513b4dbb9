"""The public posts that are labelled by hand, and which of them are kept as test.

`python -m ouidire.evaluation.picked DATA` prints hashes, sets and texts of those that were labelled first: of two
French sets, a share drawn at random and a share that holds words of grave matters, which are rare. The draw hangs on
the texts' hashes alone, so that anybody draws the same. Of what `texts` gives two fifths are kept as test, by the hash
as well.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ouidire.domain.fold import fold

REVIEWS, TWEETS, CARE = "fr-fastfood-google", "fr-freemobile-tweets", "ibm-customer-care"
LANGUAGES = {REVIEWS: "fr", TWEETS: "fr", CARE: "en"}
AT_RANDOM = {REVIEWS: 450, TWEETS: 400}
GRAVE = {REVIEWS: 450, TWEETS: 100}
SHORTEST, LONGEST = 12, 1_200
_GRAVE = re.compile(
    r"\b(cafard|cafards|rats?|souris|insectes?|mouches?|vers|asticots?|moisi\w*|malades?|intoxi\w*|vomi\w*|hopital|urgences|"
    r"allergi\w*|racis\w*|discrimin\w*|agress\w*|frapp\w*|insult\w*|menac\w*|vol\w*|arnaqu\w*|police|plainte|avocat|"
    r"tribunal|hygiene|cheveux?|plastique|verre|brul\w*|blesse\w*|handicap\w*|enfants?|enceinte|attend\w*|attente|"
    r"en ce moment|la maintenant|ce soir|depuis \d+|dgccrf|mise en demeure|signal\w*)\b"
)


def hash_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def is_test(digest: str) -> bool:
    return int(digest[:8], 16) % 1000 < 400


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """(set, text): reviews, tweets to an operator, what customers wrote to companies. A set that is absent has none."""
    reviews, tweets = data / REVIEWS / "reviews" / "marseille_reviews.csv", data / TWEETS / "tweets_2024_08_to_10.jsonl"
    if reviews.exists():
        with reviews.open(encoding="utf-8", newline="") as file:
            yield from ((REVIEWS, row["review"]) for row in csv.DictReader(file) if row["review"])
    for line in tweets.read_text("utf-8").splitlines() if tweets.exists() else ():
        post = json.loads(line)
        if not post["by_brand"]:
            yield TWEETS, post["text"]
    for turn in _turns(data):
        if "client" in turn:
            yield CARE, turn["message"]


def answers(data: Path) -> Iterator[str]:
    """What the companies answered."""
    return (turn["message"] for turn in _turns(data) if "client" not in turn)


def _turns(data: Path) -> Iterator[dict[str, str]]:
    for path in sorted((data / CARE).glob("[dt]e*.json")):
        for talk in json.loads(path.read_text("utf-8")):
            yield from (turn for turn in talk["dialogContent"] if "message" in turn)


def picked(data: Path) -> list[tuple[str, str, str]]:
    """(hash, set, text), in the order of the hashes."""
    unique = {hash_of(text): (name, text) for name, text in texts(data) if SHORTEST <= len(text) <= LONGEST}
    chosen: dict[str, tuple[str, str]] = {}
    for name in (REVIEWS, TWEETS):
        ours = [(digest, text) for digest, (one, text) in sorted(unique.items()) if one == name]
        grave = [(digest, text) for digest, text in ours if _GRAVE.search(fold(text))]
        for digest, text in (
            *ours[: AT_RANDOM[name]],
            *[g for g in grave if g not in ours[: AT_RANDOM[name]]][: GRAVE[name]],
        ):
            chosen[digest] = (name, text)
    return [(digest, *chosen[digest]) for digest in sorted(chosen)]


if __name__ == "__main__":
    for digest, name, text in picked(Path(sys.argv[1])):
        sys.stdout.write(json.dumps({"hash": digest, "set": name, "text": text}, ensure_ascii=False) + "\n")
