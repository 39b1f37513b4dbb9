from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.domain.item import Author, Geo, Item, ItemKind
from ouidire.domain.mention import Evidence, EvidenceKind, Match
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.matcher import Matcher

from .bakery import BRAND, CRESCENT, LAVAL, NOW, Say

LULU = Watch("w", "o", names=("Lulu",))


def kinds(match: Match) -> list[EvidenceKind]:
    """Of its signs: how the sentence goes is looked at in test_wording."""
    return [evidence.kind for evidence in match.evidence if evidence.kind is not EvidenceKind.WORDING]


def found(matcher: Matcher, item: Item) -> set[tuple[EvidenceKind, str]]:
    every = (e for match in matcher.match(item) for e in match.evidence)
    return {(e.kind, e.found) for e in every if e.kind is not EvidenceKind.WORDING}


def test_votre_boutique_de_montreal_is_the_only_one_of_that_town(brand: Matcher, say: Say) -> None:
    text = "Trente minutes d’attente à votre boutique de Montréal, et on sert ceux qui arrivent après nous."
    [match] = brand.match(say(text, addressed=("did:plc:x", "lamiebretonne.bsky.social")))
    assert (match.organisation_id, match.place_id, match.watch_id) == ("mie", "crescent", "brand")
    at = text.index("Montréal")
    signs = [e for e in match.evidence if e.kind is not EvidenceKind.CONTEXT]
    assert [replace(e, weight=0.0) for e in signs] == [
        Evidence(EvidenceKind.HANDLE, "lamiebretonne.bsky.social"),
        Evidence(EvidenceKind.LOCALITY, "Montréal", at, at + 8, place_id="crescent"),
    ]
    assert all(e.weight > 0 for e in match.evidence), "each speaks for it, and by how much"


@pytest.mark.parametrize(
    ("text", "place_id"),
    [
        ("La Mie Bretonne de MONTREAL", "crescent"),
        ("la mie bretonne, rue Crescent", "crescent"),
        ("Chez La Mie Bretonne (celle de Crescent)", "crescent"),
        ("#LaMieBretonne #Laval", "laval"),
        ("La Mie Bretonne boulevard le Carrefour", "laval"),
        ("J’habite à Laval mais je vais à La Mie Bretonne rue Crescent", "crescent"),
        ("La Mie Bretonne de Laval ou de Toronto ?", None),
        ("La Mie Bretonne, quelle déception", None),
        ("Merci La Mie Bretonne, H3G 2B2 !", "crescent"),
    ],
)
def test_the_words_of_the_post_say_which_place(brand: Matcher, say: Say, text: str, place_id: str | None) -> None:
    [match] = brand.match(say(text))
    assert match.place_id == place_id


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("vu à LA MIE BRETONNE hier", EvidenceKind.NAME, "LA MIE BRETONNE"),
        ("la mie-bretonne", EvidenceKind.NAME, "la mie-bretonne"),
        ("J'adore la Mie Bretonne", EvidenceKind.ALIAS, "Mie Bretonne"),
        ("merci #lamiebretonne.", EvidenceKind.HASHTAG, "#lamiebretonne"),
        ("hé @LaMieBretonne.bsky.social!", EvidenceKind.HANDLE, "@LaMieBretonne.bsky.social"),
        (
            "regardez (https://www.lamiebretonne.fr/menu?x=1)",
            EvidenceKind.LINK,
            "https://www.lamiebretonne.fr/menu?x=1",
        ),
        ("lamiebretonne.fr", EvidenceKind.LINK, "lamiebretonne.fr"),
    ],
)
def test_evidence_is_the_posts_own_words_and_where_they_stand(
    brand: Matcher, say: Say, text: str, kind: EvidenceKind, words: str
) -> None:
    [match] = brand.match(say(text))
    evidence = next(e for e in match.evidence if e.kind is kind)
    assert evidence.found == words == text[evidence.start : evidence.end]


@pytest.mark.parametrize(
    "text",
    [
        "La Mie Bretonnettes",
        "la xmie bretonne",
        "contact@lamiebretonne.bsky.social",
        "@lamiebretonne.bsky.social.example.org",
        "autre-lamiebretonne.fr",
        "lamiebretonne.free.org",
        "#lamiebretonnette",
        "",
    ],
)
def test_what_only_resembles_is_not_ours(brand: Matcher, say: Say, text: str) -> None:
    assert brand.match(say(text)) == []


def test_lulu_is_not_lulubelle_nor_a_part_of_someones_handle_or_link(say: Say) -> None:
    matcher = Matcher([LULU], [])
    for text in ("Lulubelle", "@lulu_paris salut", "@paris-lulu", "https://lulu.example/x", "lulu@exemple.fr"):
        assert matcher.match(say(text)) == [], text
    for text in ("Lulu", "_Lulu_", "chez lulu.", "«LULU»", "L’équipe de lu\u200blu"):
        assert len(matcher.match(say(text))) == 1, text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("McDonald’s", "encore un mcdonalds froid"),
        ("Boulangerie Saint-Michel", "la boulangerie St Michel"),
        ("Dubois & Fils", "merci DUBOIS ET FILS"),
        ("Dubois et Fils", "merci Dubois & fils"),
        ("L’Œuf", "loeuf était fermé"),
    ],
)
def test_a_name_is_found_in_the_spellings_people_use(say: Say, name: str, text: str) -> None:
    [match] = Matcher([Watch("w", "o", names=(name,))], []).match(say(text))
    assert kinds(match)[0] is EvidenceKind.NAME


