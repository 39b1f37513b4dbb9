"""A whole house in a temporary folder: the real store, the real stages and the real pages, and people at the door."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fastapi.testclient import TestClient
from httpx2 import Response

from ouidire import clock, flow
from ouidire.app import App
from ouidire.domain.ids import new_id
from ouidire.domain.item import Author, Batch, Item
from ouidire.domain.member import Member, Role
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.source import Source
from ouidire.people import begin, invite
from ouidire.people.begin import Beginning
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import organisations, sources
from ouidire.web.main import build

PASSWORD = "une phrase assez longue"


@dataclass
class House:
    """`owner` runs Maison Delorière, `manager` its boutique in the rue Crescent; `stranger` another business."""

    app: App
    owner: Member
    manager: Member
    stranger: Member
    crescent: Place
    source_id: str
    web: object = field(default=None)
    loop: asyncio.AbstractEventLoop | None = None

    def browser(self, member: Member | None = None, language: str = "fr") -> Browser:
        made = Browser(TestClient(self.web, headers={"Accept-Language": language}))  # type: ignore[arg-type]
        if member is not None:
            made.sign_in(member.email)
        return made

    def hear(self, text: str, *, author: str = "nadia", minutes_ago: float = 4, uri: str = "", **other: object) -> str:
        """Let a post come in and go through every stage; its URI comes back."""
        uri = uri or f"at://did:plc:{author}/app.bsky.feed.post/{new_id()}"
        item = Item(
            connector="bluesky", uri=uri, author=Author(f"did:plc:{author}", f"{author}.bsky.social", author.title()),
            text=text, written_at=clock.now() - timedelta(minutes=minutes_ago), url=f"https://bsky.app/{author}",
            **other,  # type: ignore[arg-type]
        )  # fmt: skip
        apart(self._hear(item))
        return uri

    async def _hear(self, *items: Item) -> None:
        self.app._refreshed_at = -1e9
        await self.app.hear(Parcel(self.source_id, Batch(items=items, cursor=new_id(), heard=len(items))))
        busy = True
        while busy:
            done = [flow.work_once(self.app.store, stage, "test") for stage in flow.STAGES]
            busy = any(done)


@dataclass
class Browser:
    """A person with a browser but no script."""

    client: TestClient
    page: str = ""
    token: str = ""

    def get(self, path: str, status: int = 200) -> str:
        return self._kept(self.client.get(path), status)

    def post(self, path: str, status: int = 200, **fields: str | list[str]) -> str:
        """Fill in a form of the page last seen and send it, following where it leads."""
        return self._kept(self.client.post(path, data={"csrf": self.token} | fields), status)

    def sign_in(self, email: str, password: str = PASSWORD) -> str:
        self.get("/signin")
        return self.post("/signin", email=email, password=password)

    def _kept(self, response: Response, status: int) -> str:
        assert response.status_code == status, f"{response.status_code} at {response.url}: {response.text[:500]}"
        self.page = response.text
        if found := re.search(r'name="csrf" value="([0-9a-f]+)"', self.page):
            self.token = found[1]
        return self.page


def apart(work: Coroutine[object, object, None]) -> None:
    """Run it on a thread of its own: a driven browser keeps a loop running in this one."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()


@contextmanager
def opened(folder: Path, **settings: object) -> Iterator[House]:
    app = App.open(Settings(home=folder, listen_bluesky=False, _env_file=None, **settings))  # type: ignore[call-arg, arg-type]
    with app.store.transaction() as tx:
        owner = begin.begin(tx, _business("Maison Delorière", "owner@deloriere.example", "deloriere_na"))
        stranger = begin.begin(tx, _business("Boulangerie Levain", "levain@levain.example", "levain"))
        here = organisations.places(tx, owner)[0]
        other = Place(new_id(), owner.organisation_id, "Boutique Yorkville", "Hazelton Avenue", "Yorkville", "Toronto",
                      "M5R 2E2", "CA", Coordinates(43.6714, -79.3926), time_zone="America/Toronto")  # fmt: skip
        organisations.add_place(tx, other)
        link = invite.invite(tx, owner, Role.PLACE_MANAGER, [here.id])
        manager = invite.accept(
            tx, link, email="crescent@deloriere.example", name="Camille", password=PASSWORD, language="fr"
        )
        source = Source(new_id(), owner.organisation_id, "bluesky", "Bluesky")
        sources.add(tx, app.store, source)
    house = House(app, owner, manager, stranger, here, source.id)
    house.web = build(app)
    try:
        yield house
    finally:
        apart(app.close())


def _business(name: str, email: str, handle: str) -> Beginning:
    place = Place(
        new_id(), new_id(), f"{name} rue Crescent", "rue Crescent", "Centre-ville", "Montréal", "H3G 2B2", "CA",
        Coordinates(45.4983, -73.5776), time_zone="America/Toronto",
    )  # fmt: skip
    return Beginning(name, place, (handle,), "fr", email, name, PASSWORD)
