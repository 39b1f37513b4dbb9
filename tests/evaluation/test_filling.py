import random
from dataclasses import replace

import pytest

from ouidire.domain.fold import fold, glue
from ouidire.domain.place import Coordinates, Place
from ouidire.evaluation.filling import Case, Filler, cases
from ouidire.evaluation.phrasings import SLOT, Phrasing, load
from ouidire.evaluation.world import Half, Listener, World
from ouidire.match.geo import distance_m


def place(number: int, town: str, street: str, owner: str = "lune", **more: object) -> Place:
    lat, lon = 48.0 + number, 2.0
    made = Place(
        f"{owner}-{number}", owner, town, f"{number} {street}", town=town, postcode=f"7500{number}",
        coordinates=Coordinates(lat, lon), languages=("fr",), listing_ids=(f"venue-{owner}-{number}",),
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


CHAIN = Listener(
    "lune", "Velmora Lune", "shop",
    (place(1, "Rouen", "rue Verte"), place(2, "Rouen", "rue Grise"), place(3, "Brest", "rue Verte")),
    ("Velmo",), "velmora", {"lune-3": "velmora_brest"}, is_rare=True,
)  # fmt: skip
SINGLE = Listener("escale-a", "L’Escale", "bar", (place(1, "Rouen", "quai Bas", "escale-a"),), is_common=True)
OTHER = Listener("escale-b", "L’Escale", "bar", (place(2, "Nantes", "quai Haut", "escale-b"),), is_common=True)
WORLD = World(Half.TRAIN, (CHAIN, SINGLE, OTHER), ("Chez Personne",))


def fill(text: str, place_id: str = "", **more: object) -> Case:
    """The phrasing filled for the place wanted: the dice are thrown until it is that one."""
    phrasing = Phrasing(1, text, "fr", **{"is_about_us": True, **more})  # type: ignore[arg-type]
    filler = Filler(WORLD, [phrasing])
    for seed in range(200):
        case = filler.fill(phrasing, random.Random(seed), seed)
        if case is not None and place_id in ("", case.target.id):
            return case
    raise AssertionError(f"{text} was never filled for {place_id}")


@pytest.mark.parametrize(
    ("text", "target", "told"),
    [
        ("{name} à {town}", "lune-3", "lune-3"),
        ("{name} à {town}", "lune-1", None),
        ("{name} à {town}, {street}", "lune-1", "lune-1"),
        ("{name} {street}", "lune-2", "lune-2"),
        ("{name} {street:short}", "lune-3", None),
        ("{name} {postcode}", "lune-1", "lune-1"),
        ("{name}, service nul", "lune-1", None),
        ("{name}, service nul", "escale-a-1", "escale-a-1"),
        ("mieux que {name} à {sister.town}", "lune-1", None),
        ("{name} {street}, pas comme {sister.street}", "lune-2", "lune-2"),
    ],
)
def test_the_place_is_known_where_exactly_one_fits_every_clue(text: str, target: str, told: str | None) -> None:
    case = fill(text, target)
    assert (case.organisation_id, case.place_id) == (case.target.organisation_id, told)
    assert not SLOT.search(case.item.text)


def test_what_stands_beside_the_text_tells_the_place() -> None:
    near = fill("{name} bondé", "lune-1", beside={"geo": "near"})
    assert near.item.geo is not None
    assert distance_m(near.item.geo.lat, near.item.geo.lon, 49.0, 2.0) < 300
    assert near.place_id == "lune-1"
    here = fill("bondé", "lune-1", beside={"venue": True})
    assert (here.item.listing_id, here.place_id) == ("venue-lune-1", "lune-1")
    regular = fill("encore", "lune-2", beside={"regular": True})
    assert regular.habit is not None
    assert (regular.habit.author_uri, regular.habit.place_id) == (regular.item.author.uri, "lune-2")


def test_a_post_from_far_away_tells_no_place() -> None:
    far = fill("{name} me manque", "lune-1", beside={"geo": "far"})
    assert far.item.geo is not None
    assert distance_m(far.item.geo.lat, far.item.geo.lon, 49.0, 2.0) > 150_000
    assert far.place_id is None


def test_a_reply_to_the_brand_tells_no_place_and_one_to_the_place_does() -> None:
    phrasing = Phrasing(1, "toujours rien", "fr", True, beside={"reply": True}, needs=frozenset(["chain"]))
    filler = Filler(WORLD, [phrasing])
    found = {}
    for seed in range(40):
        case = filler.fill(phrasing, random.Random(seed), seed)
        assert case is not None
        assert case.followed is not None
        key, entry = case.followed
        assert key == f"{case.item.connector}:{case.item.parent_uri}"
        found[entry.place_id is None] = case.place_id is None
    assert found == {True: True, False: False}


def test_the_account_of_a_place_tells_it() -> None:
    own = fill("{handle} merci", "lune-3")
    assert (own.item.text, own.place_id) == ("@velmora_brest merci", "lune-3")
    assert fill("{handle} merci", "lune-1").place_id is None


def test_what_is_about_nobody_has_no_organisation_and_names_a_town_without_it() -> None:
    case = fill("{name} à {other.town}, fermé", "escale-a-1", is_about_us=False)
    assert (case.organisation_id, case.place_id) == (None, None)
    assert not {"Rouen", "Nantes"} & set(case.item.text.replace(",", "").split())


def test_in_lower_case_and_about_nobody_it_is_an_ordinary_word() -> None:
    for _ in range(5):
        assert fill("une {name:lower} de plus", is_about_us=False).target.organisation_id.startswith("escale")


def test_namesakes_fit_until_a_clue_speaks_against_them() -> None:
    assert fill("{name}, plus jamais", "escale-a-1").fits == {"escale-b"}
    assert fill("{name} à {town}, plus jamais", "escale-a-1").fits == frozenset()


def test_a_house_that_the_phrasing_itself_names_is_spoken_of_too() -> None:
    case = fill("{name} vaut mieux que Velmora Lune", "escale-a-1")
    assert case.named == {"lune"}


def test_a_slip_of_the_pen_is_one_and_shorter_names_have_none() -> None:
    for seed in range(40):
        phrasing = Phrasing(1, "{name:typo}", "fr", True, needs=frozenset(["chain"]))
        case = Filler(WORLD, [phrasing]).fill(phrasing, random.Random(seed), 0)
        assert case is not None
        assert fold(case.item.text) != fold("Velmora Lune")
        assert abs(len(case.item.text) - len("Velmora Lune")) <= 1
        assert case.item.text[0] == "V"


def test_tags_and_accounts_stand_in_the_text_and_sometimes_beside_it() -> None:
    seen = {fill_for(seed).item.hashtags for seed in range(30)}
    assert seen == {(), ("VelmoraLune",)}


def fill_for(seed: int) -> Case:
    phrasing = Phrasing(1, "{name:tag}", "fr", True, needs=frozenset(["chain"]))
    case = Filler(WORLD, [phrasing]).fill(phrasing, random.Random(seed), seed)
    assert case is not None
    assert case.item.text == "#VelmoraLune"
    return case


def test_every_phrasing_can_be_filled_and_the_posts_are_always_the_same(train: World) -> None:
    phrasings = load("train")
    made = list(cases(train, phrasings, 4_000))
    assert len(made) == 4_000
    assert [one.item for one in cases(train, phrasings, 200)] == [one.item for one in made[:200]]
    used = {one.phrasing.number for one in made}
    assert len(used) > 0.9 * len(phrasings)
    assert all(glue(fold(one.item.text)) for one in made if one.spelling != "none")


def test_hours_are_kept_where_a_phrasing_says_open_or_closed(train: World) -> None:
    for wanted in ("open", "closed"):
        phrasing = Phrasing(1, "{name}", "en", True, beside={"hours": wanted})
        for case in cases(train, [phrasing], 15):
            hours = case.target.hours
            assert hours is not None
            assert hours.is_open(case.target.local(case.item.written_at)) is (wanted == "open")
