"""Evidence as sentences for a shopkeeper, in both languages."""

from __future__ import annotations

import pytest

from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.place import Place
from ouidire.locale import Translator, labels, translator
from ouidire.locale.reasons import Reasons, sureness

FR, EN = translator("fr"), translator("en")
CRESCENT = Place(
    "crescent", "o", "Boutique rue Crescent", "rue Crescent", "Centre-ville", "Montréal", "H3G 2B2", landmarks=("Guy",)
)
LAVAL = Place("laval", "o", "Boutique Laval", town="Laval")
BOTH = (CRESCENT, LAVAL)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


MAY_LACK_WORDS = [kind for kind in EvidenceKind if "%(" not in labels.EVIDENCE[kind] or kind in labels.EVIDENCE_BARE]


@pytest.mark.parametrize("speak", [FR, EN], ids=["fr", "en"])
@pytest.mark.parametrize("weight", [1.5, 0.0, -1.5])
def test_every_kind_is_a_whole_sentence(speak: Translator, weight: float) -> None:
    full = [Evidence(kind, "100 % (sûr)", weight=weight) for kind in EvidenceKind]
    bare = [Evidence(kind, "", weight=weight) for kind in MAY_LACK_WORDS]
    for one in (*full, *bare):
        said = Reasons(speak, BOTH).reason(one).words
        assert said[0].isupper() or said[0] in "“«", said
        assert "%(" not in said
        assert not said.endswith((":", "“”")), said


def test_what_was_found_stands_in_it_in_the_authors_words() -> None:
    name = Evidence(EvidenceKind.NAME, "La Mie Bretonne", 0, 15)
    assert Reasons(EN).reason(name).words == "Your name stands in the text: “La Mie Bretonne”"
    assert plain(Reasons(FR).reason(name).words) == "Votre nom figure dans le texte : « La Mie Bretonne »"


@pytest.mark.parametrize(
    ("found", "place_id", "said"),
    [
        ("Montréal", "crescent", "The town is named: Montréal"),
        ("MONTREAL", None, "The town is named: MONTREAL"),
        ("Crescent", "crescent", "The street is named: Crescent"),
        ("métro Guy", "crescent", "A place around you is named: “métro Guy”"),
        ("Guy", "crescent", "What stands beside it is named: Guy"),
        ("H3G 2B2", "crescent", "The postcode is given: H3G 2B2"),
        ("Sainte-Anne", None, "A place around you is named: “Sainte-Anne”"),
    ],
)
def test_a_locality_is_called_by_what_it_is_to_the_place(found: str, place_id: str | None, said: str) -> None:
    one = Evidence(EvidenceKind.LOCALITY, found, place_id=place_id)
    assert Reasons(EN, BOTH).reason(one).words == said


def test_numbers_are_counted_and_metres_are_a_distance() -> None:
    def said(kind: EvidenceKind, found: str) -> str:
        return plain(Reasons(EN).reason(Evidence(kind, found)).words)

    assert said(EvidenceKind.SHARED, "37") == "36 others bear this name"
    assert said(EvidenceKind.SHARED, "2") == "1 other bears this name"
    assert said(EvidenceKind.COORDINATES, "412") == "It was written 410 m from your place"
    assert said(EvidenceKind.FAR, "7300") == "It was written 7 km from your place"
    assert said(EvidenceKind.NAME, "36") == "Your name stands in the text: “36”"


def test_what_speaks_for_it_comes_first_the_strongest_first_and_each_once() -> None:
    evidence = [
        Evidence(EvidenceKind.COMMON, "Orange", weight=-2.4),
        Evidence(EvidenceKind.LOCALITY, "Laval", weight=0.9, place_id="laval"),
        Evidence(EvidenceKind.NAME, "Orange", 0, 6, weight=2.6),
        Evidence(EvidenceKind.NAME, "Orange", 30, 36, weight=2.6),
        Evidence(EvidenceKind.LANGUAGE, "fr", weight=-0.1),
    ]
    listed = Reasons(EN, BOTH).listed(evidence)
    assert [(one.words, one.against, one.strength, one.of) for one in listed] == [
        ("Your name stands in the text: “Orange”", False, "strong", ""),
        ("The town is named: Laval", False, "some", "Boutique Laval"),
        ("“Orange” is an ordinary word, too", True, "strong", ""),
        ("It is not written in a language of your customers", True, "weak", ""),
    ]


def test_without_weights_the_kind_says_which_way_it_speaks_and_no_strength_is_claimed() -> None:
    listed = Reasons(EN).listed([Evidence(EvidenceKind.SISTERS, ""), Evidence(EvidenceKind.NAME, "Lune")])
    assert [(one.against, one.strength) for one in listed] == [(False, ""), (True, "")]


def test_a_place_is_named_only_where_there_are_several() -> None:
    one = Evidence(EvidenceKind.HABIT, "", place_id="crescent")
    assert Reasons(EN, BOTH).reason(one).of == "Boutique rue Crescent"
    assert Reasons(EN, [CRESCENT]).reason(one).of == ""


def test_a_probability_is_said_in_words() -> None:
    assert [sureness(p) for p in (1.0, 0.95, 0.9499, 0.75, 0.5, 0.39, 0.0)] == [
        "almost_certain", "almost_certain", "probable", "probable", "toss_up", "improbable", "improbable",
    ]  # fmt: skip
    assert Reasons(FR).sure(0.5) == "incertain"


def test_words_of_one_kind_are_one_reason_that_counts_for_all_of_them() -> None:
    words = [Evidence(EvidenceKind.CONTEXT, word, weight=0.4) for word in ("attente", "serveur", "attente")]
    (reason,) = Reasons(EN).listed(words)
    assert reason.words == "Words that usually go with you stand there: “attente, serveur”"
    assert reason.strength == "some"


def test_the_owners_own_words_say_what_they_are() -> None:
    ruled_out = Evidence(EvidenceKind.RULE, "foot", 3, 7, weight=-99)
    lacking = Evidence(EvidenceKind.RULE, "café, bar", weight=-99)
    said = [Reasons(EN).reason(one).words for one in (ruled_out, lacking, Evidence(EvidenceKind.RULE, "", weight=-99))]
    assert said == [
        "A word that you ruled out stands there: “foot”",
        "None of the words that you asked for stands there: “café, bar”",
        "It does not fulfil the rule that you wrote",
    ]
