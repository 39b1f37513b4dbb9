"""The third and fourth stories: a bakery on its street, pharmacies that one laboratory serves; no address is named."""

from __future__ import annotations

import pytest

from ouidire.domain.mention import Ask
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match.matcher import Matcher
from tests.match.bakery import Say

BAKERY = Place(
    "four",
    "fournil",
    "Le Fournil des Halles",
    street="7, rue Kéréon",
    district="Les Halles",
    town="Quimper",
    postcode="29000",
    coordinates=Coordinates(47.9960, -4.1020),
    category="bakery",
    landmarks=("place Saint-Corentin",),
    products=("kouign-amann", "tradition"),
)


def pharmacy(at: str, name: str, town: str, district: str = "", landmark: str = "") -> Place:
    marks = (landmark,) if landmark else ()
    return Place(at, at, name, district=district, town=town, category="pharmacy", landmarks=marks)


PHARMACIES = (
    pharmacy("gare-lorient", "Pharmacie de la Gare", "Lorient", landmark="gare de Lorient"),
    pharmacy("gare-vannes", "Pharmacie de la Gare", "Vannes"),
    pharmacy("marche-auray", "Pharmacie du Marché", "Auray", "Saint-Goustan"),
    pharmacy("marche-lannion", "Pharmacie du Marché", "Lannion"),
    pharmacy("lefloch", "Pharmacie Le Floc’h", "Concarneau", landmark="Ville Close"),
)


@pytest.fixture(scope="module")
def neighbourhood() -> Matcher:
    watches = [Watch("fournil", "fournil", "four", (BAKERY.name,), ("Fournil des Halles",), handles=("fournilhalles",))]
    watches += [Watch(one.id, one.id, one.id, (one.name,)) for one in PHARMACIES]
    return Matcher(watches, [BAKERY, *PHARMACIES])


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Le Fournil des Halles à Quimper, kouign-amann encore tiède à 16h30, je fonds", "four"),
        ("plus une tradition au fournil des halles près de la place saint-corentin à 18h, dommage", "four"),
        ("@fournilhalles la fournée de 16 h 30 est déjà sortie ?", "four"),
        ("#FournilDesHalles Quimper ❤️🥖", "four"),
        (
            "Rupture d’amoxicilline à la Pharmacie de la Gare de Lorient, encore. Merci à l’équipe qui cherche partout",
            "gare-lorient",
        ),
        ("la pharmacie de la gare a vannes ferme a quelle heure le samedi ?", "gare-vannes"),
        ("Pharmacie du Marché, Auray : ordonnance prête en cinq minutes, bravo", "marche-auray"),
        ("Plus de Doliprane pédiatrique à la Pharmacie Le Floch de Concarneau, côté Ville Close", "lefloch"),
    ],
)
def test_a_post_that_names_no_address_is_placed(neighbourhood: Matcher, say: Say, text: str, place: str) -> None:
    (match,) = neighbourhood.match(say(text))
    assert (match.organisation_id, match.place_id) == ("fournil" if place == "four" else place, place)


@pytest.mark.parametrize(
    "text",
    [
        "Une bonne boulangerie par ici ? Les halles de Rennes sont fermées",
        "La pharmacie de la gare de Strasbourg est de garde ce soir",
        "Rendez-vous place du marché devant la pharmacie, 19 h",
        "Ils tournent un film à la gare de Lorient",
    ],
)
def test_what_is_about_nobody_of_ours_is_not_placed(neighbourhood: Matcher, say: Say, text: str) -> None:
    assert [one for one in neighbourhood.match(say(text)) if one.ask is not Ask.ABOUT_US and one.place_id] == []


def test_of_two_of_one_name_none_is_named_where_nothing_tells(neighbourhood: Matcher, say: Say) -> None:
    """It may be either’s, or that of any other town: nobody is told that it was about them."""
    found = neighbourhood.match(say("30 minutes d’attente à la Pharmacie de la Gare"))
    assert all(one.ask is Ask.ABOUT_US or one.place_id is None for one in found)
