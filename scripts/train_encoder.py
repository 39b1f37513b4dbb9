"""Train the second reader: `python -m scripts.train_encoder --data PATH --work FOLDER`.

A multilingual-e5-small cut to its first layers and to the pieces of our languages, taught all tasks at once, made
small (int8) for `onnxruntime`. Stages: on every set, on posts about businesses mostly, on all once more, and so again;
what ships is the mean of the last. It goes on where it was stopped (`FOLDER` holds the last state); the seed is fixed.
Needs the optional group `train`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from scripts.e5 import Encoder, Weights, begun
from scripts.examples import ASPECTS, UNKNOWN, Example, examples
from scripts.pieces import model_of, needed
from torch import Tensor
from torch.nn.functional import avg_pool1d, binary_cross_entropy_with_logits, cross_entropy

from ouidire.enrich.encoder import HEADS, STRETCH, part_of, tokens_of
from ouidire.evaluation.picked import texts as public_posts

PIECES, LAYERS = 28_000, (0, 1, 2, 3, 4, 5)
OUTPUTS = sum(HEADS.values())
BATCH = 16
TARGET = Path(__file__).parents[1] / "src/ouidire/enrich"
PAD = 1
_MOST_CHARS = 600
_ALL_OF = ("fr-fastfood-google", "fr-freemobile-tweets", "invented_train")
_SHARES = {
    "books": 1500,
    "allocine": 2000,
    "xed": 8000,
    "goemotions": 4000,
    "phrases": 800,
    "hotels": 2700,
    "staffed": 30_000,
}
_EVERY, _MOST_EVENED, _LEAK_IS, _MISS_IS = 100, 3.0, 3.0, 3.0


@dataclass(frozen=True, slots=True)
class Stage:
    """`often`: how many times an epoch brings the posts about businesses; `share` of the other sets it brings."""

    epochs: int
    often: int
    share: float
    rate: float


_ONCE_MORE, _ALL_AGAIN = Stage(1, 2, 0.1, 6e-5), Stage(1, 1, 0.3, 4e-5)
STAGES = (
    Stage(2, 1, 1.0, 6e-5),
    Stage(4, 2, 0.2, 6e-5),
    Stage(2, 2, 0.1, 4e-5),
    _ALL_AGAIN,
    _ONCE_MORE,
    _ONCE_MORE,
    _ONCE_MORE,
    _ALL_AGAIN,
)
MEANT = 5
"""What ships is the mean of the weights at the ends of so many last stages: right more often on texts that were held
out than each of them (Wortsman et al. 2022, "Model soups", arXiv:2203.05482)."""


@dataclass(slots=True)
class State:
    model: Encoder
    tokens: sentencepiece.SentencePieceProcessor
    stage: int = 0
    step: int = 0


def batches(every: Sequence[Example], stage: Stage, seed: int) -> Iterator[list[Example]]:
    """The batches of all epochs of a stage, texts of like length together; the same for the same seed."""
    dice = np.random.default_rng(seed)
    for _ in range(stage.epochs):
        drawn: list[Example] = []
        for origin in sorted({one.origin for one in every}):
            of_it = [one for one in every if one.origin == origin]
            if origin.startswith(_ALL_OF):
                drawn += of_it * stage.often
            else:
                most = int(_SHARES.get(origin, len(of_it)) * stage.share)
                drawn += [of_it[i] for i in dice.permutation(len(of_it))[:most]]
        order = dice.permutation(len(drawn))
        groups: list[list[Example]] = []
        for at in range(0, len(order), BATCH * 20):
            near = sorted((drawn[i] for i in order[at : at + BATCH * 20]), key=lambda one: len(one.text))
            groups += [near[i : i + BATCH] for i in range(0, len(near), BATCH)]
        yield from (groups[i] for i in dice.permutation(len(groups)))


def rows_of(tokens: sentencepiece.SentencePieceProcessor, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Ids and mask (texts, longest), spelt as the shipped reader spells them."""
    rows = [tokens_of(tokens, text)[0] for text in texts]
    longest = max(map(len, rows))
    padded = torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    return padded, mask


def names_in(tokens: sentencepiece.SentencePieceProcessor, batch: Sequence[Example], longest: int) -> Tensor:
    """Whether each token names an employee (texts, longest); `UNKNOWN` where that is not known."""
    known = torch.full((len(batch), longest), float(UNKNOWN))
    for at, one in enumerate(batch):
        if one.staff is not None:
            for place, (start, end) in enumerate(tokens_of(tokens, one.text)[1], 1):
                known[at, place] = float(any(start < b and a < end for a, b in one.staff))
    return known


