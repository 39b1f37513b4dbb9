"""What a list brings into the house: its places, and what is listened for from then on."""

from __future__ import annotations

from datetime import date

from ouidire.domain.watch import FormerName, Watch
from ouidire.places.bring import bring, planned
from ouidire.places.columns import propose
from ouidire.places.plan import Wishes
from ouidire.places.table import read_table
from ouidire.store import organisations, watches
from ouidire.store.engine import Store
from tests import builders

LIST = """nom;adresse;cp;ville;autres noms;ancien nom;instagram;site web;hashtag;métro;catégorie;rôles;langues
Mie Niort;1 rue;79000;Niort;La Mimie,Mie;Chez Jo (2019);@mie_niort;lamie.example/niort;#lamie;Gare;boulangerie;vendeuse
Mie Lyon;2 rue X;69002;Lyon;Mie;;@mie_lyon;lamie.example/lyon;#lamie;Bellecour, Ampère;boulangerie;;fr,en
Mie Paris;3 rue Y;75011;Paris;Mie;;@lamie;lamie.example;#lamie;;;;
Mie Lille;4 rue Z;59000;Lille;Mie;;@lamie;lamie.example;#lamie;;;;
"""


def brought(store: Store, *, names: bool) -> tuple[dict[str, list[Watch]], list[Watch]]:
    """The new watches, by the name of their place, and those of the whole house."""
    world = builders.world(store)
    table = read_table(LIST.encode())
    with store.transaction() as tx:
        before = {one.id for one in watches.of(tx, world.owner)}
        one = planned(tx, world.owner, table, propose(table), Wishes())
        bring(tx, world.owner, one, names=names)
    with store.reading() as tx:
        named = {one.id: one.name for one in organisations.places(tx, world.owner)}
        made = [one for one in watches.of(tx, world.owner) if one.id not in before]
    found: dict[str, list[Watch]] = {}
    for watch in made:
        if watch.place_id:
            found.setdefault(named[watch.place_id], []).append(watch)
    return found, [one for one in made if one.place_id is None]


def test_what_is_one_places_own_points_to_it_and_what_all_share_is_the_houses(store: Store) -> None:
    found, house = brought(store, names=False)
    (signs, names) = sorted(found["Mie Niort"], key=lambda one: not one.handles)
    assert (signs.handles, signs.links, signs.hashtags) == (("mie_niort",), ("lamie.example/niort",), ())
    assert (names.names, names.aliases, names.former) == (
        (),
        ("La Mimie",),
        (FormerName("Chez Jo", date(2019, 12, 31)),),
    )
    assert "Niort" in names.required
    assert "Mie Paris" not in found
    assert [(one.handles, one.links, one.hashtags) for one in house] == [(("lamie",), ("lamie.example",), ("lamie",))]


def test_names_are_listened_for_beside_their_town_when_wished(store: Store) -> None:
    found, house = brought(store, names=True)
    names = {place: next(one.names for one in made if one.names) for place, made in found.items()}
    assert names == {place: (place,) for place in ("Mie Niort", "Mie Lyon", "Mie Paris", "Mie Lille")}
    assert len(house) == 1


def test_what_is_known_of_a_place_is_kept_with_it(store: Store) -> None:
    brought(store, names=False)
    with store.reading() as tx:
        every = {one.name: one for one in organisations.every_place(tx)}
    lyon, niort = every["Mie Lyon"], every["Mie Niort"]
    assert (lyon.landmarks, lyon.category, lyon.languages) == (("Bellecour", "Ampère"), "bakery", ("fr", "en"))
    assert niort.roles == ("vendeuse",)
