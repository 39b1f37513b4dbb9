"""What it costs the second reader to be wrong: by the labels, and by what its teachers say (Hinton et al. 2015,
"Distilling the Knowledge in a Neural Network", arXiv:1503.02531)."""

from __future__ import annotations

import torch
from scripts.examples import ASPECTS, UNKNOWN
from scripts.lessons import FLAGS, Shelf
from torch import Tensor
from torch.nn.functional import avg_pool1d, binary_cross_entropy_with_logits, cross_entropy

from ouidire.enrich.encoder import HEADS, STRETCH, part_of

_LEAK_IS, _MISS_IS = 3.0, 3.0
_COUNTS = {"sentiment": 2.0, "act": 1.0, "aspects": 4.0, "names": 2.0}


def means(scores: Tensor, mask: Tensor) -> Tensor:
    """Each text's numbers (texts, outputs): the mean over its tokens."""
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
    ends = torch.arange(stretches.shape[1], device=urgent.device) + STRETCH
    best = stretches.masked_fill(ends[None, :] > lengths[:, None], -torch.inf).amax(1)
    return torch.where(lengths > STRETCH, best, whole)


def whole_of(scores: Tensor, mask: Tensor) -> Tensor:
    """Every number of the whole text (texts, outputs but the last), the urgent one that of its worst stretch."""
    said = means(scores, mask)[:, :-1]
    at = part_of("urgent", 0)
    return torch.cat([said[:, :at], worst(scores[:, :, at], mask)[:, None], said[:, at + 1 :]], dim=1)


def heads_of(whole: Tensor) -> dict[str, Tensor]:
    """The columns of each task."""
    names = [name for name in HEADS if name != "staff"]
    return dict(zip(names, whole.split([HEADS[name] for name in names], dim=1), strict=True))


def by_labels(scores: Tensor, some: Shelf) -> Tensor:
    """All tasks' losses, each over the texts for which its answer is known."""
    heads = heads_of(whole_of(scores, some.mask))
    total = torch.zeros((), device=scores.device)
    for name in ("sentiment", "act"):
        told = getattr(some, name)
        lost = cross_entropy(heads[name], told, ignore_index=UNKNOWN, reduction="none", label_smoothing=0.05)
        total = total + (lost * some.even).mean() * _COUNTS[name]
    for at, name in enumerate(FLAGS):
        lost = _bits(heads[name][:, 0], some.flags[:, at], _MISS_IS if name == "urgent" else 1.0)
        total = total + (lost * some.even).mean()
    said, told = heads["aspects"].reshape(-1, 4), some.aspects.reshape(-1)
    lost = cross_entropy(said, told, ignore_index=UNKNOWN, reduction="none").view(-1, len(ASPECTS))
    total = total + _COUNTS["aspects"] * (lost.mean(1) * some.even).mean()
    # A leak is dearer than a false mask.
    lost = _bits(scores[:, :, -1], some.named, _LEAK_IS)
    return total + lost.sum() / (some.named != UNKNOWN).sum().clamp(min=1)


def _bits(said: Tensor, known: Tensor, dear: float) -> Tensor:
    """The loss of each yes or no, nothing where it is not known; to miss a yes costs `dear`."""
    yes = (known == 1).float()
    lost = binary_cross_entropy_with_logits(said, yes, reduction="none")
    return lost * (1 + (dear - 1) * yes) * (known != UNKNOWN)


def by_teachers(scores: Tensor, some: Shelf, whole: Tensor, named: Tensor) -> Tensor:
    """How far it is from the teachers' probabilities of the whole texts (texts, outputs but the last) and of their
    tokens (texts, tokens)."""
    wanted = heads_of(whole.float())
    total = torch.zeros((), device=scores.device)
    for name, said in heads_of(whole_of(scores, some.mask)).items():
        if name in FLAGS:
            lost = binary_cross_entropy_with_logits(said[:, 0], wanted[name][:, 0], reduction="none")
        else:
            width = 4 if name == "aspects" else HEADS[name]
            of_each = cross_entropy(said.reshape(-1, width), wanted[name].reshape(-1, width), reduction="none")
            lost = of_each.view(len(said), -1).mean(1) * _COUNTS[name]
        total = total + (lost * some.share).mean()
    lost = binary_cross_entropy_with_logits(scores[:, :, -1], named.float(), reduction="none")
    return total + _COUNTS["names"] * (lost * some.mask).sum() / some.mask.sum()


def probabilities(scores: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """What is said, as probabilities: of whole texts (texts, outputs but the last), of tokens (texts, tokens)."""
    parts = []
    for name, said in heads_of(whole_of(scores, mask)).items():
        if name in FLAGS:
            parts.append(said.sigmoid())
        else:
            width = 4 if name == "aspects" else HEADS[name]
            parts.append(said.view(len(said), -1, width).softmax(2).flatten(1))
    return torch.cat(parts, dim=1), scores[:, :, -1].sigmoid()
