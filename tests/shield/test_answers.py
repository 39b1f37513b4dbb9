"""Whom we may name in an answer, and whom not."""

from __future__ import annotations

import pytest

from ouidire.shield.answers import staff_in_answer

NADIA = ("Nadia Tremblay", "@nadia_mtl")


def named(text: str, customers: tuple[str, ...] = ()) -> list[str]:
    known = ("Delorière", "Delorière rue Crescent", "rue Crescent", "Montréal")
    return [text[a:b] for a, b in staff_in_answer(text, known, customers)]


@pytest.mark.parametrize(
    "text",
    [
        "Nous en sommes désolés, votre échange vous attend rue Crescent. La responsable de la boutique",
        "Merci de nous l’avoir dit. La Responsable Boutique",
        "Nous vous rappelons lundi. Le Directeur Régional",
        "Cordialement, La Gérante Adjointe",
        "Madame, Monsieur, nous avons bien reçu votre message. La direction de Delorière Montréal",
        "Chère Madame, nous vous présentons nos excuses. L’équipe de la rue Crescent",
        "So sorry about the wait. The Store Manager",
        "Thank you for telling us. The Delorière Team",
    ],
)
def test_who_signs_by_role_names_nobody(text: str) -> None:
    assert named(text) == []


@pytest.mark.parametrize(
    ("text", "employee"),
    [
        ("Mathis n’aurait pas dû vous parler ainsi.", "Mathis"),
        ("Bonsoir, le chef de salle Karim vous attend.", "Karim"),
        ("Bonjour Nadia, Mathis débutait ce jour-là.", "Mathis"),
        ("Bonjour Mathis vous attend à l’accueil.", "Mathis"),
        ("Bonjour, Mathis vous attend à l’accueil.", "Mathis"),
        ("Merci Nadia, c’est noté. Karim, gérant", "Karim"),
        ("Bonjour. Demandez Sylvie au comptoir.", "Sylvie"),
        ("Hello Nadia, Emma is new at the counter.", "Emma"),
        ("Notre serveuse blonde vous doit des excuses.", "Notre serveuse blonde"),
    ],
)
def test_an_employee_is_found_wherever_named(text: str, employee: str) -> None:
    assert named(text, NADIA) == [employee]


@pytest.mark.parametrize(
    "text",
    [
        "Bonjour Camille, merci pour votre message.",
        "Chère Mme Tremblay, merci.",
        "Bonjour Mme\u00a0Tremblay, merci.",
        "Dear Prof. Jones, thank you.",
        "Dear Emma Jones,\nthank you.",
    ],
)
def test_who_is_greeted_is_the_customer(text: str) -> None:
    assert named(text) == []


def test_the_customer_is_called_by_name_anywhere() -> None:
    text = "Merci Nadia, votre échange vous attend. À samedi, Madame Tremblay !"

    assert named(text, NADIA) == []
    assert named(text) == ["Nadia", "Madame Tremblay"]
    assert named("À demain Nadia au comptoir 2, Madame\u00a0Tremblay !", NADIA) == []


def test_a_customer_who_is_called_like_a_word_unmasks_no_description() -> None:
    assert named("Notre serveuse blonde débute.", ("La Serveuse",)) == ["Notre serveuse blonde"]
