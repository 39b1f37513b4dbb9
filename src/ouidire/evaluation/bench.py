"""The bench: one half judged by the house and by its peers, in the same run, on the same posts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Protocol

import msgspec

from ouidire.domain.item import Geo, Item
from ouidire.domain.lesson import Lessons
from ouidire.domain.mention import Match
from ouidire.evaluation.filling import BEGIN, Case, Filler, cases
from ouidire.evaluation.metrics import Verdict, errors
from ouidire.evaluation.naive import ExactRule, PlainSearch
from ouidire.evaluation.phrasings import load
from ouidire.evaluation.world import Half, World, build
from ouidire.match.followed import Followed, FollowedBy
from ouidire.match.hot import sift
from ouidire.match.matcher import Matcher

POSTS = 5_000
_BATCH = 250
_LOOKED_AT = 400
"""So many errors are decided anew, with each evidence added; more would say the same."""

Advance = Callable[[int], None]


class Peer(Protocol):
    """What a plain rule offers."""

    def match(self, item: Item, followed: FollowedBy | None = None) -> list[Match]: ...


@dataclass(frozen=True)
class Bench:
    """A half, ready to be judged."""

    world: World
    cases: tuple[Case, ...]
    matcher: Matcher
    followed: Followed

    def judge(self, some: Sequence[Case], advance: Advance = lambda _: None) -> list[Verdict]:
        """What the house decides about posts, as it would hear them: in batches, with what it follows."""
        return [Verdict(case, matches) for case, matches in zip(some, self._heard(some, advance), strict=True)]

    def _heard(self, some: Sequence[Case], advance: Advance) -> Iterable[tuple[Match, ...]]:
        for start in range(0, len(some), _BATCH):
            batch = some[start : start + _BATCH]
            found: dict[str, list[Match]] = defaultdict(list)
            for candidate in sift([case.item for case in batch], self.matcher, self.followed, BEGIN):
                found[candidate.item.key].append(candidate.match)
            advance(len(batch))
            yield from (tuple(found.get(case.item.key, ())) for case in batch)

    def judge_by(self, peer: Peer, advance: Advance = lambda _: None) -> list[Verdict]:
        """What a peer decides about the same posts."""
        made = []
        for case in self.cases:
            made.append(Verdict(case, tuple(peer.match(case.item, case.followed[1] if case.followed else None))))
            advance(1)
        return made

    def peers(self) -> Mapping[str, Peer]:
        world = self.world
        return {"exact rule": ExactRule(world.watches, world.places), "plain": PlainSearch(world.watches, world.places)}


def prepare(data: Path, half: Half, posts: int = POSTS, seed: int = 0) -> Bench:
    """The half's world and posts, and the house as it would be with all of it watched.

    Raises `BadInput` where there are no places under `data`, or no phrasings.
    """
    world = build(data, half, seed)
    return bench(world, tuple(cases(world, load(half), posts, seed)))


def bench(world: World, made: tuple[Case, ...]) -> Bench:
    """The house with this world watched, and what it would know of the authors and replies of these posts."""
    followed = Followed()
    habits: dict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for case in made:
        if case.followed is not None:
            key, entry = case.followed
            followed.add(key, entry.organisation_id, entry.place_id, entry.kind)
        if case.habit is not None:
            author = f"{case.item.connector}:{case.habit.author_uri}"
            habits[case.habit.organisation_id][author] = {case.habit.place_id: case.habit.times}
    return Bench(world, made, Matcher(world.watches, world.places, lessons=Lessons(habits=habits)), followed)


# -- what would have helped ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Remedy:
    """An evidence that was missing: how many of the errors that were looked at it prevents."""

    evidence: str
    prevented: int
    of: int


def remedies(ready: Bench, verdicts: Iterable[Verdict], advance: Advance = lambda _: None) -> list[Remedy]:
    """The errors, decided anew with the true value of each evidence added; at most 400 of them, drawn by lot."""
    wrong = [verdict for verdict in verdicts if errors(verdict)]
    drawn = Random(0).sample(wrong, min(len(wrong), _LOOKED_AT))
    filler = Filler(ready.world)
    made = []
    for evidence, add in _REMEDIES.items():
        better = [(one, case) for one in drawn if (case := add(ready.world, filler, one.case)) is not None]
        again = ready.judge([case for _, case in better], advance)
        prevented = sum(_is_mended(before, after) for (before, _), after in zip(better, again, strict=True))
        made.append(Remedy(evidence, prevented, len(drawn)))
    return sorted(made, key=lambda one: -one.prevented)


def _is_mended(before: Verdict, after: Verdict) -> bool:
    """With the evidence the place is known, so it may be named; an organisation that was missed must be heard."""
    target = before.case.target
    known = replace(after.case, place_id=target.id) if before.case.organisation_id else after.case
    left = set(errors(Verdict(known, after.matches)))
    return not left if "place not found" in errors(before) else not (left - {"place not found"})


def _said(case: Case, words: str) -> Case | None:
    """The post with a few words more; None where there are none."""
    return _changed(case, text=f"{case.item.text} ({words})") if words else None


def _changed(case: Case, **fields: object) -> Case:
    return replace(case, item=msgspec.structs.replace(case.item, **fields))


def _town(world: World, filler: Filler, case: Case) -> Case | None:
    if case.organisation_id is None:
        one = world.by_id[case.target.organisation_id]
        return _said(case, filler.other_town(one, Random(case.item.uri)))
    return _said(case, case.target.town)


def _about_us(case: Case, words: str) -> Case | None:
    return _said(case, words) if case.organisation_id else None


def _coordinates(world: World, filler: Filler, case: Case) -> Case | None:
    at = case.target.coordinates
    if at is None:
        return None
    return _changed(case, geo=Geo(at.lat, at.lon) if case.organisation_id else Geo(at.lat - 8.0, at.lon - 8.0))


def _venue(world: World, filler: Filler, case: Case) -> Case | None:
    listings = case.target.listing_ids
    return _changed(case, listing_id=listings[0]) if listings and case.organisation_id else None


def _handle(world: World, filler: Filler, case: Case) -> Case | None:
    handle = world.by_id[case.target.organisation_id].handle
    return _about_us(case, f"@{handle}" if handle else "")


_REMEDIES: Mapping[str, Callable[[World, Filler, Case], Case | None]] = {
    "town": _town,
    "street": lambda world, filler, case: _about_us(case, case.target.street),
    "name": lambda world, filler, case: _about_us(case, world.by_id[case.target.organisation_id].name),
    "handle": _handle,
    "coordinates": _coordinates,
    "venue": _venue,
}
