"""A name without what such houses are called: customers say 'Kerbrat' for 'Pharmacie Kerbrat', where they say where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ouidire.domain.item import Geo
from ouidire.domain.mention import EvidenceKind, Match
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match import policy
from ouidire.match.matcher import Matcher
from ouidire.match.policy import MANY, short_of

from .bakery import Say

PLACE = Place(
    "p", "o", "Pharmacie Kerbrat", street="12 rue Victor-Hugo", town="Romillé", postcode="35850", category="pharmacy",
    coordinates=Coordinates(48.2157, -1.8925),
)  # fmt: skip
WATCH = Watch("w", "o", names=("Pharmacie Kerbrat",), place_id="p")


def kinds(matches: list[Match]) -> set[EvidenceKind]:
    return {one.kind for match in matches for one in match.evidence}


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Pharmacie Kerbrat", "kerbrat"),
        ("Hôtel Saint-Augustin Élysées", "saint augustin elysees"),
        ("La Boulangerie de Blanchart", "blanchart"),
        ("Café de la Gare", ""),  # every word is one that houses are called by, or a daily one
        ("Restaurant Orange", ""),  # an ordinary word, and a town
        ("Hôtel Rennes", ""),
        ("Boutique Nathalie", ""),  # a first name: whoever says it may mean a person
        ("Restaurant Indien", ""),
        ("Bar Léo", ""),  # too short to be anybody's
        ("Kerbrat", ""),
        ("Kerbrat Pharmacie", ""),
        ("Aux Pains de Lopez", "pains de lopez"),
        ("Au Zinc", ""),
        ("Bistrot Le 12 Avril", ""),  # a date
        ("Restaurant Chêne & Tilleul", ""),  # whoever writes both may mean trees
    ],
)
def test_what_is_left_is_a_name_of_its_own_or_nothing(name: str, short: str) -> None:
    assert short_of(name) == short


@pytest.mark.parametrize(
    "text",
    ["Kerbrat, 12 rue Victor-Hugo, 35850 Romillé. Allez-y.", "la vendeuse de chez Kerbrat à Romillé est parfaite"],
)
def test_beside_a_word_of_its_place_it_is_heard_and_shown_as_what_it_is(say: Say, text: str) -> None:
    [match] = Matcher([WATCH], [PLACE]).match(say(text))
    assert match.place_id == "p"
    assert EvidenceKind.SHORT in kinds([match])


def test_where_nothing_says_where_it_is_not_heard(say: Say) -> None:
    assert not Matcher([WATCH], [PLACE]).consider(say("Kerbrat a encore gagné la course hier soir"))
    written_there = say("coucou de chez Kerbrat", geo=Geo(48.2157, -1.8925))
    assert Matcher([WATCH], [PLACE]).consider(written_there)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Camping Les Dunes", "belle balade dans les dunes à Romillé"),
        ("Café Les Tilleuls", "on a coupé les tilleuls à Romillé hier"),
        ("Café Les Tilleuls", "Tilleuls coupés à Romillé, quelle tristesse"),
        ("Bistrot L’Ardoise", "les toits en ardoise à Romillé, c’est joli"),
        ("Bistrot L’Ardoise", "LES TOITS EN ARDOISE A ROMILLE"),
        ("Au Bon Pain", "mangé du bon pain hier à Romillé"),
        ("Au Bon Pain", "du bon pain hier"),
        ("Restaurant Chêne & Tilleul", "les arbres : chêne, tilleul et hêtre, à Romillé"),
    ],
)
def test_a_word_of_every_day_is_nobodys_name_unless_it_is_written_as_one(say: Say, name: str, text: str) -> None:
    assert not Matcher([replace(WATCH, names=(name,))], [PLACE]).consider(say(text))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Camping Les Dunes", "une semaine aux Dunes, à Romillé, sans eau chaude"),
        ("Café Les Tilleuls", "Tilleuls, 12 rue Victor-Hugo : fermé sans prévenir"),
        ("Aux Pains de Lopez", "le meilleur de Romillé c’est Pains de Lopez"),
        ("Pharmacie Kerbrat", "vite chez kerbrat à romillé"),
    ],
)
def test_written_as_one_it_is(say: Say, name: str, text: str) -> None:
    assert Matcher([replace(WATCH, names=(name,))], [PLACE]).consider(say(text))


def test_what_another_is_called_for_short_hides_no_slip_in_a_full_name(say: Say) -> None:
    mine = Watch("w", "o", names=("Boulangerie Kerbrat Frères",), place_id="p")
    garage = Watch("v", "other", names=("Garage Kerbrat",), place_id="q")
    where = replace(PLACE, id="q", organisation_id="other", name="Garage Kerbrat", category="garage")
    found = Matcher([mine, garage], [PLACE, where]).match(say("Boulangerie Kerbrat Frèers à Romillé, pain parfait"))
    assert [match.organisation_id for match in found] == ["o"]


@pytest.mark.parametrize(
    "text",
    [
        "le resto Kerbrat à Romillé, à refaire",
        "le restaurant italien Kerbrat à Romillé",
        "le petit Kerbrat à Romillé est adorable",
        "Je sors du marché, Kerbrat à Romillé était plein",
    ],
)
def test_behind_a_word_for_its_own_kind_or_for_none_it_is_itself(say: Say, text: str) -> None:
    watch, place = replace(WATCH, names=("Restaurant Kerbrat",)), replace(PLACE, category="restaurant")
    assert Matcher([watch], [place]).consider(say(text))


@pytest.mark.parametrize(
    "text",
    [
        "la boulangerie Kerbrat de Romillé fait un bon pain",  # what it is called says that it is another
        "le garage de Kerbrat à Romillé est fermé",
        "encore le garage Kerbrat à Romillé",
    ],
)
def test_behind_the_word_for_another_kind_of_house_it_is_another(say: Say, text: str) -> None:
    assert not Matcher([WATCH], [PLACE]).consider(say(text))


@pytest.mark.parametrize(
    "text",
    [
        "la pharmacie de Kerbrat à Romillé est parfaite",
        "On sort du restaurant. Kerbrat à Romillé nous a bien dépannés",
        "tout était complet au bar ! Kerbrat, à Romillé, était encore ouvert",
    ],
)
def test_behind_its_own_kind_or_another_sentence_it_is_itself(say: Say, text: str) -> None:
    assert Matcher([WATCH], [PLACE]).consider(say(text))


def test_a_tag_of_it_is_no_tag_of_ours(say: Say) -> None:
    matcher = Matcher([WATCH], [PLACE])
    assert EvidenceKind.HASHTAG not in kinds(matcher.consider(say("#kerbrat #romillé au top")))
    assert not matcher.consider(say("au top à Romillé", hashtags=("kerbrat",)))


def test_of_a_chain_of_many_none_is_called_for_short(say: Say) -> None:
    many = [replace(PLACE, id=f"p{number}", town=f"Ville-{number}") for number in range(MANY + 1)]
    whole = replace(WATCH, place_id=None)
    assert Matcher([whole], many[:-1]).consider(say("chez Kerbrat à Ville-3, personne ne répond"))
    assert not Matcher([whole], many).consider(say("chez Kerbrat à Ville-3, personne ne répond"))
    each = [replace(WATCH, id=f"w{number}", place_id=f"p{number}") for number in range(MANY + 1)]
    assert Matcher(each[:-1], many[:-1]).consider(say("chez Kerbrat à Ville-3, personne ne répond"))
    assert not Matcher(each, many).consider(say("chez Kerbrat à Ville-3, personne ne répond"))


def test_within_a_longer_name_that_somebody_watches_it_is_no_name(say: Say) -> None:
    other = Watch("v", "other", names=("Kerbrat Frères",))
    found = Matcher([WATCH, other], [PLACE]).consider(say("Kerbrat Frères à Romillé, un accueil parfait"))
    assert {match.organisation_id for match in found} == {"other"}


def test_what_its_owner_gave_needs_nothing_beside_it(say: Say) -> None:
    given = replace(WATCH, aliases=("Kerbrat",))
    found = Matcher([given], [PLACE]).consider(say("Kerbrat est adorable"))
    assert kinds(found) & {EvidenceKind.ALIAS}
    assert EvidenceKind.SHORT not in kinds(found)


def test_it_goes_with_its_watch_and_moves_with_its_place(say: Say) -> None:
    matcher = Matcher([WATCH], [PLACE])
    moved = replace(PLACE, town="Bécherel", postcode="35190", street="place Tanguy")
    matcher.put_place(moved)
    assert not matcher.consider(say("chez Kerbrat à Romillé, personne ne répond"))
    assert matcher.consider(say("chez Kerbrat à Bécherel, personne ne répond"))
    matcher.remove_watch("w")
    assert not matcher.consider(say("chez Kerbrat à Bécherel, personne ne répond"))


def test_a_very_large_house_hears_only_the_names_that_were_given(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy, "SHORT_UP_TO", 1)
    text = say("chez Kerbrat à Romillé, personne ne répond")
    matcher = Matcher([WATCH], [PLACE])
    assert matcher.consider(text)
    other = Watch("v", "other", names=("Le Zinc",))
    assert not Matcher([WATCH, other], [PLACE]).consider(text)
    matcher.put_watch(other)
    assert matcher.signs.is_outgrown()
