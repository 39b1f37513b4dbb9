"""What is made ready of an organisation's places, few or many, and that it follows every change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match import catalogue as catalogues
from ouidire.match import snapshot
from ouidire.match.catalogue import Catalogue
from ouidire.match.known import FEW, Known
from ouidire.match.locality import Localities, words_of
from ouidire.match.matcher import Matcher
from tests.match.bakery import Say

TOWNS = ("Rennes", "Saint-Malo", "Paris", "Le Mans", "Nice")
MANY = [
    Place(
        f"p{n}", "mie", "La Mie Bretonne", f"{n}, rue {'des Lilas' if n % 7 else 'de Brest'}", "", TOWNS[n % 5],
        ("35000", "35400", "75011", "72000", "06000")[n % 5], coordinates=Coordinates(48.0 + n / 100, -1.6),
        landmarks=("Métro République",) if n % 11 == 0 else (), products=("kouign",) if n == 3 else (),
    )
    for n in range(FEW + 10)
]  # fmt: skip
BRAND = Watch("w", "mie", names=("La Mie Bretonne",))


def known(places: Sequence[Place]) -> Known:
    return Catalogue(places=places).known("mie")


def test_the_words_of_many_places_point_to_what_those_of_each_point_to() -> None:
    together, each = Localities(MANY), [Localities([place]) for place in MANY]
    phrases = {phrase for place in MANY for phrase in words_of(place)} | {"lilas", "nowhere", ""}
    for phrase in phrases:
        assert set(together.of(phrase)) == {sign for one in each for sign in one.of(phrase)}
        first = phrase.partition(" ")[0]
        assert together.begins(first) == any(one.begins(first) for one in each)


def test_many_places_are_known_as_few_are() -> None:
    few, many = known(MANY[:FEW]), known(MANY[: FEW + 1])
    for one, places in ((few, MANY[:FEW]), (many, MANY[: FEW + 1])):
        assert one.count == len(places)
        assert [one.place(place.id) for place in places] == places
        assert one.has("p0")
        assert not one.has("p99")
        assert one.products == {"kouign": frozenset(["p3"])}
        assert {"st malo", "au mans"} <= one.towns
        assert min(one.around(48.2, -1.6, 400.0)) == "p20"
        with pytest.raises(KeyError):
            one.place("p99")
    assert few.premises() < many.premises()


def test_a_place_of_another_house_is_none_of_a_large_one() -> None:
    held = Catalogue(places=[*MANY, Place("else", "other", "Else")])
    assert not held.known("mie").has("else")


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_large_house_follows_every_change_of_its_places_and_near_words(
    is_packed: bool, tmp_path: Path, say: Say
) -> None:
    if is_packed:
        snapshot.write(tmp_path, [BRAND], MANY, "")
        matcher, _ = snapshot.open_snapshot(tmp_path)
    else:
        matcher = Matcher([BRAND], MANY)

    def place(text: str) -> str | None:
        [match] = matcher.match(say(text))
        return match.place_id

    assert place("La Mie Bretonne à Quimper") is None
    matcher.put_place(replace(MANY[0], town="Quimper", postcode="29000"))
    assert place("La Mie Bretonne à Quimper") == "p0"
    matcher.put_watch(Watch("near", "mie", "p1", names=("La Mie Bretonne",), near=("Thabor",)))
    assert place("La Mie Bretonne à Thabor, près du parc") == "p1"
    matcher.remove_watch("near")
    assert place("La Mie Bretonne à Thabor, près du parc") is None
    matcher.remove_place("p0")
    assert not matcher.catalogue.known("mie").has("p0")


def test_only_the_houses_asked_for_last_are_kept_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "MOST_OF_SMALL", 8)
    held = Catalogue(places=[Place(f"p{n}", f"o{n}", "Lulu") for n in range(20)])
    first, large = held.known("o0"), Catalogue(places=MANY)
    assert held.known("o0") is first
    for n in range(1, 4):
        held.known(f"o{n}")
    assert held.known("o0") is first
    for n in range(4, 10):
        held.known(f"o{n}")
    assert held.known("o0") is not first
    assert large.known("mie") is large.known("mie")
