"""How well posts are read: public sets and our own labels, every figure with its count and 95 % interval.

*Sentiment*: accuracy, and macro-F1 over the classes a set has; *polarity* is the accuracy on what is labelled negative
or positive when neutral may not be said. *Aspects*: micro-F1 of naming the right ones. *Calibration*: the expected
error of the probability given (ten bins). *Readable*: the largest share of posts, the surest first, of which 95 %
are right.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from ouidire.domain.enrichment import Act, Aspect, Reading, Sentiment, Span
from ouidire.domain.share import Share
from ouidire.enrich.encoder import Encoder
from ouidire.enrich.language import language_of
from ouidire.enrich.read import Hints, read_many
from ouidire.evaluation.corpora import TEST, Corpus, tweets, xed
from ouidire.evaluation.picked import hash_of, is_test
from ouidire.evaluation.picked import texts as public_posts

LABELS = Path(__file__).parents[3] / "labels"
"""Where a checkout keeps its labels; an installed package has none, and says so."""

AS_IN_LIFE = ("invented_test_life", "invented_test_languages")
"""Posts as people write them every day, in which few traps stand: French and English, and the five other languages."""

SENTIMENTS = tuple(Sentiment)
OURS = ("fr", "en", "es", "de", "it", "nl", "pt")
SHORT = 30
"""Characters of a text on which language is measured apart."""

_TWEETS = {"english": "en", "french": "fr", "german": "de", "italian": "it", "portuguese": "pt", "spanish": "es"}
_AT_ONCE = 256
_RESAMPLED = 300

CATEGORIES: Mapping[str, Aspect] = {
    "food": Aspect.PRODUCT,
    "drinks": Aspect.PRODUCT,
    "food_drinks": Aspect.PRODUCT,
    "service": Aspect.SERVICE,
    "ambience": Aspect.PLACE,
    "location": Aspect.PLACE,
    "rooms": Aspect.PLACE,
    "facilities": Aspect.PLACE,
    "prices": Aspect.PRICE,
    "cleanliness": Aspect.CLEANLINESS,
}
"""What M-ABSA's categories are among ours; an attribute (prices, cleanliness) goes before its entity. The others
(the hotel or restaurant as a whole) are no aspect."""

MERGED = {Aspect.STAFF: Aspect.SERVICE, Aspect.WAITING: Aspect.SERVICE}
"""M-ABSA knows staff and waiting as service alone."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of the table: `low` and `high` bound it with 95 %; `n` texts (or, of a share, its cases)."""

    task: str
    case: str
    language: str
    measure: str
    value: float
    low: float
    high: float
    n: int


def read_all(texts: Sequence[str], second: Encoder | None) -> list[Reading]:
    """All texts, read in batches without any hint."""
    found: list[Reading] = []
    for at in range(0, len(texts), _AT_ONCE):
        some = texts[at : at + _AT_ONCE]
        found += read_many(some, [Hints()] * len(some), second)
    return found


# --- sentiment -------------------------------------------------------------------------------------------------------


def sentiments(data: Path, second: Encoder | None) -> Iterator[Figure]:
    """Every public set that measures, then all of them together."""
    every: list[tuple[float, bool]] = []
    polar: list[float] = []
    for corpus in _sets():
        pairs = _at_hand(corpus, data)
        if not pairs:
            continue
        readings = read_all([text for text, _ in pairs], second)
        truth = [label for _, label in pairs]
        shares = np.array([one.sentiment_p for one in readings])
        yield from _of_set(corpus, truth, shares)
        if corpus.language.startswith("fr"):
            said = shares[:, [0, 2]]
            both = [(t, s) for t, s in zip(truth, said, strict=True) if t != 1]
            polar.append(float(np.mean([int(np.argmax(s)) * 2 == t for t, s in both])))
            every += [(float(s.max() / s.sum()), int(np.argmax(s)) * 2 == t) for t, s in both]
    if polar:
        yield Figure(
            "sentiment",
            "all French sets",
            "fr",
            "polarity, mean",
            float(np.mean(polar)),
            min(polar),
            max(polar),
            len(polar),
        )
        yield calibrated("sentiment", "all French sets", "fr", every)
        yield readable("sentiment", "all French sets", "fr", every)


