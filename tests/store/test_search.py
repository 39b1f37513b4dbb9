"""Search: the same words found on both engines, masked for who may not see names."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ouidire.domain.fold import fold
from ouidire.domain.item import clean
from ouidire.domain.member import Member
from ouidire.store.engine import Store
from ouidire.store.search import matching
from tests import builders
from tests.builders import World, item, keep_found

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def search(store: Store, member: Member, query: str) -> set[str]:
    with store.reading() as tx:
        return set(tx.execute(matching(tx, member, fold(query))).scalars())


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("L’ŒUF à la coque", "oeuf"),
        ("L’ŒUF à la coque", "l'Œuf À LA"),
        ("Trente minutes d'attente", "ATTENTE minut"),
        ("Trente minutes d'attente", "trente"),
        ("Trop long.Mais bon", "mais"),
        ("voir https://exemple.fr/carte?x=1", "carte"),
        ("Payé 12,50 € !", "12,50"),
        ("#Delorière_Montréal", "montreal"),
        ("rendez-vous manqué", "rendez-vous"),
        ("naïve ＦＵＬＬ width", "full"),
        ("c'est NEAR OR NOT", "near or not"),
        ("🍞 pain froid", "🍞 pain"),
        ("a" * 3000, "a" * 2999),
    ],
)
def test_words_are_found_in_any_spelling_and_by_their_beginning(
    store: Store, world: World, text: str, query: str
) -> None:
    said = builders.said(store, world, text)
    assert search(store, world.owner, query) == {said.mention_id}


@pytest.mark.parametrize("query", ["ttente", "attente demain", "", "  ", "!?", "\0", "attente xyz"])
def test_what_lacks_a_word_is_not_found(store: Store, world: World, query: str) -> None:
    builders.said(store, world, "Trente minutes d'attente")
    assert search(store, world.owner, query) == set()


def test_a_name_of_staff_is_found_by_who_manages_the_place_alone(store: Store, world: World) -> None:
    said = builders.said(store, world, "Léa m'a ignorée", world.crescent, staff=["Léa"])
    assert search(store, world.manager, "léa ignorée") == {said.mention_id}
    assert search(store, world.other_manager, "ignorée") == set()
    for member in (world.headquarters, world.owner, world.viewer):
        assert search(store, member, "léa") == set()
        assert search(store, member, "ignorée") == {said.mention_id}


def test_a_manager_does_not_find_names_of_another_place(store: Store, world: World) -> None:
    builders.said(store, world, "Tom m'a ignorée", world.yorkville, staff=["Tom"])
    assert search(store, world.manager, "tom") == set()


def test_the_owner_of_a_single_place_finds_names(store: Store, world: World) -> None:
    said = builders.said(store, world, "Léa m'a ignorée", world.crescent, staff=["Léa"])
    alone = Member(world.owner.id, world.owner.organisation_id, "a@b.fr", "A", world.owner.role, is_only_place=True)
    assert search(store, alone, "léa") == {said.mention_id}


def test_another_organisation_finds_nothing(store: Store, world: World) -> None:
    builders.said(store, world, "Trente minutes d'attente")
    charlie = builders.world(store, "Charlie")
    assert search(store, charlie.owner, "attente") == set()


def test_an_edited_text_is_found_by_its_new_words_alone(store: Store, world: World) -> None:
    said = builders.said(store, world, "Trente minutes d'attente")
    with store.transaction() as tx:
        edited = item("Vingt minutes de queue", uri=said.item.uri, revision="2")
        keep_found(tx, world, builders.found(world, edited))
        builders.read(tx, said.mention_id, builders.reading())
    assert search(store, world.owner, "attente") == set()
    assert search(store, world.owner, "queue") == {said.mention_id}


def test_no_text_and_no_query_make_search_raise(store: Store, world: World) -> None:
    said = builders.said(store, world)
    awkward = st.text(
        st.characters() | st.characters(max_codepoint=0x24F) | st.sampled_from("\"'*()^:-+&|!<>\\%_ NEARORAND"),
        max_size=60,
    )

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(text=awkward.map(clean), query=awkward)
    def run(text: str, query: str) -> None:
        with store.transaction() as tx:
            one = item(text, uri=said.item.uri, revision=str(hash(text)))
            keep_found(tx, world, builders.found(world, one))
            builders.read(tx, said.mention_id, builders.reading())
        search(store, world.manager, query)
        # Letters younger than an engine's own tables are no words to it; those of our languages are.
        if all(letter < "\u0250" for letter in text) and any(letter.isalpha() for letter in fold(text)):
            assert search(store, world.owner, text[:2000]) == {said.mention_id}

    run()
