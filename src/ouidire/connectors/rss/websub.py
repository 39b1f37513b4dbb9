"""WebSub: asking a feed's hub to call us, and keeping its promise alive (https://www.w3.org/TR/websub/)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from ouidire import clock
from ouidire.connectors.base import Door
from ouidire.connectors.http import Http, leads_inside
from ouidire.domain.subscription import Subscription, SubscriptionState
from ouidire.errors import OuidireError

LEASE_S = 864_000
ASK_AGAIN = timedelta(hours=1)
AFTER_REFUSAL = timedelta(days=1)


class Hub:
    """The subscription of one source, as its reader sees it. `typed` is the feed's address, as a person gave it."""

    def __init__(self, http: Http, door: Door, typed: str) -> None:
        self._http, self._door, self._typed = http, door, typed

    async def keep(self, hub: str, topic: str, late: Sequence[datetime]) -> float | None:
        """Subscribe or renew where it is time; gives for how many seconds we may count on being called, if we may.

        `late` are the times of what the feed showed us although the hub should have called: then it is not relied on.
        """
        known, at = await self._door.ledger.read(), clock.now()
        if known is not None and late and (missed := _missed(known, late, at)):
            known = replace(known, missed=known.missed + missed)
            await self._door.ledger.write(known)
        if hub and _is_time(known, hub, topic, at):
            known = await self._ask(known, hub, topic, at)
        if known is None or not known.holds(at) or known.until is None or known.missed:
            return None
        return (known.until - at).total_seconds() / 2

    async def _ask(self, known: Subscription | None, hub: str, topic: str, at: datetime) -> Subscription | None:
        """The hub may answer at our door before it answers here: so what we want is written down first."""
        source_id = self._door.url.split("/hooks/", 1)[1].split(".")[1]
        renews = known is not None and known.holds(at) and (known.hub, known.topic) == (hub, topic)
        asked = Subscription(source_id, hub, topic, SubscriptionState.ASKED, at)
        if renews and known is not None:
            asked = replace(known, asked_at=at, missed=0)
        await self._door.ledger.write(asked)
        try:
            await tell(self._http, "subscribe", asked, self._door, self._typed)
        except OuidireError as error:
            now = await self._door.ledger.read()
            if now is not None and now.state is SubscriptionState.ASKED:
                await self._door.ledger.write(
                    replace(now, state=SubscriptionState.REFUSED, because=f"The hub did not take our request: {error}")
                )
        return await self._door.ledger.read()


async def tell(http: Http, mode: str, one: Subscription, door: Door, typed: str) -> None:
    """Ask the hub to `subscribe` or `unsubscribe` us. Raises as `Http.request` does.

    The feed names its hub: a stranger's feed never sends us inside, one that a person found there may.
    """
    inside = not http.only_public and await leads_inside(typed)
    form = {"hub.mode": mode, "hub.topic": one.topic, "hub.callback": door.url}
    if mode == "subscribe":
        form |= {"hub.secret": door.secret, "hub.lease_seconds": str(LEASE_S)}
    await http.request(
        "POST",
        one.hub,
        content=urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        plain=urlsplit(one.hub).scheme == "http",
        public_only=not inside and not http.only_public,
    )


def _missed(known: Subscription, late: Sequence[datetime], at: datetime) -> int:
    """What was said since we were promised a call."""
    return sum(1 for one in late if known.holds(at) and one > known.asked_at)


def _is_time(known: Subscription | None, hub: str, topic: str, at: datetime) -> bool:
    if known is None or (known.hub, known.topic) != (hub, topic):
        return True
    waited = at - known.asked_at
    if known.holds(at) and known.until is not None:
        return known.until - at < min(waited, timedelta(days=2)) and waited > timedelta(minutes=1)
    return waited > (AFTER_REFUSAL if known.state is SubscriptionState.REFUSED else ASK_AGAIN)
