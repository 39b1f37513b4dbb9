"""A house for benchmarks: a business set up in a store of its own, and the real `ouidire up` in its own process."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from ouidire import clock
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member, Role
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.people import signin
from ouidire.people.begin import join
from ouidire.settings import Settings
from ouidire.store import organisations, watches
from ouidire.store.engine import Store, Tx
from ouidire.store.secrets import SecretBox
from ouidire.web.cookies import SESSION

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
STARTS_S = 60.0
NAMES = ("Boulangerie Delorme", "Café Lune", "Pharmacie du Vieux Pont", "Crêperie Ty Breizh", "Chez Ludo")
NO_PASSWORD = "!"


def settings(home: Path) -> Settings:
    return Settings.model_validate({"home": home})


def opened(home: Path) -> Store:
    """The store in `home`, for setting up before the house starts."""
    own = settings(home)
    return Store.open(own.store_url, SecretBox.at(own.key_path))


def set_up(tx: Tx, names: Sequence[str] = NAMES) -> Member:
    """A business with a place and a watch for each name; gives its owner."""
    at = clock.now()
    business = Organisation(new_id(), "Maison d’essai", "fr", at)
    organisations.add(tx, business)
    for name in names:
        place = Place(new_id(), business.id, name, town="Rennes")
        organisations.add_place(tx, place)
        watches.add(tx, Watch(new_id(), business.id, place.id, names=(name,)))
    owner = Member(new_id(), business.id, "patron@essai.example", "Camille", Role.OWNER, "fr")
    join(tx, owner, NO_PASSWORD)
    return owner


def cookie(tx: Tx, member: Member) -> dict[str, str]:
    """What a browser that signed in carries."""
    return {SESSION: signin.open_session(tx, member)}


@dataclass
class Running:
    """`ouidire up`, with the figures that the kernel keeps of it and of what it started."""

    process: asyncio.subprocess.Process
    url: str
    said: list[str] = field(default_factory=list)

    def tree(self) -> list[int]:
        found, parents = [self.process.pid], _parents()
        for pid in found:
            found += [child for child, parent in parents.items() if parent == pid]
        return found

    def check(self) -> None:
        """Raises with its last words when it has ended."""
        if self.process.returncode is not None:
            raise RuntimeError("\n".join(self.said))

    def rss_mb(self) -> float:
        """Resident memory of the whole tree, in millions of bytes; pages shared between its processes count twice."""
        return sum(_resident(pid) for pid in self.tree()) / 1e6

    def cpu_s(self) -> float:
        """Processor seconds that the tree has used since it began."""
        return sum(_spent(pid) for pid in self.tree())


@asynccontextmanager
async def running(home: Path, env: Mapping[str, str]) -> AsyncIterator[Running]:
    """`ouidire up` on a free port until the block ends. Raises when it does not start within a minute."""
    given = {"OUIDIRE_HOME": str(home), "PYTHONUNBUFFERED": "1", "LC_ALL": "C.UTF-8", "COLUMNS": "300", **env}
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("ouidire")),
        *("up", "--port", "0"),
        env={**{k: v for k, v in os.environ.items() if not k.startswith("OUIDIRE_")}, **given},
        cwd=home,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    house = Running(process, "")
    reading = None
    try:
        house.url = await asyncio.wait_for(_address(house), STARTS_S)
        reading = asyncio.create_task(_listen_to(house))
        yield house
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if reading is not None:
            await reading


async def _address(house: Running) -> str:
    assert house.process.stdout is not None
    async for line in house.process.stdout:
        house.said.append(line.decode("utf-8", "replace").rstrip())
        if found := re.search(r"http://[\w.:]+", house.said[-1]):
            return found.group()
    raise RuntimeError("\n".join(house.said))


async def _listen_to(house: Running) -> None:
    assert house.process.stdout is not None
    async for line in house.process.stdout:
        house.said = [*house.said[-50:], line.decode("utf-8", "replace").rstrip()]


@asynccontextmanager
async def looking(url: str, cookies: Mapping[str, str]) -> AsyncIterator[list[tuple[float, str]]]:
    """A page that is open while the block lasts: its events so far, each as (monotonic seconds, name)."""
    came: list[tuple[float, str]] = []
    is_open = asyncio.Event()
    reading = asyncio.create_task(_read_page(url, cookies, came, is_open))
    try:
        await asyncio.wait_for(is_open.wait(), STARTS_S)
        yield came
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError):
            await reading


async def _read_page(
    url: str, cookies: Mapping[str, str], came: list[tuple[float, str]], is_open: asyncio.Event
) -> None:
    limits = httpx2.Timeout(10.0, read=None)
    async with (
        httpx2.AsyncClient(cookies=dict(cookies), timeout=limits, trust_env=False) as client,
        client.stream("GET", f"{url}/events") as answer,
    ):
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("retry:"):
                is_open.set()
            elif line.startswith("data: "):
                came.append((time.monotonic(), line.removeprefix("data: ")))


def _parents() -> dict[int, int]:
    found = {}
    for one in Path("/proc").iterdir():
        if one.name.isdigit() and (stat := _read(one / "stat")):
            found[int(one.name)] = int(stat.rpartition(")")[2].split()[1])
    return found


def _resident(pid: int) -> int:
    said = _read(Path(f"/proc/{pid}/statm"))
    return int(said.split()[1]) * PAGE if said else 0


def _spent(pid: int) -> float:
    said = _read(Path(f"/proc/{pid}/stat"))
    fields = said.rpartition(")")[2].split() if said else []
    return sum(map(int, fields[11:13])) / TICKS if fields else 0.0


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError:  # it ended meanwhile
        return ""
