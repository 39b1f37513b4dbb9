"""Which names speak for themselves, and what has to stand beside the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from ouidire.domain.item import Geo, Item
from ouidire.domain.mention import EvidenceKind
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import FormerName, Watch
from ouidire.match import policy as module
from ouidire.match.catalogue import Catalogue
from ouidire.match.matcher import Matcher
from ouidire.match.names import Hit
from ouidire.match.policy import MANY, SMALL_HOUSE, Bearers, Policy, cell_of, cells_around, commonness, ordinary_words
from ouidire.match.post import Post
from ouidire.match.signs import Signs, spellings

from .bakery import Say

CROWD = [Watch(f"c{n}", f"oc{n}", names=(f"Maison Numéro{n}",)) for n in range(SMALL_HOUSE)]
"""With them the house is a large one."""


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("Orange", 1, 50),
        ("Free", 1, 500),
        ("Le Monde", 1, 500),
        ("Café de la Gare", 5, 100),
        ("BOULANGERIE-PÂTISSERIE", 5, 100),
        ("La Mie Bretonne", 0, 0),
        ("Mac’Quart-Hello Zzyx", 0, 0),
        ("", 0, 0),
        ("🥐", 0, 0),
    ],
)
def test_how_common_a_name_is(name: str, least: float, most: float) -> None:
    assert least <= commonness(name) <= most


def test_ordinary_words_are_single_and_long_enough_to_be_a_slip() -> None:
    words = set(ordinary_words())
    assert {"people", "bonjour", "marine"} <= words
    assert not words & {"bretonne", "cafe de la gare", "les"}
    assert all(len(word) >= 4 and word.isalnum() for word in words)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Le Bistrot", ["le bistrot", "bistrot", "au bistrot", "du bistrot"]),
        ("Les Copains", ["les copains", "copains", "aux copains", "des copains"]),
        ("Chez Lulu", ["chez lulu"]),
        ("La Mie", ["la mie"]),
        ("L’Œuf", ["l oeuf", "oeuf", "loeuf"]),
        ("Sainte-Anne", ["sainte anne", "ste anne"]),
        ("H&M", ["h m", "h et m", "h and m"]),
        ("Pain et Vin", ["pain vin", "pain et vin"]),
        ("🥐", []),
    ],
)
def test_spellings_are_those_that_people_use_and_few(name: str, expected: list[str]) -> None:
    assert list(spellings(name)) == expected


@pytest.mark.parametrize(
    ("name", "heard", "not_heard"),
    [
        ("Le Bistrot", "déjeuner au Bistrot hier", "au bistro hier"),
        ("Les Copains d’Abord", "une soirée aux Copains d'abord", "les copains arrivent d'abord"),
        ("Chez Lulu", "mangé chez 🥐 lulu", "Lulu chante"),
        ("Pain & Vin", "vu chez Pain+Vin", "du pain, vin et fromage"),
        ("Pain & Vin", "vu chez pain et vin", "pain vin"),
        ("H&M", "un pull H&M", "H M"),
        ("Café Saint-Jean", "le café St Jean", "café jean"),
    ],
)
def test_a_name_is_heard_as_people_write_it(say: Say, name: str, heard: str, not_heard: str) -> None:
    matcher = Matcher([Watch("w", "o", names=(name,))], [])
    assert len(matcher.consider(say(heard))) == 1
    assert matcher.consider(say(not_heard)) == []


def test_a_slip_of_the_pen_and_a_former_name_are_said_to_be_one(say: Say) -> None:
    watch = Watch("w", "o", names=("La Mie Bretonne",), former=(FormerName("Chez Marguerite"),))
    matcher = Matcher([watch], [])
    for text, kind, words in (
        ("vu à la mie bretone hier", EvidenceKind.SPELLING, "la mie bretone"),
        ("l’ancien Chez Marguerite", EvidenceKind.FORMER, "Chez Marguerite"),
    ):
        [match] = matcher.consider(say(text))
        signs = [one for one in match.evidence if one.kind is not EvidenceKind.WORDING]
        assert [(one.kind, one.found) for one in signs] == [(kind, words)]
    near = Matcher([watch, Watch("v", "p", names=("La Mie Bretone",))], [])
    assert [one.organisation_id for one in near.consider(say("vu à la mie bretone"))] == ["p"], "somebody is called so"


ORANGE = Watch("orange", "o", "p", names=("Orange",), handles=("orange.fr",), hashtags=("orangecafe",))
QUIMPER = Place(
    "p", "o", "Orange", "12 rue Kéréon", town="Quimper", postcode="29000",
    coordinates=Coordinates(47.9960, -4.1024), products=("kouign-amann",), category="bakery",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "is_heard"), [("Hitel Chomel", True), ("Hostel Chomel", False), ("Motel Chomel", False)]
)
def test_a_slip_into_another_kind_of_house_is_none(say: Say, text: str, is_heard: bool) -> None:
    matcher = Matcher([Watch("w", "o", names=("Hôtel Chomel",))], [Place("p", "o", "Hôtel Chomel", town="Paris")])
    assert bool(matcher.consider(say(f"une nuit à l’{text} à Paris"))) is is_heard


def test_an_ordinary_word_needs_something_beside_it_in_a_large_house(say: Say) -> None:
    small, large = Matcher([ORANGE], [QUIMPER]), Matcher([*CROWD, ORANGE], [QUIMPER])
    assert len(small.consider(say("une orange pressée"))) == 1, "a small house weighs every hit"
    assert large.consider(say("une orange pressée")) == []
    for text in ("Orange, rue Kéréon", "orange quimper", "#orange 29000", "le kouign-amann d’Orange", "@orange.fr !"):
        assert [one.organisation_id for one in large.consider(say(text))] == ["o"], text
    assert len(large.consider(say("merci #orangecafe"))) == 1, "what the owner gave as a tag means only one thing"
    assert len(large.consider(say("orange", geo=Geo(47.99, -4.2)))) == 1, "written near by"
    assert large.consider(say("orange", geo=Geo(48.85, 2.35))) == []
    assert len(large.consider(say("miam à Quimper", hashtags=("Orange",)))) == 1
    assert large.consider(say("miam", hashtags=("Orange",))) == []


def test_a_common_name_without_any_context_is_still_heard_by_its_handle(say: Say) -> None:
    bare = replace(ORANGE, place_id=None)
    matcher = Matcher([*CROWD, bare], [])
    assert matcher.consider(say("Orange partout")) == []
    assert len(matcher.consider(say("@orange.fr bonjour"))) == 1


def test_words_of_the_category_and_learned_ones_open_an_ordinary_name_and_no_shared_one() -> None:
    policy = Policy(category_words=lambda category: {"bakery": ("pain",)}[category], learned=lambda _: ("fournil",))
    assert {"pain", "fournil", "kouign amann", "rue kereon"} <= set(
        policy.condition(ORANGE, [QUIMPER], "Orange").contexts
    )
    for n in range(MANY + 1):
        policy.bearers.note(Watch(f"w{n}", f"o{n}", names=("ORANGE",)))
    assert policy.sharers("Orange") == MANY + 1
    shared = policy.condition(ORANGE, [QUIMPER], "Orange")
    assert "rue kereon" in shared.contexts
    assert not {"pain", "fournil", "kouign amann"} & set(shared.contexts)
    assert shared.cells == (cell_of(Coordinates(47.9960, -4.1024)),)


def test_a_name_that_many_share_needs_what_tells_them_apart(say: Say) -> None:
    towns = ["Quimper", "Rennes", "Vannes", "Brest"]
    places = [Place(f"p{n}", f"o{n}", "Zyxette", town=towns[n % 4]) for n in range(40)]
    watches = [Watch(f"w{n}", f"o{n}", f"p{n}", names=("Zyxette",)) for n in range(40)]
    matcher = Matcher(watches, places)
    assert matcher.consider(say("Zyxette, jamais plus")) == []
    assert {one.organisation_id for one in matcher.consider(say("Zyxette de Quimper"))} == {
        f"o{n}" for n in range(0, 40, 4)
    }
    few = Matcher(watches[:MANY], places)
    assert len(few.consider(say("Zyxette, jamais plus"))) == MANY


def chain(size: int) -> tuple[list[Watch], list[Place]]:
    places = [Place(f"p{n:05}", "chain", "Zyxette", f"{n} rue Numéro{n}", town="Rennes") for n in range(size)]
    return [Watch(f"w{place.id}", "chain", place.id, names=("Zyxette",)) for place in places], places


def test_a_chain_is_heard_once_and_its_place_by_the_street(say: Say) -> None:
    matcher = Matcher(*chain(200))
    heard = list(matcher.signs.read(*_read(matcher, say("Zyxette, jamais plus"))))
    assert [(one.watch.organisation_id, one.watch.place_id) for one in heard] == [("chain", None)]
    [match] = matcher.consider(say("Zyxette rue Numéro7"))
    assert (match.organisation_id, match.place_id) == ("chain", "p00007")


def _read(matcher: Matcher, item: Item) -> tuple[Post, Sequence[Hit]]:
    scanned = matcher.scan([item])[0]
    return Post(item, scanned.folded), scanned.hits


def test_when_the_one_that_speaks_for_a_chain_goes_a_sister_takes_over(say: Say) -> None:
    watches, places = chain(200)
    matcher = Matcher(watches, places)
    for watch in watches[:60]:
        matcher.remove_watch(watch.id)
        assert len(matcher.consider(say("Zyxette, jamais plus"))) == 1
    for watch in watches[60:]:
        matcher.remove_watch(watch.id)
    assert matcher.consider(say("Zyxette, jamais plus")) == []
    assert len(matcher.signs.index) == 0
    assert matcher.signs.policy.sharers("Zyxette") == 0


def test_a_place_that_changes_changes_what_may_stand_beside_the_name(say: Say) -> None:
    matcher = Matcher([*CROWD, ORANGE], [QUIMPER])
    matcher.put_place(replace(QUIMPER, street="3 quai Odet", town="Brest"))
    assert matcher.consider(say("Orange, rue Kéréon")) == []
    assert len(matcher.consider(say("Orange, quai Odet"))) == 1
    matcher.remove_place("p")
    assert matcher.consider(say("Orange, quai Odet")) == []


def test_a_watch_put_and_removed_leaves_no_trace(say: Say) -> None:
    matcher = Matcher([*CROWD, ORANGE], [QUIMPER])
    before = len(matcher.signs.index)
    full = Watch(
        "full", "f", None, ("Le Zyx & Co",), ("Zyxette",), ("zyx.fr",), ("zyxtag",), ("zyx.fr/menu",),
        former=(FormerName("L’ancien Zyx"),),
    )  # fmt: skip
    texts = ("au Zyx et Co", "zyxette", "@zyx.fr", "#zyxtag", "zyx.fr/menu/midi", "l'ancien zyx", "#zyxetco")
    beside = say("", links=("https://www.zyx.fr/menu",)), say("", addressed=("zyx.fr",)), say("", hashtags=("zyxtag",))
    for _ in range(2):
        matcher.put_watch(full)
        assert all(len(matcher.match(one)) == 1 for one in (*map(say, texts), *beside))
        matcher.remove_watch("full")
        assert not any(matcher.match(one) for one in (*map(say, texts), *beside))
        assert len(matcher.signs.index) == before
    matcher.remove_watch("never there")


def test_what_is_put_one_by_one_is_what_is_built_at_once(say: Say) -> None:
    watches, places = chain(MANY)
    at_once, one_by_one = Matcher(watches, places), Matcher([], [])
    for place in places:
        one_by_one.put_place(place)
    for watch in watches:
        one_by_one.put_watch(watch)
    for text in ("Zyxette", "zyxette rue numéro3", "#zyxette"):
        assert at_once.consider(say(text)) == one_by_one.consider(say(text))


def test_bearers_count_organisations_and_sisters() -> None:
    bearers = Bearers()
    ones = [
        Watch("a", "o", "p", names=("Lulu",)),
        Watch("b", "o", "q", aliases=("LULU!",)),
        Watch("c", "r", names=("Lulu",)),
    ]
    for one in ones:
        bearers.note(one)
    assert (bearers.organisations.get("lulu"), bearers.sisters("o", "lulu"), bearers.sisters("r", "lulu")) == (2, 2, 1)
    bearers.forget(ones[0])
    assert (bearers.organisations.get("lulu"), bearers.sisters("o", "lulu")) == (2, 1)
    bearers.forget(ones[1])
    assert (bearers.organisations.get("lulu"), bearers.sisters("o", "lulu")) == (1, 0)


@pytest.mark.parametrize(("lat", "lon"), [(47.9960, -4.1024), (0.0, 0.0), (-33.9, 179.99), (89.99, -180.0)])
def test_a_point_lies_among_the_cells_around_it(lat: float, lon: float) -> None:
    assert cell_of(Coordinates(lat, lon)) in cells_around(lat, lon)
    assert len(set(cells_around(lat, lon))) == 9
    assert cell_of(Coordinates(lat, (lon + 0.1 + 180) % 360 - 180)) in cells_around(lat, lon), "the next one too"


def test_signs_are_listened_for_only_once_filled() -> None:
    catalogue = Catalogue([ORANGE], [QUIMPER])
    signs = Signs(catalogue, Policy())
    assert len(signs.index) == 0
    signs.fill()
    assert len(signs.index) > 0


@pytest.mark.parametrize(
    ("lat", "lon"), [(float("inf"), 0.0), (float("nan"), 0.0), (0.0, 1e300), (91.0, 0.0), (0.0, -181.0)]
)
def test_a_point_that_is_not_on_earth_lies_in_no_cell(say: Say, lat: float, lon: float) -> None:
    assert cells_around(lat, lon) == []
    nowhere = replace(QUIMPER, coordinates=Coordinates(lat, lon))
    assert Policy().condition(ORANGE, [nowhere], "Orange").cells == ()
    assert len(Matcher([ORANGE], [nowhere]).scan([say("orange", geo=Geo(lat, lon))])) == 1


def test_a_house_about_as_large_as_the_border_does_not_change_with_every_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHORT_UP_TO", 20)
    monkeypatch.setattr(module, "SHORT_AGAIN", 15)
    policy, heard = Policy(), []
    for watches in (14, 18, 20, 21, 18, 16, 15, 18):
        policy.fit(watches)
        heard.append(policy.hears_short)
        assert policy.fits(watches)
    assert heard == [True, True, True, False, False, False, True, True]


def test_a_word_that_stands_everywhere_opens_no_name() -> None:
    policy = Policy(category_words=lambda _: ("bien", "kouign-amann"))
    contexts = policy.condition(ORANGE, [replace(QUIMPER, products=())], "Orange").contexts
    assert "kouign amann" in contexts
    assert "bien" not in contexts
