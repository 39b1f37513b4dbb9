"""Public labelled texts for sentiment, read from a folder of data sets into (text, label) pairs.

Sets marked `ships` may train weights that we ship (their licences are in docs/model-card-sentiment.md); the others
only measure. Nothing is copied: a set that is absent is simply not there.
"""

from __future__ import annotations

import csv
import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from xml.etree import ElementTree
from zlib import crc32

from ouidire.domain.fold import fold

NEGATIVE, NEUTRAL, POSITIVE = 0, 1, 2
Labelled = tuple[str, int]
_WORD = re.compile(r"\w+")

_GO_POSITIVE = {0, 1, 4, 5, 8, 13, 15, 17, 18, 20, 21, 23}
_GO_NEGATIVE = {2, 3, 9, 10, 11, 12, 14, 16, 19, 24, 25}
_XED_POSITIVE, _XED_NEGATIVE = {5, 8}, {1, 3, 4, 6}


@dataclass(frozen=True, slots=True)
class Corpus:
    """One set and split. `classes` are the labels it can give; `weight` is its share of the training mass."""

    name: str
    language: str
    ships: bool
    read: Callable[[Path], Iterator[Labelled]]
    classes: tuple[int, ...] = (NEGATIVE, NEUTRAL, POSITIVE)
    weight: float = 1.0


def words_of(text: str) -> str:
    """What two copies of one text share, whatever their case, accents, spacing and punctuation."""
    return " ".join(_WORD.findall(fold(text))) or text


def texts_of(corpora: Iterable[Corpus], data: Path) -> frozenset[str]:
    """The `words_of` every text in `corpora`; a set that is absent has none."""
    return frozenset(words_of(text) for corpus in corpora for text, _ in _at_hand(corpus, data))


def _at_hand(corpus: Corpus, data: Path) -> Iterator[Labelled]:
    with suppress(FileNotFoundError):
        yield from corpus.read(data)


def in_test_part(text: str) -> bool:
    """A stable fifth of the texts, for sets that come without a split of their own."""
    return crc32(text.encode()) % 5 == 0


def allocine(file: str) -> Callable[[Path], Iterator[Labelled]]:
    def read(data: Path) -> Iterator[Labelled]:
        with (data / "fr-allocine-sub" / file).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield row["text"], POSITIVE if row["label"] == "1" else NEGATIVE

    return read


def books(*, test: bool) -> Callable[[Path], Iterator[Labelled]]:
    """Stars far from the middle only: three stars are mixed feelings, which is not what neutral means here."""

    def read(data: Path) -> Iterator[Labelled]:
        for path in sorted((data / "fr-book-reviews").rglob("*.jsonl")):
            for line in path.read_text(encoding="utf-8").split("\n"):
                row = json.loads(line or "{}")
                text, label = row.get("reader_review"), row.get("label")
                if text and label and in_test_part(text) == test:
                    yield text, POSITIVE if label > 0 else NEGATIVE

    return read


def xed(language: str, *, test: bool) -> Callable[[Path], Iterator[Labelled]]:
    def read(data: Path) -> Iterator[Labelled]:
        path = data / "fr-xed-emotions" / "Projections" / f"{language}-projections.tsv"
        for line in path.read_text(encoding="utf-8").split("\n"):
            text, _, numbers = line.strip().rpartition("\t")
            label = _of_emotions(_numbers(numbers), _XED_POSITIVE, _XED_NEGATIVE)
            if text and label is not None and in_test_part(text) == test:
                yield text, label

    return read


def goemotions(split: str) -> Callable[[Path], Iterator[Labelled]]:
    def read(data: Path) -> Iterator[Labelled]:
        path = data / "goemotions" / "original" / f"{split}.tsv"
        for line in path.read_text(encoding="utf-8").split("\n"):
            text, numbers, *_ = [*line.split("\t"), ""]
            label = _of_emotions(_numbers(numbers), _GO_POSITIVE, _GO_NEGATIVE)
            if text and label is not None:
                yield text, label

    return read


