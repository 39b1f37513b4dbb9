"""Matching for pipelines: places and posts in, decisions out, as `ouidire match` writes them. Nothing is kept.

The fields of `Decision` and their order are promised (docs/reference/match.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ouidire.domain.fold import fold
from ouidire.domain.item import Item
from ouidire.domain.mention import Match
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.locale.labels import N_
from ouidire.match.checks import check_watch
from ouidire.match.followed import Followed, FollowedKind
from ouidire.match.given import CONNECTOR, PlaceGiven, PostGiven, Remark, post_of, several
from ouidire.match.hot import sift
from ouidire.match.matcher import Matcher
from ouidire.match.towns import find_town

MOST_FOLLOWED = 100_000
"""So many posts that were about somebody are remembered, the newest, so that a reply to one is understood."""

UNUSABLE = N_("the word “%(word)s” cannot be looked for; it is not used")
NAMELESS = N_("its name “%(word)s” cannot be looked for")
FAULT = N_("a fault of ours at this post (%(why)s)")

_LISTS = ("names", "aliases", "handles")


class CandidateOut(msgspec.Struct, frozen=True):
    """A place that may be meant."""

    place_id: str
    p: float


class EvidenceOut(msgspec.Struct, frozen=True):
    """One reason. `start` and `end` count characters of the text, -1 where it does not stand in it."""

    kind: str
    found: str
    start: int
    end: int
    place_id: str | None
    weight: float


class Decision(msgspec.Struct, frozen=True):
    """A post that is, or may be, about an organisation."""

    post_id: str
    organisation_id: str
    place_id: str | None
    p: float
    candidates: list[CandidateOut]
    evidence: list[EvidenceOut]


@dataclass(frozen=True, slots=True)
class World:
    """What is listened for: watches and places, as the matcher takes them. `organisations` counts them."""

    watches: tuple[Watch, ...]
    places: tuple[Place, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def organisations(self) -> int:
        return len({one.organisation_id for one in self.places})


def world_of(given: Iterable[tuple[int, PlaceGiven]]) -> World:
    """Places with the same `organisation` are its places; one without is an organisation by itself, under its own id.

    A name that several places of an organisation bear is the organisation's; one that only one bears is that place's.
    Words that cannot be looked for are left out, with a remark. `given` are places with the lines they stand in.
    """
    remarks: list[Remark] = []
    houses: dict[str, list[tuple[Place, Watch]]] = {}
    for line, one in given:
        organisation_id = str(one.organisation) or str(one.id)
        watch = _usable(line, _watch(one, organisation_id), remarks)
        if watch is not None:
            houses.setdefault(organisation_id, []).append((_place(one, organisation_id), watch))
    watches = [watch for house in houses.values() for watch in _parted([watch for _, watch in house])]
    places = [place for house in houses.values() for place, _ in house]
    return World(tuple(watches), tuple(places), tuple(remarks))


def _place(one: PlaceGiven, organisation_id: str) -> Place:
    towns = find_town(one.town, one.country.upper() or None) if one.town else []
    return Place(
        id=str(one.id),
        organisation_id=organisation_id,
        name=one.name,
        street=one.street,
        district=one.district,
        town=one.town,
        postcode=str(one.postcode),
        country=one.country.upper() or (towns[0].country if towns else "FR"),
        coordinates=one.coordinates,
        time_zone=towns[0].time_zone if towns else "Europe/Paris",
        listing_ids=(str(one.id),),
        category=one.category,
    )


def _watch(one: PlaceGiven, organisation_id: str) -> Watch:
    return Watch(
        id=f"place {one.id}",
        organisation_id=organisation_id,
        place_id=str(one.id),
        names=(one.name,),
        aliases=tuple(several(one.aliases)),
        handles=tuple(word.removeprefix("@") for word in several(one.handles)),
    )


def _usable(line: int, watch: Watch, remarks: list[Remark]) -> Watch | None:
    """The watch without what cannot be looked for; None when that is its name."""
    for problem in check_watch(watch):
        if problem.field == "names":
            remarks.append(Remark(line, NAMELESS, {"word": problem.word[:60]}))
            return None
        remarks.append(Remark(line, UNUSABLE, {"word": problem.word[:60]}, left_out=False))
        watch = _but(watch, problem.word)
    return watch


def _but(watch: Watch, word: str) -> Watch:
    left = {name: tuple(one for one in getattr(watch, name) if one != word) for name in _LISTS}
    return replace(watch, names=left["names"], aliases=left["aliases"], handles=left["handles"])


def _parted(watches: Sequence[Watch]) -> Iterator[Watch]:
    """The watches of one organisation's places; what several of them bear goes to a watch of the whole."""
    times: dict[tuple[str, str], int] = {}
    for watch in watches:
        for name in _LISTS:
            for word in {fold(word) for word in getattr(watch, name)}:
                times[name, word] = times.get((name, word), 0) + 1
    shared: dict[str, dict[str, str]] = {name: {} for name in _LISTS}
    for watch in watches:
        own: dict[str, tuple[str, ...]] = {}
        for name in _LISTS:
            words = getattr(watch, name)
            own[name] = tuple(word for word in words if times[name, fold(word)] == 1)
            shared[name] |= {fold(word): word for word in words if times[name, fold(word)] > 1}
        if any(own.values()):
            yield replace(watch, names=own["names"], aliases=own["aliases"], handles=own["handles"])
    if any(shared.values()):
        organisation_id = watches[0].organisation_id
        lists = {name: tuple(words.values()) for name, words in shared.items()}
        yield Watch(
            f"organisation {organisation_id}",
            organisation_id,
            names=lists["names"],
            aliases=lists["aliases"],
            handles=lists["handles"],
        )


