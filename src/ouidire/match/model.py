"""The model: from named values to probabilities, by weights that are data (`model.json`) and can be read.

Two logistic models. `about`: does the post speak of this organisation? `place`: given that it does, which of the places
that something in it speaks of, or none that can be told? What a value adds to the log-odds is its weight times itself,
so that every evidence can say what it moved. Trained by `scripts/train_match.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log1p

import msgspec

Values = Mapping[str, float]

BIAS = "bias"


class Thresholds(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Probabilities at which a post is decided about.

    `about`: from here it is about us. `perhaps`: from here a member is asked whether it is; below, nothing is kept.
    `place`: from here, of both together, the place is known; `only`: the same, of an organisation that has no other
    place. `share`: what two or three places must hold together for a member to be asked which one it is.
    """

    about: float
    perhaps: float
    place: float
    only: float
    share: float


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`by`: the weight of each value. `slope` and `shift` make the log-odds honest (Platt's scaling)."""

    by: dict[str, float]
    slope: float = 1.0
    shift: float = 0.0

    def of(self, name: str, value: float) -> float:
        """By how much this value moves the log-odds; a value that the model does not know moves nothing."""
        return self.slope * self.by.get(name, 0.0) * value

    def score(self, values: Values) -> float:
        """The log-odds; of a model over several, what one of them weighs."""
        known = self.by
        total = known.get(BIAS, 0.0)
        for name, value in values.items():
            total += known.get(name, 0.0) * value
        return self.slope * total + self.shift


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`trained_on` says on what, when and with what result, for a reader."""

    trained_on: dict[str, str]
    about: Weights
    place: Weights
    thresholds: Thresholds

    def is_about(self, values: Values, taken: float = 0.0) -> float:
        """The probability; `taken` is what rivals take of the log-odds."""
        return sigmoid(self.about.score(values) - taken)

    def shared_with(self, rivals: Iterable[Values]) -> float:
        """By how much rivals, other houses of that name who may be meant instead, lower the log-odds: of two that are
        as likely as can be, each is left with even odds."""
        return log1p(sum(exp(min(self.about.score(values), 700.0)) for values in rivals))

    def shares(self, candidates: Sequence[Values], unknown: Values) -> Shares:
        """The probability of each candidate, and of none that can be told."""
        weighed = [self.place.score(values) for values in (*candidates, unknown)]
        top = max(weighed)
        parts = [exp(one - top) for one in weighed]
        total = sum(parts)
        return Shares(tuple(part / total for part in parts[:-1]), parts[-1] / total)


@dataclass(frozen=True, slots=True)
class Shares:
    """Probabilities of candidates, in their order, and of `unknown`; together one."""

    candidates: tuple[float, ...]
    unknown: float


def sigmoid(odds: float) -> float:
    """Log-odds to probability.

    >>> sigmoid(0.0), round(sigmoid(3.0), 3), round(sigmoid(-900.0), 3)
    (0.5, 0.953, 0.0)
    """
    if odds < 0:
        grown = exp(max(odds, -700.0))
        return grown / (1.0 + grown)
    return 1.0 / (1.0 + exp(-min(odds, 700.0)))


@cache
def shipped() -> Model:
    """The model that Ouïdire ships."""
    return read(files("ouidire.match").joinpath("model.json").read_bytes())


def read(raw: bytes) -> Model:
    """Raises `msgspec.ValidationError` for what is no model."""
    return msgspec.json.decode(raw, type=Model)
