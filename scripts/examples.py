"""Labelled texts for training the readers, every task in one shape: what a set does not say is unknown, not absent.

From public sets whose licence lets weights ship (`src/ouidire/evaluation/corpora.py`), from our own labels of public
posts (`labels/`, whose texts stay in the data folder), and from posts that we invented (`labels/invented_train_*`).
Nothing that measures is among them.
"""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile
from zlib import crc32

from scripts.staffed import first_name, first_names, staffed, written

from ouidire.domain.enrichment import Act, Aspect, Sentiment, Span
from ouidire.evaluation.corpora import TEST, TRAIN, texts_of, words_of, xed
from ouidire.evaluation.picked import LANGUAGES, answers, hash_of, is_test
from ouidire.evaluation.picked import texts as public_posts
from ouidire.evaluation.readings import own, stretches

LABELS = Path(__file__).parents[1] / "labels"
SENTIMENTS, ACTS, ASPECTS = tuple(Sentiment), tuple(Act), tuple(Aspect)
ABSENT, UNKNOWN = 0, -1
"""What an aspect may be besides 1 + the index of its polarity in `SENTIMENTS`."""

_BY_HAND = {
    **{"fr_posts": 2.0, "fr_more": 2.0, "fr_reviews": 1.5, "fr_tweets": 1.5},
    **{"en_care": 1.5, "en_opinions": 1.5, "world_tweets": 1.0},
}
"""Our labels of posts of public sets, and what each post weighs."""

_READ_ANEW = ("mams", "yelp", "hotels")
"""The sets of sentiment of which `en_opinions` says more."""

_XED_OTHERS = ("es", "de", "it", "nl", "pt")
_MAMS = {
    "food": Aspect.PRODUCT,
    "menu": Aspect.PRODUCT,
    "service": Aspect.SERVICE,
    "staff": Aspect.STAFF,
    "price": Aspect.PRICE,
    "ambience": Aspect.PLACE,
    "place": Aspect.PLACE,
}
_NOTHING_SAID: tuple[int, ...] = (UNKNOWN,) * len(ASPECTS)


@dataclass(frozen=True, slots=True)
class Example:
    """One text and what is known of it: indices into `SENTIMENTS`, `ACTS`; `aspects` by `ASPECTS`; None: unknown.

    `urgent` is whether its urgency is 2 or 3, `staff` where employees are named. `weight` is its share of the
    training mass.
    """

    text: str
    language: str
    origin: str
    sentiment: int | None = None
    act: int | None = None
    urgent: bool | None = None
    mixed: bool | None = None
    irony: bool | None = None
    aspects: tuple[int, ...] = _NOTHING_SAID
    staff: tuple[Span, ...] | None = None
    weight: float = 1.0

    @property
    def is_held_out(self) -> bool:
        """A stable tenth that tunes and never trains."""
        return crc32(words_of(self.text).encode()) % 10 == 0


def examples(data: Path, most_of_a_set: int = 4_000) -> list[Example]:
    """Every example, each text once, without those of the sets that measure; a set that is absent is left out."""
    without = measured(data)
    every: dict[str, Example] = {}
    for one in (*ours(data), *invented(), *named(), *opinions(data), *feelings(data, most_of_a_set)):
        key = words_of(one.text)
        if key not in without:
            every.setdefault(key, one)
    return list(every.values())


def measured(data: Path) -> frozenset[str]:
    """The `words_of` every text that measures, in public sets, in our labels and among what we wrote: a copy of it in
    another spelling teaches nothing either."""
    labelled = (text for _, _, rows in own(data) for text, _ in rows)
    lines = (line for path in LABELS.glob("*_test_*.jsonl") for line in path.read_text("utf-8").splitlines())
    written = (json.loads(line)["text"] for line in lines)
    return texts_of(TEST, data) | {words_of(text) for text in (*labelled, *written)}


