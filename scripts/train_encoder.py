"""Train the second reader: `python -m scripts.train_encoder --data PATH --work FOLDER`.

First its teachers: multilingual-e5-small, cut to the pieces of our languages, with all of its twelve layers, several
times from different seeds, on everything that is labelled. Then what ships: some layers of the first of them, taught
by the labels and by what all teachers say together of every post at hand, labelled or not (Hinton et al. 2015,
arXiv:1503.02531; every other layer: Sanh et al. 2019, "DistilBERT", arXiv:1910.01108), twice from different seeds. The
mean of both (Wortsman et al. 2022, "Model soups", arXiv:2203.05482) hears our posts once more, slowly, by the labels
alone; what ships is the mean of before and after (Wortsman et al. 2022, arXiv:2109.01903).

It goes on where it was stopped (`FOLDER` holds the last states); seeds are fixed; a GPU is used where there is one.
Needs the optional group `train`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import sentencepiece
import torch
from scripts.e5 import Encoder, Weights, begun
from scripts.examples import Example, examples, loose, renamed, roughened
from scripts.lessons import Course, Lesson, Shelf, lessons, width_of
from scripts.losses import by_labels, by_teachers, probabilities
from scripts.pieces import model_of, needed
from scripts.teaching import HALF, WHERE, Class, taught
from torch import Tensor

from ouidire.enrich.encoder import HEADS, MOST_TOKENS

PIECES, ALL_LAYERS, KEPT_LAYERS = 28_000, tuple(range(12)), (0, 2, 4, 6, 9, 11)
OUTPUTS = sum(HEADS.values())
TARGET = Path(__file__).parents[1] / "src/ouidire/enrich"
TEACHERS, STUDENTS = (7, 8, 9), (7, 8)
TEACHER, STUDENT = Course(8, 2, 8e-5), Course(20, 2, 1.5e-4)
AFTERWARDS = Course(2, 1, 5e-5, batch=16, share=0.28)
_BY_LABELS, _READ_AT_ONCE, _MOST_CHARS, _OF_A_SET = 0.3, 256, 600, 12_000


@dataclass(frozen=True, slots=True)
class Told:
    """What the teachers say together, as probabilities: `whole` (texts, outputs but the last), `named` (texts,
    tokens)."""

    whole: Tensor
    named: Tensor


def teacher(made: Encoder, labelled: Sequence[Lesson], seed: int, folder: Path, minutes: float) -> Encoder:
    """A reader with all layers, taught by the labels alone."""
    torch.manual_seed(seed)
    return taught(made.to(WHERE), Class(f"teacher-{seed}", labelled, seed, folder), TEACHER, _by_labels, minutes)


def _by_labels(scores: Tensor, some: Shelf, _: Tensor) -> Tensor:
    return by_labels(scores, some)


@torch.no_grad()
def told_by(teachers: Sequence[Encoder], every: Sequence[Lesson]) -> Told:
    """What the teachers say together of each text: the mean of their probabilities."""
    shelf = Shelf.of(every).to(WHERE)
    whole = torch.zeros((len(every), OUTPUTS - 1), dtype=torch.float16, device=WHERE)
    named = torch.zeros((len(every), MOST_TOKENS), dtype=torch.float16, device=WHERE)
    order = sorted(range(len(every)), key=lambda at: len(every[at].ids))
    for first in range(0, len(order), _READ_AT_ONCE):
        places = order[first : first + _READ_AT_ONCE]
        width = width_of([every[at] for at in places])
        at = torch.tensor(places, device=WHERE)
        some = shelf.batch(at, width)
        said = []
        for one in teachers:
            with torch.autocast(WHERE, dtype=torch.bfloat16, enabled=HALF):
                scores = one(some.ids, some.mask)
            said.append(probabilities(scores.float(), some.mask))
        whole[at] = torch.stack([of_all for of_all, _ in said]).mean(0).half()
        named[at, :width] = torch.stack([of_each for _, of_each in said]).mean(0).half()
    return Told(whole, named)


def student(made: Encoder, every: Sequence[Lesson], told: Told, seed: int, folder: Path, minutes: float) -> Encoder:
    """One that ships, taught by the teachers and by the labels."""

    def loss(scores: Tensor, some: Shelf, places: Tensor) -> Tensor:
        soft = by_teachers(scores, some, told.whole[places], told.named[places, : scores.shape[1]])
        return soft + _BY_LABELS * by_labels(scores, some)

    torch.manual_seed(seed)
    return taught(made.to(WHERE), Class(f"student-{seed}", every, seed, folder), STUDENT, loss, minutes)


def thinned(state: dict[str, Tensor], kept: Sequence[int]) -> dict[str, Tensor]:
    """The state of a model that has these layers alone."""
    left = {name: value for name, value in state.items() if not name.startswith("layers.")}
    for to, at in enumerate(kept):
        for name, value in state.items():
            if name.startswith(f"layers.{at}."):
                left[name.replace(f"layers.{at}.", f"layers.{to}.", 1)] = value
    return left


def mean_of(states: Sequence[dict[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of several models' weights."""
    return {name: torch.stack([one[name] for one in states]).mean(0) for name in states[0]}