def test_signs_beside_the_text_count_and_are_not_said_twice(brand: Matcher, say: Say) -> None:
    assert found(brand, say("miam", hashtags=("LaMieBretonne",))) == {(EvidenceKind.HASHTAG, "LaMieBretonne")}
    link = "https://shop.lamiebretonne.fr/kouign"
    assert found(brand, say("miam", links=(link,))) == {(EvidenceKind.LINK, link)}
    both = say("miam #LaMieBretonne", hashtags=("LaMieBretonne",))
    assert found(brand, both) == {(EvidenceKind.HASHTAG, "#LaMieBretonne")}


def test_required_words_guard_a_name_that_means_other_things(say: Say) -> None:
    matcher = Matcher([Watch("w", "o", names=("Orange",), handles=("orangecafe",), required=("café", "brunch"))], [])
    assert matcher.match(say("Une orange pressée")) == []
    assert matcher.match(say("Orange, quelle cafetière")) == []
    [match] = matcher.match(say("Orange : le CAFE est froid"))
    assert kinds(match) == [EvidenceKind.NAME, EvidenceKind.REQUIRED, EvidenceKind.COMMON]
    assert match.evidence[1].found == "CAFE"
    assert len(matcher.match(say("@orangecafe rien à voir avec le fruit"))) == 1, "an address means only one thing"


def test_excluded_words_silence_a_watch_but_not_its_neighbour(say: Say) -> None:
    matcher = Matcher([replace(LULU, excluded=("la chanteuse",)), Watch("v", "p", names=("Lulu",))], [])
    assert [m.organisation_id for m in matcher.match(say("Lulu, la Chanteuse"))] == ["p"]
    assert [m.organisation_id for m in matcher.match(say("Lulu, la chanteusette"))] == ["o", "p"]


def test_a_review_on_our_listing_needs_no_name(brand: Matcher, say: Say) -> None:
    [match] = brand.match(say("Très bon, mais Laval est mieux", kind=ItemKind.REVIEW, listing_id="ChIJcrescent"))
    assert (match.place_id, match.watch_id) == ("crescent", None)
    assert Evidence(EvidenceKind.LISTING, "ChIJcrescent") in match.evidence
    assert brand.match(say("Très bon", listing_id="ChIJelsewhere")) == []


def test_a_listing_of_one_network_is_not_heard_on_another(say: Say) -> None:
    matcher = Matcher([BRAND], [replace(CRESCENT, listing_ids=("tripadvisor:123",)), LAVAL])
    [match] = matcher.match(say("Très bon", listing_id="123", said_on="TripAdvisor"))
    assert match.place_id == "crescent"
    assert matcher.match(say("Très bon", listing_id="123", said_on="Yelp")) == []


def test_coordinates_within_the_radius_decide_and_beyond_it_do_not(brand: Matcher, say: Say) -> None:
    near, far = Geo(45.4983, -73.5790), Geo(45.5030, -73.5772)
    [match] = brand.match(say("La Mie Bretonne !", geo=near))
    assert match.place_id == "crescent"
    assert EvidenceKind.COORDINATES in kinds(match)
    [match] = brand.match(say("La Mie Bretonne !", geo=far))
    assert match.place_id is None
    assert brand.match(say("Belle journée", geo=near)) == [], "being there is not speaking of us"


def test_two_places_in_one_town_stay_unknown_until_the_street_is_said(say: Say) -> None:
    other = replace(CRESCENT, id="plateau", street="200 avenue Laurier Ouest", postcode="", listing_ids=())
    matcher = Matcher([BRAND], [CRESCENT, other, LAVAL])
    assert matcher.match(say("La Mie Bretonne de Montréal"))[0].place_id is None
    assert matcher.match(say("La Mie Bretonne de Montréal, avenue Laurier"))[0].place_id == "plateau"


def test_homonymous_towns_are_told_apart_by_the_postcode(say: Say) -> None:
    nord = Place("nord", "o", "Lulu", town="Saint-Denis", postcode="93200")
    sud = Place("sud", "o", "Lulu", town="Saint-Denis", postcode="97400")
    matcher = Matcher([LULU], [nord, sud])
    assert matcher.match(say("Lulu à St-Denis"))[0].place_id is None
    assert matcher.match(say("Lulu, 97400 Saint-Denis"))[0].place_id == "sud"


