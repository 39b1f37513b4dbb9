"""The lines to the networks, with a reader that follows a script of faults; the store is real."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.domain.ids import new_id
from ouidire.domain.item import Batch, Rhythm
from ouidire.domain.source import Source, SourceState
from ouidire.domain.subscription import Received
from ouidire.errors import Corrupt, Permanent, Retry
from ouidire.listen import listener as module
from ouidire.listen.listener import Listener
from ouidire.store import keep, received, sources
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, World

PATIENCE = 5
"""Seconds after which a test that waits for something gives up."""


real_wait = module._wait


@dataclass
class Script:
    """What a network does, reading after reading: gives batches, ends, or fails. After the script it is silent."""

    acts: list[list[str | Exception]]
    cursors: list[str] = field(default_factory=list)
    closed: int = 0

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        self.cursors.append(cursor)
        try:
            if not self.acts:
                await asyncio.Event().wait()
            for act in self.acts.pop(0):
                if isinstance(act, Exception):
                    raise act
                yield Batch(cursor=act, heard=1)
        finally:
            self.closed += 1


@dataclass
class House:
    """A listener on a real store, whose batches are committed as they come."""

    store: Store
    scripts: dict[str, Script]
    mode: str = "stream"
    heard: list[str] = field(default_factory=list)

    async def open(self, source: Source) -> Script:
        return self.scripts[source.id]

    async def hand_over(self, source: Source, batch: Batch) -> None:
        with self.store.transaction() as tx:
            keep.keep(tx, source.id, batch, [], NOW, first_stage="enrich", retain_days=0)
        self.heard.append(batch.cursor)

    def listener(self) -> Listener:
        return Listener(self.store, self.open, self.hand_over, lambda _: self.mode)

    def source(self, source_id: str) -> Source:
        with self.store.reading() as tx:
            return sources.get(tx, source_id)


@pytest.fixture
def world(sqlite_store: Store) -> World:
    return builders.world(sqlite_store)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for a network's patience."""
    monkeypatch.setattr(module, "LOOK_S", 0.02)
    monkeypatch.setattr(module, "BETWEEN_POLLS_S", 0.01)
    monkeypatch.setattr(module, "_wait", lambda failures: 0.001 * failures)


