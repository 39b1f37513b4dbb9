"""Train the first reader's net for employees: `python -m scripts.train_employees --data PATH`.

On every post of which it is known where employees are named, ours once more as written in haste and with other names
(`scripts.train_encoder.taught_from`). Some ten minutes on a core, seeded; needs the optional group `train`. Writes
`src/ouidire/enrich/employees.npz`, after a last look at the posts that are held out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from scripts.examples import Example, examples
from scripts.train_encoder import taught_from
from sklearn.metrics import average_precision_score
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, relu

from ouidire.enrich.employees import FAR, NEAR, ROWS, TRAITS, Weights, side_by_side, spelt

TARGET = Path(__file__).parents[1] / "src/ouidire/enrich/employees.npz"
_WIDE, _DEEP, _DROPPED = 32, 48, 0.3
_EPOCHS, _BATCH, _OF_TABLES, _OF_REST, _WARMING, _LEAST = 4, 256, 3e-3, 2e-3, 200, 0.02
_LEAK_IS, _SEED, _OF_A_SET = 2.0, 7, 12_000


class Net(nn.Module):
    """What `ouidire.enrich.employees` reckons with, to be learnt; rows (words, 6) to log-odds (words,)."""

    def __init__(self) -> None:
        super().__init__()
        self.letters = nn.Embedding(ROWS, _WIDE, padding_idx=0)
        self.traits = nn.Embedding(TRAITS, _WIDE, padding_idx=0)
        self.near = nn.Conv1d(_WIDE, _DEEP, 2 * NEAR + 1, padding=NEAR)
        self.far = nn.Conv1d(_DEEP, _DEEP, 2 * FAR + 1, padding=FAR)
        self.says = nn.Linear(_DEEP + _WIDE, 1)
        self.drop = nn.Dropout(_DROPPED)
        for table in (self.letters, self.traits):
            nn.init.normal_(table.weight, 0.0, 0.1)
            with torch.no_grad():
                table.weight[0] = 0.0

    def forward(self, rows: Tensor) -> Tensor:
        own = self.drop(self.letters(rows[:, :4]).sum(1) + self.traits(rows[:, 4:]).sum(1))
        stands = (rows[:, 4] > 0)[None, None, :]
        near = relu(self.near(own.T[None])) * stands
        far = relu(self.far(self.drop(near))) * stands + near
        odds: Tensor = self.says(torch.cat([self.drop(far[0].T), own], dim=1))[:, 0]
        return odds

    def weights(self) -> Weights:
        kept = {name: value.detach().numpy() for name, value in self.state_dict().items()}
        return Weights(
            letters=kept["letters.weight"],
            traits=kept["traits.weight"],
            near=_by_place(kept["near.weight"]),
            near_bias=kept["near.bias"],
            far=_by_place(kept["far.weight"]),
            far_bias=kept["far.bias"],
            says=kept["says.weight"][0],
            says_bias=float(kept["says.bias"][0]),
        )


def _by_place(kernel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """A kernel (out, in, places) as a matrix (places · in, out)."""
    return kernel.transpose(2, 1, 0).reshape(-1, len(kernel))


def packed(learnt: Weights) -> dict[str, npt.NDArray[np.generic]]:
    """As they are kept: the letters in whole numbers, all of one step."""
    step = np.abs(learnt.letters).max() / 127
    others = {name: getattr(learnt, name) for name in ("traits", "near", "near_bias", "far", "far_bias", "says")}
    return {
        "letters": np.round(learnt.letters / step).astype(np.int8),
        "step": np.array(step, dtype=np.float32),
        "says_bias": np.array(learnt.says_bias, dtype=np.float32),
        **others,
    }


@dataclass(frozen=True, slots=True)
class Spelt:
    """A post's rows, which of its words name an employee, and its share of the training mass."""

    rows: npt.NDArray[np.int32]
    named: npt.NDArray[np.float32]
    weight: float

    @classmethod
    def of(cls, one: Example) -> Spelt:
        words, rows = spelt(one.text)
        named = [any(start < b and a < end for a, b in one.staff or ()) for start, end in words]
        return cls(rows, np.array(named, dtype=np.float32), one.weight)


def batch(some: Sequence[Spelt]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Rows of several posts side by side; where words stand among them, whether these name an employee, and weights."""
    rows, starts = side_by_side([one.rows for one in some])
    at = np.concatenate([np.arange(start, start + len(one.rows)) for start, one in zip(starts, some, strict=True)])
    named = np.concatenate([one.named for one in some])
    weights = np.concatenate([np.full(len(one.rows), one.weight, dtype=np.float32) for one in some])
    return (
        torch.from_numpy(rows.astype(np.int64)),
        torch.from_numpy(at),
        torch.from_numpy(named),
        torch.from_numpy(weights),
    )


def taught(every: Sequence[Spelt], tuning: Sequence[Spelt]) -> Net:
    torch.manual_seed(_SEED)
    dice = np.random.default_rng(_SEED)
    net = Net()
    tables = [net.letters.weight, net.traits.weight]
    others = [one for name, one in net.named_parameters() if name.split(".")[0] not in ("letters", "traits")]
    learner = torch.optim.AdamW([{"params": tables, "weight_decay": 0.0}, {"params": others, "weight_decay": 0.01}])
    step, steps = 0, _EPOCHS * (len(every) // _BATCH)
    for epoch in range(_EPOCHS):
        order = dice.permutation(len(every))
        for first in range(0, len(order) - _BATCH + 1, _BATCH):
            slowed = min(1.0, (step + 1) / _WARMING) * max(_LEAST, 1 - step / steps)
            for group, rate in zip(learner.param_groups, (_OF_TABLES, _OF_REST), strict=True):
                group["lr"] = rate * slowed
            rows, at, named, weights = batch([every[place] for place in order[first : first + _BATCH]])
            lost = binary_cross_entropy_with_logits(
                net(rows)[at], named, reduction="none", pos_weight=torch.tensor(_LEAK_IS)
            )
            learner.zero_grad()
            (lost * weights).mean().backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            learner.step()
            step += 1
        print(f"epoch {epoch + 1}: average precision on {len(tuning)} posts {precision(net, tuning):.3f}", flush=True)
    return net.eval()


@torch.no_grad()
def precision(net: Net, some: Sequence[Spelt]) -> float:
    """The average precision over all words."""
    net.eval()
    rows, at, named, _ = batch(some)
    said = net(rows)[at]
    net.train()
    return float(average_precision_score(named.numpy(), said.numpy()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=TARGET)
    options = parser.parse_args()
    teach = [Spelt.of(one) for one in taught_from(options.data)[0] if one.staff is not None]
    held_out = (one for one in examples(options.data, _OF_A_SET) if one.is_held_out and one.staff is not None)
    tuning = [Spelt.of(one) for one in held_out]
    net = taught([one for one in teach if len(one.rows)], [one for one in tuning if len(one.rows)])
    np.savez_compressed(options.out, **packed(net.weights()))
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