def test_an_only_place_is_meant_unless_the_name_stands_beside_another_town(say: Say) -> None:
    matcher = Matcher([Watch("w", "o", names=("Café Lune",))], [Place("rennes", "o", "Café Lune", town="Rennes")])
    assert matcher.match(say("Le café lune, jamais plus"))[0].place_id == "rennes"
    for text in ("Café Lune à Lyon : parfait", "Café Lune (Montréal)"):
        assert [one.place_id for one in matcher.match(say(text)) if one.place_id] == []
    unsure = matcher.consider(say("Café Lune. Lyon nous attend demain"))[0]
    assert {one.place_id for one in unsure.candidates} <= {"rennes"}, "not sure, but no other would be meant"
    assert unsure.p > 2 * matcher.consider(say("Café Lune à Lyon"))[0].p
    elsewhere, corrected = (
        matcher.consider(say(text))[0] for text in ("Café Lune à Lyon ? Oui !", "Café Lune à Lyon ? Non, à Rennes !")
    )
    assert corrected.p > 2 * elsewhere.p


def test_a_town_within_our_own_name_says_nothing_about_the_place(say: Say) -> None:
    places = [Place("r", "o", "x", town="Rennes"), Place("n", "o", "x", town="Nantes")]
    matcher = Matcher([Watch("w", "o", names=("Galettes de Rennes",))], places)
    assert matcher.match(say("Galettes de Rennes, bof"))[0].place_id is None
    assert matcher.match(say("Galettes de Rennes à Nantes"))[0].place_id == "n"


def test_a_town_that_is_an_ordinary_word_needs_to_look_like_a_town(say: Say) -> None:
    places = [Place("nice", "o", "x", town="Nice"), Place("tours", "o", "x", town="Tours")]
    matcher = Matcher([LULU], places)
    assert matcher.match(say("Nice staff at Lulu"))[0].place_id is None
    assert matcher.match(say("Lulu joue des tours"))[0].place_id is None
    assert matcher.match(say("le lulu à nice"))[0].place_id == "nice"
    assert matcher.match(say("Chez Lulu Tours, on attend"))[0].place_id == "tours"


def test_people_say_au_mans_and_du_havre(say: Say) -> None:
    places = [Place("mans", "o", "x", town="Le Mans"), Place("havre", "o", "x", town="Le Havre")]
    matcher = Matcher([LULU], places)
    assert matcher.match(say("chez Lulu au Mans"))[0].place_id == "mans"
    assert matcher.match(say("le Lulu du havre"))[0].place_id == "havre"


def test_the_own_handle_of_a_place_says_which(say: Say) -> None:
    own = Watch("own", "mie", "laval", handles=("mielaval",), near=("Carrefour Laval",))
    matcher = Matcher([BRAND, own], [CRESCENT, LAVAL])
    [match] = matcher.match(say("@mielaval votre accueil…"))
    assert (match.place_id, match.watch_id) == ("laval", "own")
    assert matcher.match(say("La Mie Bretonne du Carrefour Laval"))[0].place_id == "laval"


def test_one_post_may_speak_of_several_organisations_each_once(say: Say) -> None:
    matcher = Matcher([LULU, Watch("z", "b", names=("Zoé",)), Watch("y", "b", aliases=("Zoe",))], [])
    matches = matcher.match(say("Lulu et Zoé, Zoé et Lulu"))
    assert [m.organisation_id for m in matches] == ["b", "o"]
    assert matches == matcher.match(say("Lulu et Zoé, Zoé et Lulu"))


def test_a_repost_says_nothing_of_its_own(say: Say) -> None:
    assert Matcher([LULU], []).match(say("Lulu", kind=ItemKind.REPOST)) == []


def test_a_thousand_repetitions_are_read_in_a_moment(brand: Matcher, say: Say) -> None:
    [match] = brand.match(say("La Mie Bretonne Montréal #lamiebretonne lamiebretonne.fr " * 350))
    assert match.place_id == "crescent"
    assert len(match.evidence) < 300


TEXTS = st.lists(
    st.one_of(
        st.sampled_from(
            ["La Mie Bretonne", "#lamiebretonne", "@lamiebretonne.bsky.social", "lamiebretonne.fr", " ", "à"]
        ),
        st.sampled_from(
            ["Montréal", "rue Crescent", "\ud800", "\x00", "\u0301", "@", "#", "www.", "://", "LAVAL", "ﬁ"]
        ),
        st.text(st.characters(exclude_categories=()), max_size=5),
    ),
    max_size=12,
).map("".join)


@given(TEXTS, TEXTS)
def test_no_text_makes_the_matcher_raise_and_evidence_stands_where_it_says(text: str, other: str) -> None:
    matcher = Matcher([BRAND, Watch("o", "o", names=(other, "é"), near=(other,), required=(other,))], [CRESCENT, LAVAL])
    item = Item(
        connector="b", uri="u", author=Author("a"), text=text, written_at=NOW,
        links=(other,), addressed=(other,), hashtags=(other,), listing_id=other,
    )  # fmt: skip
    for match in matcher.match(item):
        assert match.evidence
        for evidence in match.evidence:
            if evidence.start >= 0:
                assert evidence.found == text[evidence.start : evidence.end] != ""
