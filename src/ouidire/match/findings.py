"""Findings: named values for a model, each with the evidence that shows it to a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ouidire.domain.mention import Evidence
from ouidire.match.model import Weights


@dataclass(slots=True)
class Findings:
    """What a model is given about one organisation, or about one place that may be meant."""

    values: dict[str, float] = field(default_factory=dict)
    _shown: list[tuple[str, Evidence]] = field(default_factory=list)

    def add(self, name: str, value: float, *evidence: Evidence) -> None:
        """Note a value; nought says nothing. Its weight is shared by the pieces of evidence that show it."""
        if value:
            self.values[name] = value
            if evidence:
                self.show(name, *evidence)

    def show(self, name: str, *evidence: Evidence) -> None:
        """More evidence for a value."""
        self._shown += [(name, one) for one in evidence]

    def weighed(self, weights: Weights) -> Iterator[tuple[Evidence, float]]:
        """Each piece of evidence, and what it moved."""
        many: dict[str, int] = {}
        for name, _ in self._shown:
            many[name] = many.get(name, 0) + 1
        together: dict[Evidence, float] = {}
        for name, one in self._shown:
            moved = weights.of(name, self.values.get(name, 0.0)) / many[name]
            together[one] = together.get(one, 0.0) + moved
        for one, moved in together.items():
            yield one, one.weight + moved