class Decider:
    """Decides about posts in the order they come; a reply to a post that was about somebody is understood as such."""

    def __init__(self, world: World, now: datetime) -> None:
        self.matcher = Matcher(world.watches, world.places)
        self._now = now
        self._followed = Followed()
        self._order: deque[tuple[str, str]] = deque()

    def decide(self, lines: Iterable[tuple[int, bytes | None]]) -> tuple[list[Decision], list[Remark], int]:
        """The decisions about these lines in their order, what was wrong with some, and how many posts there were."""
        items: list[Item] = []
        numbers: list[int] = []
        remarks: list[Remark] = []
        for number, line in lines:
            post = post_of(line, number)
            if isinstance(post, PostGiven):
                items.append(post.item(self._now))
                numbers.append(number)
            else:
                remarks.append(post)
        failed: list[tuple[Item, Exception]] = []
        found = sift(items, self.matcher, self._followed, self._now, failed=failed)
        if failed:
            at = {id(item): number for item, number in zip(items, numbers, strict=True)}
            remarks += [Remark(at[id(item)], FAULT, {"why": type(error).__name__}) for item, error in failed]
        for one in found:
            self._follow(one.item.key, one.match)
        return [_decision(one.item, one.match) for one in found], remarks, len(items)

    def _follow(self, key: str, match: Match) -> None:
        self._followed.add(key, match.organisation_id, match.place_id, FollowedKind.ITEM)
        self._order.append((key, match.organisation_id))
        if len(self._order) > MOST_FOLLOWED:
            self._followed.discard(*self._order.popleft())


def _decision(item: Item, match: Match) -> Decision:
    return Decision(
        post_id=item.uri,
        organisation_id=match.organisation_id,
        place_id=match.place_id,
        p=round(match.p, 4),
        candidates=[CandidateOut(one.place_id, round(one.p, 4)) for one in match.candidates],
        evidence=[
            EvidenceOut(
                str(one.kind),
                one.found.removeprefix(f"{CONNECTOR}:"),
                one.start,
                one.end,
                one.place_id,
                round(one.weight, 3),
            )
            for one in match.evidence
        ],
    )


encode = msgspec.json.Encoder().encode
"""A decision as one line of JSON, without its end."""
