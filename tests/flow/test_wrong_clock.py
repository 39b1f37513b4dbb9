"""The machine's clock is wrong by hours: it is said, the networks' time is gone by, and nothing is erased."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from sqlalchemy import select

from ouidire import clock
from ouidire.app import App
from ouidire.cli.doctor import look
from ouidire.clock import FastClock, HandClock, HouseClock
from ouidire.connectors import http as door
from ouidire.connectors.http import Http
from ouidire.domain.absence import Away
from ouidire.domain.item import Batch, Item
from ouidire.inbox import read
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import absences, schema, sources, states
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, World, item
from tests.connectors.loopback import answering, said

THREE = timedelta(hours=3)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return builders.world(sqlite_store)


@pytest.fixture
async def app(sqlite_store: Store, tmp_path: Path) -> AsyncIterator[App]:
    given = {"home": tmp_path, "listen_bluesky": False, "sample": False}
    opened = App(Settings.model_validate(given), sqlite_store, Http())
    yield opened
    await opened.http.aclose()


async def hear(app: App, world: World, *items: Item, **batch: object) -> None:
    app._refreshed_at = -1.0
    one = Batch(items=items, cursor="c", heard=len(items) + 1, **batch)  # type: ignore[arg-type]
    await app.hear(Parcel(world.stream.id, one), at_once=True)


def behind(app: App) -> timedelta | None:
    with app.store.reading() as tx:
        return states.clock_behind(tx)


async def test_a_slow_clock_is_said_gone_round_and_forgotten_when_it_is_right(app: App, world: World) -> None:
    machine = HandClock(NOW - THREE)
    with clock.running(HouseClock(machine)):
        await hear(app, world, item("Delorière"), told_at=NOW)
        await app.time.compare()
        assert clock.now() == NOW
        assert behind(app) == THREE
        assert not app.time.may_forget()
        with app.store.reading() as tx:
            view = read.now_view(tx, world.owner)
        assert view.clock_behind == THREE
        assert view.absence is None  # three hours did not pass: nobody slept

        machine.set(hours=3)
        machine.advance(seconds=2)
        await hear(app, world, told_at=NOW + timedelta(seconds=2))
        await app.time.compare()
        assert clock.now() == NOW + timedelta(seconds=2)
        assert behind(app) is None
        assert app.time.may_forget()


async def test_what_is_replayed_to_a_slow_machine_does_not_turn_the_time_back(app: App, world: World) -> None:
    machine = HandClock(NOW - THREE)
    with clock.running(HouseClock(machine)):
        await hear(app, world, told_at=NOW)
        machine.advance(hours=2)  # it sleeps, and is first given what it had last
        await hear(app, world, told_at=NOW, lag_s=7200.0)
        assert clock.now() == NOW + timedelta(hours=2)
        await hear(app, world, told_at=NOW + timedelta(hours=2))
        await app.time.compare()
        assert behind(app) == THREE


async def test_a_clock_that_turns_fast_makes_nothing_old(app: App, world: World) -> None:
    machine = HandClock(NOW)
    with clock.running(HouseClock(machine)):
        await hear(app, world, item("Delorière, hier"), told_at=NOW)
        machine.set(hours=9)  # an hour ago in truth, ten hours ago by the hands
        await hear(app, world, item("Delorière, une heure d'attente", author="paul"), told_at=NOW)
        app.time.witness.date("jetstream.example", NOW)
        await app.time.compare()
        with app.store.reading() as tx:
            assert tx.execute(select(schema.mention.c.is_news)).scalars().all() == [True, True]
            assert absences.recent(tx, [world.stream.id], NOW - timedelta(days=1)) == []
        assert behind(app) == timedelta(hours=-9)


async def test_a_clock_that_was_ahead_and_is_put_right_holds_no_cursor_back(app: App, world: World) -> None:
    with clock.running(HandClock(NOW + THREE)) as machine:
        assert isinstance(machine, HandClock)
        await app.hear(Parcel(world.stream.id, Batch(cursor="ahead", heard=1)))
        machine.set(hours=-3)
        await app.hear(Parcel(world.stream.id, Batch(cursor="right", heard=1)))
        with app.store.reading() as tx:
            kept = sources.get(tx, world.stream.id)
    assert (kept.cursor, kept.last_heard_at) == ("right", NOW)


async def test_a_machine_inside_another_that_slept_without_noticing_has_slept_all_the_same(
    app: App, world: World
) -> None:
    machine = HandClock(NOW)
    with clock.running(HouseClock(machine)):
        await hear(app, world, told_at=NOW)
        machine.set(hours=5)
        await hear(app, world, item("Delorière", written_at=NOW + THREE), told_at=NOW + THREE, lag_s=7200.0)
        assert clock.now() == NOW + timedelta(hours=5)
        with app.store.reading() as tx:
            (night,) = absences.recent(tx, [world.stream.id], NOW)
    assert (night.since, night.until, night.kept) == (NOW, NOW + timedelta(hours=5), 1)


async def test_nothing_is_erased_by_a_clock_that_a_network_contradicts(
    app: App, world: World, hand_clock: HandClock
) -> None:
    def gone() -> list[bool]:
        with app.store.reading() as tx:
            return [moment is not None for moment in tx.execute(select(schema.item.c.gone_at)).scalars()]

    await hear(app, world, item("Delorière, hier"))
    with app.store.transaction() as tx:
        tx.execute(schema.item.update().values(retain_until=NOW + timedelta(hours=5)))
    hand_clock.set(hours=9)
    app.time.witness.date("jetstream.example", NOW)
    await app._tidy()
    assert gone() == [False]
    app.time.witness.date("jetstream.example", hand_clock.now())
    await app._tidy()
    assert gone() == [True]


async def test_where_no_network_says_the_time_a_leap_of_a_week_erases_nothing_for_a_day(
    app: App, hand_clock: HandClock
) -> None:
    assert app.time.may_forget()
    app.time.away, app.time.awake_since = Away(NOW - timedelta(days=400), NOW), NOW
    assert not app.time.may_forget()
    hand_clock.advance(hours=25)
    assert app.time.may_forget()


async def test_the_doctor_says_what_the_clock_and_the_night_were(app: App, world: World, tmp_path: Path) -> None:
    with clock.running(HandClock(NOW)) as hand:
        assert isinstance(hand, HandClock)
        await hear(app, world)
        hand.advance(hours=5)
        await hear(app, world)
        with app.store.transaction() as tx:
            states.put(tx, states.CLOCK, "-10800")
        out = Console(file=StringIO(), width=200, record=True)
        given = {"home": tmp_path, "listen_bluesky": False, "store": f"sqlite:///{tmp_path / 'ouidire.db'}"}
        assert not await look(Settings.model_validate(given), out)
    said_aloud = out.export_text()
    assert "This machine's clock is 3 h fast." in said_aloud.replace("\xa0", " ")
    assert "→ Set it by network time" in said_aloud
    assert "Stream Delorière: Deaf from " in said_aloud


async def test_servers_say_what_time_it_is_in_passing(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[tuple[str, str]] = []
    async with answering(lambda _: said({}, Date="Sat, 17 Oct 2026 19:26:00 GMT", Age="60")) as server:
        http = Http()
        http.on_date = lambda host, at: heard.append((host, at.isoformat()))
        await http.request("GET", server.url)
        assert heard == []  # a server of this very machine has the same clock
        monkeypatch.setattr(door, "is_loopback", lambda url: False)
        await http.request("GET", server.url)
        await http.aclose()
    assert heard == [("127.0.0.1", "2026-10-17T19:27:00+00:00")]


async def test_the_demos_day_at_thirty_times_speed_is_no_sleep(app: App, world: World) -> None:
    with clock.running(FastClock(NOW, speed=30.0)):
        await hear(app, world)
        with app.store.transaction() as tx:
            quiet = clock.now() - timedelta(seconds=15 * 30)
            tx.execute(schema.source.update().values(last_heard_at=quiet))
        await hear(app, world)
        with app.store.reading() as tx:
            assert sources.get(tx, world.stream.id).last_heard_at is not None
            assert absences.recent(tx, [world.stream.id], NOW - timedelta(days=1)) == []
