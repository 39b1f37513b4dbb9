"""Which of two places of one house is meant: by what stands around each, whatever the places are called."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from ouidire.domain.mention import Ask, Match
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.buckets import Buckets
from ouidire.match.contrast import BITS, MOST, MOST_STRETCHES, Contrast, Stretch, is_contrast, shipped, spread, turns
from ouidire.match.matcher import Matcher

from .bakery import Say

TOWNS = ("Rennes", "Dinan", "Vannes", "Quimper")
PLACES = [Place(f"in-{town.casefold()}", "maillard", "Maillard", town=town, category="bakery") for town in TOWNS]
WATCH = Watch("w", "maillard", names=("Maillard",))
CHAIN = Matcher([WATCH], PLACES)


def stretch(text: str, word: str, *place_ids: str) -> Stretch:
    at = text.index(word)
    return Stretch(at, at + len(word), frozenset(place_ids or (word,)))


def only(matches: Sequence[Match]) -> Match:
    [match] = matches
    return match


@pytest.mark.parametrize(
    "text",
    [
        "N'allez pas chez Maillard à {other}, celui de {meant} est bien mieux tenu",
        "Je parle du Maillard de {meant}, pas de celui de {other}",
        "On m'a renvoyé du Maillard de {other} vers celui de {meant}, et là personne ne répond",
        "Maillard {meant} rather than {other} every time, the queue moves",
        "Wrong branch in my last post: it was Maillard in {meant}, not {other}",
    ],
)
@pytest.mark.parametrize("pair", [("Rennes", "Dinan"), ("Dinan", "Rennes"), ("Vannes", "Quimper")])
def test_the_sentence_tells_which_of_two_towns_is_meant(say: Say, text: str, pair: tuple[str, str]) -> None:
    meant, other = pair
    match = only(CHAIN.match(say(text.format(meant=meant, other=other))))
    p = {one.place_id: one.p for one in match.candidates}
    assert p[f"in-{meant.casefold()}"] > p.get(f"in-{other.casefold()}", 0.0) + 0.15


def test_where_the_sentence_tells_nothing_a_member_is_asked(say: Say) -> None:
    match = only(CHAIN.match(say("Maillard Rennes et Maillard Dinan")))
    assert match.place_id is None
    assert match.ask is Ask.WHICH_PLACE


def test_what_is_said_holds_for_places_of_any_name() -> None:
    one, other = "pas celui de rennes, celui de dinan", "pas celui de vitre, celui de josselin"
    said = shipped().weigh(one, [stretch(one, "rennes", "a"), stretch(one, "dinan", "b")], [])
    same = shipped().weigh(other, [stretch(other, "vitre", "a"), stretch(other, "josselin", "b")], [])
    assert said == same
    assert said["b"] > 0 > said["a"]
    assert sum(said.values()) == pytest.approx(0)


def test_one_place_or_places_that_agree_are_no_contrast() -> None:
    text = "maillard rue du bac a rennes"
    street, town = stretch(text, "rue du bac", "a"), stretch(text, "rennes", "a", "b")
    assert not is_contrast([street])
    assert not is_contrast([street, town])
    assert shipped().weigh(text, [street, town], [(0, 8)]) == {}
    assert shipped().weigh(text, [], []) == {}


def test_who_lists_many_places_compares_none() -> None:
    text = " ".join(f"lieu{number}" for number in range(MOST_STRETCHES + 1))
    every = [stretch(text, f"lieu{number}") for number in range(MOST_STRETCHES + 1)]
    assert shipped().weigh(text, every, []) == {}
    assert set(shipped().weigh(text, every[:-1], [])) == {f"lieu{number}" for number in range(MOST_STRETCHES)}


def test_each_stretch_has_its_turn_of_length_one_and_without_its_own_words() -> None:
    text = "maillard de rennes, pas maillard de dinan !"
    every = [stretch(text, "rennes"), stretch(text, "dinan")]
    first, last = turns(text, every, [(0, 8), (24, 32)])
    swapped = text.replace("rennes", "xxxxxx").replace("dinan", "yyyyy").replace("maillard", "bergamot")
    assert turns(swapped, every, [(0, 8), (24, 32)]) == [first, last]
    assert first.buckets != last.buckets
    assert len(first.buckets) == len(first.shares)


def test_no_sentence_says_more_than_its_most() -> None:
    text = "pas rennes mais dinan"
    every = [stretch(text, "rennes"), stretch(text, "dinan")]
    loud = np.zeros(1 << BITS, dtype=np.int8)
    loud[list(turns(text, every, [])[1].buckets)] = 127
    said = Contrast(Buckets(loud.tobytes(), 1.0)).weigh(text, every, [])
    assert said == {"rennes": -MOST, "dinan": MOST}
    assert Contrast.silent().weigh(text, every, []) == {"rennes": 0, "dinan": 0}


def test_a_place_that_is_named_twice_has_the_mean_of_both() -> None:
    text = "rennes dinan rennes"
    every = [Stretch(0, 6, frozenset("r")), Stretch(7, 12, frozenset("d")), Stretch(13, 19, frozenset("r"))]
    assert len(turns(text, every, [])) == 3
    assert spread(every, [1.0, 0.0, 0.5]) == {"r": pytest.approx(0.25), "d": pytest.approx(-0.5)}
