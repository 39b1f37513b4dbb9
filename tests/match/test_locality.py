"""The words by which a post says which place it means, however people write them."""

from __future__ import annotations

import timeit
from dataclasses import replace

import pytest

from ouidire.domain.fold import fold
from ouidire.domain.place import Place
from ouidire.match.locality import Localities, Strength
from tests.match.bakery import CRESCENT

GUY = replace(CRESCENT, landmarks=("Métro Guy-Concordia", "place Jean-Jaurès", "Gare du Nord", "République"))
PARIS = Place("p11", "mie", "Mie 11", town="Paris", postcode="75011")
AIX = Place("aix", "mie", "Mie Aix", town="Aix-en-Provence", postcode="13090")
LONDON = Place("ldn", "mie", "Mie London", town="London", postcode="SW1A 1AA", country="GB")


def found(text: str, *places: Place) -> dict[str, tuple[Strength, bool]]:
    """What is found in `text`: the words, how narrowly they point, and whether they need a capital."""
    folded = fold(text)
    return {
        folded[one.start : one.end]: (one.sign.strength, one.sign.careful)
        for one in Localities(places, ()).find(folded)
    }


@pytest.mark.parametrize(
    ("text", "words", "careful"),
    [
        ("à côté du métro Guy-Concordia", "metro guy concordia", False),
        ("sortie Guy Concordia", "guy concordia", False),
        ("la station Guy–Concordia est fermée", "station guy concordia", False),
        ("the Guy-Concordia station", "guy concordia station", False),
        ("#GuyConcordia", "guyconcordia", False),
        ("#metroguyconcordia", "metroguyconcordia", False),
        ("en face de la place Jean Jaurès", "place jean jaures", False),
        ("vers Jean-Jaurès", "jean jaures", True),
        ("à la gare du Nord", "gare du nord", False),
        ("à République", "republique", True),
        ("métro République", "metro republique", False),
    ],
)
def test_a_landmark_is_known_with_and_without_its_kind(text: str, words: str, careful: bool) -> None:
    assert found(text, GUY)[words] == (Strength.LANDMARK, careful)


@pytest.mark.parametrize("text", ["le nord", "du Nord", "la place est prise", "une station de ski", "Guy est là"])
def test_half_a_landmark_is_none(text: str) -> None:
    assert found(text, GUY) == {}


def test_a_landmark_points_more_narrowly_than_its_district_and_less_than_its_street() -> None:
    assert Strength.TOWN < Strength.NEAR < Strength.LANDMARK < Strength.STREET


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("75011 Paris", "75011"),
        ("75 011 Paris", "75 011"),
        ("F-75011", "f 75011"),
        ("dans Paris 11e", "paris 11e"),
        ("#Paris11", "paris11"),
        ("Paris XI", "paris xi"),
        ("le 11ème arrondissement", "11eme arrondissement"),
        ("dans le 11e", "dans le 11e"),
    ],
)
def test_every_form_of_a_french_postcode_points_near(text: str, words: str) -> None:
    assert found(text, PARIS)[words][0] is Strength.NEAR


@pytest.mark.parametrize("text", ["H3G 2B2", "h3g2b2", "in H3G"])
def test_a_canadian_postcode_is_known_in_one_piece_in_two_and_by_its_half(text: str) -> None:
    assert [strength for strength, _ in found(text, CRESCENT).values()] == [Strength.NEAR] * len(found(text, CRESCENT))
    assert found(text, CRESCENT)
    assert found(text.replace("3", "4"), CRESCENT) == {}


def test_a_british_postcode_is_known_by_its_half_and_a_town_beside_marseille_is_no_arrondissement() -> None:
    assert "sw1a" in found("near SW1A tonight", LONDON)
    assert found("Marseille 90", AIX) == {}
    assert "13090" in found("13090 Aix", AIX)


def test_near_words_without_end_cost_no_more_than_a_few() -> None:
    def seconds(count: int) -> float:
        held = Localities([PARIS], [("p11", f"quartier {n}") for n in range(count)])
        assert [sign.place_id for sign in held.of(f"quartier {count - 1}")] == ["p11"]
        return min(timeit.repeat(lambda: held.of("quartier"), number=100, repeat=5))

    assert seconds(5_000) < 50 * seconds(5)


def test_only_what_begins_as_a_phrase_of_ours_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    held, asked = Localities([PARIS]), list[str]()
    of = held.of
    monkeypatch.setattr(held, "of", lambda phrase: asked.append(phrase) or of(phrase))
    assert [one.start for one in held.find("une mie sans pareille a paris 11")] == [24, 24]
    assert {phrase.partition(" ")[0] for phrase in asked} == {"paris"}
