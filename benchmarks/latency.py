"""From a post to the people: how long until two members' open pages and a mailbox have the alert.

    python -m benchmarks.latency [--json] [--posts 200] [--every-s 0.5] [--beside 500]

The real `ouidire up` in its own process with the boutique's world in its store: it hears the demo's loopback
networks through the simulated connector, reads, relates, detects, tells. Two members, headquarters and the manager
of the place meant, each have a page open (a real line of server-sent events) and a mailbox on a real SMTP server
(aiosmtpd on loopback). Posts come at random times (exponential, one in `--every-s` seconds on average), each by
another author about the same boutique, each alerting both. A first pass is quiet; in a second, Jetstream's mix comes
in beside it at `--beside` events a second.

The clock starts before the post is given to the network and stops in the receiving client: what the network, the
client and this process take is in the figure. Events carry no id, so the n-th alert on a page is taken as the n-th
post's; a mail is known by its words. Required: 99 of 100 within a second; `ratio` is how many times faster.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from random import Random
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.house import Running, cookie, looking, opened, running
from benchmarks.rows import Row, row, show
from benchmarks.stream import streaming
from ouidire.connectors.http import Http
from ouidire.demo import days
from ouidire.demo.networks import serve_networks
from ouidire.demo.rig import Rig
from ouidire.demo.settle import settle
from ouidire.demo.world import World, build
from ouidire.store import members, sources

MEMBERS = ("headquarters", "crescent")
WITHIN_S = 1.0
PATIENCE_S = 30.0
SAID = (
    "@deloriere_na honteux, personne pour nous répondre à la boutique de Montréal ! Remboursez-moi. n° {}",
    "@deloriere_na boutique de Montréal : j’attends un remboursement depuis un mois, je porte plainte. n° {}",
    "@deloriere_na your Montréal store: terrible service, I have been waiting for thirty minutes right now. n° {}",
)
"""Grave enough for a mail, not only for the page."""


@dataclass
class Mailboxes:
    """When each mail came in: (address, number of the post) → monotonic seconds."""

    port: int = 0
    came: dict[tuple[str, int], float] = field(default_factory=dict)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        at = time.monotonic()
        mail = message_from_bytes(envelope.content or b"", policy=policy.default)
        words = mail.get_body(("plain",))  # type: ignore[attr-defined]
        if words is not None and (found := re.search(r"n° (\d+)", words.get_content())):
            for address in envelope.rcpt_tos:
                self.came.setdefault((address, int(found.group(1))), at)
        return "250 OK"


@asynccontextmanager
async def mail_server() -> AsyncIterator[Mailboxes]:
    boxes = Mailboxes()

    def line() -> Any:
        return SMTP(boxes, hostname="localhost")

    async with await asyncio.get_running_loop().create_server(line, "127.0.0.1", 0) as server:
        boxes.port = server.sockets[0].getsockname()[1]
        yield boxes


@dataclass
class Scene:
    """Everything that runs, and what came: each page's (when, name)."""

    house: Running
    rig: Rig
    world: World
    boxes: Mailboxes
    pages: dict[str, list[tuple[float, str]]]

    def alerts(self, key: str) -> list[float]:
        return [at for at, name in self.pages[key] if name == "alert"]

    def mails(self, key: str) -> dict[int, float]:
        address = self.world.member(key).email
        return {number: at for (to, number), at in self.boxes.came.items() if to == address}

    async def arrived(self, wanted: int) -> None:
        """Until every page and mailbox has `wanted`. Raises with what there is when it takes too long."""
        ends = time.monotonic() + PATIENCE_S
        while any(len(self.alerts(key)) < wanted or len(self.mails(key)) < wanted for key in MEMBERS):
            if time.monotonic() > ends:
                there = {key: (len(self.alerts(key)), len(self.mails(key))) for key in MEMBERS}
                raise RuntimeError(f"{wanted} alerts were to come; events and mails that came: {there}")
            await asyncio.sleep(0.02)


