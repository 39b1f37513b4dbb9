"""What is made ready of an organisation's places, few or many, and that it follows every change."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match import catalogue as catalogues
from ouidire.match import snapshot
from ouidire.match.catalogue import Catalogue
from ouidire.match.known import FEW_PLACES, Known
from ouidire.match.locality import Localities, words_of
from ouidire.match.matcher import Matcher
from ouidire.match.where import MOST
from tests.match.bakery import Say

TOWNS = ("Rennes", "Saint-Malo", "Paris", "Le Mans", "Nice")
MANY = [
    Place(
        f"p{n}", "mie", "La Mie Bretonne", f"{n}, rue {'des Lilas' if n % 7 else 'de Brest'}", "", TOWNS[n % 5],
        ("35000", "35400", "75011", "72000", "06000")[n % 5], coordinates=Coordinates(48.0 + n / 100, -1.6),
        landmarks=("Métro République",) if n % 11 == 0 else (), products=("kouign",) if n == 3 else (),
    )
    for n in range(FEW_PLACES + 10)
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
    few, many = known(MANY[:FEW_PLACES]), known(MANY[: FEW_PLACES + 1])
    for one, places in ((few, MANY[:FEW_PLACES]), (many, MANY[: FEW_PLACES + 1])):
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
    monkeypatch.setattr(catalogues, "MOST_OF_SMALL", 4 * (catalogues.A_HOUSE + catalogues.A_SMALL_ONES_PLACE))
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


def test_near_words_weigh_as_places_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "MOST_OF_SMALL", 2 * (catalogues.A_HOUSE + catalogues.A_SMALL_ONES_PLACE))
    places = [Place(f"p{n}", f"o{n}", "Lulu") for n in range(2)]
    held = Catalogue([Watch("w", "o1", "p1", near=tuple(f"quartier {n}" for n in range(200)))], places)
    first = held.known("o0")
    assert held.known("o0") is first
    held.known("o1")
    assert held.known("o0") is not first


def test_many_houses_of_many_places_are_kept_ready() -> None:
    held = Catalogue(places=[Place(f"{o}p{n}", f"o{o}", "Lulu") for o in range(100) for n in range(FEW_PLACES)])
    ready = [held.known(f"o{o}") for o in range(100)]
    assert [held.known(f"o{o}") for o in range(100)] == ready


def test_a_post_that_names_a_town_reads_few_of_the_places_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, say: Say
) -> None:
    names = ("La Mie Bretonne",)
    watches = [Watch(f"w{n}", "mie", f"p{n}", names=names) for n in range(300)]
    places = [Place(f"p{n}", "mie", "La Mie Bretonne", town="Rennes" if n % 2 else "Paris") for n in range(300)]
    snapshot.write(tmp_path, [BRAND, *watches], places, "")
    matcher, _ = snapshot.open_snapshot(tmp_path)
    read: list[str] = []
    find = catalogues._Shelved.find
    monkeypatch.setattr(catalogues._Shelved, "find", lambda self, one: read.append(one) or find(self, one))
    [first] = matcher.match(say("La Mie Bretonne à Rennes"))
    read.clear()
    [again] = matcher.match(say("La Mie Bretonne à Rennes"))
    assert again.candidates == first.candidates
    assert 0 < len(set(read)) <= MOST


def test_what_was_read_before_a_change_is_not_kept_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Catalogue(places=[Place("p", "o", "Lulu", town="Rennes")])

    def change_meanwhile(*given: Any) -> Localities:
        monkeypatch.undo()
        held.put_place(Place("p", "o", "Lulu", town="Paris"))
        return Localities(*given)

    monkeypatch.setattr(catalogues, "Localities", change_meanwhile)
    held.known("o")
    assert held.known("o").towns == {"paris"}


def test_a_near_word_counts_as_soon_as_its_watch_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks while the watch is being put must not keep the answer from before."""
    held = Catalogue(places=[Place("p", "o", "Lulu")])
    put = held._watches.put
    monkeypatch.setattr(held._watches, "put", lambda watch: (held.known("o"), put(watch))[1])
    held.put_watch(Watch("w", "o", "p", near=("Thabor",)))
    assert held.localities("o").of("thabor")


def test_houses_may_be_asked_for_while_they_change() -> None:
    held = Catalogue(places=[Place(f"p{n}", f"o{n}", "Lulu") for n in range(4)])
    failed: list[BaseException] = []

    def ask() -> None:
        try:
            for n in range(60_000):
                held.known(f"o{n % 4}")
        except KeyError as error:
            failed.append(error)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    with switching_often():
        for one in threads:
            one.start()
        while any(one.is_alive() for one in threads):
            for n in range(4):
                held.put_place(Place(f"p{n}", f"o{n}", "Lulu", town="Rennes"))
    assert not failed
    assert held.known("o0").towns == {"rennes"}


@contextmanager
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
