"""What is an incident: tables over plain values."""

from __future__ import annotations

import pytest

from ouidire.detect import grave, registry, relay
from ouidire.detect.scene import Finding, Scene
from ouidire.domain.conversation import Edge, EdgeKind
from ouidire.domain.enrichment import Act, Because, Reading, Sentiment, Urgency
from ouidire.domain.incident import IncidentKind
from ouidire.domain.item import Item
from ouidire.domain.mention import Mention, MentionState
from tests.builders import CONTENT, NOW, item, reading

CALM = {"urgency": Urgency.CALM, "urgency_because": ()}
UNSURE = (0.55, 0.35, 0.1)
QUESTION = {"act": Act.QUESTION, "sentiment": Sentiment.NEUTRAL, "sentiment_p": (0.1, 0.8, 0.1), **CALM}


def scene(
    what: Reading,
    one: Item | None = None,
    kind: EdgeKind = EdgeKind.FIRST,
    original: Item | None = None,
    original_reading: Reading | None = None,
    first: bool = False,
) -> Scene:
    mention = Mention("m1", "o1", "i1", "p1", MentionState.OURS, (), NOW, is_news=True)
    edge = Edge("m1", kind, "")
    return Scene(mention, one or item(), what, edge, "story", "conversation", original, original_reading, first)


def test_the_detectors_are_found_in_their_folder() -> None:
    assert {one.KIND for one in registry.detectors()} == {IncidentKind.GRAVE, IncidentKind.RELAY}


@pytest.mark.parametrize(
    ("what", "rating", "expected"),
    [
        (reading(), None, (2, "waiting_now")),
        (reading(urgency=Urgency.DANGER, urgency_because=(Because("allergy", ()),)), None, (3, "allergy")),
        (reading(urgency=Urgency.TODAY, urgency_because=()), None, (1, "unhappy")),
        (reading(**CALM), None, (1, "unhappy")),
        (reading(sentiment_p=UNSURE, **CALM), None, None),
        (reading(act=Act.THREAT, **CALM), None, (1, "unhappy")),
        (reading(act=Act.INFORMATION, **CALM), None, None),
        (reading(act=Act.INFORMATION, **CALM), 2.0, (1, "unhappy")),
        (reading(act=Act.INFORMATION, **CALM), 3.0, None),
        (reading(**QUESTION), None, None),
        (reading(**CONTENT), None, None),
        (reading(**CONTENT), 1.0, (1, "unhappy")),
    ],
)
def test_what_needs_somebody_is_grave(what: Reading, rating: float | None, expected: tuple[int, str] | None) -> None:
    wanted = None if expected is None else Finding("conversation", *expected)
    assert grave.find(scene(what, item(rating=rating))) == wanted


HARM, CALM_ANGER = reading(), reading(**CALM)


@pytest.mark.parametrize(
    ("kind", "by", "original", "first", "gravity"),
    [
        (EdgeKind.REPOST, "guide", HARM, True, 2),
        (EdgeKind.QUOTE, "guide", HARM, True, 2),
        (EdgeKind.REPOST, "guide", CALM_ANGER, True, 2),
        (EdgeKind.REPOST, "guide", reading(urgency=Urgency.DANGER), True, 3),
        (EdgeKind.REPLY, "guide", HARM, True, None),
        (EdgeKind.FIRST, "guide", HARM, True, None),
        (EdgeKind.REPOST, "guide", HARM, False, None),
        (EdgeKind.REPOST, "nadia", HARM, True, None),
        (EdgeKind.REPOST, "guide", reading(**CONTENT), True, None),
        (EdgeKind.REPOST, "guide", reading(**QUESTION), True, None),
        (EdgeKind.REPOST, "guide", None, True, None),
    ],
)
def test_the_first_relay_of_harm_by_somebody_else_is_an_incident(
    kind: EdgeKind, by: str, original: Reading | None, first: bool, gravity: int | None
) -> None:
    shown = scene(reading(**CONTENT), item("", author=by), kind, item(author="nadia"), original, first)
    wanted = None if gravity is None else Finding("story", gravity, "first_relay")
    assert relay.find(shown) == wanted


def test_a_relay_of_two_stars_is_harm_whatever_its_words() -> None:
    mild = reading(act=Act.INFORMATION, sentiment=Sentiment.NEUTRAL, sentiment_p=(0.2, 0.7, 0.1), **CALM)
    shown = scene(mild, item(author="guide"), EdgeKind.QUOTE, item(rating=2.0), mild, True)
    assert relay.find(shown) == Finding("story", 2, "first_relay")