def _sets() -> Iterator[Corpus]:
    yield from TEST
    for folder, code in _TWEETS.items():
        if folder not in ("french", "english"):
            yield Corpus("tweets (UMSAB)", code, False, tweets(f"umsab-xlmt/{folder}", "test"))
    yield Corpus("tweets (UMSAB val)", "fr", False, tweets("umsab-xlmt/french", "val"))


def _at_hand(corpus: Corpus, data: Path) -> list[tuple[str, int]]:
    try:
        return list(corpus.read(data))
    except FileNotFoundError:
        return []


def _of_set(corpus: Corpus, truth: Sequence[int], shares: np.ndarray) -> Iterator[Figure]:
    classes = [label for label in range(len(SENTIMENTS)) if truth.count(label) >= 5]
    said = [classes[int(np.argmax(row[classes]))] for row in shares]
    right = Share(sum(t == s for t, s in zip(truth, said, strict=True)), len(truth))
    yield _share("sentiment", corpus.name, corpus.language, "accuracy", right)
    yield _spread(
        "sentiment", corpus.name, corpus.language, "macro-F1", truth, said, lambda t, s: macro_f1(t, s, classes)
    )
    polar = [(t, int(np.argmax(row[[0, 2]])) * 2) for t, row in zip(truth, shares, strict=True) if t != 1]
    if len(classes) > len(("negative", "positive")):
        yield _share(
            "sentiment", corpus.name, corpus.language, "polarity", Share(sum(t == s for t, s in polar), len(polar))
        )


def macro_f1(truth: Sequence[int], said: Sequence[int], classes: Sequence[int]) -> float:
    """The mean over classes of the harmonic mean of precision and recall."""
    scores = []
    for label in classes:
        both = sum(t == s == label for t, s in zip(truth, said, strict=True))
        scores.append(2 * both / max(list(truth).count(label) + list(said).count(label), 1))
    return sum(scores) / len(scores)


# --- aspects ---------------------------------------------------------------------------------------------------------


def aspects(data: Path, second: Encoder | None) -> Iterator[Figure]:
    """The five aspects of M-ABSA's French restaurants and hotels, test parts together, and of test posts of ours."""
    cases = [case for domain in ("restaurant", "hotel") for case in _mabsa(data, domain)]
    if cases:
        readings = read_all([text for text, _ in cases], second)
        said = [{MERGED.get(o.aspect, o.aspect) for o in one.aspects} & set(CATEGORIES.values()) for one in readings]
        yield _micro("restaurants and hotels (M-ABSA)", "fr", [truth for _, truth in cases], said)
    ours = list(own(data))
    for name in AS_IN_LIFE:
        ours += [
            (name, language, [(row["text"], row) for row in rows]) for language, rows in _by_language(f"{name}.jsonl")
        ]
    for case, language, every in ours:
        if every:
            readings = read_all([text for text, _ in every], second)
            truth = [{Aspect(a) for a, *_ in row["aspects"]} for _, row in every]
            yield _micro(case, language, truth, [{o.aspect for o in one.aspects} for one in readings])


