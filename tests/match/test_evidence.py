"""What speaks for an organisation and its places, what against, and what is asked: through the matcher."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import log

import pytest

from ouidire.domain.hours import Hours, Shift
from ouidire.domain.item import Geo, Item, ItemKind
from ouidire.domain.lesson import Lessons
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match.matcher import Matcher
from ouidire.match.model import shipped

from .bakery import BRAND, CRESCENT, LAVAL, TORONTO, Say

PLATEAU = replace(CRESCENT, id="plateau", street="200, avenue Laurier Ouest", postcode="", listing_ids=())
RENNES = Place("rennes", "o", "Chez Paul", street="3 rue du Bac", town="Rennes", category="bakery")
PAUL = Watch("w", "o", "rennes", names=("Paul",))


@pytest.fixture
def two_in_town() -> Matcher:
    return Matcher([BRAND], [CRESCENT, PLATEAU, LAVAL])


def only(matches: list[Match]) -> Match:
    [match] = matches
    return match


def of(match: Match, kind: EvidenceKind) -> Evidence:
    return next(e for e in match.evidence if e.kind is kind)


def likely(matcher: Matcher, item: Item) -> float:
    return next((match.p for match in matcher.consider(item)), 0.0)


# -- which place ---------------------------------------------------------------------------------------------------


def test_two_places_in_one_town_are_asked_about_and_not_guessed(two_in_town: Matcher, say: Say) -> None:
    match = only(two_in_town.match(say("Attente interminable à La Mie Bretonne de Montréal")))
    assert (match.place_id, match.ask) == (None, Ask.WHICH_PLACE)
    assert {one.place_id for one in match.candidates[:2]} == {"crescent", "plateau"}
    assert sum(one.p for one in match.candidates[:2]) > 0.7


def test_where_nothing_is_said_nobody_is_asked(two_in_town: Matcher, say: Say) -> None:
    match = only(two_in_town.match(say("La Mie Bretonne, quelle déception")))
    assert (match.place_id, match.ask, match.candidates) == (None, Ask.NOTHING, ())


@pytest.mark.parametrize(
    "text",
    [
        "La Mie Bretonne rue Crescent est bien mieux que celle de Laval",
        "J’habite à Laval et pourtant je vais à La Mie Bretonne, rue Crescent",
        "Unlike the one in Laval, La Mie Bretonne on Crescent is filthy",
    ],
)
def test_a_place_that_is_only_compared_with_is_not_meant(brand: Matcher, say: Say, text: str) -> None:
    assert only(brand.match(say(text))).place_id == "crescent"


def test_a_street_that_bears_the_name_of_a_town_is_not_in_it(say: Say) -> None:
    places = [Place("r", "o", "x", town="Rennes"), Place("p", "o", "x", town="Paris")]
    matcher = Matcher([Watch("w", "o", names=("Kerouzine",))], places)
    assert only(matcher.match(say("Kerouzine, rue de Rennes à Paris"))).place_id == "p"


def test_streets_are_shortened_as_people_do(say: Say) -> None:
    places = [
        Place("a", "o", "x", street="12 boulevard Saint-Laurent", town="Montréal", country="CA"),
        Place("b", "o", "x", street="9 avenue du Parc", town="Montréal", country="CA"),
    ]
    matcher = Matcher([Watch("w", "o", names=("Kerouzine",))], places)
    assert only(matcher.match(say("Kerouzine bd St-Laurent : froid et cher"))).place_id == "a"


def test_what_an_author_was_said_to_mean_before_counts(two_in_town: Matcher, say: Say) -> None:
    two_in_town.set_lessons(Lessons(habits={"mie": {"bluesky:did:plc:guest": {"plateau": 3}}}))
    match = only(two_in_town.match(say("Encore 20 minutes d’attente à La Mie Bretonne de Montréal")))
    assert match.place_id == "plateau"
    assert of(match, EvidenceKind.HABIT).weight > 0


def test_coordinates_far_from_every_place_speak_against(say: Say) -> None:
    matcher = Matcher([BRAND], [CRESCENT])
    here, far = Geo(45.4974, -73.5771), Geo(48.85, 2.35)
    near = only(matcher.match(say("La Mie Bretonne !", geo=here)))
    assert near.place_id == "crescent"
    assert of(near, EvidenceKind.COORDINATES).weight > 0
    assert likely(matcher, say("La Mie Bretonne !", geo=far)) < near.p


@pytest.mark.parametrize("geo", [Geo(float("nan"), 0.0), Geo(float("inf"), 1e300), Geo(91.0, 0.0)])
def test_a_point_that_is_nowhere_on_earth_says_nothing(say: Say, geo: Geo) -> None:
    matcher = Matcher([BRAND], [CRESCENT])
    nowhere, unsaid = say("La Mie Bretonne !", geo=geo), say("La Mie Bretonne !")
    scanned = matcher.scan((unsaid,)).get(0)
    assert matcher.match_scanned(nowhere, scanned) == matcher.match_scanned(unsaid, scanned)


def test_a_name_that_every_place_bears_tells_none_from_the_others(say: Say) -> None:
    towns = ("Rennes", "Dinan", "Vannes", "Quimper")
    places = [Place(town, "o", f"Kerouzine {town}", town=town) for town in towns]
    watches = [Watch(f"w{town}", "o", names=("Kerouzine",), place_id=town) for town in towns]
    match = only(Matcher(watches, places).match(say("encore la queue devant Kerouzine à Dinan ce matin")))
    assert match.place_id == "Dinan"
    assert len(match.candidates) == 1


def test_who_is_there_now_was_let_in(say: Say) -> None:
    noon = Hours(((Shift(9 * 60, 18 * 60),),) * 7)
    night = Hours(((Shift(19 * 60, 23 * 60),),) * 7)
    places = [
        Place("day", "o", "x", town="Rennes", hours=noon),
        Place("night", "o", "x", town="Rennes", hours=night, street="4 rue du Bac"),
    ]
    matcher = Matcher([Watch("w", "o", names=("Kerouzine",))], places)
    text = "J’attends devant Kerouzine à Rennes"
    at_one = only(matcher.match(say(text, written_at=datetime(2026, 3, 14, 12, 0, tzinfo=UTC))))
    at_nine = only(matcher.match(say(text, written_at=datetime(2026, 3, 14, 20, 0, tzinfo=UTC))))
    assert (at_one.candidates[0].place_id, at_nine.candidates[0].place_id) == ("day", "night")


def test_a_check_in_needs_no_word(brand: Matcher, say: Say) -> None:
    match = only(brand.match(say("Miam", kind=ItemKind.POST, listing_id="ChIJcrescent")))
    assert (match.place_id, match.p) == ("crescent", 1.0)
    assert of(match, EvidenceKind.VENUE).found == "ChIJcrescent"


def test_a_chain_of_ten_thousand_places_weighs_only_those_that_are_spoken_of(say: Say) -> None:
    towns = ("Paris", "Lyon", "Rennes", "Niort")
    places = [Place(f"p{i}", "mie", "x", street=f"{i} rue Numéro {i}", town=towns[i % 4]) for i in range(10_000)]
    matcher = Matcher([BRAND], places)
    crowd = only(matcher.match(say("La Mie Bretonne à Paris : froid")))
    assert (crowd.place_id, crowd.ask) == (None, Ask.NOTHING), "one of 2,500 is nothing to ask about"
    assert len(crowd.candidates) <= 5
    assert only(matcher.match(say("La Mie Bretonne, rue Numéro 4321 : froid"))).place_id == "p4321"


# -- is it about us ------------------------------------------------------------------------------------------------


def test_an_ordinary_word_needs_something_beside_it(say: Say) -> None:
    matcher = Matcher([PAUL], [RENNES])
    ours = say("Le pain de chez Paul à Rennes est toujours aussi bon")
    other = say("Mon cousin Paul s’est marié à Rennes")
    assert only(matcher.match(ours)).place_id == "rennes"
    assert likely(matcher, other) < likely(matcher, ours)
    assert of(only(matcher.match(ours)), EvidenceKind.COMMON).weight < 0


def test_what_is_too_light_is_handed_over_with_its_reasons(say: Say) -> None:
    matcher = Matcher([PAUL], [RENNES])
    item = say("Le film avec Jean Paul Belmondo passe ce soir à Rennes")
    refused: list[Match] = []
    assert matcher.match_scanned(item, matcher.scan((item,)).get(0), refused) == []
    [match] = refused
    assert match.p < 0.5
    assert {EvidenceKind.NAME, EvidenceKind.LOCALITY} <= {e.kind for e in match.evidence}
    assert matcher.consider(item) == [match]


def test_of_two_of_one_name_the_town_tells_which(say: Say) -> None:
    lyon = Place("lyon", "b", "x", town="Lyon")
    rennes = Place("rennes", "o", "x", town="Rennes")
    matcher = Matcher([Watch("w", "o", names=("Café Lune",)), Watch("v", "b", names=("Café Lune",))], [lyon, rennes])
    assert [m.organisation_id for m in matcher.match(say("Accueil odieux au Café Lune de Lyon"))] == ["b"]
    both = matcher.consider(say("Accueil odieux au Café Lune"))
    assert [m.organisation_id for m in both] == ["b", "o"]
    assert both[0].p == pytest.approx(both[1].p), "nothing tells them apart"
    assert all(of(m, EvidenceKind.SHARED).weight < 0 for m in both)


def test_a_name_within_the_longer_name_of_another_is_not_meant(say: Say) -> None:
    matcher = Matcher([Watch("w", "o", names=("Kerouzine",)), Watch("v", "b", names=("Kerouzine Beach",))], [])
    inner, outer = sorted(matcher.consider(say("On a mangé au Kerouzine Beach")), key=lambda m: m.organisation_id)[::-1]
    assert (inner.organisation_id, outer.organisation_id) == ("o", "b")
    assert inner.p < 0.5 < outer.p


def test_silenced_by_ones_own_words_is_said_where_everything_is_looked_at(say: Say) -> None:
    matcher = Matcher([Watch("w", "o", names=("Lulu",), excluded=("chanteuse",))], [])
    item = say("Lulu, la chanteuse")
    assert matcher.match(item) == []
    [match] = matcher.consider(item)
    assert match.p == 0
    assert of(match, EvidenceKind.RULE).found == "chanteuse"
    assert of(match, EvidenceKind.RULE).weight < -10


def test_the_weights_shown_are_those_that_decided(say: Say) -> None:
    """An address moves the log-odds by what its evidence says, and by what a name loses that stands alone."""
    matcher = Matcher([replace(BRAND, names=("La Mie Bretonne",), aliases=())], [])
    without = only(matcher.match(say("La Mie Bretonne : froid")))
    with_it = only(matcher.match(say("La Mie Bretonne : froid", addressed=("lamiebretonne.bsky.social",))))
    moved = log(with_it.p / (1 - with_it.p)) - log(without.p / (1 - without.p))
    told = of(with_it, EvidenceKind.HANDLE).weight
    bare = [e.weight for e in without.evidence if e.kind is EvidenceKind.NAME]
    named = [e.weight for e in with_it.evidence if e.kind is EvidenceKind.NAME]
    assert told > 0
    assert bare == named, "another reason changes nothing of this one"
    assert moved == pytest.approx(told - shipped().about.of("bare", 1.0), abs=0.1)


def test_two_towns_of_the_same_chain(brand: Matcher, say: Say) -> None:
    assert TORONTO.town == "Toronto"
    assert only(brand.match(say("La Mie Bretonne in Toronto was lovely"))).place_id == "toronto"


def test_a_suburb_answers_to_the_name_of_its_city(say: Say) -> None:
    near = Place("bl", "o", "x", town="Saint-Grégoire", coordinates=Coordinates(48.15, -1.68))
    matcher = Matcher([Watch("w", "o", names=("Café Kerouz",))], [near])
    assert (
        only(matcher.match(say("Café Kerouz à Rennes : accueil parfait, on a bien mangé"))).candidates[0].place_id
        == "bl"
    )
    assert only(matcher.consider(say("Café Kerouz à Lyon : parfait"))).place_id is None
