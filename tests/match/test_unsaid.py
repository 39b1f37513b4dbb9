"""Who has spoken of a place before and writes from there: perhaps about it, without naming it; nothing else is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ouidire.domain.item import Geo, Item
from ouidire.domain.lesson import Lessons
from ouidire.domain.mention import Ask, EvidenceKind, Match
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match.matcher import Matcher

from .bakery import Say

AT, AWAY = Geo(46.3237, -0.4588), Geo(46.36, -0.41)
PLACE = Place(
    "p", "o", "Chez Lulu", street="3 rue Basse", town="Niort", category="restaurant",
    coordinates=Coordinates(46.3237, -0.4588),
)  # fmt: skip
WATCH = Watch("w", "o", names=("Chez Lulu",), place_id="p")
COMPLAINT = "encore quarante minutes d'attente pour une entrecôte froide, et le serveur qui lève les yeux au ciel"


def knows(item: Item, times: int = 3, place_id: str = "p") -> Lessons:
    return Lessons(habits={"o": {f"{item.connector}:{item.author.uri}": {place_id: times}}})


def heard(item: Item, lessons: Lessons | None = None, watch: Watch = WATCH) -> Sequence[Match]:
    return Matcher([watch], [PLACE], lessons=lessons).match(item)


def test_whoever_spoke_of_it_before_and_is_there_is_heard_without_a_name(say: Say) -> None:
    item = say(COMPLAINT, geo=AT)
    [match] = heard(item, knows(item))
    assert match.candidates[0].place_id == "p"
    assert match.ask is Ask.NOTHING
    assert {EvidenceKind.HABIT, EvidenceKind.COORDINATES} <= {one.kind for one in match.evidence}


@pytest.mark.parametrize("geo", [AWAY, None])
def test_but_only_there(say: Say, geo: Geo | None) -> None:
    item = say(COMPLAINT, geo=geo)
    assert not heard(item, knows(item))


def test_and_only_of_whom_members_confirmed_it(say: Say) -> None:
    item = say(COMPLAINT, geo=AT)
    assert not heard(item)
    assert not heard(item, knows(item, place_id="elsewhere"))


@pytest.mark.parametrize(
    "text",
    [
        "le match de ce soir me tue, vivement la prolongation",
        "joyeux anniversaire à ma petite sœur, vingt ans déjà",
        "quelqu'un a compris la fin de la saison deux ?",
    ],
)
def test_what_they_write_of_other_things_leaves_no_trace(say: Say, text: str) -> None:
    item = say(text, geo=AT)
    matcher = Matcher([WATCH], [PLACE], lessons=knows(item))
    refused: list[Match] = []
    assert not matcher.match_scanned(item, matcher.scan((item,)).get(0), refused)
    assert not refused


def test_nobody_is_asked_about_it(say: Say) -> None:
    for text in ("vingt minutes d'attente", "il fait froid ici", "le pain est bon", "fermé", "quelle journée"):
        item = say(text, geo=AT)
        assert all(match.ask is Ask.NOTHING for match in heard(item, knows(item)))


def test_a_word_that_its_owner_excludes_silences_it(say: Say) -> None:
    item = say(COMPLAINT, geo=AT)
    assert not heard(item, knows(item), replace(WATCH, excluded=("entrecôte",)))


def test_by_author_the_lessons_tell_of_whom_they_spoke() -> None:
    lessons = Lessons(habits={"o": {"x:1": {"p": 1}}, "q": {"x:1": {"r": 2}, "x:2": {"r": 1}}})
    assert sorted(lessons.spoken_of_by("x:1")) == ["o", "q"]
    assert list(lessons.spoken_of_by("x:3")) == []
