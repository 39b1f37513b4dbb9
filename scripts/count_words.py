"""Build `src/ouidire/domain/common_words.csv.gz`: how often words and short phrases stand in what people post.

    python scripts/count_words.py [--data ../shared/data]

Read are only sets whose licence lets what is learned from them ship (see NOTICE); their texts are not copied. A
long review is cut into stretches as long as a post. Per language, each word or phrase of up to three words is counted
once a post and once for each set, and *the set where it is most frequent is left out*: what stands everywhere in
tweets about one telephone company, or in reviews of one chain's counters, is a subject and no ordinary word. A row is
kept when it stands in at least `LEAST` posts of the others, and there in more than `FEWEST` of 10,000; the larger
figure of the languages counts. No single post can be read out of it.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich.progress import track

from ouidire.domain.fold import fold

TARGET = Path(__file__).parents[1] / "src/ouidire/domain/common_words.csv.gz"
POST_WORDS = 40
PHRASE_WORDS = 3
LEAST = 5
FEWEST = 0.5
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"https?://\S+|@\w+|\[[A-Z]+\]")

Read = Callable[[Path], Iterator[str]]


def table(pattern: str, column: str) -> Read:
    def read(data: Path) -> Iterator[str]:
        for path in sorted(data.glob(pattern)):
            with path.open(encoding="utf-8", errors="replace", newline="") as lines:
                for row in csv.DictReader(lines, skipinitialspace=True):
                    yield row[column] or ""

    return read


def tabbed(pattern: str) -> Read:
    def read(data: Path) -> Iterator[str]:
        for path in sorted(data.glob(pattern)):
            yield from (line.split("\t")[0] for line in path.read_text(encoding="utf-8").split("\n"))

    return read


def records(pattern: str, *fields: str) -> Read:
    """JSON lines, or one array; every string below one of `fields`."""

    def read(data: Path) -> Iterator[str]:
        for path in sorted(data.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            rows = json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.split("\n") if line]
            for row in rows:
                yield from strings(row, fields)

    return read


def strings(value: Any, fields: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in fields and isinstance(inner, str):
                yield inner
            else:
                yield from strings(inner, fields)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, fields)


def hate(data: Path) -> Iterator[str]:
    with zipfile.ZipFile(data / "fr-mlma-hate/hate_speech_mlma.zip") as archive:
        text = archive.read("hate_speech_mlma/fr_dataset.csv").decode("utf-8")
    yield from (row["tweet"] for row in csv.DictReader(io.StringIO(text)))


def sentences(data: Path) -> Iterator[str]:
    for path in sorted((data / "absa-mams/MAMS-ATSA/raw").glob("*.xml")):
        yield from (one.findtext("text", "") for one in ElementTree.parse(path).iter("sentence"))


SETS: dict[str, dict[str, Read]] = {
    "fr": {
        "films": table("fr-allocine-sub/*.csv", "text"),
        "books": records("fr-book-reviews/**/*.jsonl", "reader_review"),
        "counters": table("fr-fastfood-google/reviews/*.csv", "review"),
        "telephone": records("fr-freemobile-tweets/*.jsonl", "text"),
        "subtitles": tabbed("fr-xed-emotions/Projections/fr-projections.tsv"),
        "insults": hate,
    },
    "en": {
        "comments": tabbed("goemotions/original/*.tsv"),
        "subtitles": tabbed("fr-xed-emotions/AnnotatedData/en-annotated.tsv"),
        "restaurants": sentences,
        "yelp": tabbed("yelp-uci-sentences/yelp_labelled.txt"),
        "hotels": records("struct-sentiment-hotels/opener_en/*.json", "text"),
        "crises": table("ts-crisislex/CrisisLexT26/*/*labeled.csv", "Tweet Text"),
    },
}


def posts(texts: Iterator[str]) -> Iterator[list[str]]:
    """The words of each post, each text once; a longer text is several posts."""
    seen: set[str] = set()
    for text in texts:
        words = _WORD.findall(fold(_ADDRESS.sub(" . ", text)))
        whole = " ".join(words)
        if not words or whole in seen:
            continue
        seen.add(whole)
        for first in range(0, len(words), POST_WORDS):
            yield words[first : first + POST_WORDS]


def phrases(words: list[str]) -> set[str]:
    last = len(words)
    return {" ".join(words[i : i + n]) for i in range(last) for n in range(1, PHRASE_WORDS + 1) if i + n <= last}


def count(sets: dict[str, Read], data: Path) -> dict[str, float]:
    """Posts per 10,000 in which each phrase stands, the set that is fullest of it left out."""
    counted: dict[str, Counter[str]] = {}
    sizes: dict[str, int] = {}
    for name, read in track(sets.items(), "counting"):
        counted[name], sizes[name] = Counter(), 0
        for words in posts(read(data)):
            counted[name].update(phrases(words))
            sizes[name] += 1
    print({name: f"{size:,}" for name, size in sizes.items()})
    found = {}
    for phrase in {phrase for counter in counted.values() for phrase, n in counter.items() if n > 1}:
        fullest = max(counted, key=lambda name: counted[name][phrase] / max(1, sizes[name]))
        times = sum(counter[phrase] for name, counter in counted.items() if name != fullest)
        rate = times / sum(size for name, size in sizes.items() if name != fullest) * 10_000
        if times >= LEAST and rate > FEWEST:
            found[phrase] = rate
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = parser.parse_args().data
    if not data.is_dir():
        raise SystemExit(f"There are no data sets in {data}: say where they are with --data.")
    rates: dict[str, float] = {}
    for sets in SETS.values():
        for phrase, rate in count(sets, data).items():
            rates[phrase] = max(rate, rates.get(phrase, 0.0))
    lines = "".join(f"{phrase},{rate:.3g}\n" for phrase, rate in sorted(rates.items()))
    TARGET.write_bytes(gzip.compress(lines.encode(), mtime=0))
    print(f"{len(rates):,} words and phrases, {TARGET.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
