"""Adding what was planned: all of it in one transaction, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.match.checks import check_watch
from ouidire.match.locality import town_spellings
from ouidire.places.columns import Column
from ouidire.places.plan import Plan, Wishes, plan
from ouidire.places.table import Table
from ouidire.store import organisations, watches
from ouidire.store.engine import Tx


@dataclass(frozen=True, slots=True)
class Brought:
    """What was added: places, and how many of their names are listened for."""

    places: int
    watches: int


def planned(tx: Tx, member: Member, table: Table, columns: dict[str, Column], wishes: Wishes) -> Plan:
    """What would become of the list now, beside the places that the member's organisation has."""
    known = organisations.places(tx, member)
    return plan(table, columns, wishes, known, member.organisation_id)


def bring(tx: Tx, member: Member, one: Plan, *, names: bool) -> Brought:
    """Add the new places of a plan made in this very transaction. Raises `BadInput` while a question is open.

    Their towns, streets and districts tell them apart from now on, as those of a place typed by hand do. `names`:
    listen for the name of each, too, where the post also says its town; names that are listened for already are not
    asked for again.
    """
    if one.doubts:
        raise BadInput("Some rows are unclear: answer the questions above the list, then add the places.")
    if not one.new:
        raise BadInput("There is no new place in this list: nothing was added.")
    organisations.add_places(tx, one.new)
    made = _watches(one.new, _names_heard(tx, member)) if names else []
    watches.add_many(tx, made)
    return Brought(len(one.new), len(made))


def _names_heard(tx: Tx, member: Member) -> set[str]:
    return {name.casefold() for one in watches.of(tx, member) for name in (*one.names, *one.aliases)}


def _watches(places: Sequence[Place], heard: set[str]) -> list[Watch]:
    made = []
    for place in places:
        watch = watch_for(place)
        if watch is not None and place.name.casefold() not in heard:
            made.append(watch)
    return made


def watch_for(place: Place) -> Watch | None:
    """The name of one place among many, in posts that also name its town; None where it could not be recognised."""
    words = tuple(dict.fromkeys([place.town, *sorted(town_spellings(place.town))])) if place.town else ()
    watch = Watch(new_id(), place.organisation_id, place.id, names=(place.name,), required=words)
    return None if not words or check_watch(watch) else watch