def taught_from(data: Path) -> tuple[list[Example], list[Example]]:
    """What is labelled, with our posts once more as written in haste and with other names, and what is not; nothing
    that tunes."""
    dice = Random(7)
    every = [one for one in examples(data, most_of_a_set=_OF_A_SET) if not one.is_held_out]
    invented = [one for one in every if one.origin.startswith("invented_train")]
    rough = [roughened(one, dice) for one in invented]
    other = [new for one in invented if (new := renamed(one, dice)) is not one]
    known = {one.text for one in every}
    return every + rough + other, [one for one in loose(data) if one.text not in known and not one.is_held_out]


def pieces_of(weights: Weights, texts: Sequence[str], folder: Path) -> list[int]:
    """The rows of the whole vocabulary that are kept: those that `FOLDER` says, or those that the texts need."""
    kept_at = folder / "pieces.json"
    if not kept_at.exists():
        kept_at.write_text(json.dumps(needed(weights, texts, PIECES)))
    kept: list[int] = json.loads(kept_at.read_text())
    return kept


def shipped(
    weights: Weights,
    kept: Sequence[int],
    labelled: Sequence[Lesson],
    others: Sequence[Lesson],
    folder: Path,
    minutes: float,
) -> dict[str, Tensor]:
    """The weights that ship, at the end of all courses."""
    teachers = []
    for seed in TEACHERS:
        made = begun(weights, kept, ALL_LAYERS, OUTPUTS)
        teachers.append(teacher(made, labelled, seed, folder, minutes))
    every = [*labelled, *others]
    print(f"{len(teachers)} teachers read {len(every)} texts", flush=True)
    told = told_by(teachers, every)
    ended = []
    for seed in STUDENTS:
        made = begun(weights, kept, KEPT_LAYERS, OUTPUTS)
        made.load_state_dict(thinned(teachers[0].state_dict(), KEPT_LAYERS))
        ended.append(student(made, every, told, seed, folder, minutes).state_dict())
    made = begun(weights, kept, KEPT_LAYERS, OUTPUTS)
    made.load_state_dict(before := mean_of(ended))
    after = taught(made.to(WHERE), Class("afterwards", labelled, TEACHERS[0], folder), AFTERWARDS, _by_labels, minutes)
    return mean_of([before, after.state_dict()])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="where the states are kept")
    parser.add_argument("--minutes", type=float, default=np.inf, help="cut each model's course to so long")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    labelled, others = taught_from(options.data)
    weights = Weights.from_wheel()
    kept = pieces_of(weights, [one.text[:_MOST_CHARS] for one in (*labelled, *others)], options.work)
    tokens = sentencepiece.SentencePieceProcessor(model_proto=model_of(weights, kept))
    state = shipped(weights, kept, lessons(tokens, labelled), lessons(tokens, others), options.work, options.minutes)
    torch.save({name: value.cpu() for name, value in state.items()}, options.work / "shipped.pt")


if __name__ == "__main__":
    main()
