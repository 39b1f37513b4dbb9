"""Saying what was cleared: claimed once, said at most once, asked about when unclear (invariants 1 and 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from ouidire import clock
from ouidire.connectors.base import Replier, Sent
from ouidire.domain.clearance import Clearance
from ouidire.domain.conversation import ConversationState
from ouidire.domain.item import Item
from ouidire.domain.reply import Reply
from ouidire.domain.source import Source
from ouidire.errors import Corrupt, OuidireError, Permanent, Retry, Unclear
from ouidire.guard.seal import covers, restore
from ouidire.store import conversations, followed, mentions, pauses, replies, sources
from ouidire.store.engine import Store, Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.keep import FOLLOW_ITEM

log = structlog.get_logger()

AT_ONCE = 8
NOT_ARRIVED = "The line was cut before it arrived: nothing was said. Send it again."
MAX_TRIES = 6


@dataclass(frozen=True, slots=True)
class Speaker:
    """Takes due replies to their networks. `open_replier` gives None where a network cannot be answered by program."""

    store: Store
    key: bytes
    open_replier: Callable[[Source], Awaitable[Replier | None]]

    async def round(self) -> int:
        """Say what is due, ask about what is unclear; returns how many replies were looked at."""
        due = await self.store.run(replies.claim, clock.now(), AT_ONCE)
        unclear = await self.store.run(replies.to_ask_about, clock.now(), AT_ONCE)
        await asyncio.gather(
            *(self._say(reply, sealed) for reply, sealed in due),
            *(self._ask(reply, sealed) for reply, sealed in unclear),
        )
        return len(due) + len(unclear)

    async def _say(self, reply: Reply, sealed: Mapping[str, str]) -> None:
        try:
            clearance, parent, replier = await self._prepare(reply, sealed)
            sent = await replier.reply(clearance, parent)
        except Corrupt:
            raise
        except Unclear as error:
            await self.store.run(replies.unclear, reply.id, str(error), clock.now() + timedelta(seconds=5))
        except Retry as error:
            await self._later(reply, error)
        except OuidireError as error:
            await self.store.run(_refuse, reply, str(error))
        except Exception as error:  # a bug of ours, after which it may stand there: the network is asked
            log.error("a replier failed", exc_info=error)
            await self.store.run(replies.unclear, reply.id, repr(error), clock.now() + timedelta(seconds=5))
        else:
            await self.store.run(_sent, reply, parent, sent)

    async def _ask(self, reply: Reply, sealed: Mapping[str, str]) -> None:
        """Did it arrive? If surely not, it goes back to the person, who decides again: it is never repeated by us."""
        try:
            clearance, parent, replier = await self._prepare(reply, sealed)
            found = await replier.find(clearance, parent)
        except Corrupt:
            raise
        except (Retry, Unclear) as error:
            wait = timedelta(seconds=error.after_s if isinstance(error, Retry) and error.after_s else 30)
            await self.store.run(replies.unclear, reply.id, str(error), clock.now() + wait)
        except Exception as error:
            await self.store.run(_refuse, reply, f"We could not find out whether it arrived: look on the site. {error}")
        else:
            if found is not None:
                await self.store.run(_sent, reply, parent, found)
            else:
                await self.store.run(_not_said, reply)

    async def _prepare(self, reply: Reply, sealed: Mapping[str, str]) -> tuple[Clearance, Item, Replier]:
        clearance = restore(sealed, self.key)
        heard = await self.store.read(mentions.get, reply.mention_id)
        if heard.is_gone:
            raise Permanent("Its author deleted the message meanwhile: nothing was said.")
        covered = covers(clearance, key=self.key, text=reply.text, target_uri=heard.item.uri, reply_id=reply.id)
        if not covered:
            raise Corrupt(f"Reply {reply.id} is not what the guard cleared.")
        source = await self.store.read(sources.get, reply.source_id or "")
        replier = await self.open_replier(source)
        if replier is None:
            raise Permanent("This network cannot be answered from here: answer on the site.")
        return clearance, heard.item, replier

    async def _later(self, reply: Reply, error: Retry) -> None:
        tries = await self.store.read(replies.tries, reply.id)
        if tries + 1 >= MAX_TRIES:
            await self.store.run(_refuse, reply, str(error))
            return
        wait = timedelta(seconds=error.after_s if error.after_s is not None else 2.0**tries)
        await self.store.run(replies.put_back, reply.id, str(error), clock.now() + wait)


def _sent(tx: Tx, reply: Reply, parent: Item, sent: Sent) -> None:
    """It stands there: the customer's word is next, and answers to ours are listened for."""
    at = clock.now()
    replies.sent(tx, reply.id, sent.uri, sent.url, at)
    one = conversations.get(tx, reply.conversation_id)
    # The author may have answered, or a member closed it, before the network told us that it stands.
    if one.state is ConversationState.OURS and one.because == "answering":
        conversations.change(tx, one.id, state=ConversationState.THEIRS, because="answered", updated_at=at)
    key = FollowedKey(f"{parent.connector}:{sent.uri}", reply.organisation_id, one.place_id, "item", at + FOLLOW_ITEM)
    followed.follow(tx, [key])
    log.info("answered", conversation=one.id, url=sent.url)


def _not_said(tx: Tx, reply: Reply) -> None:
    """It surely does not stand there. After a restore it waits for the owner's word, else it goes back."""
    if not pauses.wait_for_word(tx, reply.id, reply.organisation_id, clock.now()):
        _refuse(tx, reply, NOT_ARRIVED)


def _refuse(tx: Tx, reply: Reply, because: str) -> None:
    replies.refused(tx, reply.id, because)
    conversations.change(tx, reply.conversation_id, because="answer_refused", updated_at=clock.now())
    log.warning("not answered", reply=reply.id, because=because)
