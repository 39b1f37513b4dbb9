"""Adding what was planned: all of it in one transaction, or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.errors import BadInput
from ouidire.match.checks import check_watch
from ouidire.match.links import parse_handle, parse_link
from ouidire.match.locality import town_spellings
from ouidire.places.meanings import Column
from ouidire.places.plan import Plan, Planned, Wishes, plan
from ouidire.places.signs import Signs
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

    Their towns, streets, districts and landmarks tell them apart from now on, as those of a place typed by hand do. The
    accounts, hashtags and web addresses of the list are listened for, those that several places share for the whole
    house; so are other and former names that are one place's own, in posts that also say its town. `names`: so is the
    name of each. What is listened for already is not asked for again.
    """
    if one.doubts:
        raise BadInput("Some rows are unclear: answer the questions above the list, then add the places.")
    if not one.new:
        raise BadInput("There is no new place in this list: nothing was added.")
    organisations.add_places(tx, one.new)
    made = _watches(one.added, watches.of(tx, member), member.organisation_id, names=names)
    watches.add_many(tx, made)
    return Brought(len(one.new), len(made))


def _watches(rows: Sequence[Planned], present: Sequence[Watch], organisation_id: str, *, names: bool) -> list[Watch]:
    heard = {field: {key(word) for one in present for word in getattr(one, field)} for field, key in _KEYS.items()}
    heard["aliases"] = heard["names"] = heard["names"] | heard["aliases"]
    times = {field: Counter(key(word) for row in rows for word in getattr(row.signs, field)) for field, key in _SIGNS}
    made = []
    for row in rows:
        own = _own(row.signs, heard, times)
        listens = _listening(own, organisation_id, row.place.id)
        known = named(row.place, own, with_name=names and row.place.name.casefold() not in heard["names"])
        made += [one for one in (listens, known) if one is not None and not check_watch(one)]
    shared = _shared(rows, heard, times)
    house = _listening(shared, organisation_id, None)
    return [*made, *([] if check_watch(house) else [house])]


_KEYS: Mapping[str, Callable[[str], str]] = {
    "names": str.casefold, "aliases": str.casefold, "handles": parse_handle, "hashtags": str.casefold,
    "links": lambda link: "/".join(parse_link(link)),
}  # fmt: skip
_SIGNS = [(field, key) for field, key in _KEYS.items() if field != "names"]


def _listening(signs: Signs, organisation_id: str, place_id: str | None) -> Watch:
    """What is nobody else's wherever it stands: an account, a hashtag, an address."""
    return Watch(new_id(), organisation_id, place_id, handles=signs.handles, hashtags=signs.hashtags, links=signs.links)


def _own(signs: Signs, heard: Mapping[str, set[str]], times: Mapping[str, Counter[str]]) -> Signs:
    """What nobody listens for yet, and no other place of the list has."""
    fresh: dict[str, tuple[str, ...]] = {}
    for field, key in _SIGNS:
        keyed = [(key(one), one) for one in getattr(signs, field)]
        fresh[field] = tuple(one for at, one in keyed if at not in heard[field] and times[field][at] < 2)
    return replace(signs, **fresh)  # type: ignore[arg-type]  # lists of words alone


def _shared(rows: Sequence[Planned], heard: Mapping[str, set[str]], times: Mapping[str, Counter[str]]) -> Signs:
    """The accounts, hashtags and addresses that several places of the list have in common: the brand's."""
    found: dict[str, tuple[str, ...]] = {}
    for field, key in _SIGNS:
        every = {key(one): one for row in rows for one in getattr(row.signs, field)}
        found[field] = tuple(one for at, one in every.items() if times[field][at] > 1 and at not in heard[field])
    return replace(Signs(), **found)  # type: ignore[arg-type]  # lists of words alone


def named(place: Place, signs: Signs, *, with_name: bool) -> Watch | None:
    """The names of one place among many, in posts that also say its town; None where it has none of its own, or where
    it could not be recognised."""
    words = tuple(dict.fromkeys([place.town, *sorted(town_spellings(place.town))])) if place.town else ()
    if not words or not (with_name or signs.aliases or signs.former):
        return None
    names = (place.name,) if with_name else ()
    watch = Watch(new_id(), place.organisation_id, place.id, names=names, aliases=signs.aliases, required=words)
    watch = replace(watch, former=signs.former)
    return None if check_watch(watch) else watch