@asynccontextmanager
async def scene(beside_per_s: float) -> AsyncIterator[Scene]:
    async with AsyncExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        http = Http()
        stack.push_async_callback(http.aclose)
        rig = Rig(await stack.enter_async_context(serve_networks()), http)
        boxes = await stack.enter_async_context(mail_server())
        world = build(days.load("boutique"), rig)
        store = opened(home)
        stack.callback(store.close)
        with store.transaction() as tx:
            settle(tx, store, world)
            cookies = {key: cookie(tx, members.get(tx, world.member(key).id)) for key in MEMBERS}
        env = {"OUIDIRE_SMTP": f"smtp://127.0.0.1:{boxes.port}", "OUIDIRE_MAIL_FROM": "ouidire@essai.example"}
        env["OUIDIRE_LISTEN_BLUESKY"] = "true" if beside_per_s else "false"
        if beside_per_s:
            env["OUIDIRE_JETSTREAM"] = await stack.enter_async_context(streaming(beside_per_s))
        house = await stack.enter_async_context(running(home, env))
        pages = {key: await stack.enter_async_context(looking(house.url, cookies[key])) for key in MEMBERS}
        while any(not one.last_heard_at for one in await store.read(sources.listening)):
            await asyncio.sleep(0.05)
        yield Scene(house, rig, world, boxes, pages)


async def measured(posts: int, every_s: float, beside_per_s: float, warm: int) -> dict[str, list[float]]:
    """Seconds from each post to each receiver; the very first alerts too, apart."""
    random = Random(11)
    async with scene(beside_per_s) as on:
        said: list[float] = []
        for number in range(warm + posts):
            await asyncio.sleep(random.expovariate(1 / every_s) if number >= warm else 1.0)
            said.append(time.monotonic())
            text = SAID[number % len(SAID)].format(number)
            await on.rig.post("gazouille", author=f"cliente{number}", text=text)
        await on.arrived(len(said))
        found: dict[str, list[float]] = {}
        for key in MEMBERS:
            seen = [at - began for began, at in zip(said, on.alerts(key), strict=True)]
            read = [on.mails(key)[number] - began for number, began in enumerate(said)]
            found[f"{key}: page"], found[f"{key}: page, first after the start"] = seen[warm:], seen[:1]
            found[f"{key}: mailbox"], found[f"{key}: mailbox, first after the start"] = read[warm:], read[:1]
        return found


def rows(case: str, found: dict[str, list[float]]) -> list[Row]:
    made: list[Row] = []
    for receiver, seconds in found.items():
        if len(seconds) == 1:
            made.append(row("latency", f"{case}: {receiver}", seconds[0] * 1000, "ms"))
            continue
        p99 = quantile(seconds, 0.99)
        made += [
            row("latency", f"{case}: {receiver}, p50 of {len(seconds)}", quantile(seconds, 0.5) * 1000, "ms"),
            row("latency", f"{case}: {receiver}, p99", p99 * 1000, "ms", "of 1 s", WITHIN_S / p99),
            row("latency", f"{case}: {receiver}, most", max(seconds) * 1000, "ms"),
        ]
    return made


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed.

    >>> quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.99)
    (2, 4)
    """
    ordered = sorted(values)
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--posts", type=int, default=200)
    parser.add_argument("--every-s", type=float, default=0.5)
    parser.add_argument("--beside", type=float, default=500, help="events a second beside it in a second pass; 0: none")
    parser.add_argument("--warm", type=int, default=3, help="posts a second apart before the counted ones")
    asked = parser.parse_args()
    found = rows("quiet", asyncio.run(measured(asked.posts, asked.every_s, 0, asked.warm)))
    if asked.beside:
        beside = asyncio.run(measured(asked.posts, asked.every_s, asked.beside, asked.warm))
        found += rows(f"{asked.beside:.0f} events/s beside", beside)
    show(found, as_json=asked.json)


if __name__ == "__main__":
    main()