async def until(come: Callable[[], bool], running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not come():
            if running.done():
                running.result()
            await asyncio.sleep(0.005)


async def stop(running: asyncio.Task[None]) -> None:
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def one(store: Store, world: World, *acts: list[str | Exception], mode: str = "stream") -> tuple[House, Script]:
    script = Script(list(acts))
    return House(store, {world.stream.id: script}, mode), script


async def test_a_cut_line_is_deaf_with_its_reason_and_hears_again_from_the_last_cursor(
    sqlite_store: Store, world: World
) -> None:
    house, script = one(sqlite_store, world, ["1", "2", Retry("The line was cut.", 0.2)], ["3"])
    running = asyncio.create_task(house.listener().run())
    await until(lambda: house.source(world.stream.id).state is SourceState.DEAF, running)
    deaf = house.source(world.stream.id)
    assert (deaf.because, deaf.cursor) == ("The line was cut.", "2")
    assert deaf.deaf_since is not None
    await until(lambda: "3" in house.heard, running)
    assert script.cursors[:2] == ["", "2"]
    assert house.source(world.stream.id).state is SourceState.HEARING
    assert house.source(world.stream.id).because == ""
    await stop(running)
    assert script.closed == len(script.cursors)


async def test_a_line_that_fails_again_and_again_waits_longer_each_time(
    sqlite_store: Store, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[int] = []
    monkeypatch.setattr(module, "_wait", lambda failures: waits.append(failures) or 0.0)
    house, _ = one(sqlite_store, world, *[[Retry("busy")] for _ in range(4)], ["1", Retry("busy")], ["2"])
    running = asyncio.create_task(house.listener().run())
    await until(lambda: "2" in house.heard, running)
    await stop(running)
    assert waits == [1, 2, 3, 4, 1]


def test_the_wait_grows_to_a_minute_and_is_spread() -> None:
    for failures, most in ((1, 2), (3, 8), (6, 60), (50, 60)):
        waits = {real_wait(failures) for _ in range(20)}
        assert all(most / 2 <= wait <= most for wait in waits)
        assert len(waits) > 1


async def test_a_revoked_key_pauses_the_source_for_good(sqlite_store: Store, world: World) -> None:
    house, script = one(sqlite_store, world, ["1", Permanent("The key was revoked: connect again.")])
    listener = house.listener()
    running = asyncio.create_task(listener.run())
    await until(lambda: house.source(world.stream.id).state is SourceState.PAUSED, running)
    assert house.source(world.stream.id).because == "The key was revoked: connect again."
    for _ in range(5):
        listener.look()
        await asyncio.sleep(0.01)
    assert script.cursors == [""]
    with sqlite_store.transaction() as tx:
        sources.resume(tx, world.owner, world.stream.id)
    await until(lambda: len(script.cursors) == 2, running)
    assert script.cursors[1] == "1"
    await stop(running)


async def test_a_file_that_is_read_is_done(sqlite_store: Store, world: World) -> None:
    house, script = one(sqlite_store, world, ["1", "2"], mode="file")
    running = asyncio.create_task(house.listener().run())
    await until(lambda: house.source(world.stream.id).state is SourceState.DONE, running)
    await asyncio.sleep(0.05)
    assert script.cursors == [""]
    assert house.heard == ["1", "2"]
    await stop(running)


async def test_a_file_is_not_done_before_all_of_it_is_committed(sqlite_store: Store, world: World) -> None:
    """Killed in between, it is read again from its cursor; done too early, its last lines would be lost."""
    house, _ = one(sqlite_store, world, ["1", "2"], mode="file")
    committed = asyncio.Event()

    async def settled() -> None:
        await committed.wait()

    listener = Listener(sqlite_store, house.open, house.hand_over, lambda _: "file", settled)
    running = asyncio.create_task(listener.run())
    await until(lambda: house.heard == ["1", "2"], running)
    assert house.source(world.stream.id).state is SourceState.HEARING
    committed.set()
    await until(lambda: house.source(world.stream.id).state is SourceState.DONE, running)
    await stop(running)


async def test_a_poll_that_ended_is_asked_again_from_its_cursor(sqlite_store: Store, world: World) -> None:
    house, script = one(sqlite_store, world, ["1"], ["2"], [], mode="poll")
    running = asyncio.create_task(house.listener().run())
    await until(lambda: len(script.cursors) >= 4, running)
    assert script.cursors[:4] == ["", "1", "2", "2"]
    await stop(running)


async def test_a_stream_that_says_nothing_at_all_is_a_cut_line(
    sqlite_store: Store, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SILENCE_S", 0.03)
    house, script = one(sqlite_store, world)
    running = asyncio.create_task(house.listener().run())
    await until(lambda: house.source(world.stream.id).state is SourceState.DEAF, running)
    assert "not even a sign of life" in house.source(world.stream.id).because
    await stop(running)
    assert script.closed == len(script.cursors)


async def test_being_cancelled_closes_every_line(sqlite_store: Store, world: World) -> None:
    house, script = one(sqlite_store, world, ["1"], [])
    running = asyncio.create_task(house.listener().run())
    await until(lambda: bool(house.heard), running)
    await stop(running)
    assert script.closed == len(script.cursors)
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not [name for name in names if name.startswith("hear ")]


async def test_a_source_added_while_running_is_heard_and_a_paused_one_is_not(sqlite_store: Store, world: World) -> None:
    house, first = one(sqlite_store, world)
    second, later = Script([["b1"]]), Source("later", world.organisation.id, "simulated", "Later")
    house.scripts[later.id] = second
    listener = house.listener()
    running = asyncio.create_task(listener.run())
    await until(lambda: len(first.cursors) == 1, running)
    with sqlite_store.transaction() as tx:
        sources.add(tx, sqlite_store, later)
        sources.pause(tx, world.owner, world.stream.id)
    listener.look()
    await until(lambda: "b1" in house.heard and first.closed == 1, running)
    assert house.source(world.stream.id).because == "Paused by a member."
    await stop(running)


async def test_an_account_that_only_answers_is_not_heard(sqlite_store: Store, world: World) -> None:
    house, script = one(sqlite_store, world, ["1"])
    running = asyncio.create_task(house.listener().run())
    await until(lambda: bool(house.heard), running)
    assert world.account.id not in house.scripts
    assert script.cursors
    await stop(running)


async def test_our_own_corruption_stops_everything(sqlite_store: Store, world: World) -> None:
    house, _ = one(sqlite_store, world, [Corrupt("The key file is gone.")])
    with pytest.raises(Corrupt, match="key file"):
        await asyncio.wait_for(house.listener().run(), PATIENCE)


async def test_a_bug_in_one_connector_makes_it_deaf_and_stops_no_other(sqlite_store: Store, world: World) -> None:
    house, _ = one(sqlite_store, world, [KeyError("did")], ["after"])
    other = Source("other", world.organisation.id, "simulated", "Other")
    house.scripts[other.id] = Script([["b1"]])
    with sqlite_store.transaction() as tx:
        sources.add(tx, sqlite_store, other)
    running = asyncio.create_task(house.listener().run())
    await until(lambda: {"after", "b1"} <= set(house.heard), running)
    await stop(running)


async def test_a_store_in_trouble_is_waited_for(
    sqlite_store: Store, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, _ = one(sqlite_store, world, [Retry("cut", 0.0)], ["1"])
    troubles, read, run = [Retry("disk full"), Retry("disk full")], sqlite_store.read, sqlite_store.run

    def troubled(real: Callable[..., object]) -> Callable[..., object]:
        async def call(*args: object) -> object:
            if troubles:
                raise troubles.pop()
            return await real(*args)  # type: ignore[misc]

        return call

    monkeypatch.setattr(sqlite_store, "read", troubled(read))
    monkeypatch.setattr(sqlite_store, "run", troubled(run))
    running = asyncio.create_task(house.listener().run())
    await until(lambda: "1" in house.heard, running)
    await stop(running)


# --- what says itself when it is due, and what calls ---------------------------------------------------------------


@dataclass
class Polled:
    """A poll that is to be asked again after `next_s`, and whose network calls us with a word in between."""

    next_s: float = 3_600.0
    asked: int = 0
    calls: list[tuple[str, str]] = field(default_factory=list)

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        self.asked += 1
        yield Batch(cursor=f"read {self.asked}", heard=1, rhythm=Rhythm(next_s=self.next_s, usual_s=86_400, note="!"))

    async def take(self, call: Received, cursor: str) -> Sequence[Batch]:
        self.calls.append((call.body.decode(), cursor))
        if call.body == b"bad":
            raise LookupError("a bug of ours")
        return [Batch(cursor=f"called {len(self.calls)}", heard=1)] * 2


def polled(store: Store, world: World, **more: float) -> tuple[House, Polled]:
    reader = Polled(**more)
    return House(store, {world.stream.id: reader}, "poll"), reader  # type: ignore[dict-item]


def call(store: Store, source_id: str, body: bytes) -> None:
    with store.transaction() as tx:
        assert received.add(tx, Received(new_id(), source_id, "text", body, NOW))


def waiting(store: Store, source_id: str) -> int:
    with store.reading() as tx:
        return len(received.waiting(tx, source_id))


async def test_a_poll_is_asked_when_it_said_and_not_before_also_after_a_restart(
    sqlite_store: Store, world: World
) -> None:
    house, reader = polled(sqlite_store, world)
    with clock.running(HandClock(NOW)) as hand:
        for _ in range(2):
            running = asyncio.create_task(house.listener().run())
            await until(lambda: house.source(world.stream.id).due_at is not None, running)
            await asyncio.sleep(0.05)
            await stop(running)
        assert reader.asked == 1
        kept = house.source(world.stream.id)
        assert (kept.due_at, kept.usual_s, kept.note) == (NOW + timedelta(hours=1), 86_400, "!")
        assert isinstance(hand, HandClock)
        hand.advance(hours=2)
        running = asyncio.create_task(house.listener().run())
        await until(lambda: reader.asked == 2, running)
        await stop(running)


async def test_who_slept_asks_when_the_wall_clock_says_so(
    sqlite_store: Store, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a laptop sleeps, the clock that counts its own seconds stands still."""
    monkeypatch.setattr(module, "NAP_S", 0.01)
    house, reader = polled(sqlite_store, world)
    with clock.running(HandClock(NOW)) as hand:
        running = asyncio.create_task(house.listener().run())
        await until(lambda: reader.asked == 1, running)
        hand.advance(hours=2)  # type: ignore[attr-defined]
        await until(lambda: reader.asked == 2, running)
        await stop(running)


async def test_who_asks_by_hand_does_not_wait_until_it_is_due(sqlite_store: Store, world: World) -> None:
    house, reader = polled(sqlite_store, world)
    listener = house.listener()
    running = asyncio.create_task(listener.run())
    await until(lambda: reader.asked == 1, running)
    listener.ask_now(world.stream.id)
    listener.ask_now("another")
    await until(lambda: reader.asked == 2, running)
    await asyncio.sleep(0.02)
    assert reader.asked == 2
    await stop(running)


async def test_a_poll_that_fails_is_tried_again_when_it_said_also_after_a_restart(
    sqlite_store: Store, world: World
) -> None:
    house, script = one(sqlite_store, world, [Retry("busy", 7_200.0)], ["1"], mode="poll")
    with clock.running(HandClock(NOW)):
        for _ in range(2):
            running = asyncio.create_task(house.listener().run())
            await until(lambda: house.source(world.stream.id).state is SourceState.DEAF, running)
            await asyncio.sleep(0.05)
            await stop(running)
    assert script.cursors == [""]
    assert house.source(world.stream.id).due_at == NOW + timedelta(hours=2)
    with sqlite_store.transaction() as tx:
        sources.resume(tx, world.owner, world.stream.id)
    assert house.source(world.stream.id).due_at is None, "who asks by hand does not wait"


async def test_what_a_network_calls_is_taken_at_once_in_order_and_forgotten_when_it_is_kept(
    sqlite_store: Store, world: World
) -> None:
    house, reader = polled(sqlite_store, world)
    source_id = world.stream.id
    call(sqlite_store, source_id, b"while we were away")
    listener = house.listener()
    running = asyncio.create_task(listener.run())
    await until(lambda: len(reader.calls) == 1 and reader.asked == 1, running)
    for body in (b"one", b"bad", b"two"):
        call(sqlite_store, source_id, body)
    listener.ring(source_id)
    await until(lambda: len(reader.calls) == 4 and waiting(sqlite_store, source_id) == 0, running)
    await stop(running)
    assert [body for body, _ in reader.calls] == ["while we were away", "one", "bad", "two"]
    assert reader.calls[1][1] in ("read 1", "called 1")
    assert reader.calls[3][1] == "called 2"
    assert reader.asked == 1
    with sqlite_store.reading() as tx:
        assert "LookupError" in sources.drops(tx, source_id)[0][1]


async def test_a_call_is_kept_until_what_it_brought_is_committed(sqlite_store: Store, world: World) -> None:
    house, reader = polled(sqlite_store, world)
    lost = []

    async def lose(source: Source, batch: Batch) -> None:
        lost.append(batch)

    call(sqlite_store, world.stream.id, b"one")
    listener = Listener(sqlite_store, house.open, lose, lambda _: "poll")
    running = asyncio.create_task(listener.run())
    await until(lambda: len(reader.calls) == 1 and reader.asked == 1, running)
    await asyncio.sleep(0.1)
    await stop(running)
    assert len(reader.calls) == 1, "what is on its way is not taken again"
    assert waiting(sqlite_store, world.stream.id) == 1
    running = asyncio.create_task(house.listener().run())
    await until(lambda: waiting(sqlite_store, world.stream.id) == 0, running)


async def test_waking_up_makes_a_silent_line_anew_at_once_and_calls_it_not_deaf(
    sqlite_store: Store, world: World
) -> None:
    house, script = one(sqlite_store, world, ["1"], [], [])
    listener = house.listener()
    running = asyncio.create_task(listener.run())
    await until(lambda: house.heard == ["1"], running)
    script.acts = [["2"]]
    listener.wake()
    await until(lambda: house.heard == ["1", "2"], running)
    assert script.cursors == ["", "1"]
    assert house.source(world.stream.id).state is SourceState.HEARING
    await stop(running)
    assert script.closed == len(script.cursors)


async def test_an_alarm_that_rings_at_the_moment_when_patience_ends_is_heard() -> None:
    alarm = module._Alarm()

    async def wait() -> None:
        async with asyncio.timeout(0) as waiting:
            alarm.hangs_on(waiting)
            asyncio.get_running_loop().call_soon(alarm.ring)
            await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await wait()
    assert alarm.has_rung


async def test_who_waits_for_a_network_tries_at_once_when_another_line_hears_again(
    sqlite_store: Store, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_wait", lambda failures: 60.0)
    house, _ = one(sqlite_store, world, [Retry("no network")], ["after"])
    other = Source("other", world.organisation.id, "simulated", "Other")
    house.scripts[other.id] = Script([[Retry("no network", 0.05)], ["b1"]])
    with sqlite_store.transaction() as tx:
        sources.add(tx, sqlite_store, other)
    running = asyncio.create_task(house.listener().run())
    await until(lambda: {"after", "b1"} <= set(house.heard), running)
    await stop(running)


async def test_who_waits_tries_at_once_when_the_machine_wakes(
    sqlite_store: Store, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_wait", lambda failures: 60.0)
    house, _ = one(sqlite_store, world, [Retry("no network")], ["after"])
    listener = house.listener()
    running = asyncio.create_task(listener.run())
    await until(lambda: house.source(world.stream.id).state is SourceState.DEAF, running)
    await asyncio.sleep(0)
    listener.wake()
    await until(lambda: "after" in house.heard, running)
    await stop(running)
