"""Telling who runs the house that a source is deaf for long, once, and that it hears again, once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ouidire import clock
from ouidire.alert.deliver import GONE, again_at, reach
from ouidire.alert.plan import quiet_until
from ouidire.domain.absence import sum_up
from ouidire.domain.alert import Route
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.notice import NIGHT, SELDOM, WEIGHT, Notice, NoticeKind, is_long_deaf
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Place
from ouidire.domain.source import Source
from ouidire.errors import Corrupt, NotFound
from ouidire.locale import translator
from ouidire.locale.absences import Teller, meanwhile, span
from ouidire.locale.stored import say
from ouidire.notifiers.base import Lost, Message, Notifier
from ouidire.store import absences, alerts, channels, members, notices, organisations, sources
from ouidire.store.engine import Store, Tx

log = structlog.get_logger()

AT_ONCE = 16


def watch(tx: Tx, at: datetime, awake_since: datetime, limit: timedelta) -> int:
    """Plan what is to be told now; returns how many notices are new. `limit` zero: nobody is told."""
    if not limit:
        return 0
    deaf = notices.deaf(tx)
    hearing = [one.id for one in sources.listening(tx) if one.deaf_since is None]
    notices.take_back(tx, hearing)
    planned = [
        notice
        for one in deaf
        if is_long_deaf(one.deaf_since, awake_since, at, limit)
        if not notices.told_since(tx, one.id, at - clock.lasting(SELDOM))
        for notice in _for_everyone(tx, one, at)
    ]
    return notices.plan(tx, [*planned, *_relief(tx, at)], at)


def _for_everyone(tx: Tx, source: Source, at: datetime) -> Iterable[Notice]:
    """The notices to all who run a house that this source is heard for."""
    for house in organisations.every(tx):
        if source.organisation_id in (None, house.id):
            yield from _for_house(tx, source, house, at)


def _for_house(tx: Tx, source: Source, house: Organisation, at: datetime) -> Iterable[Notice]:
    places = organisations.places_of(tx, house.id)
    running = [one for one in members.of_organisation(tx, house.id) if one.may_configure]
    for member, route in _ways(running, alerts.routes_of(tx, house.id)):
        yield Notice(
            id=new_id(),
            organisation_id=house.id,
            source_id=source.id,
            member_id=member.id,
            kind=NoticeKind.DEAF,
            since=source.deaf_since or at,
            notifier=route.notifier,
            target=route.target,
            due_at=at if route.notifier == "browser" else _when(route, places, at),
            because=source.because,
        )


def _ways(running: Sequence[Member], routes: Iterable[Route]) -> list[tuple[Member, Route]]:
    """By what each is told: every way once, but for those that carry danger alone."""
    by_id = {member.id: member for member in running}
    ways = {
        (route.member_id, route.notifier, route.target): (by_id[route.member_id], route)
        for route in routes
        if route.member_id in by_id and route.min_gravity <= WEIGHT
    }
    return list(ways.values())


def _when(route: Route, places: Sequence[Place], at: datetime) -> datetime:
    """Now; at night, when the first of the places it is about wakes."""
    about = [one for one in places if route.place_id in (None, one.id)]
    ends = [quiet_until(one, at, unless_said=NIGHT) for one in about]
    resting = [end for end in ends if end is not None]
    return min(resting) if resting and len(resting) == len(about) else at


def _relief(tx: Tx, at: datetime) -> Iterable[Notice]:
    """Who was told that a source is deaf is told that it hears again, by the same way."""
    for told, absence_id in notices.to_relieve(tx):
        places = organisations.places_of(tx, told.organisation_id)
        due_at = at if told.notifier == "browser" else _when(_way_of(told), places, at)
        yield Notice(
            id=new_id(),
            organisation_id=told.organisation_id,
            source_id=told.source_id,
            member_id=told.member_id,
            kind=NoticeKind.HEARS,
            since=told.since,
            notifier=told.notifier,
            target=told.target,
            due_at=due_at,
            absence_id=absence_id,
        )


def _way_of(told: Notice) -> Route:
    return Route("", told.organisation_id, told.member_id, None, WEIGHT, told.notifier, told.target)


@dataclass(frozen=True, slots=True)
class Crier:
    """Takes due notices to their notifiers, at least once and under one id, as the postman does with deliveries."""

    store: Store
    notifiers: Mapping[str, Notifier]
    base_url: Callable[[], str]

    async def round(self) -> int:
        """Send what is due now; returns how many notices were tried."""
        if not await self.store.read(notices.any_due, clock.now()):
            return 0
        claimed = await self.store.run(notices.claim, clock.now(), AT_ONCE)
        await asyncio.gather(*(self._send(one) for one in claimed))
        return len(claimed)

    async def _send(self, one: Notice) -> None:
        notifier = self.notifiers.get(one.notifier)
        if notifier is None:
            await self.store.run(notices.not_sent, one.id, "", None)
            return
        try:
            found = await reach(self.store, one.notifier, one.target, one.member_id)
            if found is None:
                await self.store.run(notices.not_sent, one.id, GONE, None)
                return
            words, member = await self.store.read(_message, one, clock.now(), self.base_url())
            own = {"email": member.email, "browser": member.id}
            await notifier.send(words, found[1] or one.target or own.get(one.notifier, ""))
        except Corrupt:
            raise
        except Lost as error:
            log.warning("lost", id=one.id, by=one.notifier, error=str(error))
            await self.store.run(notices.not_sent, one.id, str(error), None)
            await self.store.run(channels.lost, one.target, str(error), clock.now())
        except Exception as error:  # a bug in one notifier must not stop the others
            at = None if isinstance(error, NotFound) else again_at(one.tries, error)
            log.warning("notice", id=one.id, by=one.notifier, error=str(error), again_at=str(at or "never"))
            await self.store.run(notices.not_sent, one.id, str(error), at)
        else:
            await self.store.run(notices.sent, one.id, clock.now())
            log.info("told", member=member.name, by=one.notifier, incident=one.kind)


def _message(tx: Tx, one: Notice, at: datetime, base_url: str) -> tuple[Message, Member]:
    member, source = members.get(tx, one.member_id), sources.get(tx, one.source_id)
    place = next(iter(organisations.places_of(tx, one.organisation_id)), None)
    teller = Teller(translator(member.language), place.time_zone if place else "UTC", at)
    say_it = _deaf if one.kind is NoticeKind.DEAF else _hears
    subject, body = say_it(tx, one, member, source, teller)
    words = Message(
        id=one.id,
        to_name=member.name,
        subject=subject,
        body=body,
        link=f"{base_url}/sources#source-{source.id}",
        language=member.language,
        written_at=at,
        facts={"kind": one.kind, "source_id": source.id, "source": source.name, "since": one.since.isoformat()},
        brief=body,
    )
    return words, member


def _deaf(_tx: Tx, one: Notice, _member: Member, source: Source, teller: Teller) -> tuple[str, str]:
    speak = teller.speak
    values = {
        "name": source.name,
        "since": teller.day_and_clock(one.since),
        "span": span(speak, teller.now - one.since),
    }
    subject = speak.gettext("%(name)s has not been heard for %(span)s") % values
    body = speak.gettext("We have heard nothing from %(name)s since %(since)s: somebody may be waiting there.") % values
    kept = speak.gettext("What was heard before is kept; we go on from there as soon as it answers.")
    return subject, "\n\n".join(part for part in (body, say(speak, one.because), kept) if part)


def _hears(tx: Tx, one: Notice, member: Member, source: Source, teller: Teller) -> tuple[str, str]:
    speak = teller.speak
    subject = speak.gettext("%(name)s is heard again") % {"name": source.name}
    absence = absences.get(tx, one.absence_id or "")
    summary = sum_up([absence] if absence else [])
    if absence is None or summary is None:
        return subject, subject
    counts = absences.meanwhile(tx, member, [absence.id])
    return subject, f"{teller.absence(summary)}\n\n{meanwhile(speak, counts)}"
