"""Posts of which only a member can say what they are about: there are two boutiques in one town."""

from __future__ import annotations

from dataclasses import replace

from ouidire import flow
from ouidire.domain.ids import new_id
from ouidire.domain.item import Item
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match, PlaceCandidate
from ouidire.domain.place import Place
from ouidire.store import organisations, questions
from ouidire.store.engine import Store
from ouidire.store.keep import Found
from tests.builders import World, keep_found

TEXT = "Trente minutes d'attente à votre boutique de Montréal, et d'autres passent avant moi. J'attends encore !"


def sister(store: Store, where: World) -> Place:
    """A second boutique in the town of the rue Crescent."""
    made = replace(where.crescent, id=new_id(), name="Boutique du Plateau", street="3655, boulevard Saint-Laurent")
    with store.transaction() as tx:
        organisations.add_place(tx, made)
    return made


def perhaps(where: World, one: Item, ask: Ask, *places: Place, **other: object) -> Found:
    """`one`, of which a member is to say whether it is about us, or about which of these places."""
    evidence = (Evidence(EvidenceKind.NAME, "Montréal", 42, 50),)
    candidates = tuple(PlaceCandidate(place.id, round(0.9 / len(places), 2)) for place in places)
    match = Match(where.organisation.id, None, where.watch.id, evidence, 0.7, candidates, ask)
    return replace(Found(one, match), **other)  # type: ignore[arg-type]


def asked(store: Store, where: World, one: Item, ask: Ask, *places: Place, works: bool = True) -> tuple[str, str]:
    """Keep such a post and let it go through every stage: the ids of its mention and of its question."""
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, where, perhaps(where, one, ask, *places)).mention_ids
        (question,) = questions.about(tx, where.owner, [mention_id])
    if works:
        work(store)
    return mention_id, question.id


def work(store: Store) -> None:
    """All stages, until there is nothing to do now."""
    busy = True
    while busy:
        done = [flow.work_once(store, stage, "test") for stage in flow.STAGES]
        busy = any(done)