def means(scores: Tensor, mask: Tensor) -> Tensor:
    there = mask[:, :, None].to(scores.dtype)
    return (scores * there).sum(1) / there.sum(1)


def worst(urgent: Tensor, mask: Tensor) -> Tensor:
    """The highest mean of `STRETCH` tokens in a row (texts,); of a shorter text, its whole: as it is read."""
    there = mask.to(urgent.dtype)
    lengths = there.sum(1)
    whole = (urgent * there).sum(1) / lengths
    if urgent.shape[1] <= STRETCH:
        return whole
    stretches = avg_pool1d((urgent * there)[:, None, :], STRETCH, stride=1)[:, 0, :]
    ends = torch.arange(stretches.shape[1]) + STRETCH
    best = stretches.masked_fill(ends[None, :] > lengths[:, None], -torch.inf).amax(1)
    return torch.where(lengths > STRETCH, best, whole)


def evened(every: Sequence[Example]) -> dict[tuple[bool, int | None], float]:
    """What to weigh each mood by, among posts about businesses and among the others, so that all moods weigh alike.

    People write more often to complain: a reader that learnt so would hear a complaint wherever a shop is named.
    """
    counts = Counter((one.origin.startswith(_ALL_OF), one.sentiment) for one in every if one.sentiment is not None)
    sums = Counter[bool]()
    for (ours, _), count in counts.items():
        sums[ours] += count
    return {key: min(_MOST_EVENED, sums[key[0]] / 3 / count) for key, count in counts.items()}


def loss_of(
    said: Tensor, urgent: Tensor, batch: Sequence[Example], even: Mapping[tuple[bool, int | None], float]
) -> Tensor:
    """All tasks' losses, each over the texts for which its answer is known; `urgent` is that of the worst stretch."""
    heads = dict(zip(HEADS, said.float().split(list(HEADS.values()), dim=1), strict=True))
    weight = torch.tensor([one.weight for one in batch])
    weight = weight * torch.tensor([even.get((one.origin.startswith(_ALL_OF), one.sentiment), 1.0) for one in batch])
    total = torch.zeros(())
    for name in ("sentiment", "act"):
        answers = torch.tensor([UNKNOWN if (v := getattr(one, name)) is None else v for one in batch])
        lost = cross_entropy(heads[name], answers, ignore_index=UNKNOWN, reduction="none", label_smoothing=0.05)
        total = total + (lost * weight).sum() / len(batch) * (2.0 if name == "sentiment" else 1.0)
    for name in ("urgent", "mixed", "irony"):
        known = torch.tensor([getattr(one, name) is not None for one in batch])
        answers = torch.tensor([float(bool(getattr(one, name))) for one in batch])
        score, dear = (urgent, _MISS_IS) if name == "urgent" else (heads[name][:, 0], 1.0)
        lost = binary_cross_entropy_with_logits(score, answers, reduction="none", pos_weight=torch.tensor(dear))
        total = total + (lost * weight * known).sum() / len(batch)
    answers = torch.tensor([one.aspects for one in batch])
    lost = cross_entropy(
        heads["aspects"].reshape(-1, 4), answers.reshape(-1), ignore_index=UNKNOWN, reduction="none"
    ).view(len(batch), len(ASPECTS))
    return total + 4.0 * (lost.mean(1) * weight).sum() / len(batch)


def lost_names(said: Tensor, names: Tensor) -> Tensor:
    """The loss of naming employees, over the tokens of which it is known; a leak is dearer than a false mask."""
    known = names != UNKNOWN
    if not known.any():
        return torch.zeros(())
    return binary_cross_entropy_with_logits(
        said[:, :, -1].float()[known], names[known], pos_weight=torch.tensor(_LEAK_IS)
    )


