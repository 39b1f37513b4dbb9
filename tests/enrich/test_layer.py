"""A few dozen corrections change how like posts of one organisation are read, and no others."""

from __future__ import annotations

import pytest

from ouidire.domain.correction import Judged
from ouidire.domain.enrichment import Sentiment
from ouidire.enrich.layer import Layer, Lesson
from ouidire.enrich.read import Hints, read

HOUSES = {
    "sec": (
        ["cidre bien sec", "votre cuvée est sec en bouche", "un brut très sec", "sec, vraiment", "sec comme il faut"],
        ["le millésime est sec", "un poiré sec ce soir", "toujours aussi sec"],
    ),
    "mortel": (
        ["soirée mortelle", "le DJ était mortel", "ambiance mortelle hier", "mortel ce club", "c'était mortel"],
        ["le son était mortel", "mortelle la soirée de samedi", "une nuit mortelle"],
    ),
}
OTHERS = ["Service lent et plat froid.", "Merci à tous, excellent accueil.", "Vous êtes ouverts lundi ?"]


@pytest.mark.parametrize("word", HOUSES)
def test_thirty_corrections_turn_a_word_for_this_house_alone(word: str) -> None:
    taught, unseen = HOUSES[word]
    tails = ("", "!", "merci", "chez vous", "hier", "ici")
    lessons = [Lesson(f"{text} {tail}", Judged.SENTIMENT, "", "positive") for text in taught for tail in tails]
    layer = Layer(lessons)

    for text in unseen:
        before = read(text, Hints(languages=("fr",))).sentiment_p
        after = read(text, Hints(languages=("fr",), layer=layer))
        assert after.sentiment is Sentiment.POSITIVE, text
        assert after.sentiment_p[2] > before[2]
    for text in OTHERS:
        plain = read(text, Hints(languages=("fr",)))
        assert read(text, Hints(languages=("fr",), layer=layer)).sentiment is plain.sentiment, text


def test_of_no_corrections_nothing_leans() -> None:
    layer = Layer([])
    for text in OTHERS:
        assert read(text, Hints(layer=layer)) == read(text, Hints())


def test_acts_urgency_and_aspects_are_learnt_too() -> None:
    text = "la fontaine est éteinte"
    lessons = [
        Lesson(f"{text} {n}", judged, aspect, meant)
        for n in range(12)
        for judged, aspect, meant in (
            (Judged.ACT, "", "suggestion"), (Judged.URGENCY, "", "2"), (Judged.ASPECT, "place", "negative"),
        )
    ]  # fmt: skip
    reading = read(text, Hints(languages=("fr",), layer=Layer(lessons)))

    assert reading.act == "suggestion"
    assert reading.urgency >= 2
    assert ("place", "negative") in {(o.aspect, o.polarity) for o in reading.aspects}
