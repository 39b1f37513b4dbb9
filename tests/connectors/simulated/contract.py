"""The simulated connector under the contract that every connector keeps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from ouidire.demo.faults import Fault, FaultKind
from ouidire.demo.network import Act, Kind, Person
from ouidire.demo.networks import Networks, serve_networks
from ouidire.demo.rig import post_id


class Source:
    beginning, ends, can_delete = "0", False, True
    secrets: Mapping[str, str] = {}

    def __init__(self, networks: Networks, world_url: str) -> None:
        self._networks, self._network = networks, networks.networks["gazouille"]
        self.settings = {"url": f"{world_url}/gazouille", "network": "gazouille"}

    async def say(self, text: str) -> str:
        event = self._networks.act(self._network, Act(author=Person("camille_t"), text=text))
        return f"sim://gazouille/{event.id}"

    async def delete(self, uri: str) -> str:
        self._networks.act(self._network, Act(kind=Kind.DELETE, id=post_id(uri)))
        return uri

    async def garble(self, raw: bytes) -> None:
        self._networks.garble(self._network, raw)

    async def cut(self) -> None:
        self._networks.faults.add(Fault(kind=FaultKind.CUT, door="events"))


@asynccontextmanager
async def source(tmp_path: Path) -> AsyncIterator[Source]:
    networks = Networks()
    async with serve_networks(networks=networks) as world_url:
        yield Source(networks, world_url)
