"""Doors: where networks may call us about one source, and what happens when they do.

A door's address is made from our key and the source, so nobody guesses it and nothing is stored. What comes is answered
by the connector; what is to be kept is committed before the answer leaves (invariant 1).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from ouidire import clock
from ouidire.connectors import registry
from ouidire.connectors.base import Answer, Call, Door, SourceContext
from ouidire.domain.ids import new_id
from ouidire.domain.source import Source, SourceState
from ouidire.domain.subscription import Received, Subscription
from ouidire.errors import NotFound, OuidireError
from ouidire.store import received, sources, subscriptions
from ouidire.store.engine import Store, Tx

log = structlog.get_logger()

NOWHERE = Answer(404)
FULL = Answer(503, "Too many calls wait here; come again later.")
_TOKEN = re.compile(r"([a-z][a-z0-9_]{1,30})\.([0-9a-f-]{36})\.([0-9a-f]{40})")

Opening = Callable[[Source], Awaitable[SourceContext]]


@dataclass(frozen=True, slots=True)
class _Ledger:
    """See `base.Ledger`."""

    store: Store
    source_id: str

    async def read(self) -> Subscription | None:
        return await self.store.read(subscriptions.get, self.source_id)

    async def write(self, one: Subscription) -> None:
        await self.store.run(subscriptions.put, one)


class Doors:
    """All doors of this house. Without a `public_url` there is none: nobody outside can reach us."""

    def __init__(self, store: Store, public_url: str) -> None:
        self._store = store
        self._base = public_url.rstrip("/")
        self._key = store.box.derive("doors")

    def door(self, source: Source) -> Door | None:
        if not self._base:
            return None
        name = f"{source.connector}.{source.id}"
        url = f"{self._base}/hooks/{name}.{self._sign('address', name)}"
        return Door(url, self._sign("secret", name), _Ledger(self._store, source.id))

    def behind(self, token: str) -> tuple[str, str]:
        """The connector and the source whose door this is. Raises `NotFound` for an address that we did not make."""
        found = _TOKEN.fullmatch(token)
        name = f"{found[1]}.{found[2]}" if found else ""
        if found is None or not hmac.compare_digest(found[3], self._sign("address", name)):
            raise NotFound("There is no such door.")
        return found[1], found[2]

    async def called(self, token: str, call: Call, context: Opening) -> Answer:
        """What the connector answers, after what is to be kept is kept. Raises `NotFound` for a door that is none."""
        connector, source_id = self.behind(token)
        found = await self._store.read(_known, source_id)
        if found is None or found[0].state is SourceState.PAUSED:
            return registry.farewell(connector, call)
        source, known = found
        hook = registry.open_hook(connector, await context(source))
        if hook is None:
            return NOWHERE
        return await self._store.run(_kept, source_id, call, hook.answer(call, known))

    async def goodbye(self, source: Source, context: Opening) -> Callable[[], Awaitable[None]]:
        """What tells the network to call no more, to be said once the source is forgotten."""
        known = await self._store.read(subscriptions.get, source.id)
        opened = await context(source)

        async def say() -> None:
            try:
                hook = registry.open_hook(source.connector, opened)
                if hook is not None and known is not None:
                    await hook.end(known)
            except OuidireError as error:  # its promise ends by itself, and a call at our door is answered with 410
                log.info("a network was not told", source=source.id, because=str(error))

        return say

    def _sign(self, what: str, name: str) -> str:
        return hashlib.blake2b(f"{what}:{name}".encode(), key=self._key, digest_size=20).hexdigest()


def _known(tx: Tx, source_id: str) -> tuple[Source, Subscription | None] | None:
    try:
        return sources.get(tx, source_id), subscriptions.get(tx, source_id)
    except NotFound:
        return None


def _kept(tx: Tx, source_id: str, call: Call, answer: Answer) -> Answer:
    at = clock.now()
    if answer.subscription is not None:
        subscriptions.put(tx, answer.subscription)
    if answer.refused:
        sample = call.body[:200].decode("utf-8", "replace").replace("\x00", "")
        sources.refused(tx, source_id, answer.refused, sample, at)
    if answer.kind and not received.add(tx, Received(new_id(), source_id, answer.kind, call.body, at)):
        return FULL
    return answer
