"""When what was learnt goes before a rule, and when it must not."""

from __future__ import annotations

import pytest

from ouidire.domain.enrichment import Act
from ouidire.enrich.judge import _outweighs


def surely(act: Act) -> list[float]:
    return [1.0 - 0.001 * (len(Act) - 1) if one is act else 0.001 for one in Act]


@pytest.mark.parametrize(
    ("learnt", "mood", "rule", "gives_way"),
    [
        (Act.THANKS, (0.1, 0.1, 0.8), Act.QUESTION, True),
        (Act.THANKS, (0.6, 0.1, 0.3), Act.QUESTION, False),  # thanks need good spirits
        (Act.COMPLAINT, (0.6, 0.1, 0.3), Act.QUESTION, True),
        (Act.COMPLAINT, (0.3, 0.1, 0.6), Act.QUESTION, False),  # and a complaint needs bad ones
        (Act.QUESTION, (0.3, 0.4, 0.3), Act.QUESTION, False),
        (Act.THANKS, (0.2, 0.1, 0.7), Act.COMPLAINT, True),
        (Act.THANKS, (0.36, 0.16, 0.48), Act.COMPLAINT, False),  # “the duck comes at last, and it is cold”
    ],
)
def test_a_rule_gives_way_to_what_was_learnt_unless_the_mood_is_against_it(
    learnt: Act, mood: tuple[float, float, float], rule: Act, gives_way: bool
) -> None:
    assert _outweighs(surely(learnt), mood, rule, 0.6) is gives_way
