"""What would have changed a decision, asked of a matcher that decides by plain rules."""

from __future__ import annotations

from datetime import UTC, datetime

from ouidire.domain.item import Author, Item
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match
from ouidire.domain.place import Place
from ouidire.match.what_if import Change, Effect, what_if

CRESCENT = Place("crescent", "o", "Crescent", street="rue Crescent", town="Montréal")
LAVAL = Place("laval", "o", "Laval", town="Laval")


def post(text: str, **other: object) -> Item:
    return Item(
        connector="x", uri="1", author=Author("a"), text=text, written_at=datetime(2026, 10, 17, tzinfo=UTC),
        **other,  # type: ignore[arg-type]
    )  # fmt: skip


def decide(item: Item) -> Match | None:
    """About us when Lune or a town of ours is named and nothing of football; at the place whose street or town is."""
    text = item.text
    if "foot" in text or not ("Lune" in text or "Montréal" in text or "@lune" in text or item.addressed):
        return None
    place = "crescent" if "Crescent" in text or "Montréal" in text else "laval" if "Laval" in text else None
    is_sure = "@lune" in text or bool(item.addressed) or place is not None
    return Match("o", place, None, (), p=0.97 if is_sure else 0.6, ask=Ask.NOTHING if "?" not in text else Ask.ABOUT_US)


def found(text: str, kind: EvidenceKind, words: str, weight: float) -> Evidence:
    start = text.index(words)
    return Evidence(kind, words, start, start + len(words), weight=weight)


def asked(text: str, *evidence: Evidence, places: tuple[Place, ...] = (CRESCENT, LAVAL)) -> list[Change]:
    item = post(text)
    return what_if(item, decide(item), evidence, places, decide)


def test_what_spoke_against_it_and_what_would_have_been_enough_is_said_of_what_was_refused() -> None:
    text = "un match de foot"
    changes = asked(text, found(text, EvidenceKind.ODD, "foot", -2))
    assert changes == []  # without it, nothing would speak of us still
    text = "Lune et foot"
    changes = asked(text, found(text, EvidenceKind.ODD, "foot", -2), found(text, EvidenceKind.NAME, "Lune", 2))
    assert changes == [Change("foot", False, Effect.KEPT)]
    assert asked("un bon thé") == [Change("Montréal", True, Effect.KEPT, "crescent")]


def test_the_words_that_tell_the_places_apart_are_said_where_the_place_is_not_known() -> None:
    assert asked("chez Lune") == [
        Change("rue Crescent", True, Effect.SURE, "crescent"),
        Change("Laval", True, Effect.SURE, "laval"),
    ]


def test_the_words_without_which_the_place_would_not_be_known_are_said_but_not_the_name() -> None:
    text = "chez Lune, Laval"
    evidence = (found(text, EvidenceKind.NAME, "Lune", 3), found(text, EvidenceKind.LOCALITY, "Laval", 3))
    assert asked(text, *evidence) == [Change("Laval", False, Effect.UNSURE)]


def test_of_a_single_place_it_is_said_what_would_have_made_it_certain() -> None:
    def decide_alone(item: Item) -> Match | None:
        match = decide(item)
        return match and Match("o", "crescent", None, (), match.p)

    item = post("chez Lune")
    changes = what_if(item, decide_alone(item), (), (CRESCENT,), decide_alone)
    assert changes == [Change("rue Crescent", True, Effect.CERTAIN, "crescent")]


def test_words_within_longer_ones_are_not_taken_out_alone() -> None:
    text = "chez Lune, près du métro Laval"
    evidence = (
        found(text, EvidenceKind.LOCALITY, "métro Laval", 3), found(text, EvidenceKind.LOCALITY, "Laval", 3),
    )  # fmt: skip
    assert asked(text, *evidence) == [Change("métro Laval", False, Effect.UNSURE)]
