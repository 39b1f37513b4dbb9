"""The demo world as plain values, and the player that lets one of its days happen."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from msgspec.structs import replace

from ouidire import clock as clocks
from ouidire.clock import Clock, HandClock
from ouidire.demo.days import Action, Day, Line, LineKind, MemberFacts, PlaceFacts, WatchFacts
from ouidire.demo.network import STYLES, Act, Kind, Person
from ouidire.demo.networks import Account
from ouidire.demo.rig import Rig, post_id
from ouidire.domain.ids import digest
from ouidire.domain.member import Member, Role
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.source import Source
from ouidire.domain.watch import Watch


def seeded_id(*words: str) -> str:
    """The same UUIDv7-shaped text for the same words, always; born on 1 January 2026 for all who ask.

    >>> seeded_id("boutique", "organisation") == seeded_id("boutique", "organisation")
    True
    """
    tail = digest("\x1f".join(words))
    return f"019b7674-8800-7{tail[:3]}-8{tail[3:6]}-{tail[6:18]}"


@dataclass(frozen=True, slots=True)
class World:
    """One business with everything it needs on its first day. `secrets` are by source id, `accounts` by network.

    The sources without an organisation hear each network once; those with one are only used to answer.
    """

    day: Day
    organisation: Organisation
    places: tuple[Place, ...]
    watches: tuple[Watch, ...]
    members: tuple[Member, ...]
    sources: tuple[Source, ...]
    secrets: dict[str, dict[str, str]]
    accounts: tuple[tuple[str, Account], ...]

    def member(self, key: str) -> Member:
        """The member that the day calls `key`."""
        wanted = seeded_id(self.day.name, "member", key)
        return next(member for member in self.members if member.id == wanted)

    def place(self, key: str) -> Place:
        """The place that the day calls `key`."""
        wanted = seeded_id(self.day.name, "place", key)
        return next(place for place in self.places if place.id == wanted)


def build(day: Day, rig: Rig) -> World:
    """The world of `day`, its sources pointing at the networks of `rig`. Two builds give the same ids."""
    scene = day.scene
    organisation = Organisation(
        seeded_id(day.name, "organisation"), scene.organisation, scene.language, day.moment("00:00"), is_demo=True
    )
    sources, secrets, accounts = _sources(day, organisation.id, rig)
    return World(
        day=day,
        organisation=organisation,
        places=tuple(_place(day, organisation.id, facts) for facts in scene.places),
        watches=tuple(_watch(day, organisation.id, n, facts) for n, facts in enumerate(scene.watches)),
        members=tuple(_member(day, organisation.id, facts) for facts in scene.members),
        sources=sources,
        secrets=secrets,
        accounts=accounts,
    )


async def open_accounts(world: World, rig: Rig) -> None:
    """Let the business have its accounts on the networks; doing it again changes nothing."""
    for network, account in world.accounts:
        await rig.open_account(network, account)


def _place(day: Day, organisation_id: str, facts: PlaceFacts) -> Place:
    return Place(
        id=seeded_id(day.name, "place", facts.key),
        organisation_id=organisation_id,
        name=facts.name,
        street=facts.street,
        district=facts.district,
        town=facts.town,
        postcode=facts.postcode,
        country=facts.country,
        coordinates=Coordinates(*facts.coordinates),
        time_zone=facts.time_zone,
        listing_ids=facts.listing_ids,
    )


def _watch(day: Day, organisation_id: str, number: int, facts: WatchFacts) -> Watch:
    return Watch(
        id=seeded_id(day.name, "watch", str(number)),
        organisation_id=organisation_id,
        place_id=seeded_id(day.name, "place", facts.place) if facts.place else None,
        names=facts.names,
        aliases=facts.aliases,
        handles=facts.handles,
        hashtags=facts.hashtags,
        links=facts.links,
        required=facts.required,
        excluded=facts.excluded,
        near=facts.near,
    )


def _member(day: Day, organisation_id: str, facts: MemberFacts) -> Member:
    return Member(
        id=seeded_id(day.name, "member", facts.key),
        organisation_id=organisation_id,
        email=facts.email,
        name=facts.name,
        role=Role(facts.role),
        language=facts.language,
        place_ids=tuple(seeded_id(day.name, "place", key) for key in facts.places),
        is_only_place=len(day.scene.places) == 1,
    )


def _sources(
    day: Day, organisation_id: str, rig: Rig
) -> tuple[tuple[Source, ...], dict[str, dict[str, str]], tuple[tuple[str, Account], ...]]:
    sources = [
        Source(seeded_id("listens", style.name), None, "simulated", style.title, rig.settings(style.name))
        for style in STYLES
    ]
    secrets: dict[str, dict[str, str]] = {}
    accounts: list[tuple[str, Account]] = []
    for facts in day.scene.accounts:
        source_id = seeded_id(day.name, "account", facts.network, facts.handle)
        token = digest(f"demo {day.name} {facts.network} {facts.handle}")[:32]
        settings = rig.settings(facts.network)
        label = f"{facts.network.capitalize()} @{facts.handle}"
        sources.append(Source(source_id, organisation_id, "simulated", label, settings, listens=False))
        secrets[source_id] = {"token": token}
        accounts.append((facts.network, Account(facts.handle, facts.name, token)))
    return tuple(sources), secrets, tuple(accounts)


@dataclass(frozen=True, slots=True)
class Posted:
    """A line of the day happened, at `at`; `uri` is the post it made or changed."""

    line: Line
    at: datetime
    uri: str


@dataclass(frozen=True, slots=True)
class Due:
    """A member of the house would now do this, about the post at `uri`; the player itself does nothing."""

    action: Action
    at: datetime
    uri: str


Wait = Callable[[datetime], float]
"""How many real seconds remain until a moment of the day; asked again and again, because the speed may change."""

Happened = Posted | Due


@dataclass(slots=True)
class _Player:
    rig: Rig
    day: Day
    on: date | None
    uris: dict[str, str] = field(default_factory=dict)
    waiting: list[Line] = field(default_factory=list)

    def steps(self) -> Iterable[Line | Action]:
        both: list[Line | Action] = [*self.day.lines, *self.day.scene.actions]
        return sorted(both, key=self.moment)

    def moment(self, step: Line | Action) -> datetime:
        return self.day.moment(step.at, self.on)

    async def post(self, line: Line, at: datetime) -> Posted:
        uri = await self.rig.act(line.network, self._act(line, at))
        if line.ref:
            self.uris[line.ref] = uri
        return Posted(line, at, uri)

    def _act(self, line: Line, at: datetime) -> Act:
        to = post_id(self.uris.get(line.to, ""))
        kinds = {LineKind.REPOST: Kind.REPOST, LineKind.EDIT: Kind.UPDATE, LineKind.DELETE: Kind.DELETE}
        return Act(
            kind=kinds.get(line.kind, Kind.CREATE),
            author=Person(line.author, line.name),
            id=to if line.kind in (LineKind.EDIT, LineKind.DELETE) else "",
            parent=to if line.kind is LineKind.REPLY else "",
            quoted=to if line.kind is LineKind.QUOTE else "",
            reposted=to if line.kind is LineKind.REPOST else "",
            text=line.text,
            lang=line.lang,
            geo=line.geo,
            rating=line.rating,
            listing_id=line.listing_id,
            at=at,
        )

    async def answered(self, now: Clock) -> list[Posted]:
        """The waiting lines whose answer has come, posted as answers to it."""
        ours = {account.handle for account in self.day.scene.accounts}
        posted = []
        for line in tuple(self.waiting):
            thread = await self.rig.thread(self.uris[line.after_answer])
            answers = [post for post in thread if post.author.handle in ours]
            if answers:
                self.waiting.remove(line)
                self.uris["our answer"] = answers[-1].id
                posted.append(await self.post(replace(line, kind=LineKind.REPLY, to="our answer"), now.now()))
        return posted


async def play(
    rig: Rig,
    day: Day,
    *,
    speed: float = math.inf,
    clock: Clock | None = None,
    on: date | None = None,
    patience_s: float = 0.0,
    pace: Wait | None = None,
) -> AsyncIterator[Happened]:
    """Let `day` happen on the networks of `rig`, `speed` times faster than it did (inf: as fast as you take it).

    Posts are written at the time `clock` shows (default: the running clock); a `HandClock` is moved to each step's
    time. A line that waits for our answer is posted once the answer stands there, and left out when it has not come
    `patience_s` real seconds after the day's last step. `pace` overrides `speed`; each step is then written at its own
    time, and what lies behind happens at once.
    """
    clock = clock or _Running()
    player = _Player(rig, day, on)
    steps = _Pace(clock, speed, pace)
    for step in player.steps():
        await steps.until(player.moment(step))
        for late in await player.answered(clock):
            yield late
        if isinstance(step, Action):
            yield Due(step, clock.now(), player.uris[step.about])
        elif step.after_answer:
            player.waiting.append(step)
        else:
            yield await player.post(step, player.moment(step) if pace else clock.now())
    async for late in _patiently(player, clock, patience_s):
        yield late


async def _patiently(player: _Player, clock: Clock, patience_s: float) -> AsyncIterator[Posted]:
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while player.waiting:
        for late in await player.answered(clock):
            yield late
        if loop.time() >= until:
            return
        await asyncio.sleep(0.2)


class _Running(Clock):
    """Whatever clock runs at the moment of asking."""

    def now(self) -> datetime:
        return clocks.now()


_LOOK_S = 0.25


class _Pace:
    """Waits for the day's moments: `speed` times faster than they lie apart, or as `wait` says."""

    def __init__(self, clock: Clock, speed: float, wait: Wait | None) -> None:
        self._clock, self._speed, self._wait = clock, speed, wait
        self._first: tuple[datetime, float] | None = None

    async def until(self, moment: datetime) -> None:
        if isinstance(self._clock, HandClock):
            self._clock.at = max(self._clock.at, moment)
        while (left := self._left(moment)) > 0:  # noqa: ASYNC110 - the speed may change while we wait
            await asyncio.sleep(min(left, _LOOK_S) if self._wait else left)

    def _left(self, moment: datetime) -> float:
        if self._wait is not None:
            return self._wait(moment)
        now = asyncio.get_running_loop().time()
        first, began = self._first = self._first or (moment, now)
        if not math.isfinite(self._speed):
            return 0.0
        return (moment - first).total_seconds() / self._speed - (now - began)
