"""What the house costs: memory and processor of the real `ouidire up`, and of the demo world at full speed.

    python -m benchmarks.resources [--json] [--seconds 120] [--per-s 500] [--case up|demo|all] [--demo-posts 30000]

`up`: the command itself in its own process, one business with five watches, one open page, and a Jetstream on
loopback (`benchmarks.stream`, in a process of its own) that sends 500 events a second in real time: what Bluesky
sends to who asks for posts and reposts, one in 5,000 naming one of ours. Memory is the process tree's resident set,
each second; processor its share of one core, both from `--settle` seconds after a page could be opened. The slope is
a straight line through the memory of the last half.

`demo`: a recorded day's world in this process, chatter poured as fast as it is taken; memory after a third of the
posts and at the end. The pretended networks remember 2,000 events, so that the house's own memory is seen.

`peer` is the most that is allowed, `ratio` how many times less ours is.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from benchmarks.house import NAMES, PAGE, cookie, looking, opened, running, set_up
from benchmarks.rows import Row, row, show
from benchmarks.stream import streaming
from ouidire.app import App
from ouidire.demo import days
from ouidire.demo.chatter import pour
from ouidire.demo.networks import Networks, serve_networks
from ouidire.demo.rig import Rig
from ouidire.demo.settle import settle
from ouidire.demo.world import build
from ouidire.settings import Settings
from ouidire.store import sources
from ouidire.store.engine import Store, Tx

MOST_MB = 250.0
MOST_SHARE = 10.0
HEARS_S = 60.0
REMEMBERED = 2_000
"""Events that the pretended network in this process keeps; its usual 100,000 would hide what the house itself does."""


async def up(seconds: float, per_s: float, mention_every: int, settle_s: float) -> list[Row]:
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        store = opened(home)
        stack.callback(store.close)
        with store.transaction() as tx:
            cookies = cookie(tx, set_up(tx))
        address = await stack.enter_async_context(streaming(per_s, names=NAMES, mention_every=mention_every))
        house = await stack.enter_async_context(running(home, {"OUIDIRE_JETSTREAM": address}))
        came = await stack.enter_async_context(looking(house.url, cookies))
        await _until(store, heard=1, kept=1)  # a slow machine starts slowly, and what it starts with is not measured
        await asyncio.sleep(settle_s)
        heard_before, _ = await store.read(_counted)
        spent_before, began, rss = house.cpu_s(), time.monotonic(), []
        while time.monotonic() - began < seconds:
            await asyncio.sleep(min(1.0, seconds / 4))
            rss.append(house.rss_mb())
        took = time.monotonic() - began
        share = (house.cpu_s() - spent_before) / took * 100
        house.check()
        heard, kept = await _until(store, heard=heard_before + 1, kept=1)  # counts are written now and then
        heard -= heard_before
    half = rss[len(rss) // 2 :]
    case = f"up, {seconds:.0f} s"
    return [
        row("resources", f"{case}: memory, most", max(rss), "MB", "of 250 MB", MOST_MB / max(rss)),
        row("resources", f"{case}: memory, slope of the last half", slope(half) / min(1.0, seconds / 4) * 3600, "MB/h"),
        row("resources", f"{case}: memory, last half", half[-1] - half[0], "MB"),
        row("resources", f"{case}: processor", share, "% of a core", "of 10 %", MOST_SHARE / max(share, 0.01)),
        row("resources", f"{case}: events heard", heard / took, "events/s"),
        row("resources", f"{case}: mentions kept", kept, "mentions"),
        row("resources", f"{case}: events on the open page", len(came), "events"),
    ]


def _counted(tx: Tx) -> tuple[int, int]:
    """Events heard and mentions kept."""
    all_of_them = sources.listening(tx)
    return sum(one.heard for one in all_of_them), sum(one.kept for one in all_of_them)


async def _until(store: Store, heard: int, kept: int) -> tuple[int, int]:
    """Wait for so many events and mentions, and give how many there are by then."""
    ends = time.monotonic() + HEARS_S
    while (counted := await store.read(_counted))[0] < heard or counted[1] < kept:
        if time.monotonic() > ends:
            raise RuntimeError(
                f"The house heard {counted[0]} events of {heard} and kept {counted[1]} of {kept}: nothing was measured."
            )
        await asyncio.sleep(0.05)
    return counted


def slope(values: Sequence[float]) -> float:
    """What a straight line through `values` gains from one to the next; 0 for fewer than two."""
    if len(values) < 2:
        return 0.0
    return statistics.linear_regression(range(len(values)), values).slope


async def demo(posts: int) -> list[Row]:
    third = posts // 3
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        app = App.open(Settings.model_validate({"home": folder, "listen_bluesky": False, "sample_mb": 20}))
        rig = Rig(await stack.enter_async_context(serve_networks(networks=Networks(keep=REMEMBERED))), app.http)
        stack.push_async_callback(app.close)
        world = build(days.load("boutique"), rig)
        await app.store.run(settle, app.store, world)
        await stack.enter_async_context(_living(app))
        await app.until_listening()
        began = time.monotonic()
        await pour(rig, "gazouille", third, seed=1)
        await _until_heard(app, rig, third)
        at_third = _own_mb()
        for part in (2, 3):
            await pour(rig, "gazouille", third, seed=part)
        await _until_heard(app, rig, third * 3)
        took, at_end = time.monotonic() - began, _own_mb()
    return [
        row("resources", f"demo, {posts} posts: memory after a third", at_third, "MB"),
        row("resources", f"demo, {posts} posts: memory at the end", at_end, "MB"),
        row("resources", f"demo, {posts} posts: grown since", (at_end - at_third) / at_third * 100, "%"),
        row("resources", f"demo, {posts} posts: speed", third * 3 / took, "posts/s"),
    ]


@asynccontextmanager
async def _living(app: App) -> AsyncIterator[None]:
    running = asyncio.create_task(app.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _until_heard(app: App, rig: Rig, wanted: int) -> None:
    """Raises when the house does not hear everything within a minute. What concerns it makes it count at once."""
    await rig.post("gazouille", author="dernière", text="Maison Delorière, c’est tout.")
    await _until(app.store, heard=wanted, kept=0)


def _own_mb() -> float:
    return int(Path("/proc/self/statm").read_text("utf-8").split()[1]) * PAGE / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", choices=("up", "demo", "all"), default="all")
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--per-s", type=float, default=500)
    parser.add_argument("--mention-every", type=int, default=5_000)
    parser.add_argument("--demo-posts", type=int, default=30_000)
    parser.add_argument("--settle", type=float, default=5, help="seconds after starting that are not counted")
    asked = parser.parse_args()
    found: list[Row] = []
    if asked.case in ("up", "all"):
        found += asyncio.run(up(asked.seconds, asked.per_s, asked.mention_every, asked.settle))
    if asked.case in ("demo", "all"):
        found += asyncio.run(demo(asked.demo_posts))
    show(found, as_json=asked.json)


if __name__ == "__main__":
    main()
