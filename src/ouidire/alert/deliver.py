"""Sending what was planned: at least once, under the same id at every try."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from ouidire import clock
from ouidire.alert.words import Told, message
from ouidire.domain.alert import Because, Delivery
from ouidire.domain.channel import Channel
from ouidire.domain.conversation import ConversationState
from ouidire.domain.mention import MentionState
from ouidire.errors import Corrupt, OuidireError, Retry
from ouidire.notifiers.base import Lost, Notifier
from ouidire.store import alerts, channels, conversations, incidents, members, mentions, organisations, tokens
from ouidire.store.engine import Store, Tx
from ouidire.store.tokens import TokenKind

log = structlog.get_logger()

AT_ONCE = 16
MAX_TRIES = 8
LINK_LASTS = timedelta(days=2)
ON_CHANNELS = ("apprise", "webpush")
"""Notifiers whose target is the id of a member's own channel; its address is a secret and stands in no delivery."""
GONE = "This way was removed, or the device is signed out."


@dataclass(frozen=True, slots=True)
class Postman:
    """Takes due deliveries to their notifiers. `why_not` says, for a notifier that is missing, why it is."""

    store: Store
    notifiers: Mapping[str, Notifier]
    why_not: Callable[[str], str]
    base_url: Callable[[], str]
    on_told: Callable[[Told, datetime], None] = lambda _told, _at: None
    """Told of each delivery that was sent, and when."""

    async def round(self) -> int:
        """Send what is due now; returns how many deliveries were tried."""
        claimed = await self.store.run(alerts.claim, clock.now(), AT_ONCE)
        await asyncio.gather(*(self._deliver(one) for one in claimed))
        return len(claimed)

    async def _deliver(self, one: Delivery) -> None:
        notifier = self.notifiers.get(one.notifier)
        if notifier is None:
            await self.store.run(alerts.hold, one.id, Because.NOT_ADDRESSABLE, self.why_not(one.notifier))
            return
        try:
            found = await reach(self.store, one.notifier, one.target, one.member_id)
            if found is None:
                await self.store.run(alerts.hold, one.id, Because.NOT_ADDRESSABLE, GONE)
                return
            channel, address = found
            told, way_in = await self.store.run(_told, one, channel, clock.now())
            if not told.member.sees_place(told.incident.place_id):
                await self.store.run(alerts.hold, one.id, Because.NO_ROUTE, "")
                return
            if told.incident.mention_id and told.message.mention.state in (MentionState.NOT_OURS, MentionState.ASKED):
                await self.store.run(alerts.hold, one.id, Because.NOT_OURS, "")
                return
            await notifier.send(message(told, self.base_url() + way_in), address or _target(one, told))
        except Corrupt:
            raise
        except Lost as error:
            log.warning("lost", id=one.id, by=one.notifier, error=str(error))
            await self.store.run(alerts.not_sent, one.id, str(error), None)
            await self.store.run(channels.lost, one.target, str(error), clock.now())
        except Exception as error:  # a bug in one notifier, or on one message, must not stop the others
            again = again_at(one.tries, error)
            log.warning("delivery", id=one.id, by=one.notifier, error=str(error), again_at=str(again or "never"))
            await self.store.run(alerts.not_sent, one.id, str(error), again)
        else:
            await self.store.run(alerts.sent, one.id, at := clock.now())
            self.on_told(told, at)
            log.info("told", member=told.member.name, by=one.notifier, incident=told.incident.kind)


async def reach(store: Store, notifier: str, target: str, member_id: str) -> tuple[Channel | None, str] | None:
    """The member's channel and its address, where `target` names one; (None, "") for what needs none. None: it is gone.

    A browser is woken as long as the session lives that asked for it: a phone that was revoked, a member who signed out
    or changed the password, is told nothing there any more.
    """
    if notifier not in ON_CHANNELS:
        return None, ""
    return await store.read(_channel, store, target, member_id, clock.now())


def _channel(tx: Tx, store: Store, target: str, member_id: str, at: datetime) -> tuple[Channel, str] | None:
    found = channels.to_send(tx, store, target, member_id)
    if found is None or (found[0].device and not tokens.is_alive(tx, found[0].device, at)):
        return None
    return found


def _told(tx: Tx, one: Delivery, channel: Channel | None, at: datetime) -> tuple[Told, str]:
    """What is to be said, and the way to it in our pages."""
    incident = incidents.get(tx, alerts.incident_of(tx, one.alert_id))
    places = organisations.places_of(tx, incident.organisation_id)
    about = incident.mention_id or conversations.first_mention(tx, incident.conversation_id)
    member = members.get(tx, one.member_id)
    told = Told(
        delivery=one,
        incident=incident,
        member=member,
        place=next((place for place in places if place.id == incident.place_id), None),
        message=mentions.get(tx, about),
        at=at,
        channel=channel,
        waiting=conversations.counted(tx, member, at).get(ConversationState.WAITING, 0) if channel else 0,
    )
    return told, _way_in(tx, told, at)


def _way_in(tx: Tx, told: Told, at: datetime) -> str:
    """To the member's own address a link that lets them in; to any other, where perhaps others read, one that does not.

    Who may configure names the address of a webhook: it must not bring them in as somebody else. A channel is named by
    its member alone; it lets in only where that member said that nobody else reads it.
    """
    conversation_id = told.incident.conversation_id
    if not told.lets_in:
        return f"/c/{conversation_id}"
    secret = tokens.issue(
        tx,
        TokenKind.ALERT_LINK,
        at + LINK_LASTS,
        organisation_id=told.delivery.organisation_id,
        member_id=told.member.id,
        facts={"conversation_id": conversation_id},
    )
    return f"/a/{secret}"


def _target(one: Delivery, told: Told) -> str:
    own = {"email": told.member.email, "browser": told.member.id}
    return one.target or own.get(one.notifier, "")


def again_at(tries: int, error: Exception) -> datetime | None:
    """When to try again; None: never. What is not ours may pass (a bug mended, a network back)."""
    for_good = isinstance(error, OuidireError) and not isinstance(error, Retry)
    if for_good or tries + 1 >= MAX_TRIES:
        return None
    after_s = error.after_s if isinstance(error, Retry) else None
    wait = after_s if after_s is not None else min(2.0**tries, 600)
    return clock.now() + timedelta(seconds=wait)
