"""A night with the lid closed: the real app hears Bluesky's Jetstream on loopback, sleeps, wakes, and says so.

Sleep is simulated by stopping the house (or not) and moving the hand clock with `advance`, which also moves `steady`.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import select

from ouidire import clock
from ouidire.app import App
from ouidire.care import timekeeper
from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.domain.alert import Because, DeliveryState
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.inbox import read
from ouidire.inbox.views import NowView
from ouidire.locale import absences as told
from ouidire.locale import translator
from ouidire.people.begin import Beginning, begin
from ouidire.settings import Settings
from ouidire.store import schema, work
from ouidire.store.engine import Store
from tests.connectors.bluesky.jetstream import T0, PlayedJetstream, playing, post

T = TypeVar("T")

MIDNIGHT = datetime.fromtimestamp(T0 / 1e6, UTC)
"""16:13 in Paris."""
GRAVE = "Delorière : j'ai vu une souris courir dans la salle !"
WAITS = "Delorière : une demi-heure d'attente, et des gens arrivés après moi sont servis avant moi"
UNHAPPY = "Delorière, très déçu, le gâteau était sec"


@dataclass
class Night:
    jetstream: PlayedJetstream
    store: Store
    folder: Path
    hand: HandClock
    owner: Member
    app: App | None = None

    @asynccontextmanager
    async def up(self) -> AsyncIterator[App]:
        """The house runs, as a process of its own would: nothing but the store is left of the one before."""
        given = {"home": self.folder, "jetstream": self.jetstream.url, "sample": False}
        app = App(Settings.model_validate(given), self.store, Http())
        self.jetstream.came.clear()
        running = asyncio.create_task(app.run())
        try:
            await asyncio.wait_for(self.jetstream.came.wait(), 10)
            await app.until_listening()
            self.app = app
            yield app
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await app.http.aclose()

    async def say(self, text: str, author: str, *, at: datetime | None = None) -> None:
        """Somebody writes now (or at `at`), whether we listen or not."""
        at = at or self.hand.now()
        n = int((at - MIDNIGHT).total_seconds() * 1000)
        await self.jetstream.play(post(text, n, did=f"did:plc:{author}", createdAt=at.isoformat()))

    def now(self) -> NowView:
        with self.store.reading() as tx:
            return read.now_view(tx, self.owner)

    def sentence(self, language: str = "fr") -> str:
        view = self.now().absence
        assert view is not None
        return told.Teller(translator(language), view.zone, self.hand.now()).absence(view.summary).replace("\xa0", " ")

    def deliveries(self) -> list[tuple[DeliveryState, Because]]:
        """What was told on the page, or not, and why."""
        with self.store.reading() as tx:
            rows = tx.execute(select(schema.delivery).where(schema.delivery.c.notifier == "browser")).mappings()
            return [(DeliveryState(row["state"]), Because(row["because"])) for row in rows]

    def mentions(self) -> int:
        with self.store.reading() as tx:
            return len(tx.execute(select(schema.mention.c.id)).all())

    async def until(self, found: Callable[[], T]) -> T:
        async with asyncio.timeout(20):
            while not (answer := await asyncio.to_thread(found)):
                await asyncio.sleep(0.02)
            return answer

    async def until_worked(self, mentions: int) -> None:
        def done() -> bool:
            if self.mentions() != mentions:  # asked first: what is kept after we looked at the work is work unseen
                return False
            with self.store.reading() as tx:
                left = work.waiting(tx)
            waits = any(state in (DeliveryState.DUE, DeliveryState.SENDING) for state, _ in self.deliveries())
            return not left and not waits

        await self.until(done)


@pytest.fixture
async def night(sqlite_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Night]:
    monkeypatch.setattr(timekeeper, "TICK_S", 0.02)
    with clock.running(HandClock(MIDNIGHT)) as hand:
        assert isinstance(hand, HandClock)
        async with playing() as jetstream:
            place = Place(new_id(), new_id(), "Delorière", town="Paris", time_zone="Europe/Paris")
            said = Beginning("Delorière", place, (), "fr", "a@b.fr", "Anne", "une phrase assez longue")
            with sqlite_store.transaction() as tx:
                owner = begin(tx, said)
            yield Night(jetstream, sqlite_store, tmp_path, hand, owner)


async def test_a_night_is_replayed_counted_and_said_and_only_a_grave_one_is_told(night: Night) -> None:
    async with night.up():
        await night.say("Delorière, la bonne adresse", "ada")
        await night.until_worked(1)
    assert night.now().absence is None

    night.hand.advance(minutes=30)
    await night.say(GRAVE, "old")  # seven hours before we wake
    night.hand.advance(hours=2)
    await night.say(GRAVE, "grave")  # five hours before
    for n in range(20):
        await night.say(UNHAPPY if n % 2 else "Vu chez Delorière ce soir", f"guest{n}")
    night.hand.advance(hours=5)

    async with night.up() as app:
        await night.until_worked(23)
        assert night.sentence() == "Sourd de 16 h 13 à 23 h 43, rattrapage en cours, nous en sommes à 18 h 43."
        night.hand.advance(minutes=1)
        await night.say("Vu chez Delorière à l'instant", "live")
        await night.until_worked(24)
        await night.until(lambda: not night.now().absence.summary.is_open)  # type: ignore[union-attr]
        assert night.sentence() == "Sourd de 16 h 13 à 23 h 43, rattrapé."
        assert night.sentence("en") == "Deaf from 16:13 to 23:43, caught up."
        view = night.now()
        assert view.absence is not None
        assert sum(view.absence.came.values()) == 22
        assert view.absence.came["negative"] >= 10
        assert view.absence.grave == 2
        first_two = {card.first.author_handle or card.first.text for card in view.waiting[:2]}
        assert first_two == {GRAVE}
        # The one of five hours ago is told once; the one of seven is shown; the twenty are counted, and say why.
        was = night.deliveries()
        assert was.count((DeliveryState.SENT, Because.FIRST)) == 1
        assert set(was) - {(DeliveryState.SENT, Because.FIRST)} == {(DeliveryState.HELD, Because.BACKLOG)}

        # Who was only counted and writes again is news.
        night.hand.advance(minutes=1)
        await night.say(UNHAPPY + ", et froid", "guest1")
        await night.until_worked(25)
        assert night.deliveries().count((DeliveryState.SENT, Because.FIRST)) == 2
        for n in (26, 27):
            night.hand.advance(minutes=1)
            await night.say(f"Vu chez Delorière {n}", f"late{n}")
            await night.until_worked(n)

        # The lid is closed for an hour; the process does not know. Its line is made anew at once.
        lines = len(night.jetstream.asked)
        night.hand.advance(hours=1)
        await night.until(lambda: len(night.jetstream.asked) > lines)
        await night.say("Vu chez Delorière au réveil", "morning")
        await night.until_worked(28)
        await night.until(lambda: night.now().absence.summary.times == 2)  # type: ignore[union-attr]
        assert app.time.away is not None
        assert night.sentence() == "Sourd 2 fois entre hier 16 h 13 et 0 h 47 (8 h 30 en tout), rattrapé."


async def test_a_pile_of_grave_ones_is_shown_and_three_of_them_are_told(night: Night) -> None:
    async with night.up():
        await night.say("Delorière, la bonne adresse", "ada")
        await night.until_worked(1)
    night.hand.advance(hours=1)
    for n in range(7):
        await night.say(WAITS, f"guest{n}")
    night.hand.advance(hours=1)
    async with night.up():
        await night.until_worked(8)
    assert Counter(night.deliveries()) == {
        (DeliveryState.SENT, Because.FIRST): 3,
        (DeliveryState.HELD, Because.BACKLOG): 4,
    }


async def test_what_the_network_forgot_is_not_called_caught_up(night: Night) -> None:
    async with night.up():
        await night.say("Delorière, la bonne adresse", "ada")
        await night.until_worked(1)
    night.hand.advance(days=2)
    night.jetstream.remembered.clear()
    await night.say("Delorière, ce matin", "bob", at=MIDNIGHT + timedelta(days=1))
    async with night.up():
        await night.say("Delorière, à l'instant", "live")
        await night.until_worked(3)
        await night.until(lambda: not night.now().absence.summary.is_open)  # type: ignore[union-attr]
    said = night.sentence()
    assert said.startswith("Sourd depuis ")
    assert "rattrapé seulement depuis" in said
    assert "plus longtemps que Jetstream" in said
