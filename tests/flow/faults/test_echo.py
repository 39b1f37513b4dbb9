"""A reply whose sender died before it could say so: the network's echo says it instead."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from ouidire.app import App
from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.domain.conversation import ConversationState
from ouidire.domain.item import Author, Batch, Item
from ouidire.domain.reply import ReplyState
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import conversations, mentions, replies
from ouidire.store.engine import Store
from tests import builders


async def test_the_echo_confirms_the_answer_and_what_is_said_to_it_is_heard(
    store: Store, tmp_path: Path, hand_clock: HandClock
) -> None:
    where = builders.world(store)
    asked = builders.said(store, where)
    ours = builders.reply(store, where, asked, state=ReplyState.SENDING)
    app = App(Settings.model_validate({"home": tmp_path, "listen_bluesky": False, "sample": False}), store, Http())

    async def hear(one: Item) -> None:
        await app.hear(Parcel(where.stream.id, Batch(items=(one,), cursor="c2", heard=1)))

    echo = replace(
        builders.item(ours.text, uri="sim://gazouille/ours", parent_uri=asked.item.uri),
        author=Author(where.account.own_uri),
    )
    await hear(echo)
    thanks = builders.item("Merci, c’est réglé", parent_uri="sim://gazouille/ours")
    await hear(thanks)
    with store.reading() as tx:
        assert replies.get(tx, ours.id).state is ReplyState.SENT
        assert conversations.get(tx, asked.conversation_id).state is ConversationState.THEIRS
        assert mentions.by_item_key(tx, where.organisation.id, thanks.key) is not None
        assert mentions.by_item_key(tx, where.organisation.id, echo.key) is None
