from __future__ import annotations

import pytest

from ouidire.domain.place import Place
from ouidire.domain.watch import FormerName, Watch
from ouidire.errors import BadInput
from ouidire.match.checks import MOST_WORDS, WatchRefused, check_place, check_watch, refuse, refuse_place


@pytest.mark.parametrize(
    ("watch", "code", "field"),
    [
        (Watch("w", "o"), "empty", "names"),
        (Watch("w", "o", names=("",)), "too_short", "names"),
        (Watch("w", "o", names=("é",)), "too_short", "names"),
        (Watch("w", "o", names=("Lulu",), excluded=("!!",)), "no_letters", "excluded"),
        (Watch("w", "o", names=("Lulu",), aliases=("🍕🍕",)), "no_letters", "aliases"),
        (Watch("w", "o", names=("Lulu",), aliases=("L",)), "too_short", "aliases"),
        (Watch("w", "o", names=("Lulu",), former=(FormerName("X", None),)), "too_short", "former"),
        (Watch("w", "o", names=("Lulu",), aliases=tuple(f"Lulu {n}" for n in range(5000))), "too_many", "aliases"),
        (Watch("w", "o", names=("a" * 201,)), "too_long", "names"),
        (Watch("w", "o", handles=("la mie",)), "handle", "handles"),
        (Watch("w", "o", handles=("@",)), "too_short", "handles"),
        (Watch("w", "o", links=("lamie",)), "link", "links"),
    ],
)
def test_a_watch_that_cannot_hear_is_refused_in_a_sentence(watch: Watch, code: str, field: str) -> None:
    [problem] = check_watch(watch)
    assert (problem.code, problem.field) == (code, field)
    assert str(problem).endswith(".")
    with pytest.raises(BadInput) as refused:
        refuse(watch)
    assert isinstance(refused.value, WatchRefused)


def test_an_ordinary_watch_is_fine() -> None:
    watch = Watch("w", "o", names=("L’Œuf", "东京"), handles=("@lamie@piaille.fr", "did:plc:x"), links=("lamie.fr/a",))
    assert check_watch(watch) == []
    refuse(watch)


def test_the_limit_of_names_is_said_with_how_many_there_were() -> None:
    [problem] = check_watch(Watch("w", "o", names=("Lulu",), aliases=tuple(f"Lulu {n}" for n in range(5000))))
    assert str(problem) == "In aliases there are 5000; 500 is the most. Keep those that people really write."
    assert check_watch(Watch("w", "o", aliases=tuple(f"Lulu {n}" for n in range(MOST_WORDS)))) == []


def test_a_former_name_alone_is_something_to_listen_for() -> None:
    assert check_watch(Watch("w", "o", former=(FormerName("Chez Jo"),))) == []


@pytest.mark.parametrize(
    ("place", "code", "field"),
    [
        (Place("p", "o", "Lulu", landmarks=("🚇",)), "no_letters", "landmarks"),
        (Place("p", "o", "Lulu", products=("x",)), "too_short", "products"),
        (Place("p", "o", "Lulu", roles=tuple(f"rôle {n}" for n in range(5000))), "too_many", "roles"),
    ],
)
def test_what_is_known_of_a_place_must_be_words_and_not_too_many(place: Place, code: str, field: str) -> None:
    with pytest.raises(WatchRefused) as refused:
        refuse_place(place)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert check_place(Place("p", "o", "Lulu", landmarks=("métro Guy-Concordia",), roles=("serveur",))) == []
