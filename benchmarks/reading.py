"""How well and how fast posts are read, beside other readers of French: `python -m benchmarks.reading [--json]`.

Every French set at hand, in one run: both our readers together, the first alone, each of their sentiment models alone,
vaderSentiment-fr, textblob-fr, and the set's commonest label. Macro-F1 over the labels a set has; sets without a
neutral label may not be called neutral. Then the speed of whole readings on one core, and the memory both readers add.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, row, show
from ouidire.enrich.encoder import encoder
from ouidire.enrich.read import Hints, read_many
from ouidire.enrich.read import warm as warm_first
from ouidire.enrich.sentiment import logits, ngrams
from ouidire.evaluation.corpora import TEST
from ouidire.evaluation.picked import texts as public_posts
from ouidire.evaluation.readings import macro_f1, read_all
from ouidire.shield.fold import fold

ROOT = Path(__file__).parents[1]
Scores = list[list[float]]
"""For each text: how negative, neutral, positive it is."""

_CERTAIN = 0.05
"""What other readers' lean must exceed to be no longer neutral, as their own documents advise."""

_SHORT = range(20, 140)
_TIMED = 1500


def both(texts: Sequence[str]) -> Scores:
    return [list(one.sentiment_p) for one in read_all(texts, encoder())]


def first(texts: Sequence[str]) -> Scores:
    return [list(one.sentiment_p) for one in read_all(texts, None)]


def ngrams_alone(texts: Sequence[str]) -> Scores:
    return [logits(ngrams([fold(text).text]))[0].tolist() for text in texts]


def encoder_alone(texts: Sequence[str]) -> Scores:
    return [said.sentiment.tolist() for said in encoder().says(texts)]


def vader(texts: Sequence[str]) -> Scores:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from vaderSentiment_fr.vaderSentiment import SentimentIntensityAnalyzer
    judge = SentimentIntensityAnalyzer()
    return [_of_lean(judge.polarity_scores(text)["compound"]) for text in texts]


def textblob(texts: Sequence[str]) -> Scores:
    from textblob import Blobber
    from textblob_fr import PatternAnalyzer, PatternTagger

    judge = Blobber(pos_tagger=PatternTagger(), analyzer=PatternAnalyzer())
    return [_of_lean(judge(text).sentiment[0]) for text in texts]


def _of_lean(lean: float) -> list[float]:
    return [-lean, 2 * _CERTAIN - abs(lean), lean]


READERS: Mapping[str, Callable[[Sequence[str]], Scores]] = {
    "both readers": both,
    "first reader": first,
    "n-grams alone": ngrams_alone,
    "encoder alone": encoder_alone,
    "vaderSentiment-fr": vader,
    "textblob-fr": textblob,
}


def accuracies(data: Path) -> Iterator[Row]:
    """Macro-F1 of every reader on every French set, and its mean over sets, as a ratio to both readers'."""
    found: dict[str, list[float]] = {name: [] for name in (*READERS, "commonest label")}
    for corpus in TEST:
        if not corpus.language.startswith("fr"):
            continue
        try:
            pairs = list(corpus.read(data))
        except FileNotFoundError:
            continue
        texts, truth = [text for text, _ in pairs], [label for _, label in pairs]
        classes = [label for label in range(3) if truth.count(label) >= 5]
        for name, reader in READERS.items():
            scores = reader(texts)
            said = [max(classes, key=lambda label, row=row: row[label]) for row in scores]  # type: ignore[misc]
            found[name].append(macro_f1(truth, said, classes))
            yield row("reading", f"{corpus.name} (n {len(pairs)})", 100 * found[name][-1], "% macro-F1", name)
        commonest = [max(classes, key=truth.count)] * len(truth)
        found["commonest label"].append(macro_f1(truth, commonest, classes))
    ours = float(np.mean(found["both readers"] or [float("nan")]))
    for name, values in found.items():
        mean = float(np.mean(values or [float("nan")]))
        yield row("reading", "mean over French sets", 100 * mean, "% macro-F1", name, ours / mean)


def speeds(data: Path) -> Iterator[Row]:
    """Whole readings a second on one core, as objects, of short posts."""
    texts = [text for _, text in public_posts(data) if len(text) in _SHORT][:_TIMED]
    warm_first()
    alone = _rate(texts, lambda some: read_many(some, [Hints()] * len(some)))
    second = encoder()
    together = _rate(texts, lambda some: read_many(some, [Hints()] * len(some), second))
    lexicon = _rate(texts, vader)
    yield row("reading", "speed, first reader", alone, "posts/s/core", "vaderSentiment-fr", alone / lexicon)
    yield row("reading", "speed, both readers", together, "posts/s/core", "vaderSentiment-fr", together / lexicon)


def _rate(texts: Sequence[str], call: Callable[[Sequence[str]], object]) -> float:
    call(texts[:50])
    rates = []
    for _ in range(3):
        began = time.process_time()
        call(texts)
        rates.append(len(texts) / (time.process_time() - began))
    return float(np.median(rates))


def memory() -> Row:
    """What both readers add to a process, in megabytes."""
    code = (
        "rss = lambda: int(open('/proc/self/statm').read().split()[1]) * 4096;"
        "import numpy; before = rss(); from ouidire.enrich.step import warm, second; from ouidire.enrich.read import *;"
        "warm(); read_many(['Bonjour, une table pour deux ?'] * 64, [Hints()] * 64, second()); print(rss() - before)"
    )
    added = int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout)
    return row("reading", "memory that both readers add", added / 1e6, "MB", "300 MB", 300e6 / added)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("OUIDIRE_DATA", ROOT.parent / "shared/data")))
    options = parser.parse_args()
    show([*speeds(options.data), memory(), *accuracies(options.data)], as_json=options.json)


if __name__ == "__main__":
    main()