def _numbers(text: str) -> set[int]:
    return {int(number) for number in text.split(",") if number.strip().isdigit()}


def _of_emotions(emotions: set[int], positive: set[int], negative: set[int]) -> int | None:
    if emotions & positive and emotions & negative:
        return None
    return POSITIVE if emotions & positive else NEGATIVE if emotions & negative else NEUTRAL


def yelp(*, test: bool) -> Callable[[Path], Iterator[Labelled]]:
    def read(data: Path) -> Iterator[Labelled]:
        for line in (data / "yelp-uci-sentences" / "yelp_labelled.txt").read_text(encoding="utf-8").split("\n"):
            text, _, label = line.rpartition("\t")
            if text and in_test_part(text) == test:
                yield text, POSITIVE if label == "1" else NEGATIVE

    return read


def mams(split: str) -> Callable[[Path], Iterator[Labelled]]:
    """Sentences whose terms do not contradict each other."""

    def read(data: Path) -> Iterator[Labelled]:
        # Our own copy of a published file, not something a stranger sends.
        tree = ElementTree.parse(data / "absa-mams" / "MAMS-ATSA" / "raw" / f"{split}.xml")  # noqa: S314
        for sentence in tree.iter("sentence"):
            label = _of_polarities({term.get("polarity", "") for term in sentence.iter("aspectTerm")})
            if label is not None:
                yield sentence.findtext("text", ""), label

    return read


def hotels(folder: str, split: str) -> Callable[[Path], Iterator[Labelled]]:
    def read(data: Path) -> Iterator[Labelled]:
        path = data / "struct-sentiment-hotels" / folder / f"{split}.json"
        for row in json.loads(path.read_text(encoding="utf-8")):
            label = _of_polarities({str(opinion["Polarity"]).lower() for opinion in row["opinions"]})
            if label is not None:
                yield row["text"], label

    return read


def mabsa(domain: str, language: str, split: str = "test") -> Callable[[Path], Iterator[Labelled]]:
    def read(data: Path) -> Iterator[Labelled]:
        path = data / "absa-mabsa" / domain / language / f"{split}.txt"
        for line in path.read_text(encoding="utf-8").split("\n"):
            text, _, triplets = line.partition("####")
            label = _of_polarities({p for p in ("positive", "negative", "neutral") if f"'{p}'" in triplets})
            if label is not None:
                yield text, label

    return read


def _of_polarities(polarities: set[str]) -> int | None:
    said = polarities - {"neutral"}
    if len(said) > 1:
        return None
    return POSITIVE if "positive" in said else NEGATIVE if "negative" in said else NEUTRAL


def tweets(folder: str, *splits: str) -> Callable[[Path], Iterator[Labelled]]:
    def read(data: Path) -> Iterator[Labelled]:
        for split in splits:
            texts = (data / folder / f"{split}_text.txt").read_text(encoding="utf-8").split("\n")
            labels = (data / folder / f"{split}_labels.txt").read_text(encoding="utf-8").split()
            yield from ((text, int(label)) for text, label in zip(texts, labels, strict=False))

    return read


def invented(*, test: bool) -> Callable[[Path], Iterator[Labelled]]:
    """Our own sentences, in this repository."""

    def read(data: Path) -> Iterator[Labelled]:
        del data
        names = {"negative": NEGATIVE, "neutral": NEUTRAL, "positive": POSITIVE}
        path = Path(__file__).with_name("invented_reviews.jsonl")
        for line in path.read_text(encoding="utf-8").split("\n"):
            if not line:
                continue
            row = json.loads(line)
            if in_test_part(row["text"]) == test:
                yield row["text"], names[row["label"]]

    return read


