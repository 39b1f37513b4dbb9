"""Train the table of letters that tells our languages apart: `python -m scripts.train_language --data PATH`.

From every public set whose licence lets weights ship, subtitles of six languages and our own posts, whole and in
pieces of two to five words, so that short texts are known too. Seeded; needs the optional group `train`; a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from random import Random

import numpy as np
import torch
from scripts.examples import invented
from torch import Tensor
from torch.nn.functional import cross_entropy

from ouidire.enrich.language import BITS, OURS, buckets
from ouidire.evaluation.corpora import TRAIN, xed

TARGET = Path(__file__).parents[1] / "src/ouidire/enrich/language.npz"
EPOCHS, BATCH, RATE, SLOWER = 5, 256, 5e-3, 0.6
_MOST, _LONG, _MOST_EVENED, _PIECES = 12_000, 160, 3.0, 3


def texts(data: Path) -> Iterator[tuple[str, str]]:
    """(text, language), the sets that are absent left out."""
    for code in OURS:
        if code != "en":  # its subtitles are the others' originals
            yield from ((text, code) for text in _at_hand(xed(code, test=False), data))
    for corpus in TRAIN:
        if corpus.language in OURS:
            yield from ((text, corpus.language) for text in _at_hand(corpus.read, data)[:_MOST])
    yield from ((one.text, one.language) for one in invented() if one.language in OURS)


def _at_hand(read, data: Path) -> list[str]:  # type: ignore[no-untyped-def]
    try:
        return [text for text, _ in read(data)]
    except FileNotFoundError:
        return []


def pieces(every: list[tuple[str, str]], seed: int) -> Iterator[tuple[str, int]]:
    """Each text, a part of it where it is long, and a few words of it several times."""
    dice = Random(seed)
    for text, language in every:
        at, words = OURS.index(language), text.split()
        start = dice.randrange(len(text) - _LONG + 10) if len(text) > _LONG else 0
        yield text[start : start + _LONG], at
        if len(words) > 4:
            for _ in range(_PIECES):
                count = dice.randrange(2, 6)
                start = dice.randrange(len(words) - count + 1)
                yield " ".join(words[start : start + count]), at


def trained(rows: list[tuple[Tensor, int]]) -> tuple[Tensor, Tensor]:
    """The table (2^BITS, 7) and the bias (7,)."""
    answers = torch.tensor([answer for _, answer in rows])
    even = (len(rows) / len(OURS) / torch.bincount(answers, minlength=len(OURS))).clamp(max=_MOST_EVENED)
    table = torch.nn.EmbeddingBag(1 << BITS, len(OURS), mode="sum", sparse=True)
    torch.nn.init.zeros_(table.weight)
    bias = torch.nn.Parameter(torch.zeros(len(OURS)))
    learners = [torch.optim.SparseAdam(list(table.parameters()), lr=RATE), torch.optim.Adam([bias], lr=RATE)]
    for epoch in range(EPOCHS):
        order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(epoch)).tolist()
        for first in range(0, len(order), BATCH):
            some = order[first : first + BATCH]
            each = [rows[at][0] for at in some]
            starts = torch.tensor([0, *np.cumsum([len(one) for one in each])[:-1]])
            heard = table(torch.cat(each), starts) / torch.tensor([len(one) for one in each]).sqrt()[:, None] + bias
            lost = cross_entropy(heard, answers[some], weight=even, label_smoothing=0.02)
            for learner in learners:
                learner.zero_grad()
            lost.backward()
            for learner in learners:
                learner.step()
        for learner in learners:
            learner.param_groups[0]["lr"] *= SLOWER
        print(f"epoch {epoch} loss {lost.item():.3f}", flush=True)
    return table.weight.detach(), bias.detach()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    options = parser.parse_args()
    every = sorted(set(texts(options.data)))
    spelt = [(torch.from_numpy(buckets([text])[0]), answer) for text, answer in pieces(every, seed=7)]
    table, bias = trained([(found, answer) for found, answer in spelt if len(found)])
    step = float(table.abs().max()) / 127
    rows = (table / step).round().to(torch.int8).numpy()
    np.savez_compressed(TARGET, rows=rows, step=np.float32(step), bias=bias.numpy())
    print(f"{TARGET.name}: {TARGET.stat().st_size / 1e3:.0f} kB from {len(every)} texts")


if __name__ == "__main__":
    main()
