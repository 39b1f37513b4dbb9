"""The whole house on Bluesky's own server: a post is heard, an answer stands there, a deletion is honoured here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from ouidire.app import App
from ouidire.domain.conversation import ConversationState, Outcome
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.domain.reply import ReplyState
from ouidire.domain.source import Source
from ouidire.inbox import answer, read
from ouidire.inbox.views import ConversationView
from ouidire.people.begin import Beginning, begin
from ouidire.settings import Settings
from ouidire.store import sources
from ouidire.store.schema import metadata

from .bridge import Bridge
from .pds import Pds, Session

pytestmark = pytest.mark.peers
T = TypeVar("T")

NAME = "La Mie Bretonne"
COMPLAINT = "Toujours pas servi à La Mie Bretonne à Quimper, trente minutes d’attente et d’autres passent devant nous."
ANSWER = "Bonjour, trente minutes c’est bien trop long. Nous en sommes désolés et venons vers vous. L’équipe de Quimper"


@dataclass
class House:
    app: App
    owner: Member
    running: asyncio.Task[None]

    def view(self) -> ConversationView | None:
        with self.app.store.reading() as tx:
            cards = read.cards(tx, self.owner, tuple(ConversationState))
            return read.conversation_view(tx, self.owner, cards[0].conversation_id) if cards else None

    async def until(self, found: Callable[[ConversationView], T | None], within_s: float = 30.0) -> T:
        ends = time.monotonic() + within_s
        while True:
            view = await asyncio.to_thread(self.view)
            answer = found(view) if view else None
            if answer:
                return answer
            if self.running.done():
                self.running.result()
            assert time.monotonic() < ends, f"it did not happen; the conversation is {view!r}"
            await asyncio.sleep(0.05)


@asynccontextmanager
async def bakery(folder: Path, pds: Pds, bridge: Bridge, account: Session) -> AsyncIterator[House]:
    """A bakery that listens to `bridge` and answers as `account`."""
    app = App.open(Settings(home=folder, jetstream=bridge.url, smtp=""))
    place = Place(new_id(), new_id(), NAME, town="Quimper", postcode="29000")
    said = Beginning(NAME, place, (account.handle,), "fr", "a@quimper.example", "Anne", "dix caractères")
    owner = await app.store.run(begin, said)
    settings = {"service": pds.url, "directory": pds.directory, "identifier": account.handle}
    secrets = {"app_password": pds.app_password(account, f"app{account.handle}")}
    own_uri = await app.try_account("bluesky", settings, secrets)
    source = Source(new_id(), owner.organisation_id, "bluesky", "Bluesky", settings, listens=False)
    with app.store.transaction() as tx:
        sources.add(tx, app.store, source, secrets)
        sources.connected(tx, app.store, source.id, own_uri, secrets)
    running = asyncio.create_task(app.run())
    try:
        await app.until_listening()
        yield House(app, owner, running)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await app.close()


async def test_a_post_is_heard_answered_there_and_closed_by_its_author(
    pds: Pds, bridge: Bridge, tmp_path: Path
) -> None:
    guest, account = pds.create_account("rt-guest"), pds.create_account("rt-mie")
    async with bakery(tmp_path, pds, bridge, account) as house:
        post = await asyncio.to_thread(pds.post, guest, COMPLAINT)
        heard = await house.until(lambda view: view)
        assert heard.messages[0].text == COMPLAINT
        assert heard.card.state is ConversationState.WAITING
        assert heard.can_answer

        with house.app.store.transaction() as tx:
            answer.send(tx, house.owner, heard.card.conversation_id, ANSWER, key=house.app.key)
        house.app.wake()
        sent = await house.until(
            lambda view: (
                view
                if view.replies and view.replies[0].state is ReplyState.SENT and view.replies[0].seen_on_network
                else None
            )
        )
        there = await asyncio.to_thread(pds.thread, post.uri)
        assert [one["value"]["text"] for one in there] == [ANSWER]
        assert len(sent.replies) == 1
        assert len(sent.messages) == 1, "our own answer's echo is no message of the customer's"

        reply = there[0]
        await asyncio.to_thread(pds.reply, guest, type(post)(reply["uri"], reply["cid"]), "Merci, c’est réglé !", post)
        closed = await house.until(lambda view: view if view.card.state is ConversationState.CLOSED else None)
        assert closed.card.outcome is Outcome.PUT_RIGHT


async def test_a_deletion_there_removes_the_text_here(pds: Pds, bridge: Bridge, tmp_path: Path) -> None:
    guest, account = pds.create_account("rt-guest2"), pds.create_account("rt-mie2")
    async with bakery(tmp_path, pds, bridge, account) as house:
        post = await asyncio.to_thread(pds.post, guest, COMPLAINT)
        await house.until(lambda view: view if view.messages[0].reading else None)
        asked_at = time.monotonic()
        await asyncio.to_thread(pds.delete, guest, post.uri)
        gone = await house.until(lambda view: view if view.messages[0].is_gone else None)
        assert time.monotonic() - asked_at < 60
        assert gone.messages[0].text == ""
        assert gone.messages[0].author_handle == ""
        assert not _still_holds(house, "trente minutes")


def _still_holds(house: House, words: str) -> list[str]:
    """The tables in which these words of the post can still be read."""
    with house.app.store.reading() as tx:
        rows = {name: tx.execute(table.select()).all() for name, table in metadata.tables.items()}
    return [name for name, found in rows.items() if words in str(found).casefold()]
