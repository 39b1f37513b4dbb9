"""Who is masked in what others write, on real sentences (invented, French and English)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ouidire.domain.enrichment import mask
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.shield.fold import fold
from ouidire.shield.known import known_names
from ouidire.shield.staff import staff, staff_in

ROWS = Path(__file__).with_name("staff.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("row", [json.loads(row) for row in ROWS], ids=lambda row: row["text"][:40])
def test_people_are_masked_and_nobody_else(row: dict[str, Any]) -> None:
    assert [row["text"][a:b] for a, b in staff(row["text"])] == row["masked"]
    assert staff_in(row["text"], fold(row["text"])) == staff(row["text"])


def test_what_the_business_is_called_is_never_a_person() -> None:
    ours = [Watch("w", "o", names=("Léon et Rose",), aliases=("Chez Marius",))]
    places = [Place("p", "o", "Léon et Rose Saint-Malo", street="rue Jean-Bart", town="Saint-Malo")]
    known = known_names(ours, places)

    assert known == ("Léon et Rose", "Chez Marius", "Léon et Rose Saint-Malo", "rue Jean-Bart", "Saint-Malo")
    text = "Julie, de Léon et Rose, et Marius à la caisse"
    assert mask(text, staff(text, known)) == "…, de Léon et Rose, et … à la caisse"


@pytest.mark.parametrize(
    ("text", "known", "masked"),
    [
        ("Madame Lefèvre est très compétente", "Madame", "Lefèvre"),
        ("Léa du comptoir 3 est géniale", "Comptoir", "Léa"),
        ("Karim du quai 9 est super", "quai 9", "Karim"),
    ],
)
def test_a_title_or_a_desk_that_is_our_name_too_uncovers_nobody(text: str, known: str, masked: str) -> None:
    assert [text[a:b] for a, b in staff(text, (known,))] == [masked]


@pytest.mark.parametrize(
    ("text", "heard", "masked"),
    [
        ("Le serveur qui récite les plats est drôle", "récite les plats", "Le serveur qui récite les plats"),
        ("😀 ŒUVRE : la caissière aux ongles bleus", "ongles bleus", "la caissière aux ongles bleus"),
        ("the two blondes at the till laughed", "blondes at the till", "the two blondes at the till"),
        ("La serveuse julie a souri", "julie", "julie"),
    ],
)
def test_what_a_reader_hears_is_masked_with_the_role_it_describes(text: str, heard: str, masked: str) -> None:
    start = text.index(heard)
    found = staff_in(text, fold(text), also=[(start, start + len(heard))])
    assert [text[a:b] for a, b in found] == [masked]
