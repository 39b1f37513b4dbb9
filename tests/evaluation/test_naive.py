import pytest

from ouidire.domain.item import Author, Geo, Item
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.evaluation.filling import BEGIN
from ouidire.evaluation.naive import ExactRule, PlainSearch, runs
from ouidire.match.followed import FollowedBy, FollowedKind

PLACES = [
    Place("r", "lune", "Rouen", "3 rue Verte", "Saint-Marc", "Rouen", "76000", coordinates=Coordinates(49.44, 1.1)),
    Place("b", "lune", "Brest", "9 quai Bas", "", "Brest", "29200", listing_ids=("v1",)),
]
WATCHES = [
    Watch("w", "lune", None, ("Café Lune",), ("La Lune",), ("cafelune",)),
    Watch("p", "lune", "b", (), (), ("lune_brest",)),
]


def item(text: str, **more: object) -> Item:
    return Item(connector="c", uri="u", author=Author("a"), text=text, written_at=BEGIN, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Le CAFE LUNE à rouen", [("lune", "r")]),
        ("la lune, quai bas", [("lune", "b")]),
        ("#CafeLune Saint-Marc", [("lune", "r")]),
        ("merci @lune_brest", [("lune", "b")]),
        ("@cafelune 29200", [("lune", "b")]),
        ("café lune", [("lune", None)]),
        ("café lunette à Rouen", []),
        ("clair de lune", []),
    ],
)
def test_the_rule_takes_whole_words_and_the_narrowest_locality(text: str, found: list[tuple[str, str | None]]) -> None:
    assert [(one.organisation_id, one.place_id) for one in ExactRule(WATCHES, PLACES).match(item(text))] == found


def test_the_rule_knows_listings_coordinates_and_threads() -> None:
    rule = ExactRule(WATCHES, PLACES)
    assert [one.place_id for one in rule.match(item("miam", listing_id="v1"))] == ["b"]
    assert [one.place_id for one in rule.match(item("café lune", geo=Geo(49.4401, 1.1)))] == ["r"]
    assert [one.place_id for one in rule.match(item("merci"), FollowedBy("lune", "r", FollowedKind.ITEM))] == ["r"]


def test_the_plain_search_takes_parts_of_words() -> None:
    plain = PlainSearch(WATCHES, PLACES)
    assert [one.place_id for one in plain.match(item("le café lunettes de brest"))] == ["b"]
    assert plain.match(item("cafe lune")) == []


def test_runs_are_of_one_to_six_words() -> None:
    assert [run for run, _, _ in runs("a b-c")] == ["a", "a b", "a b c", "b", "b c", "c"]
    assert max(run.count(" ") for run, _, _ in runs("a b c d e f g h")) == 5
