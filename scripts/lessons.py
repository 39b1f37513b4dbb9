"""Examples as tensors: spelt once, side by side, with what is known of each and what the teachers say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
import numpy.typing as npt
import sentencepiece
import torch
from scripts.examples import UNKNOWN, Example
from torch import Tensor

from ouidire.enrich.encoder import MOST_TOKENS, tokens_of

PAD, FLAGS = 1, ("urgent", "mixed", "irony")
OURS = ("fr_", "en_", "world_tweets", "invented_train")
"""Origins of posts that we labelled or wrote: what the readers are for."""

_MOST = {"books": 3000, "xed": 12_000, "goemotions": 10_000, "staffed": 8_000, "tweets at hand": 12_000}
"""How many of these sets an epoch brings; of the others, all."""

_MOST_EVENED, _WIDTH = 3.0, 16


@dataclass(frozen=True, slots=True)
class Lesson:
    """One example as the shipped reader spells it: `ids` (tokens,); `named` (tokens,), whether each token names an
    employee, `UNKNOWN` where that is not known."""

    one: Example
    ids: npt.NDArray[np.uint16]
    named: npt.NDArray[np.int8]

    @property
    def is_ours(self) -> bool:
        return self.one.origin.startswith(OURS)


def lessons(tokens: sentencepiece.SentencePieceProcessor, every: Sequence[Example]) -> list[Lesson]:
    """Each example spelt."""
    return [_lesson(tokens, one) for one in every]


def _lesson(tokens: sentencepiece.SentencePieceProcessor, one: Example) -> Lesson:
    ids, spans = tokens_of(tokens, one.text)
    named = np.full(len(ids), UNKNOWN, dtype=np.int8)
    if one.staff is not None:
        for place, (start, end) in enumerate(spans, 1):
            named[place] = any(start < b and a < end for a, b in one.staff)
    return Lesson(one, np.array(ids, dtype=np.uint16), named)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Lessons side by side: `ids`, `mask` and `named` (texts, tokens), `aspects` (texts, aspects), `flags` (texts, 3),
    the others (texts,); `UNKNOWN` where nothing is known. `even` weighs a text by its labels, `share` by itself."""

    ids: Tensor
    mask: Tensor
    named: Tensor
    sentiment: Tensor
    act: Tensor
    flags: Tensor
    aspects: Tensor
    even: Tensor
    share: Tensor

    @classmethod
    def of(cls, every: Sequence[Lesson]) -> Self:
        ids = np.full((len(every), MOST_TOKENS), PAD, dtype=np.int32)
        mask = np.zeros((len(every), MOST_TOKENS), dtype=np.float32)
        named = np.full((len(every), MOST_TOKENS), UNKNOWN, dtype=np.int8)
        for at, lesson in enumerate(every):
            size = len(lesson.ids)
            ids[at, :size], mask[at, :size], named[at, :size] = lesson.ids, 1.0, lesson.named
        even = _evened(every)
        ones = [lesson.one for lesson in every]
        return cls(
            ids=torch.from_numpy(ids),
            mask=torch.from_numpy(mask),
            named=torch.from_numpy(named),
            sentiment=torch.tensor([UNKNOWN if one.sentiment is None else one.sentiment for one in ones]),
            act=torch.tensor([UNKNOWN if one.act is None else one.act for one in ones]),
            flags=torch.tensor([[_flag(getattr(one, name)) for name in FLAGS] for one in ones]),
            aspects=torch.tensor([one.aspects for one in ones]),
            even=torch.tensor([of.one.weight * even.get((of.is_ours, of.one.sentiment), 1.0) for of in every]),
            share=torch.tensor([0.5 + one.weight / 2 for one in ones]),
        )

    def to(self, where: str) -> Self:
        return type(self)(*(getattr(self, field.name).to(where) for field in fields(self)))

    def batch(self, places: Tensor, width: int) -> Self:
        """The lessons at these places, their first `width` tokens."""
        parts = {field.name: getattr(self, field.name)[places] for field in fields(self)}
        for name in ("ids", "mask", "named"):
            parts[name] = parts[name][:, :width]
        return type(self)(**parts)


def _flag(known: bool | None) -> int:
    return UNKNOWN if known is None else int(known)


def _evened(every: Sequence[Lesson]) -> dict[tuple[bool, int | None], float]:
    """What to weigh each mood by, among posts about businesses and among the others, so that all moods weigh alike.

    People write more often to complain: a reader that learnt so would hear a complaint wherever a shop is named.
    """
    counts = Counter((of.is_ours, of.one.sentiment) for of in every if of.one.sentiment is not None)
    sums = Counter[bool]()
    for (ours, _), count in counts.items():
        sums[ours] += count
    return {key: min(_MOST_EVENED, sums[key[0]] / 3 / count) for key, count in counts.items()}


@dataclass(frozen=True, slots=True)
class Course:
    """How a model is taught; `often`: how many times an epoch brings the posts about businesses; `share` of the other
    sets it brings."""

    epochs: int
    often: int
    rate: float
    batch: int = 64
    share: float = 1.0


def _drawn(every: Sequence[Lesson], course: Course, dice: np.random.Generator) -> list[int]:
    """The places of an epoch's lessons, in no order: ours so many times, and at most so many of each other set."""
    found: list[int] = []
    for origin in sorted({lesson.one.origin for lesson in every}):
        of_it = [at for at, lesson in enumerate(every) if lesson.one.origin == origin]
        if origin.startswith(OURS):
            found += of_it * course.often
        else:
            most = int(min(_MOST.get(origin, len(of_it)), len(of_it)) * course.share)
            found += dice.permutation(of_it)[:most].tolist()
    return [found[at] for at in dice.permutation(len(found))]


def batches(every: Sequence[Lesson], course: Course, seed: int) -> Iterator[tuple[list[int], int]]:
    """Places of as many lessons as a batch holds, of like length, and how many tokens wide they are; the same for the
    same seed. What is left over at an epoch's end is left out."""
    size = course.batch
    for epoch in range(course.epochs):
        dice = np.random.default_rng((seed, epoch))
        order = _drawn(every, course, dice)
        groups: list[list[int]] = []
        for at in range(0, len(order), size * 20):
            near = sorted(order[at : at + size * 20], key=lambda place: len(every[place].ids))
            groups += [near[i : i + size] for i in range(0, len(near), size)]
        for at in dice.permutation(len(groups)):
            if len(groups[at]) == size:
                yield groups[at], width_of([every[place] for place in groups[at]])


def width_of(some: Sequence[Lesson]) -> int:
    """How many tokens wide a batch is: few different widths, so that a GPU can prepare for each."""
    return -(-max(len(lesson.ids) for lesson in some) // _WIDTH) * _WIDTH
