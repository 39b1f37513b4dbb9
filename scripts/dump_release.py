"""Write tests/upgrade/RELEASE/: the store of today's release with the demo's days played into it, as JSON lines.

    python scripts/dump_release.py 0.2.0

Run it once, at a release, before the first migration of the next one. Everybody in it is invented. The test in
`tests/upgrade/` then opens it with every later release, on both engines. What a dump holds is never edited.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from datetime import date
from pathlib import Path

from cryptography.fernet import Fernet
from tests.flow.house import House, open_house

from ouidire import clock
from ouidire.clock import FastClock
from ouidire.demo import days
from ouidire.demo.pretence import _scripted
from ouidire.demo.settle import connect_accounts, settle
from ouidire.demo.world import Due, World, build, open_accounts, play
from ouidire.errors import OuidireError
from ouidire.store import dump
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox

HERE = Path(__file__).parents[1] / "tests" / "upgrade"
DAY = date(2026, 10, 17)


async def main(release: str) -> None:
    folder = HERE / release
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as home:
        key = Path(home) / "key"
        key.write_bytes(Fernet.generate_key())
        store = Store.open(f"sqlite:///{home}/ouidire.db", SecretBox.at(key))
        await _play(store, Path(home))
        _write(store, folder, release, key.read_text())
        store.close()


async def _play(store: Store, home: Path) -> None:
    """One day after the other, on the same networks."""
    first, *others = days.names()
    start = days.load(first).moment("08:00", DAY)
    with clock.running(FastClock(start, 60)):
        async with open_house(store, home, first) as house:
            worlds = [house.world, *[build(days.load(name), house.rig) for name in others]]
            for world in worlds[1:]:
                await open_accounts(world, house.rig)
                await store.run(settle, store, world)
                ours = [source for source in world.sources if source.id in world.secrets]
                uris = {s.id: await house.app.try_account(s.connector, s.settings, world.secrets[s.id]) for s in ours}
                await connect_accounts(world, store, uris)
            await house.settled()
            for world in worlds:
                async for step in play(house.rig, world.day, on=DAY, speed=600, patience_s=2):
                    if isinstance(step, Due):
                        await house.settled()
                        await _act(house, world, step)
            await house.settled()


async def _act(house: House, world: World, due: Due) -> None:
    who = world.member(due.action.member)
    try:
        await house.app.store.run(_scripted, who, due.action, f"simulated:{due.uri}", house.app.key)
    except OuidireError as error:
        print("left out:", due.action.kind, error)
    house.app.wake()


def _write(store: Store, folder: Path, release: str, key: str) -> None:
    with store.snapshot() as tx:
        about = {"release": release, "revision": dump.revision(tx), "key": key, "of": "an invented day"}
        (folder / "about.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
        for table in dump.tables(tx):
            lines = [json.dumps(row, ensure_ascii=False) for row in dump.rows(tx, table)]
            if lines:
                (folder / f"{table.name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
            print(table.name, len(lines))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
