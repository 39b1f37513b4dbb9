"""A house that comes back from a backup: nothing is said twice, nothing deleted returns, nothing leaves unasked."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from ouidire import clock
from ouidire.app import App
from ouidire.care.backup import backup
from ouidire.care.restore import Asked, restore
from ouidire.connectors.http import Http
from ouidire.domain.alert import DeliveryState
from ouidire.domain.pause import Pause
from ouidire.domain.reply import Reply, ReplyState
from ouidire.inbox import act, answer
from ouidire.settings import Settings
from ouidire.store import alerts, conversations, mentions, pauses, replies
from ouidire.store.engine import Store
from ouidire.store.schema import delivery, item, mention
from tests.flow.house import House, new_threads, open_house

WAITS = "@deloriere_na Trente minutes que j’attends dans votre boutique de Montréal, rue Crescent, c’est inadmissible."
SHOES = "@deloriere_na La couture de mes souliers a lâché après deux jours, boutique rue Crescent. Très déçue."
SECRET = "@deloriere_na Vraiment très mal reçu à la boutique de la rue Crescent, j’ai honte d’y être allé."
LATER = "@deloriere_na Une heure d’attente rue Crescent, plus jamais chez Delorière !"
SORRY = "Bonjour, vous avez raison et nous en sommes désolés. Votre échange vous attend à l’accueil. La responsable"


class Gate:
    """Stands between the store and what leaves: a fault that keeps everything waiting while it is shut."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_shut = True
        for noun in (replies, alerts):
            real = noun.claim
            monkeypatch.setattr(noun, "claim", lambda *given, real=real: [] if self.is_shut else real(*given))
            any_due = noun.any_due
            monkeypatch.setattr(noun, "any_due", lambda *given, due=any_due: not self.is_shut and due(*given))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.long])])
def store(request: pytest.FixtureRequest) -> Store:
    opened: Store = request.getfixturevalue(f"{request.param}_store")
    return opened


async def test_nothing_leaves_before_a_person_confirms_and_nothing_is_said_twice(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate(monkeypatch)
    url = "" if store.is_sqlite else store.engine.url.render_as_string(hide_password=False)
    given = {"home": tmp_path, "store": url, "listen_bluesky": False, "sample": False, "disk_free_mb": 0}
    settings = Settings.model_validate(given)
    async with open_house(store, tmp_path, "boutique") as house:
        waits = await house.rig.post("gazouille", author="elodie", text=WAITS)
        shoes = await house.rig.post("gazouille", author="karine", text=SHOES)
        secret = await house.rig.post("gazouille", author="nadir", text=SECRET)
        await house.settled()
        said = answered(house, waits, SORRY)
        unsaid = answered(house, shoes, SORRY.replace("échange", "remplacement"))
        with store.transaction() as tx:  # this one is not said by the first house
            replies.put_back(tx, unsaid.id, "", clock.now() + timedelta(hours=1))
        file = tmp_path / "monday.ouidire"
        backup(store, settings, file)

        gate.is_shut = False
        house.app.wake()
        await house.until(lambda: state_of(store, said) is ReplyState.SENT)
        await house.until(lambda: sent(store) > 0)
        await house.rig.delete(secret)
        await house.rig.post("gazouille", author="later", text=LATER)
        await house.until(lambda: not stands(store, secret))
        await house.settled()
        assert [one.text for one in await house.rig.thread(waits)][1:] == [SORRY]

        await stopped(house)
        done = restore(settings, file, Asked(replace=True))
        assert done.buried == 1
        assert done.set_aside is not None
        assert done.set_aside.parent == tmp_path / "backups"
        await started(house, settings)
        again = house.app.store
        assert not stands(again, secret), "deleted after the backup, and back with it"
        await house.until(lambda: state_of(again, said) is ReplyState.SENT)
        await house.until(lambda: state_of(again, unsaid) is ReplyState.DUE)
        await house.settled()
        pause = paused(house)
        assert pause is not None
        assert (pause.replies, pause.asked) == (1, 0)
        assert pause.alerts > 0
        assert sent(again) == 0, "an alert left before a person confirmed"
        assert not stands(again, secret)
        assert once(again)
        assert {one.text for one in await house.rig.thread(waits)} >= {SORRY}
        assert len(await house.rig.thread(shoes)) == 1, "an answer left before a person confirmed"

        with again.transaction() as tx:
            pauses.send(tx, house.member("owner"))
        house.app.wake()
        await house.until(lambda: state_of(again, unsaid) is ReplyState.SENT)
        await house.until(lambda: sent(again) > 0)
        assert len(await house.rig.thread(waits)) == 2
        assert len(await house.rig.thread(shoes)) == 2
        await stopped(house)
        again.close()


def answered(house: House, uri: str, text: str) -> Reply:
    who = house.member("crescent")
    with house.app.store.transaction() as tx:
        heard = mentions.by_item_key(tx, who.organisation_id, f"simulated:{uri}")
        assert heard is not None
        stands_in = conversations.standing(tx, heard.mention.id)
        assert stands_in is not None
        act.take(tx, who, stands_in.conversation_id)
        return answer.send(tx, who, stands_in.conversation_id, text, key=house.app.key)


def state_of(store: Store, reply: Reply) -> ReplyState:
    with store.reading() as tx:
        return replies.get(tx, reply.id).state


def sent(store: Store) -> int:
    with store.reading() as tx:
        count = select(func.count()).select_from(delivery).where(delivery.c.state == DeliveryState.SENT)
        return tx.execute(count).scalar_one()


def stands(store: Store, uri: str) -> bool:
    with store.reading() as tx:
        return tx.execute(select(item.c.id).where(item.c.key == f"simulated:{uri}")).first() is not None


def once(store: Store) -> bool:
    """Every message that stands on the networks is a mention exactly once."""
    with store.reading() as tx:
        texts = tx.execute(select(item.c.text).join(mention).where(item.c.text.in_([WAITS, SHOES, LATER]))).scalars()
        return sorted(texts) == sorted([WAITS, SHOES, LATER])


def paused(house: House) -> Pause | None:
    with house.app.store.reading() as tx:
        return pauses.of(tx, house.member("owner"))


async def stopped(house: House) -> None:
    house.running.cancel()
    with suppress(asyncio.CancelledError):
        await house.running
    house.threads.shutdown()  # as at the end of a process: nobody uses the store any more
    house.threads = new_threads()
    house.app.store.close()


async def started(house: House, settings: Settings) -> None:
    box = house.app.store.box
    house.app = App(settings, Store.open(settings.store_url, box), Http())
    house.running = asyncio.create_task(house.app.run())
    await house.app.until_listening()
