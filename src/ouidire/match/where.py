"""Which of an organisation's places a post means; None when it does not say."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.place import Place
from ouidire.match.geo import distance_m
from ouidire.match.locality import Found, Localities, Strength, phrases, plain
from ouidire.match.post import Post
from ouidire.match.towns import find_town

_JOINED = re.compile(r"[\s,(–-]*(?:(?:à|a|de|d['’]|in|at|sur)\s*)?", re.IGNORECASE)
_TOWN_MIN_PEOPLE = 2_000
"""Smaller communes bear the names of ordinary words and of people."""

_MAX_FOUNDS = 200
"""Locality words looked at in one post; nobody means the two-hundred-and-first."""


@dataclass(frozen=True, slots=True)
class Pointed:
    """Places that a post's signs speak of directly: its listing, a handle or link of one place, a name of one place."""

    listings: Collection[str] = ()
    addresses: Collection[str] = ()
    names: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Where:
    """The decision; `said` is false when nothing in the post spoke of a place and there was only one to choose."""

    place_id: str | None
    evidence: tuple[Evidence, ...]
    said: bool


def decide(post: Post, places: Sequence[Place], localities: Localities, pointed: Pointed) -> Where:
    """The narrowest witness speaks first: listing, coordinates, own address, street, near words, town, own name.

    Each one leaves those places it speaks of among those the stronger ones left, and is not heard if it would leave
    none. One place left: that one. Several, or nothing said where there are several: unknown.
    """
    founds = _careful(post, localities.find(post.folded)[:_MAX_FOUNDS])
    near = _places_near(post, places)
    witnesses: list[Collection[str]] = [pointed.listings, near, pointed.addresses]
    witnesses += [{f.sign.place_id for f in founds if f.sign.strength is s} for s in reversed(Strength)]
    left = {place.id for place in places}
    left, said = _narrow(left, witnesses)
    left, named = _narrow(left, [pointed.names])
    if not said and _is_elsewhere(post, places):
        return Where(None, (), said=False)
    evidence = tuple(_evidence(post, left, near, founds)) if said else ()
    return Where(min(left) if len(left) == 1 else None, evidence, said or named)


def _narrow(left: set[str], witnesses: Iterable[Collection[str]]) -> tuple[set[str], bool]:
    said = False
    for witness in witnesses:
        if kept := left.intersection(witness):
            left, said = kept, True
    return left, said


def _places_near(post: Post, places: Sequence[Place]) -> Mapping[str, float]:
    """Place ids and metres, for the places whose radius holds the post's coordinates."""
    if (geo := post.item.geo) is None:
        return {}
    metres = {p.id: distance_m(geo.lat, geo.lon, p.coordinates.lat, p.coordinates.lon) for p in places if p.coordinates}
    return {p.id: metres[p.id] for p in places if p.id in metres and metres[p.id] <= p.radius_m}


def _careful(post: Post, founds: Iterable[Found]) -> list[Found]:
    """Without what stands inside a recognised name, and without ordinary words that do not look like a place."""
    free = [f for f in founds if post.is_free(f.start, f.end) and (not f.sign.careful or _looks_proper(post, f))]
    return [f for f in free if not any(_is_inside(f, other) for other in free)]


def _is_inside(found: Found, other: Found) -> bool:
    wider = other.start <= found.start and found.end <= other.end and other.end - other.start > found.end - found.start
    return wider and other.sign.place_id == found.sign.place_id


def _looks_proper(post: Post, found: Found) -> bool:
    """'à Nice' and '#nice' are towns; 'Nice staff' begins a sentence; 'the Crescent one' has its capital."""
    if found.introduced and found.sign.strength is Strength.TOWN:
        return True
    words = post.words(found.start, found.end)
    if not words[:1].isupper():
        return False
    before = post.folded[: found.start].rstrip()
    return found.sign.strength is not Strength.TOWN or (bool(before) and before[-1] not in ".!?")


def _is_elsewhere(post: Post, places: Sequence[Place]) -> bool:
    """Does the post name, right after a name of ours, a town where we have no place ('Café Lune à Lyon')?"""
    ours = {plain(place.town) for place in places}
    return any(phrase not in ours for _, end in post.taken for phrase in _towns_after(post, end))


def _towns_after(post: Post, end: int) -> Iterator[str]:
    _, at = post.span(end - 1, end)
    joined = _JOINED.match(post.item.text, at)
    rest = post.item.text[joined.end() if joined else at :][:60]
    if not rest[:1].isupper():
        return
    for phrase, start, _, _ in phrases(plain(rest)):
        if start == 0 and any(town.population >= _TOWN_MIN_PEOPLE for town in find_town(phrase)):
            yield phrase


def _evidence(post: Post, left: set[str], near: Mapping[str, float], founds: Sequence[Found]) -> Iterator[Evidence]:
    geo = post.item.geo
    if geo is not None and left & near.keys():
        yield Evidence(EvidenceKind.COORDINATES, f"{geo.lat:.5f}, {geo.lon:.5f}")
    for start, end in sorted({(f.start, f.end) for f in founds if f.sign.place_id in left}):
        yield post.evidence(EvidenceKind.LOCALITY, start, end)