def phrases(language: str, each: int = 700) -> Callable[[Path], Iterator[Labelled]]:
    """Invented phrases from `phrases.toml`, the same ones each time."""

    def read(data: Path) -> Iterator[Labelled]:
        del data
        words, dice = _phrase_words()[language], Random(language)
        for _ in range(each):
            for label, side in ((NEGATIVE, "bad"), (POSITIVE, "good")):
                thing, end = dice.choice(words["things"]), dice.choice(words["ends"])
                said = f"{thing} {dice.choice(words['is'])} {dice.choice(words[side])}"
                yield (said if dice.random() < 0.75 else f"{dice.choice(words[f'{side}_verbs'])} {thing}") + end, label
            thing = dice.choice(words["things"])
            plain = f"{thing} {dice.choice(words['plain'])}"
            yield (plain if dice.random() < 0.5 else f"{dice.choice(words['plain_verbs'])} {thing}"), NEUTRAL

    return read


@cache
def _phrase_words() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8"))


def leaning_reviews(data: Path) -> Iterator[Labelled]:
    """Reviews without stars that lean one way only: two or more of our good words and no bad one, or the reverse."""
    good, bad = (_any_of(_phrase_words()["fr"][side]) for side in ("good", "bad"))
    for path in sorted((data / "fr-fastfood-google" / "reviews").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                text = row["review"] or ""
                lean = len(good.findall(text.lower())), len(bad.findall(text.lower()))
                if _DENIAL.search(text.lower()) is None and max(lean) >= 2 and min(lean) == 0:
                    yield text, POSITIVE if lean[0] else NEGATIVE


_DENIAL = re.compile(
    r"\b(?:pas|jamais|aucune?|sans|peu)\s+(?:\w+\s)?(?:bon|super|très|propre|top|cher|déçu|mauvais|rapide)"
)


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, words))})s?\b")


POLAR = (NEGATIVE, POSITIVE)
TRAIN = (
    Corpus("invented", "fr+en", True, invented(test=False), weight=5.0),
    Corpus("phrases", "fr", True, phrases("fr"), weight=1.5),
    Corpus("phrases", "en", True, phrases("en", 300), weight=0.7),
    Corpus("leaning reviews", "fr", True, leaning_reviews, POLAR, weight=1.5),
    Corpus("allocine", "fr", True, allocine("train_data_allocine.csv"), POLAR, weight=2.8),
    Corpus("books", "fr", True, books(test=False), POLAR, weight=2.0),
    Corpus("xed", "fr", True, xed("fr", test=False), weight=1.0),
    Corpus("goemotions", "en", True, goemotions("train"), weight=1.5),
    Corpus("yelp", "en", True, yelp(test=False), POLAR, weight=0.7),
    Corpus("mams", "en", True, mams("train"), weight=0.7),
    Corpus("hotels", "en", True, hotels("opener_en", "train"), weight=0.7),
    Corpus("hotels", "es", True, hotels("opener_es", "train"), weight=0.3),
)
TUNE = (
    Corpus("goemotions dev", "en", True, goemotions("dev")),
    Corpus("mams val", "en", True, mams("val")),
    Corpus("hotels dev", "en", True, hotels("opener_en", "dev")),
    Corpus("allocine test (small)", "fr", True, allocine("test_data_allocine.csv"), POLAR),
)
TEST = (
    Corpus("invented, held out", "fr+en", True, invented(test=True)),
    Corpus("allocine", "fr", True, allocine("test_data_allocine_full.csv"), POLAR),
    Corpus("books", "fr", True, books(test=True), POLAR),
    Corpus("xed subtitles", "fr", True, xed("fr", test=True)),
    Corpus("restaurants (M-ABSA)", "fr", False, mabsa("restaurant", "fr")),
    Corpus("hotels (M-ABSA)", "fr", False, mabsa("hotel", "fr")),
    Corpus("tweets (UMSAB)", "fr", False, tweets("umsab-xlmt/french", "train", "val")),
    Corpus("yelp", "en", True, yelp(test=True), POLAR),
    Corpus("mams", "en", True, mams("test")),
    Corpus("hotels (OpeNER)", "en", True, hotels("opener_en", "test")),
    Corpus("goemotions", "en", True, goemotions("test")),
    Corpus("restaurants (M-ABSA)", "en", False, mabsa("restaurant", "en")),
    Corpus("tweets (UMSAB)", "en", False, tweets("umsab-xlmt/english", "test")),
)
