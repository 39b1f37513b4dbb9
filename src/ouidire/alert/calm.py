"""The calm message: once a day, for who wished for it, whether somebody waits. No words of a customer, no name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ouidire import clock
from ouidire.alert.deliver import GONE, reach
from ouidire.domain.calm import LATE, Calm, CalmDay
from ouidire.domain.conversation import ConversationState
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.domain.source import Source, SourceState
from ouidire.errors import Corrupt, NotFound, OuidireError, Retry
from ouidire.locale import Translator, translator
from ouidire.locale.absences import clock_said
from ouidire.notifiers.base import Lost, Message, Notifier
from ouidire.store import calms, channels, conversations, members, mentions, organisations, sources
from ouidire.store.engine import Store, Tx

log = structlog.get_logger()

AT_ONCE = 16
TOO_LATE = "Its hour was over before it could be sent."


@dataclass(frozen=True, slots=True)
class Day:
    """What there is to say of one place today, as far as we heard."""

    member: Member
    place: Place
    waiting: int
    moods: Mapping[str, int]
    deaf: Sequence[Source]
    now: datetime


@dataclass(frozen=True, slots=True)
class Calmer:
    """Plans and sends the calm messages that are due: at least once, under the day's own id, at most one a day."""

    store: Store
    notifiers: Mapping[str, Notifier]
    base_url: Callable[[], str]

    async def round(self) -> int:
        """Say what is due now; returns how many were tried."""
        at = clock.now()
        if not await self.store.read(_due, at):
            return 0
        claimed = await self.store.run(_claim, at)
        for one in claimed:
            await self._say(one, at)
        return len(claimed)

    async def _say(self, one: CalmDay, at: datetime) -> None:
        wish = one.calm
        try:
            day = await self.store.read(_day, one, at)
            found = await reach(self.store, wish.notifier, wish.target, wish.member_id)
            notifier = self.notifiers.get(wish.notifier)
            if day is None or found is None or notifier is None:
                await self.store.run(calms.not_sent, one.id, GONE, None)
                return
            if one.is_over(day.place, at):
                await self.store.run(calms.not_sent, one.id, TOO_LATE, None)
                return
            await notifier.send(message(one, day, self.base_url()), found[1] or day.member.email)
        except Corrupt:
            raise
        except Exception as error:  # a bug in one notifier, or on one message, must not stop the others
            log.warning("calm", id=one.id, by=wish.notifier, error=str(error))
            await self.store.run(calms.not_sent, one.id, str(error), _again(one, error, at))
            if isinstance(error, Lost):
                await self.store.run(channels.lost, wish.target, str(error), at)
        else:
            await self.store.run(calms.sent, one.id, clock.now())


def message(one: CalmDay, day: Day, base_url: str) -> Message:
    """The words of one day, in the language of who gets them."""
    speak = translator(day.member.language)
    said = " ".join(part for part in (*_deaf(day, speak), _waiting(day, speak), _mentions(day, speak)) if part)
    return Message(
        id=one.id,
        to_name=day.member.name,
        subject=f"{day.place.name} · {_waiting(day, speak)}",
        body=said,
        link=f"{base_url}/",
        language=day.member.language,
        written_at=day.now,
        facts={"kind": "calm", "day": one.day, "place_id": day.place.id, "place": day.place.name},
        brief=said,
        waiting=day.waiting,
    )


def _waiting(day: Day, speak: Translator) -> str:
    if day.waiting:
        words = speak.ngettext(
            "One person is waiting for an answer.", "%(num)s people are waiting for an answer.", day.waiting
        )
        return words % {"num": day.waiting}
    if day.deaf:
        return speak.gettext("Nobody is waiting, as far as we can hear.")
    return speak.gettext("Nobody is waiting.")


def _mentions(day: Day, speak: Translator) -> str:
    total, happy, unhappy = sum(day.moods.values()), day.moods.get("positive", 0), day.moods.get("negative", 0)
    if not total:
        return speak.gettext("No mention today.")
    if happy > unhappy:
        words = speak.ngettext("%(num)s mention today, rather happy.", "%(num)s mentions today, rather happy.", total)
    elif unhappy > happy:
        words = speak.ngettext(
            "%(num)s mention today, rather unhappy.", "%(num)s mentions today, rather unhappy.", total
        )
    else:
        words = speak.ngettext("%(num)s mention today.", "%(num)s mentions today.", total)
    return words % {"num": total}


def _deaf(day: Day, speak: Translator) -> list[str]:
    """A silence is a fault that is said, never a quiet day."""
    said = []
    for one in day.deaf:
        local = day.place.local(one.deaf_since or day.now)
        same = local.date() == day.place.local(day.now).date()
        since = clock_said(speak, local) if same else f"{local:%d/%m}, {clock_said(speak, local)}"
        said.append(speak.gettext("%(name)s: nothing heard since %(since)s.") % {"name": one.name, "since": since})
    return said


def _due(tx: Tx, at: datetime) -> bool:
    """Has the hour of a wish come, or is a sending to be tried again?"""
    return calms.any_due(tx, at) or any(not calms.is_planned(tx, one.id, day) for one, day in _hours(tx, at))


def _claim(tx: Tx, at: datetime) -> list[CalmDay]:
    calms.plan(tx, _hours(tx, at), at)
    return calms.claim(tx, at, AT_ONCE)


def _hours(tx: Tx, at: datetime) -> list[tuple[Calm, str]]:
    """The wishes whose hour has come, each with the day that it is at its place."""
    wishes = calms.every(tx)
    places = {
        one.id: one for house in {w.organisation_id for w in wishes} for one in organisations.places_of(tx, house)
    }
    days = [(one, one.day_due(places[one.place_id], at)) for one in wishes if one.place_id in places]
    return [(one, day) for one, day in days if day]


def _day(tx: Tx, one: CalmDay, at: datetime) -> Day | None:
    """What there is to say; None when the member has left, or no longer sees the place."""
    try:
        member = members.get(tx, one.calm.member_id)
    except NotFound:
        return None
    place = next((p for p in organisations.places(tx, member) if p.id == one.calm.place_id), None)
    if place is None:
        return None
    midnight = place.local(at).replace(hour=0, minute=0, second=0, microsecond=0)
    where = "" if member.is_only_place else place.id  # what names no place is for the only one there is
    waiting = conversations.counted(tx, member, at, where).get(ConversationState.WAITING, 0)
    deaf = [s for s in sources.of(tx, member) if s.listens and s.state is SourceState.DEAF]
    return Day(member, place, waiting, mentions.counts_since(tx, member, midnight, where), deaf, at)


def _again(one: CalmDay, error: Exception, at: datetime) -> datetime | None:
    """When to try again; None: not today any more."""
    if isinstance(error, OuidireError) and not isinstance(error, Retry):
        return None
    after_s = error.after_s if isinstance(error, Retry) and error.after_s is not None else min(30.0 * 2**one.tries, 900)
    return None if 30.0 * 2**one.tries > LATE.total_seconds() else at + timedelta(seconds=after_s)
