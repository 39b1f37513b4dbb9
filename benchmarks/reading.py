"""How well posts are read: `python -m benchmarks.reading [--json] [--data PATH]`.

For each public set at hand: accuracy with its Wilson interval and macro-F1 of our reader's n-grams, beside two peers
in the same run: the set's commonest label, and a tiny word list. The headline is the mean over sets of macro-F1, by
language. Sets marked "measures only" never trained anything. Then the speed of `read`, whole.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scripts.corpora import NEGATIVE, NEUTRAL, POSITIVE, TEST, Corpus

from ouidire.enrich.read import Hints, read, warm
from ouidire.enrich.sentiment import LABELS, logits, ngrams
from ouidire.shield.fold import fold

ROOT = Path(__file__).parents[1]
GOOD = re.compile(
    r"(?<!\w)(?:bons?|bonnes?|excellente?s?|super|top|parfaite?s?|delicieu(?:x|ses?)|genial\w*|adorable\w*|merci|sympa\w*|"
    r"bravo|recommande|meilleure?s?|good|great|amazing|love[ds]?|best|delicious|friendly|perfect|nice|thanks|happy)(?!\w)"
)
BAD = re.compile(
    r"(?<!\w)(?:mauvaise?s?|null?e?s?|decue?s?|horribles?|froide?s?|sales?|cher|pires?|honte|attente|desagreables?|fuir|triste|"
    r"bad|worst|terrible|awful|disgusting|cold|dirty|rude|never|disappoint\w+|slow|poor|hate|sad|wrong)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Score:
    """One set: `accuracy` with its 95 % Wilson interval, macro-F1 over the labels the set has, and the peers'."""

    corpus: str
    language: str
    trains: bool
    n: int
    accuracy: float
    low: float
    high: float
    macro_f1: float
    read_accuracy: float
    read_f1: float
    majority_accuracy: float
    majority_f1: float
    words_accuracy: float
    words_f1: float


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share of `n`."""
    share = right / n
    middle, half = share + z * z / (2 * n), z * ((share * (1 - share) + z * z / (4 * n)) / n) ** 0.5
    return (middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)


def macro_f1(truth: Sequence[int], said: Sequence[int], classes: Sequence[int]) -> float:
    """The mean over labels of the harmonic mean of precision and recall."""
    scores = []
    for label in classes:
        both = sum(t == s == label for t, s in zip(truth, said, strict=True))
        scores.append(2 * both / max(truth.count(label) + said.count(label), 1))
    return sum(scores) / len(scores)


def by_ngrams(text: str, classes: Sequence[int]) -> int:
    """Our model alone, without rules or stars; a label that the set does not have is not said."""
    scores = logits(ngrams(fold(text).text))
    return max(classes, key=lambda label: float(scores[label]))


def by_read(text: str, classes: Sequence[int]) -> int:
    """The whole reader: n-grams, rules, denials."""
    shares = read(text, Hints()).sentiment_p
    return max(classes, key=lambda label: shares[label])


def by_words(text: str, classes: Sequence[int]) -> int:
    """The tiny word list; a tie is neutral, or positive where a set has no neutral."""
    folded = fold(text).text
    balance = len(GOOD.findall(folded)) - len(BAD.findall(folded))
    if balance == 0:
        return NEUTRAL if NEUTRAL in classes else POSITIVE
    return POSITIVE if balance > 0 else NEGATIVE


def score(corpus: Corpus, data: Path) -> Score | None:
    try:
        pairs = list(corpus.read(data))
    except FileNotFoundError:
        return None
    truth = [label for _, label in pairs]
    classes = [label for label in range(len(LABELS)) if truth.count(label) >= 5]
    ours, whole, words = (_said(reader, pairs, classes) for reader in (by_ngrams, by_read, by_words))
    commonest = [max(classes, key=truth.count)] * len(truth)
    right = [sum(t == s for t, s in zip(truth, said, strict=True)) for said in (ours, whole, commonest, words)]
    low, high = wilson(right[0], len(truth))
    return Score(
        *(corpus.name, corpus.language, corpus.ships, len(truth)),
        *(right[0] / len(truth), low, high, macro_f1(truth, ours, classes)),
        *(right[1] / len(truth), macro_f1(truth, whole, classes)),
        *(right[2] / len(truth), macro_f1(truth, commonest, classes)),
        *(right[3] / len(truth), macro_f1(truth, words, classes)),
    )


def _said(
    reader: Callable[[str, Sequence[int]], int], pairs: Sequence[tuple[str, int]], classes: Sequence[int]
) -> list[int]:
    return [reader(text, classes) for text, _ in pairs]


def speed(rounds: int = 300) -> dict[str, float]:
    """Milliseconds of processor time for one whole reading of a post of 300 characters, against the n-grams alone."""
    text = ("Trente minutes d'attente à votre boutique et des gens arrivés après moi sont servis avant moi. " * 4)[:300]
    warm()
    whole = _per_call(lambda: read(text, Hints()), rounds)
    alone = _per_call(lambda: logits(ngrams(fold(text).text)), rounds)
    return {"read_ms": whole, "ngrams_ms": alone, "ratio": whole / alone}


def _per_call(call: Callable[[], object], rounds: int) -> float:
    call()
    began = time.process_time()
    for _ in range(rounds):
        call()
    return (time.process_time() - began) / rounds * 1000


def means(scores: Sequence[Score]) -> dict[str, float]:
    """Mean macro-F1 over sets, by language, ours first."""
    found = {}
    for language in ("fr", "en"):
        of = [one for one in scores if one.language == language]
        if of:
            found[f"{language} ours"] = float(np.mean([one.macro_f1 for one in of]))
            found[f"{language} with rules"] = float(np.mean([one.read_f1 for one in of]))
            found[f"{language} majority"] = float(np.mean([one.majority_f1 for one in of]))
            found[f"{language} word list"] = float(np.mean([one.words_f1 for one in of]))
    return found


def table(scores: Sequence[Score]) -> str:
    """The scores as a Markdown table."""
    names = ("set", "language", "n", "accuracy (95 %)", "macro-F1", "with rules", "majority", "word list", "")
    head = f"| {' | '.join(names)} |"
    rule = "|---|---|---|---|---|---|---|---|---|"
    rows = [
        f"| {s.corpus} | {s.language} | {s.n} | {s.accuracy:.1%} ({s.low:.1%}–{s.high:.1%}) | {s.macro_f1:.1%} "
        f"| {s.read_accuracy:.1%} / {s.read_f1:.1%} "
        f"| {s.majority_accuracy:.1%} / {s.majority_f1:.1%} | {s.words_accuracy:.1%} / {s.words_f1:.1%} "
        f"| {'' if s.trains else 'measures only'} |"
        for s in scores
    ]
    return "\n".join([head, rule, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("OUIDIRE_DATA", ROOT.parent / "shared/data")))
    options = parser.parse_args()
    scores = [found for corpus in TEST if (found := score(corpus, options.data))]
    timing, mean = speed(), means(scores)
    if options.json:
        print(json.dumps({"scores": [asdict(one) for one in scores], "macro_f1": mean, "speed": timing}, indent=2))
        return
    print(table(scores))
    print("\nmean macro-F1: " + ", ".join(f"{name} {value:.1%}" for name, value in mean.items()))
    print("speed: " + ", ".join(f"{name} {value:.2f}" for name, value in timing.items()))


if __name__ == "__main__":
    main()
