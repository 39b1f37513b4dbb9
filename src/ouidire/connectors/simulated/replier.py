"""Answers on a simulated network, each reply once: the network keeps our reply's id as idempotency key."""

from __future__ import annotations

from dataclasses import dataclass

from ouidire.connectors.base import Replier, Sent, SourceContext
from ouidire.connectors.simulated.client import Client, Posted
from ouidire.domain.clearance import Clearance
from ouidire.domain.item import Item
from ouidire.errors import Permanent


@dataclass(frozen=True, slots=True)
class SimulatedReplier:
    client: Client
    timeout_s: float = 15.0

    async def reply(self, clearance: Clearance, parent: Item) -> Sent:
        if clearance.target_uri != parent.uri:
            raise Permanent("This clearance was given for an answer to another message; ask for a new one.")
        to = self.client.post_id(parent.uri)
        posted = await self.client.say(clearance.text, to, clearance.reply_id, self.timeout_s)
        return self._sent(posted)

    async def find(self, clearance: Clearance, parent: Item) -> Sent | None:
        posts = await self.client.said(clearance.reply_id)
        return self._sent(posts[0]) if posts else None

    async def check(self) -> str:
        account = await self.client.me()
        if not account.can_reply:
            raise Permanent(f"{self.client.network} cannot be answered by program; answer on its site.")
        return self.client.author_uri(account.handle)

    def _sent(self, posted: Posted) -> Sent:
        return Sent(self.client.post_uri(posted.id), self.client.post_url(posted.id))


def open_replier(context: SourceContext) -> Replier:
    return SimulatedReplier(Client.of(context))