def _by_language(pattern: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The posts of the files of ours that are called so, together, by language."""
    files = sorted(LABELS.glob(pattern))
    rows = [json.loads(line) for file in files for line in file.read_text("utf-8").splitlines()]
    for language in sorted({row["lang"] for row in rows}):
        yield language, [row for row in rows if row["lang"] == language]


def _mabsa(data: Path, domain: str) -> Iterator[tuple[str, set[Aspect]]]:
    path = data / "absa-mabsa" / domain / "fr" / "test.txt"
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        text, _, triplets = line.partition("####")
        if text:
            named = [part.strip("[]'").split("', '") for part in triplets.strip().strip("[]").split("], [")]
            categories = [one[1] for one in named if len(one) > 1]
            yield text, {aspect for one in categories if (aspect := _aspect_of(one)) is not None}


def _aspect_of(category: str) -> Aspect | None:
    entity, _, attribute = category.partition(" ")
    return CATEGORIES.get(attribute) or CATEGORIES.get(entity)


def _micro(case: str, language: str, truth: Sequence[set[Aspect]], said: Sequence[set[Aspect]]) -> Figure:
    def f1(t: Sequence[set[Aspect]], s: Sequence[set[Aspect]]) -> float:
        both = sum(len(a & b) for a, b in zip(t, s, strict=True))
        return 2 * both / max(sum(map(len, t)) + sum(map(len, s)), 1)

    return _spread("aspects", case, language, "micro-F1", truth, said, f1)


# --- posts that we labelled ------------------------------------------------------------------------------------------

OWN = {"fr_posts": "own French test", "fr_random": "own French test, at random", "en_care": "own English test"}
"""Files of labels of public posts, a part of which is kept as test, and what that is called."""

Kept = list[tuple[str, Mapping[str, Any]]]
"""Posts kept as test: text and label."""


def own(data: Path) -> Iterator[tuple[str, str, Kept]]:
    """The posts labelled by hand that are kept as test: case, language, texts and labels. Nothing without labels or
    data."""
    texts = {hash_of(text): text for _, text in public_posts(data)}
    for name, case in OWN.items():
        path = LABELS / f"{name}.jsonl"
        rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []
        some: Kept = [(texts[r["hash"]], r) for r in rows if is_test(r["hash"]) and r["hash"] in texts]
        if some:
            yield case, name[:2], some


def acts(data: Path, second: Encoder | None) -> Iterator[Figure]:
    """Acts, complaints, urgency and sentiment of our own test posts, and of the invented ones that only measure."""
    for case, language, rows in own(data):
        yield from _acts_of(case, language, rows, read_all([text for text, _ in rows], second))
    for path in sorted(LABELS.glob("invented_test_*.jsonl")):
        for language, lines in _by_language(path.name):
            some: Kept = [(row["text"], row) for row in lines]
            yield from _acts_of(path.stem, language, some, read_all([text for text, _ in some], second))


def _acts_of(case: str, language: str, rows: Kept, readings: Sequence[Reading]) -> Iterator[Figure]:
    truth = [row for _, row in rows]
    right = sum(r.act == row["act"] for r, row in zip(readings, truth, strict=True))
    yield _share("act", case, language, "accuracy", Share(right, len(rows)))
    right = sum(r.sentiment == row["sentiment"] for r, row in zip(readings, truth, strict=True))
    yield _share("sentiment", case, language, "accuracy", Share(right, len(rows)))
    complains = [row["act"] == Act.COMPLAINT for row in truth]
    odds = [r.act_p if r.act is Act.COMPLAINT else 1 - r.act_p - r.sentiment_p[2] for r in readings]
    if 0 < sum(complains) < len(complains):
        yield _spread("act", case, language, "complaint, AUC", complains, odds, auc)
    urgent = [int(str(row["urgency"])) >= 2 for row in truth]
    alarms = [r.urgency >= 2 for r in readings]
    both = sum(u and a for u, a in zip(urgent, alarms, strict=True))
    if any(urgent):
        yield _share("urgency", case, language, "2–3, recall", Share(both, sum(urgent)))
        yield _share("urgency", case, language, "2–3, precision", Share(both, max(sum(alarms), 1)))


def auc(truth: Sequence[bool], score: Sequence[float]) -> float:
    """How often a yes scores above a no (Mann and Whitney 1947); ties count half."""
    order = np.argsort(score, kind="stable")
    ranks = np.empty(len(score))
    values = np.array(score)[order]
    ranks[order] = np.arange(1, len(score) + 1)
    for value in np.unique(values):
        same = np.array(score) == value
        ranks[same] = ranks[same].mean()
    yes = np.array(truth, dtype=bool)
    n = int(yes.sum())
    return float((ranks[yes].sum() - n * (n + 1) / 2) / max(n * (len(score) - n), 1))


def staff(data: Path, second: Encoder | None) -> Iterator[Figure]:
    """Employees whose name would be shown to who may not see it, and texts masked for nothing: in public posts, where
    half of the posts are traps, and as in life."""
    for case, language, every in own(data):
        spans = [tuple((start, end) for start, end in row["staff"]) for _, row in every]
        yield from _staff_of(case, language, [text for text, _ in every], spans, second)
    for language, some in _by_language("staff_test_*.jsonl"):
        spans = [stretches(row["text"], row["staff"]) for row in some]
        yield from _staff_of("invented, by others", language, [row["text"] for row in some], spans, second)
    for name in AS_IN_LIFE:
        for language, some in _by_language(f"{name}.jsonl"):
            spans = [tuple((start, end) for start, end in row["staff"]) for row in some]
            yield from _staff_of(name, language, [row["text"] for row in some], spans, second)


def _staff_of(
    case: str, language: str, texts: Sequence[str], truth: Sequence[Sequence[Span]], second: Encoder | None
) -> Iterator[Figure]:
    named, leaked, plain, masked = 0, 0, 0, 0
    for text, spans, reading in zip(texts, truth, read_all(texts, second), strict=True):
        covered = {at for a, b in reading.staff for at in range(a, b)}
        shown = [any(text[at].isalnum() and at not in covered for at in range(*span)) for span in spans]
        named += len(shown)
        leaked += sum(shown)
        plain += not shown
        masked += not shown and bool(reading.staff)
    if named:
        yield _share("staff", case, language, "leaked", Share(leaked, named))
    yield _share("staff", case, language, "masked for nothing", Share(masked, plain))


def stretches(text: str, quoted: Sequence[str]) -> tuple[Span, ...]:
    """Where the quoted words stand in the text, one after the other.

    >>> stretches("Léa et Léa", ["Léa", "Léa"])
    ((0, 3), (7, 10))
    """
    spans, end = [], 0
    for words in quoted:
        at = text.find(words, end)
        at = text.find(words) if at < 0 else at
        end = at + len(words)
        spans.append((at, end))
    return tuple(spans)


# --- language --------------------------------------------------------------------------------------------------------


def languages(data: Path) -> Iterator[Figure]:
    """Tweets and subtitles of our seven languages, and what of them has at most 30 characters."""
    tweeted = [
        (text, code)
        for folder, code in _TWEETS.items()
        for text, _ in _at_hand(Corpus("", code, False, tweets(f"umsab-xlmt/{folder}", "val")), data)
    ]
    titles = [
        (text, code)
        for code in OURS
        if code != "en"
        for text, _ in _at_hand(Corpus("", code, True, xed(code, test=True)), data)
    ]
    short = [(text, code) for text, code in titles if 10 <= len(text) <= SHORT]
    for case, pairs in (("tweets (UMSAB)", tweeted), ("subtitles (XED), at most 30 characters", short)):
        if pairs:
            right = sum(language_of(text)[0] == code for text, code in pairs)
            yield _share("language", case, "all", "accuracy", Share(right, len(pairs)))


# --- counting --------------------------------------------------------------------------------------------------------


def calibrated(task: str, case: str, language: str, said: Sequence[tuple[float, bool]], bins: int = 10) -> Figure:
    """The expected calibration error (Guo et al. 2017, arXiv:1706.04599): what is 80 % sure is right 4 times in 5."""
    error = 0.0
    for low in np.arange(bins) / bins:
        some = [(p, right) for p, right in said if low < p <= low + 1 / bins]
        if some:
            error += abs(float(np.mean([p for p, _ in some])) - float(np.mean([r for _, r in some]))) * len(some)
    return Figure(task, case, language, "calibration error", error / len(said), 0.0, 1.0, len(said))


def readable(task: str, case: str, language: str, said: Sequence[tuple[float, bool]], at: float = 0.95) -> Figure:
    """The share of posts, the surest first, that can be read with so many right."""
    right = np.cumsum([r for _, r in sorted(said, key=lambda one: -one[0])])
    good = np.flatnonzero(right / np.arange(1, len(said) + 1) >= at)
    return _share(task, case, language, "readable at 95 %", Share(int(good[-1]) + 1 if len(good) else 0, len(said)))


def _share(task: str, case: str, language: str, measure: str, share: Share) -> Figure:
    return Figure(task, case, language, measure, share.value, share.low, share.high, share.of)


def _spread(
    task: str,
    case: str,
    language: str,
    measure: str,
    truth: Sequence[Any],
    said: Sequence[Any],
    of: Callable[[Sequence[Any], Sequence[Any]], float],
) -> Figure:
    """A figure that is no share of cases: its interval by drawing the cases again (Efron's bootstrap, 300 times)."""
    dice, n = Random(7), len(truth)
    again = []
    for _ in range(_RESAMPLED if n <= 4000 else 40):
        drawn = [dice.randrange(n) for _ in range(n)]
        again.append(of([truth[i] for i in drawn], [said[i] for i in drawn]))
    low, high = np.quantile(again, [0.025, 0.975])
    return Figure(task, case, language, measure, of(truth, said), float(low), float(high), n)


def table(data: Path, second: Encoder | None) -> Iterable[Figure]:
    """Every figure, task by task."""
    yield from sentiments(data, second)
    yield from aspects(data, second)
    yield from acts(data, second)
    yield from staff(data, second)
    yield from languages(data)