def ours(data: Path) -> Iterator[Example]:
    """The public posts labelled by hand, but for those kept as test."""
    of_opinions = (text for one in TRAIN if one.name in _READ_ANEW for text, _ in _given(one.read(data)))
    texts = {hash_of(text): text for text in (*(one.text for one in loose(data)), *of_opinions)}
    for name, weight in _BY_HAND.items():
        for line in (LABELS / f"{name}.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            if (text := texts.get(row["hash"])) is not None:
                staff = None if row["staff"] is None else tuple((a, b) for a, b in row["staff"])
                yield _labelled(text, row.get("lang", "fr"), name, row, staff, weight)


def invented() -> Iterator[Example]:
    """The posts that we wrote to learn from."""
    for path in sorted(LABELS.glob("invented_train_*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            yield _labelled(row["text"], row["lang"], path.stem, row, _people(row), weight=1.5)


def _people(row: Mapping[str, Any]) -> tuple[Span, ...]:
    """Where employees are named: given by their offsets, or quoted."""
    if all(isinstance(one, str) for one in row["staff"]):
        return stretches(row["text"], row["staff"])
    return tuple((start, end) for start, end in row["staff"])


def roughened(one: Example, dice: Random) -> Example:
    """The same post as written in haste: without capitals, accents or stops, or shouted; no letter moves."""
    text = one.text
    if dice.random() < 0.6:
        text = "".join(_bare(letter) for letter in text)
    if dice.random() < 0.4:
        text = _STOPS.sub(" ", text)
    cased = text.upper() if dice.random() < 0.1 else text.lower()
    return replace(one, text=cased if len(cased) == len(text) else text, weight=one.weight / 2)


def _bare(letter: str) -> str:
    first, *marks = unicodedata.normalize("NFD", letter)
    return first if marks else letter


_STOPS = re.compile(r"[.,;:!?’'\-](?=\s|$)")


def renamed(one: Example, dice: Random) -> Example:
    """The same post with other first names, each for one: it is the words around that tell who works there."""
    text, spans, moved, others = "", [list(span) for span in one.staff or ()], 0, dict[str, str]()
    last, known = 0, frozenset(first_names())
    for found in _CAPITALISED.finditer(one.text):
        is_named = any(start <= found.start() and found.end() <= end for start, end in one.staff or ())
        if found[0] not in known or not (is_named or _WITHIN_A_SENTENCE.search(one.text, 0, found.start())):
            continue
        other = others.setdefault(found[0], first_name(one.language, dice))
        text += one.text[last : found.start()] + other
        last, longer = found.end(), len(other) - len(found[0])
        for span, (start, end) in zip(spans, one.staff or (), strict=True):
            span[0] += longer * (start > found.start())
            span[1] += longer * (end > found.start())
        moved += 1
    staff = None if one.staff is None else tuple((start, end) for start, end in spans)
    return replace(one, text=text + one.text[last:], staff=staff, weight=one.weight / 2) if moved else one


_CAPITALISED = re.compile(r"\b[A-ZÀ-Þ][a-zß-ÿ]{2,}(?:-[A-ZÀ-Þ][a-zß-ÿ]+)?\b")
_WITHIN_A_SENTENCE = re.compile(r"[a-zß-ÿ’']\s?$")


def named() -> Iterator[Example]:
    """Posts written or made to learn names from; of what they mean nothing is known."""
    for origin, some in (("invented_train_staff", written()), ("staffed", staffed())):
        for one in some:
            yield Example(one.text, one.language, origin, staff=one.spans)


def _labelled(
    text: str, language: str, origin: str, row: Mapping[str, Any], staff: tuple[Span, ...] | None, weight: float
) -> Example:
    """What is null in `row` was not labelled."""
    said, act, urgency = row["aspects"], row["act"], row["urgency"]
    return Example(
        text=text,
        language=language,
        origin=origin,
        sentiment=SENTIMENTS.index(row["sentiment"]),
        act=None if act is None else ACTS.index(act),
        urgent=None if urgency is None else urgency >= 2,
        mixed=row["mixed"],
        irony=row["irony"],
        aspects=_NOTHING_SAID if said is None else aspects_of((aspect, polarity) for aspect, polarity, *_ in said),
        staff=staff,
        weight=weight,
    )


def aspects_of(said: Iterable[tuple[str, str]]) -> tuple[int, ...]:
    """All that is said of each aspect as one; an aspect that is praised and blamed is neutral.

    >>> aspects_of([("service", "negative")])[:2]
    (1, 0)
    """
    found: dict[Aspect, set[Sentiment]] = {}
    for aspect, polarity in said:
        found.setdefault(Aspect(aspect), set()).add(Sentiment(polarity))
    return tuple(1 + SENTIMENTS.index(_together(found[one])) if one in found else ABSENT for one in ASPECTS)


def _together(polarities: set[Sentiment]) -> Sentiment:
    felt = polarities - {Sentiment.NEUTRAL}
    return felt.pop() if len(felt) == 1 else Sentiment.NEUTRAL


def opinions(data: Path) -> Iterator[Example]:
    """English sentences about restaurants: the aspects that the set speaks of (MAMS-ACSA), the others unknown."""
    path = data / "absa-mams" / "MAMS-ACSA" / "raw" / "train.xml"
    if not path.exists():
        return
    # Our own copy of a published file, not something a stranger sends.
    for sentence in ElementTree.parse(path).iter("sentence"):
        categories = [(c.get("category", ""), c.get("polarity", "")) for c in sentence.iter("aspectCategory")]
        said = aspects_of((_MAMS[category], polarity) for category, polarity in categories if category in _MAMS)
        known = tuple(v if a in _MAMS.values() else UNKNOWN for a, v in zip(ASPECTS, said, strict=True))
        felt = {polarity for _, polarity in categories} - {"neutral"}
        sentiment = SENTIMENTS.index(Sentiment(felt.pop() if felt else "neutral")) if len(felt) < 2 else None
        yield Example(sentence.findtext("text", ""), "en", "mams", sentiment, urgent=False, aspects=known, weight=0.5)


def feelings(data: Path, most: int) -> Iterator[Example]:
    """The public sets of sentiment, at most so many texts of each, drawn with a fixed seed."""
    for corpus in TRAIN:
        if corpus.name != "mams":
            pairs = drawn(_given(corpus.read(data)), most)
            told = corpus.name in ("books", "allocine")  # tales of murder alarm nobody
            for text, label in pairs:
                yield Example(text, corpus.language, corpus.name, label, urgent=False if told else None, weight=0.5)
    for language in _XED_OTHERS:
        for text, label in drawn(_given(xed(language, test=False)(data)), most // 3):
            yield Example(text, language, "xed", label, weight=0.3)


def loose(data: Path) -> Iterator[Example]:
    """Posts at hand, without any label, for a teacher to read: none of those that are kept as test."""
    for name, text in public_posts(data):
        if not is_test(hash_of(text)):
            yield Example(text, LANGUAGES[name], name, weight=0.5)
    for language, text in (*_hateful(data), *_of_crises(data), *(("en", text) for text in answers(data))):
        yield Example(text, language, "tweets at hand", weight=0.5)


def _hateful(data: Path) -> Iterator[tuple[str, str]]:
    """Tweets of MLMA: what its crowd said of them is no sentiment, and is left aside."""
    path = data / "fr-mlma-hate" / "hate_speech_mlma.zip"
    if not path.exists():
        return
    with ZipFile(path) as files:
        for name in sorted(files.namelist()):
            if "MACOSX" not in name and (found := re.search(r"(fr|en)_dataset\.csv$", name)):
                for row in csv.DictReader(files.read(name).decode("utf-8").splitlines()):
                    yield found[1], row["tweet"].replace("@user", "").replace("@url", "").strip()


def _of_crises(data: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((data / "ts-crisislex").rglob("*-tweets_labeled.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.reader(lines):
                yield "", row[1]  # of several languages


def _given(pairs: Iterator[tuple[str, int]]) -> list[tuple[str, int]]:
    try:
        return list(pairs)
    except FileNotFoundError:
        return []


def drawn(pairs: Sequence[tuple[str, int]], most: int) -> Sequence[tuple[str, int]]:
    return pairs if len(pairs) <= most else Random(7).sample(pairs, most)
