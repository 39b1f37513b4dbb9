"""What the reader promises on real sentences (invented, French and English)."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.domain.enrichment import Act, Reading, Sentiment, Urgency, mask
from ouidire.enrich.read import READER, Hints, read, read_many

HERE = Path(__file__).parent
SCENE_1 = "Trente minutes d'attente à votre boutique de Montréal et des gens arrivés après moi sont servis avant moi"


def _rows(file: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (HERE / file).read_text(encoding="utf-8").splitlines()]


def _rules(reading: Reading) -> set[str]:
    return {because.rule for because in (*reading.act_because, *reading.urgency_because)}


@pytest.mark.parametrize("row", _rows("acts.jsonl"), ids=lambda row: row["text"][:40])
def test_a_post_is_read_as_a_person_reads_it(row: dict[str, Any]) -> None:
    reading = read(row["text"], Hints(languages=(row["language"],)))

    assert (reading.act, reading.urgency) == (row["act"], row["urgency"])
    assert set(row["rules"]) <= _rules(reading)


@pytest.mark.parametrize("row", _rows("feelings.jsonl"), ids=lambda row: row["text"][:40])
def test_a_plain_feeling_is_heard(row: dict[str, Any]) -> None:
    assert read(row["text"], Hints(languages=(row["language"],))).sentiment == row["sentiment"]


def test_the_boutique_is_a_complaint_of_someone_who_waits_now() -> None:
    reading = read(SCENE_1, Hints(languages=("fr-CA",), known_names=("Montréal",)))

    assert (reading.act, reading.urgency, reading.sentiment) == (Act.COMPLAINT, Urgency.NOW, Sentiment.NEGATIVE)
    assert _rules(reading) == {"waiting", "served_after_others"}
    assert reading.language == "fr"
    assert reading.sure
    assert reading.staff == ()
    assert reading.reader == READER


def test_a_rule_shows_its_words_where_they_stand_in_the_text() -> None:
    text = "👩‍🍳 Cœur brisé : œufs froids… il y avait un CAFARD dans l’assiette"
    (pests,) = [because for because in read(text, Hints()).act_because if because.rule == "pests"]

    assert [text[a:b] for a, b in pests.words] == ["un CAFARD"]


def test_the_words_that_weighed_are_whole_words_of_the_text() -> None:
    text = "Œuvre d'art : ce dessert est délicieux !"
    words = [text[a:b] for a, b in read(text, Hints()).sentiment_words]

    assert "délicieux" in words


@pytest.mark.parametrize(
    "text",
    [
        "still waiting for a reply to my email",
        "Followed the recovery protocol and still no access",
        "been waiting on my refund for three weeks",
        "still haven't received the parcel",
        "I can't play anything on fire tv",
        "a phishing site is hosted on your servers",
    ],
)
def test_who_waits_for_a_parcel_or_tells_of_phishing_is_not_on_the_spot(text: str) -> None:
    assert read(text, Hints(languages=("en",))).urgency < Urgency.NOW


def test_yesterday_is_not_now() -> None:
    assert read("J'attends depuis 30 minutes", Hints()).urgency == Urgency.NOW
    assert read("Hier j'attends depuis 30 minutes et rien", Hints()).urgency == Urgency.TODAY


def test_stars_tip_the_scale_where_the_words_do_not() -> None:
    text = "Nous sommes passés samedi midi."
    low, high = (read(text, Hints(rating=stars)) for stars in (1.0, 5.0))

    assert low.sentiment_p[0] > read(text, Hints()).sentiment_p[0] > high.sentiment_p[0]
    assert high.sentiment_p[2] > low.sentiment_p[2]


def test_thanks_under_our_answer_are_surer() -> None:
    alone, below = (read("Merci beaucoup", Hints(is_reply_to_us=below)) for below in (False, True))

    assert below.act == alone.act == Act.THANKS
    assert below.act_p > alone.act_p


def test_a_grave_thing_is_never_closed_by_thanks() -> None:
    reading = read("Merci pour votre réponse rapide mais mon fils a vomi toute la nuit", Hints())

    assert (reading.act, reading.urgency) == (Act.COMPLAINT, Urgency.DANGER)


@pytest.mark.parametrize(
    "text",
    [
        "Merci pour les trois quarts d'heure d'attente, bravo",
        "Le pain est délicieux mais l'accueil est affreux, personne désagréable",
        "El servicio fue terrible y la comida estaba fría",
        "😀😀😀",
        "",
    ],
)
def test_it_would_rather_not_say(text: str) -> None:
    assert not read(text, Hints()).sure


def test_irony_is_a_complaint() -> None:
    assert read("Merci pour les trois quarts d'heure d'attente", Hints()).act == Act.COMPLAINT


def test_our_own_names_are_never_masked() -> None:
    text = "Accueillis par Julie chez Léon et Rose, rien à redire"

    masked = mask(text, read(text, Hints(known_names=("Léon et Rose",))).staff)

    assert masked == "Accueillis par … chez Léon et Rose, rien à redire"


def test_links_and_handles_are_not_read() -> None:
    assert read("@julie_arnaque https://example.org/cafard/arnaque La boutique ouvre à 10 h", Hints()).act_because == ()


@pytest.mark.parametrize(
    ("text", "hints", "language"),
    [
        ("Merci, c'est réglé", (), "fr"),
        ("Still waiting for our food", (), "en"),
        ("Muy rico todo, volveremos", (), "es"),
        ("Das Essen war sehr lecker", (), "de"),
        ("Cibo ottimo e personale gentile", (), "it"),
        ("Het eten was heerlijk", (), "nl"),
        ("Comida muito boa, voltaremos", (), "pt"),
        ("Bardzo dobre jedzenie, polecam", (), "und"),
        ("مطعم رائع جدا", ("fr",), "und"),
        ("😀😀", ("fr",), "und"),
        ("", ("fr",), "und"),
        ("ok", (), "und"),
        ("Une tuerie", ("fr-FR",), "fr"),
    ],
)
def test_the_language_is_named_or_honestly_not(text: str, hints: tuple[str, ...], language: str) -> None:
    assert read(text, Hints(languages=hints)).language == language


NASTY = st.text(st.characters(exclude_categories=("Cs",)), max_size=400)
_PIECES = [
    "merci",
    "Julie",
    "d'attente",
    "30",
    "min",
    "?",
    "œuf",
    "ﬁn",
    "İ",
    "e\u0301",
    "\u202e",
    "@x",
    "pas de",
    "CAFARD",
]
WORDS = st.lists(st.sampled_from(_PIECES)).map(" ".join)


@settings(max_examples=150, deadline=None)
@given(text=NASTY | WORDS, rating=st.none() | st.floats(0, 5), name=NASTY)
def test_no_text_makes_it_fall_and_every_span_lies_in_the_text(text: str, rating: float | None, name: str) -> None:
    reading = read(text, Hints(rating=rating, known_names=(name,), written_at=datetime(2026, 11, 21)))  # noqa: DTZ001

    because = [*reading.act_because, *reading.urgency_because]
    spans = [*reading.sentiment_words, *reading.staff, *(span for one in because for span in one.words)]
    assert all(0 <= a < b <= len(text) for a, b in spans)
    assert abs(sum(reading.sentiment_p) - 1) < 1e-4
    assert 0 <= reading.act_p <= 1
    assert 0 <= reading.urgency_p <= 1
    assert 0 <= reading.language_p <= 1


@pytest.mark.parametrize(
    "unit", ["a", "pas de ", "m'a ", "Julie ", "1", " ", "servi avant ", "é", "😀", "attente de ", "?"]
)
def test_twenty_thousand_characters_are_read_too(unit: str) -> None:
    text = (unit * 20_000)[:20_000]

    assert read(text, Hints()) == read(text, Hints())


@pytest.mark.parametrize("text", ["", "  \n", "\u200b"])
def test_of_no_words_nothing_is_read_but_what_the_stars_say(text: str) -> None:
    alone, starred = read(text, Hints()), read(text, Hints(rating=1.0))
    assert (alone.sentiment, alone.act, int(alone.urgency)) == (Sentiment.NEUTRAL, Act.OTHER, 0)
    assert (alone.language, alone.sure, alone.aspects, alone.staff) == ("und", False, (), ())
    assert starred.sentiment is Sentiment.NEGATIVE


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text() | st.sampled_from([row["text"] for row in _rows("acts.jsonl")]), max_size=8))
def test_texts_read_together_are_read_as_if_alone(texts: list[str]) -> None:
    hints = [Hints(rating=float(at % 5 + 1)) for at, _ in enumerate(texts)]

    assert read_many(texts, hints) == [read(*one) for one in zip(texts, hints, strict=True)]
