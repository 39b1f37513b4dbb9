"""What is said in a kill story, and what must be true of it in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ouidire.demo.chatter import chats
from ouidire.demo.network import Act, Person

COMPLAINT = (
    "@deloriere_na Trente minutes que j’attends dans votre boutique de Montréal, ticket {}, "
    "et des gens arrivés après moi sont servis avant."
)
PRAISE = "Les savons de Maison Delorière, rue Crescent à Montréal, sont une merveille (visite {})."
MORE = "Et la vitrine d’hiver de Maison Delorière est toute bleue, photo {}."
ANSWER = (
    "Bonjour, vous avez attendu trop longtemps et nous en sommes désolés. Votre dossier {} vous attend à l’accueil. "
    "La responsable de la boutique"
)
TOLD = ("Direction générale", "Service clients, Paris", "Responsable, rue Crescent")
"""Who hears of a complaint about the rue Crescent, on the page and by mail."""


@dataclass(frozen=True, slots=True)
class Said:
    """One post of the story; `network` and `act` as the world does it."""

    network: str
    act: Act
    is_mention: bool = False
    is_complaint: bool = False
    goes_on: bool = False


@dataclass
class Told:
    """What was really said, by URI: the truth that the store is held to."""

    posts: int = 0
    mentions: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    goes_on: int = 0


def said(posts: int, mentions: int) -> Iterator[Said]:
    """`posts` posts, with `mentions` more among them at even distances; each tenth mention continues the one before."""
    every = posts // mentions
    number = 0
    for count, (author, text, lang) in enumerate(chats(posts)):
        yield Said("gazouille", Act(author=Person(author), text=text, lang=lang))
        if count % every == every - 1 and number < mentions:
            yield _mention(number)
            number += 1


def _mention(number: int) -> Said:
    network = "ciel" if number % 10 in (1, 4) else "gazouille"
    if number % 10 in (0, 3, 6):
        text = COMPLAINT.format(number)
        return Said(network, Act(author=_client(number), text=text, lang="fr"), is_mention=True, is_complaint=True)
    if number % 10 == 9:
        return Said(network, Act(author=_client(number - 1), text=MORE.format(number)), is_mention=True, goes_on=True)
    return Said(network, Act(author=_client(number), text=PRAISE.format(number), lang="fr"), is_mention=True)


def _client(number: int) -> Person:
    return Person(f"client{number:04d}", f"Client {number}")