def trained(
    state: State, every: Sequence[Example], folder: Path, minutes: float, stages: Sequence[Stage] = STAGES
) -> None:
    """Go through the stages that are left, keeping the state every so often; at most so many minutes a stage."""
    even = evened(every)
    while state.stage < len(stages):
        stage = stages[state.stage]
        plan = list(batches(every, stage, seed=state.stage))
        learner = _learner(state.model, stage.rate)
        steps = len(plan)
        state.model.train()
        begun_at, first, run = time.monotonic(), state.step, 0.0
        for batch in plan[state.step :]:
            spent = (time.monotonic() - begun_at) / 60 / minutes
            done = max(state.step / steps, spent)
            if done >= 1:
                break
            for group in learner.param_groups:
                group["lr"] = group["top"] * min(1.0, (state.step - first + 1) / 60) * max(0.03, 1 - done)
            ids, mask = rows_of(state.tokens, [one.text for one in batch])
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=_HALF):
                scores = state.model(ids, mask)
            urgent = worst(scores[:, :, part_of("urgent", 0)].float(), mask)
            lost = loss_of(means(scores, mask), urgent, batch, even)
            lost = lost + lost_names(scores, names_in(state.tokens, batch, ids.shape[1]))
            learner.zero_grad(set_to_none=True)
            lost.backward()
            torch.nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
            learner.step()
            state.step += 1
            run = lost.item() if not run else 0.98 * run + 0.02 * lost.item()
            if state.step % _EVERY == 0:
                print(
                    f"stage {state.stage} step {state.step}/{steps} loss {run:.3f} {spent * minutes:.1f} min",
                    flush=True,
                )
                keep(state, folder)
        if state.stage >= len(STAGES) - MEANT:
            torch.save(state.model.state_dict(), folder / f"ended-{state.stage}.pt")
        state.stage, state.step = state.stage + 1, 0
        keep(state, folder)


_HALF = bool(torch.cpu.get_capabilities().get("avx512_bf16"))
"""Half the bits where the processor reckons with them; where it only feigns to, they cost twice the time."""


def _learner(model: Encoder, rate: float) -> torch.optim.Optimizer:
    parts: list[tuple[Callable[[str], bool], float]] = [
        (lambda name: name.startswith(("word", "place")), 0.5),
        (lambda name: name.startswith("says"), 20.0),
        (lambda name: not name.startswith(("word", "place", "says")), 1.0),
    ]
    groups = [
        {"params": [p for name, p in model.named_parameters() if fits(name)], "lr": rate * by, "top": rate * by}
        for fits, by in parts
    ]
    return torch.optim.AdamW(groups, weight_decay=0.01, fused=True)


def keep(state: State, folder: Path) -> None:
    """All of the state in one file, put in place at once: a kill leaves the last whole one."""
    new = folder / "state.new"
    torch.save({"model": state.model.state_dict(), "stage": state.stage, "step": state.step}, new)
    new.replace(folder / "state.pt")


def mean_of_the_last(folder: Path) -> dict[str, Tensor]:
    """The mean of the weights at the ends of the last stages. `FileNotFoundError` where no such stage has ended."""
    ends = [torch.load(path) for path in sorted(folder.glob("ended-*.pt"))]
    if not ends:
        raise FileNotFoundError(f"{folder} holds no ended-*.pt: let scripts.train_encoder go through its last stages.")
    return {name: torch.stack([one[name] for one in ends]).mean(0) for name in ends[0]}


def opened(weights: Weights, data: Path, folder: Path) -> State:
    """The state where it was left, or a new one."""
    kept_at = folder / "pieces.json"
    if not kept_at.exists():
        every = [one.text[:_MOST_CHARS] for one in examples(data)]
        kept_at.write_text(json.dumps(needed(weights, [*every, *(t for _, t in public_posts(data))], PIECES)))
    return state_of(weights, json.loads(kept_at.read_text()), folder)


def state_of(weights: Weights, kept: Sequence[int], folder: Path) -> State:
    """What `FOLDER` holds of an encoder with these pieces; untrained where it holds nothing."""
    tokens = sentencepiece.SentencePieceProcessor(model_proto=model_of(weights, kept))
    state = State(begun(weights, kept, LAYERS, OUTPUTS), tokens)
    if (folder / "state.pt").exists():
        left = torch.load(folder / "state.pt")
        state.model.load_state_dict(left["model"])
        state.stage, state.step = left["stage"], left["step"]
    return state


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="where the state is kept")
    parser.add_argument("--minutes", type=float, default=180, help="at most so long a stage")
    parser.add_argument("--stages", type=int, default=len(STAGES), help="stop after so many stages")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(7)
    state = opened(Weights.from_wheel(), options.data, options.work)
    every = [one for one in examples(options.data) if not one.is_held_out]
    trained(state, every, options.work, options.minutes, STAGES[: options.stages])


if __name__ == "__main__":
    main()
