"""What a place holds comes back as it was; one that has closed is not listened for."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.exc import IntegrityError

from ouidire.domain.hours import Hours, Shift, SpecialDay
from ouidire.domain.ids import new_id
from ouidire.domain.place import Place
from ouidire.errors import NotFound
from ouidire.store import organisations, states, watches
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW

HOURS = Hours(
    ((Shift(540, 720), Shift(840, 1140)), (), (), (), (), (Shift(1080, 1560),), ()),
    (SpecialDay(date(2026, 12, 24), date(2026, 12, 24), (Shift(540, 720),), "réveillon"),),
    ("christmas",),
    "sonnez",
)


def test_hours_come_back_as_they_were(store: Store) -> None:
    world = builders.world(store)
    with store.transaction() as tx:
        organisations.change_place(tx, world.owner, replace(world.crescent, hours=HOURS, quiet_when_closed=True))
    with store.reading() as tx:
        (other, found) = organisations.places(tx, world.owner)
    assert (found.hours, found.quiet_when_closed, found.closed_at) == (HOURS, True, None)
    assert (other.hours, other.quiet_when_closed) == (None, False)


def test_a_closed_place_and_its_watches_are_not_listened_for_and_come_back(store: Store) -> None:
    world, other = builders.world(store), builders.world(store, "Charlie")

    def heard() -> tuple[bool, bool]:
        with store.reading() as tx:
            return world.crescent in organisations.every_place(tx), world.watch in watches.every(tx)

    with store.transaction() as tx:
        before = states.get(tx, states.EARS)
        organisations.close_place(tx, world.owner, world.crescent.id, NOW)
        assert states.get(tx, states.EARS) != before
    assert heard() == (False, False)
    with store.reading() as tx:
        assert [one.closed_at for one in organisations.places(tx, world.owner)] == [None, NOW]
    with pytest.raises(NotFound), store.transaction() as tx:
        organisations.close_place(tx, other.owner, world.yorkville.id, NOW)
    with store.transaction() as tx:
        organisations.close_place(tx, world.owner, world.crescent.id, None)
    assert heard() == (True, True)


def test_many_places_are_added_all_or_none(store: Store) -> None:
    world = builders.world(store)
    many = [Place(new_id(), world.organisation.id, f"Boutique {n}", hours=HOURS if n % 2 else None) for n in range(50)]
    with pytest.raises(IntegrityError), store.transaction() as tx:
        organisations.add_places(tx, [*many, many[0]])
    with store.reading() as tx:
        assert len(organisations.places(tx, world.owner)) == 2
    with store.transaction() as tx:
        organisations.add_places(tx, many)
        organisations.add_places(tx, [])
    with store.reading() as tx:
        assert len([one for one in organisations.places(tx, world.owner) if one.hours == HOURS]) == 25
