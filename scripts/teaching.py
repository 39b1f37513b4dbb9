"""Teaching one model: the way through its batches, resumable, on a processor or a GPU.

A GPU spends most of so small a model's time being told what to do; so each width of batch is recorded once, from the
first number to the learner's step, and played from then on (CUDA graphs).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from scripts.e5 import Encoder
from scripts.lessons import Course, Lesson, Shelf, batches
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

WHERE = "cuda" if torch.cuda.is_available() else "cpu"
HALF = WHERE == "cuda" or bool(torch.cpu.get_capabilities().get("avx512_bf16"))
"""Half the bits where the processor reckons with them; where it only feigns to, they cost twice the time."""

_EVERY, _WARMING, _LEAST, _MEANT_FROM, _MEANT_EVERY = 500, 300, 0.05, 0.7, 20
Loss = Callable[[Tensor, Shelf, Tensor], Tensor]
"""Of scores (texts, tokens, outputs), the lessons, and their places."""


@dataclass(frozen=True, slots=True)
class Class:
    """Who is taught what: the lessons, the model's name and seed, and where its state is kept."""

    name: str
    every: Sequence[Lesson]
    seed: int
    folder: Path

    @property
    def left_at(self) -> Path:
        return self.folder / f"{self.name}.pt"


def taught(model: Encoder, pupils: Class, course: Course, loss: Loss, minutes: float) -> Encoder:
    """The mean model of the last part of the course (Izmailov et al. 2018, arXiv:1803.05407), on from where it was
    left; the course is cut to `minutes`."""
    meant, step = AveragedModel(model), 0
    if pupils.left_at.exists():
        left = torch.load(pupils.left_at, map_location=WHERE)
        model.load_state_dict(left["model"])
        meant.load_state_dict(left["meant"])
        step = left["step"]
    plan = list(batches(pupils.every, course, pupils.seed))
    model.train()
    lesson = _Step(model, Shelf.of(pupils.every).to(WHERE), course, loss)
    begun_at, first, lost = time.monotonic(), step, 0.0
    for places, width in plan[step:]:
        done = max(step / len(plan), (time.monotonic() - begun_at) / 60 / minutes)
        if done >= 1:
            break
        gone = lesson(places, width, min(1.0, (step - first + 1) / _WARMING) * max(_LEAST, 1 - done))
        step += 1
        if done > _MEANT_FROM and step % _MEANT_EVERY == 0:
            meant.update_parameters(model)
        if step % _EVERY == 0:
            lost, spent = gone.item(), (time.monotonic() - begun_at) / 60
            print(f"{pupils.name} step {step}/{len(plan)} loss {lost:.3f} {spent:.1f} min", flush=True)
            _keep({"model": model.state_dict(), "meant": meant.state_dict(), "step": step}, pupils.left_at)
    if not meant.n_averaged:  # the course was too short for a mean
        meant.update_parameters(model)
    _keep({"model": model.state_dict(), "meant": meant.state_dict(), "step": len(plan)}, pupils.left_at)
    ended: Encoder = meant.module
    return ended.eval()


class _Step:
    """One step of learning from a batch; on a GPU, recorded for each width."""

    def __init__(self, model: Encoder, shelf: Shelf, course: Course, loss: Loss) -> None:
        self.model, self.shelf, self.course, self.loss = model, shelf, course, loss
        self.rates = [(part, part["lr"]) for part in self._groups()]
        for part, rate in self.rates:
            part["lr"] = torch.tensor(rate, device=WHERE)
        self.learner = torch.optim.AdamW(
            [part for part, _ in self.rates], weight_decay=0.01, fused=True, capturable=WHERE == "cuda"
        )
        self.places = torch.zeros(course.batch, dtype=torch.int64, device=WHERE)
        self.recorded: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}

    def __call__(self, places: list[int], width: int, slowed: float) -> Tensor:
        """The loss; `slowed` is how much of its rate it learns with."""
        for group, (_, rate) in zip(self.learner.param_groups, self.rates, strict=True):
            group["lr"].fill_(rate * slowed)
        self.places.copy_(torch.tensor(places))
        if WHERE == "cpu":
            return self._learned(width)
        if width not in self.recorded:
            self.recorded[width] = self._recording(width)
        graph, lost = self.recorded[width]
        graph.replay()
        return lost

    def _groups(self) -> Iterator[dict[str, object]]:
        rules: list[tuple[Callable[[str], bool], float]] = [
            (lambda name: name.startswith(("word", "place")), 0.5),
            (lambda name: name.startswith("says"), 20.0),
            (lambda name: not name.startswith(("word", "place", "says")), 1.0),
        ]
        for fits, by in rules:
            yield {
                "params": [p for name, p in self.model.named_parameters() if fits(name)],
                "lr": self.course.rate * by,
            }

    def _learned(self, width: int) -> Tensor:
        some = self.shelf.batch(self.places, width)
        self.learner.zero_grad(set_to_none=True)
        with torch.autocast(WHERE, dtype=torch.bfloat16, enabled=HALF, cache_enabled=False):
            scores = self.model(some.ids, some.mask)
        lost = self.loss(scores.float(), some, self.places)
        lost.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.learner.step()
        return lost.detach()

    def _recording(self, width: int) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):  # what is recorded must have run before
            for _ in range(2):
                self._learned(width)
        torch.cuda.current_stream().wait_stream(aside)
        self.learner.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            lost = self._learned(width)
        return graph, lost


def _keep(state: object, at: Path) -> None:
    """All of the state in one file, put in place at once: a kill leaves the last whole one."""
    new = at.with_suffix(".new")
    torch.save(state, new)
    new.replace(at)
