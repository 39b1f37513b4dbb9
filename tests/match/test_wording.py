"""How a sentence goes around a name: of any name alike, near by alone, and in words that can be shown."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ouidire.domain.fold import fold
from ouidire.domain.item import Item
from ouidire.domain.mention import EvidenceKind
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.buckets import Buckets
from ouidire.match.evidence import speaks_of_another
from ouidire.match.matcher import Matcher
from ouidire.match.wording import AROUND, BITS, MOST, MOST_SHOWN, Span, Wording, shipped, turns

from .conftest import Say

NAMES = ("Bergamote", "La Mie Bretonne", "Optique du Marché", "Hôtel de la Gare et du Lion")


def weighed(text: str, name: str) -> float:
    folded = fold(text.replace("NAME", name))
    start = folded.index(fold(name))
    return shipped().weigh(folded, [(start, start + len(fold(name)))]).value


@pytest.mark.parametrize(
    ("business", "other"),
    [
        (
            "trente minutes d'attente chez NAME et pas un mot d'excuse",
            "ma grand-mère, née NAME, cherche ses cousins",
        ),
        ("NAME m'a facturé deux fois la même chose", "but de NAME à la 89e, quelle frappe"),
        ("the coffee at NAME was cold and nobody cared", "we named the puppy NAME and she ate my shoe"),
        ("NAME never answers the phone", "reading NAME again for book club, what an ending"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_people_speak_of_businesses_as_of_nothing_else(business: str, other: str, name: str) -> None:
    assert weighed(business, name) > weighed(other, name) + 1


@pytest.mark.parametrize("text", ["encore une heure chez NAME", "NAME", "le procès NAME reprend lundi"])
def test_the_name_itself_says_nothing(text: str) -> None:
    assert len({weighed(text, name) for name in NAMES}) == 1


def test_nor_do_localities_and_what_leads_to_them() -> None:
    folded = fold("Bergamote à Rennes : parfait")
    town = (folded.index("rennes"), folded.index("rennes") + 6)
    plain = fold("Bergamote : parfait")
    assert shipped().weigh(folded, [(0, 9)], [town]).value == shipped().weigh(plain, [(0, 9)]).value
    street = fold("Bergamote, rue du Faubourg Saint-Denis, parfait")
    assert "denis" in {street[a:b] for words in turns(street, [(0, 9)]).values() for a, b in words}
    assert not {"rue", "du", "faubourg", "saint"} & {
        street[a:b] for words in turns(street, [(0, 9)]).values() for a, b in words
    }


@given(some.text(max_size=60), some.text(max_size=60), some.text("abcé '’", min_size=1, max_size=9))
def test_any_text_is_weighed_and_what_is_shown_stands_in_it(before: str, after: str, name: str) -> None:
    folded = f"{fold(before)} {fold(name)} {fold(after)}"
    start = len(fold(before)) + 1
    own = (start, start + len(fold(name)))
    said = shipped().weigh(folded, [own])
    assert abs(said.value) <= MOST
    assert said == shipped().weigh(folded, [own, own]), "a name heard twice at one spot is one"
    first, last = said.span
    if first >= 0:
        assert folded[first:last].strip()
        assert last <= own[0] or first >= own[1]
        assert len(folded[first:last].split()) <= 2 * MOST_SHOWN


def test_what_stands_far_away_is_not_read_however_long_the_text() -> None:
    near = "merci à bergamote pour tout" + " x" * AROUND
    far = near + " le but de la 89e minute" * 20_000
    own = [(8, 17)]
    assert shipped().weigh(far, own) == shipped().weigh(near, own)
    assert len(turns(far, own)) < 3 * AROUND


def test_without_a_name_or_without_a_word_nothing_is_said() -> None:
    assert turns("merci pour tout", []) == {}
    assert shipped().weigh("bergamote", [(0, 9)]).value == 0
    assert Wording.silent().weigh("but de bergamote", [(7, 16)]).value == 0


def test_the_stretch_shown_is_the_one_that_weighs_most() -> None:
    weights = np.zeros(1 << BITS, dtype=np.int8)
    text = "hier soir but de lulu puis rien"
    own: Span = (17, 21)
    for bucket, words in turns(text, [own]).items():
        if [text[a:b] for a, b in words] == ["but", "de"]:
            weights[bucket] = -50
    said = Wording(Buckets(weights.tobytes(), 0.1)).weigh(text, [own])
    assert said.value < 0
    assert text[slice(*said.span)] == "but de"


def test_the_reason_is_kept_with_its_words_and_its_weight(say: Say) -> None:
    matcher = Matcher([Watch("w", "o", names=("Bergamote",))], [Place("p", "o", "Bergamote", town="Niort")])
    [match] = matcher.consider(say("Trente minutes d'attente chez Bergamote, pas un mot d'excuse"))
    [told] = [one for one in match.evidence if one.kind is EvidenceKind.WORDING]
    assert told.weight > 0
    assert told.found in "Trente minutes d'attente chez Bergamote, pas un mot d'excuse"
    [match] = matcher.consider(say("Le petit voilier Bergamote a démâté, l'équipage est sain et sauf"))
    assert [one.weight < 0 for one in match.evidence if one.kind is EvidenceKind.WORDING] == [True]


def test_that_it_goes_as_one_about_a_business_does_not_speak_for_us_where_the_town_is_anothers(say: Say) -> None:
    matcher = Matcher([Watch("w", "o", names=("Bergamote",))], [Place("p", "o", "Bergamote", town="Niort")])

    def values(item: Item) -> dict[str, float]:
        return matcher.evidence(item)[1][0].findings.values

    text = "chez Bergamote on a attendu trente minutes, jamais plus"
    assert values(say(text))["wording"] > 0
    elsewhere = values(say("chez Bergamote à Lyon on a attendu trente minutes, jamais plus"))
    assert speaks_of_another(elsewhere)
    assert "wording" not in elsewhere


def test_a_sign_alone_is_no_reason() -> None:
    text = "maillard : le pain etait froid et la boulangere desagreable"
    start, end = shipped().weigh(text, [(0, 8)]).span
    assert any(letter.isalpha() for letter in text[start:end])
