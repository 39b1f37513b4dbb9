"""Train the first reader's heads: `python -m scripts.train_heads --data PATH`.

Hashed n-grams learn from labelled posts and from what the second reader (the shipped encoder) says of all posts at
hand, labelled or not, in probabilities. Seeded; needs the optional group `train`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from scripts.examples import ASPECTS, Example, examples
from torch import Tensor, nn
from torch.nn.functional import log_softmax, logsigmoid

from ouidire.enrich.encoder import HEADS as ENCODED
from ouidire.enrich.encoder import Said, opened
from ouidire.enrich.heads import BITS, HEADS, OUTPUTS, buckets
from ouidire.enrich.sentiment import ngrams
from ouidire.evaluation.picked import LANGUAGES, hash_of, is_test
from ouidire.evaluation.picked import texts as public_posts
from ouidire.shield.fold import fold

TARGET = Path(__file__).parents[1] / "src/ouidire/enrich/heads.npz"
EPOCHS, BATCH, RATE = 6, 64, 4e-3
_MOST_CHARS, _NOISE = 600, 1
assert set(HEADS) == set(ENCODED) - {"sentiment", "staff"}


class Bag(nn.Module):
    """A sum of the buckets' rows over the root of their number, as it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = nn.EmbeddingBag(1 << BITS, OUTPUTS, mode="sum", sparse=True)
        self.bias = nn.Parameter(torch.zeros(OUTPUTS))
        nn.init.zeros_(self.rows.weight)

    def forward(self, every: list[Tensor]) -> Tensor:
        starts = torch.tensor([0, *np.cumsum([len(one) for one in every])[:-1]])
        sizes = torch.tensor([max(len(one), 1) for one in every]).sqrt()[:, None]
        summed: Tensor = self.rows(torch.cat(every), starts) / sizes + self.bias
        return summed


def target_of(said: Said, one: Example) -> Tensor:
    """The teacher's probabilities, and where a person has labelled, theirs."""
    act = torch.tensor(said.act).softmax(0)
    aspects = torch.tensor(said.aspects).softmax(1)
    flags = torch.sigmoid(torch.tensor([said.urgent, said.mixed, said.irony]))
    if one.act is not None:
        act = 0.2 * act + 0.8 * torch.eye(len(act))[one.act]
    for at, value in enumerate(one.aspects):
        if value >= 0:
            aspects[at] = 0.2 * aspects[at] + 0.8 * torch.eye(4)[value]
    for at, known in enumerate((one.urgent, one.mixed, one.irony)):
        if known is not None:
            flags[at] = 0.2 * flags[at] + 0.8 * float(known)
    return torch.cat([act, flags, aspects.flatten()])


def loss_of(said: Tensor, wanted: Tensor, weight: Tensor) -> Tensor:
    acts, flags = HEADS["act"], HEADS["act"] + 3
    act = -(wanted[:, :acts] * log_softmax(said[:, :acts], 1)).sum(1)
    of_flags = said[:, acts:flags]
    sure = -(wanted[:, acts:flags] * logsigmoid(of_flags) + (1 - wanted[:, acts:flags]) * logsigmoid(-of_flags)).sum(1)
    aspects = wanted[:, flags:].view(-1, len(ASPECTS), 4) * log_softmax(said[:, flags:].reshape(-1, len(ASPECTS), 4), 2)
    return ((act + sure - aspects.sum((1, 2))) * weight).mean()


def gathered(data: Path) -> list[Example]:
    """Every example that trains, and the posts without labels; none that is kept as test."""
    every = [one for one in examples(data) if not one.is_held_out]
    known = {one.text for one in every}
    loose = [
        Example(text, LANGUAGES[name], name, weight=0.5)
        for name, text in public_posts(data)
        if text not in known and not is_test(hash_of(text))
    ]
    return every + loose


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, default=TARGET.parent)
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    torch.manual_seed(7)
    every = gathered(options.data)
    print(f"{len(every)} texts; the second reader reads them", flush=True)
    said = opened(options.teacher).says([one.text for one in every])
    wanted = torch.stack([target_of(one, of) for one, of in zip(said, every, strict=True)])
    rows = [torch.tensor(buckets(ngrams([fold(one.text[:_MOST_CHARS]).text]))[0]) for one in every]
    weight = torch.tensor([one.weight for one in every])
    model = trained(rows, wanted, weight)
    kept = model.rows.weight.detach().numpy()
    step = np.maximum(np.quantile(np.abs(kept), 0.9995, axis=0), 1e-6) / 127
    small = np.clip(np.rint(kept / step), -127, 127).astype(np.int8)
    small[np.abs(small) <= _NOISE] = 0
    np.savez_compressed(
        options.out,
        weights=small,
        step=step.astype(np.float32),
        bias=model.bias.detach().numpy(),
    )
    print(f"{options.out.name}: {options.out.stat().st_size / 1e6:.2f} MB")


def trained(rows: list[Tensor], wanted: Tensor, weight: Tensor) -> Bag:
    model, dice = Bag(), np.random.default_rng(7)
    learners = [
        torch.optim.SparseAdam(list(model.rows.parameters()), lr=RATE),
        torch.optim.Adam([model.bias], lr=RATE),
    ]
    for epoch in range(EPOCHS):
        run = 0.0
        for learner in learners:
            learner.param_groups[0]["lr"] = RATE * (1 - epoch / EPOCHS)
        order = dice.permutation(len(rows))
        for at in range(0, len(order), BATCH):
            some = order[at : at + BATCH]
            lost = loss_of(model([rows[i] for i in some]), wanted[some], weight[some])
            for learner in learners:
                learner.zero_grad()
            lost.backward()
            for learner in learners:
                learner.step()
            run += lost.item()
        print(f"epoch {epoch} loss {run / (len(rows) / BATCH):.3f}", flush=True)
    return model


if __name__ == "__main__":
    main()
