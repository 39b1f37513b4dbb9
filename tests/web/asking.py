"""Posts of which a member of Maison Delorière is asked what they are about."""

from __future__ import annotations

from datetime import timedelta

from ouidire import clock, flow
from ouidire.domain.ids import new_id
from ouidire.domain.item import Author, Batch, Item
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match, PlaceCandidate
from ouidire.domain.place import Coordinates, Place
from ouidire.store import organisations, questions, watches
from ouidire.store.keep import Found
from tests.inbox.asked import work
from tests.web.house import House

TEXT = (
    "Trente minutes d'attente à votre boutique de Montréal, et des gens arrivés après moi sont servis avant moi. "
    "J'attends toujours, @deloriere_na."
)
SPARE = "Une fournée de Delorière sanguine au soleil de Montréal, quel beau jour."


def sister(house: House) -> Place:
    """A second boutique in Montréal."""
    made = Place(
        new_id(), house.owner.organisation_id, "Boutique du Plateau", "3655, boulevard Saint-Laurent", "Le Plateau",
        "Montréal", "H2X 2V5", "CA", Coordinates(45.5154, -73.5745), time_zone="America/Toronto",
    )  # fmt: skip
    with house.app.store.transaction() as tx:
        organisations.add_place(tx, made)
    return made


def ask(house: House, text: str, what: Ask, *places: Place, author: str = "nadia", p: float = 0.7) -> str:
    """Let such a post come in and go through every stage; the id of its question comes back."""
    item = Item(
        connector="bluesky", uri=f"at://did:plc:{author}/app.bsky.feed.post/{new_id()}",
        author=Author(f"did:plc:{author}", f"{author}.bsky.social", author.title()), text=text,
        written_at=clock.now() - timedelta(minutes=4), url=f"https://bsky.app/{author}",
    )  # fmt: skip
    found = [text.index(word) for word in ("Montréal",) if word in text]
    evidence = tuple(Evidence(EvidenceKind.LOCALITY, "Montréal", at, at + len("Montréal")) for at in found)
    candidates = tuple(PlaceCandidate(place.id, round(0.9 / len(places), 2)) for place in places)
    with house.app.store.transaction() as tx:
        watch = next(w for w in watches.of(tx, house.owner) if w.names)
        match = Match(house.owner.organisation_id, None, watch.id, evidence, p, candidates, what)
        batch = Batch(items=(item,), cursor=new_id(), heard=1)
        (mention_id,) = flow.hear(
            tx, house.source_id, batch, [Found(item, match)], flow.Hearing("stream", 30)
        ).mention_ids
        (question,) = questions.about(tx, house.owner, [mention_id])
    work(house.app.store)
    return question.id
