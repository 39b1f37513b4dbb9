"""No page shows a name of an employee to who may not see it: every page of the demo's days is read."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from ouidire.demo.world import play
from ouidire.domain.ids import new_id
from ouidire.domain.item import Author, Item
from ouidire.domain.member import Member, Role
from ouidire.inbox import act
from ouidire.notifiers.broadcaster import Broadcaster
from ouidire.people import signin
from ouidire.store import members
from ouidire.store.engine import Store
from ouidire.web.main import build
from ouidire.web.routes import events
from tests.flow.house import House, open_house

LINK = re.compile(r'(?:href|hx-get)="(/[^"#]*)')
APART = re.compile(r"^/(static|demo|signout|healthz|sw\.js)")


@pytest.mark.parametrize(
    ("day", "place", "manager", "name", "words"),
    [
        ("boutique", "montreal", "crescent", "Mathis", "petite minute"),
        ("restaurant", "defense", "owner", "Inès", "courait partout"),
    ],
)
async def test_no_page_names_an_employee_to_headquarters_or_to_who_reads_along(
    sqlite_store: Store, tmp_path: Path, day: str, place: str, manager: str, name: str, words: str
) -> None:
    async with open_house(sqlite_store, tmp_path, day, sample=True) as house:
        async for _ in play(house.rig, house.world.day):
            pass
        await house.settled()
        _noted_and_answered(house, manager, name)
        _sampled(house, name)
        for role in (Role.HEADQUARTERS, Role.VIEWER):
            pages = await asyncio.to_thread(_read, house, _joined(house, role, place), words)
            shown = {path: page for path, page in pages.items() if words in page}
            assert {path for path, page in pages.items() if name in page} == set()
            assert any(path.startswith("/c/") for path in shown), "the post itself is among what was read"
            assert f"/inbox?q={words}" in shown
            assert ("/listening/preview" in shown) is (role is Role.HEADQUARTERS)
        pages = await asyncio.to_thread(_read, house, house.member(manager), words)
        assert any(name in page for page in pages.values()), "who manages the place reads the name"


def _noted_and_answered(house: House, manager: str, name: str) -> None:
    """Every conversation has a note that names the employee; one is closed, so that the closed list has it too."""
    member = house.member(manager)
    cards = house.cards(manager)
    with house.app.store.transaction() as tx:
        for card in cards:
            act.note(tx, member, card.conversation_id, f"Parlé avec {name}, tout va bien.")
        act.mute_author(tx, member, cards[-1].first.mention_id)


def _sampled(house: House, name: str) -> None:
    """The same words in the sample that previews are made of."""
    from ouidire import clock

    assert house.app.sample is not None
    text = f"{house.world.organisation.name} : {name}, au comptoir, une petite minute, courait partout"
    post = Item(connector="simulated", uri="sim://ciel/9", author=Author("sim://ciel/@x"), text=text,
                written_at=clock.now())  # fmt: skip
    house.app.sample.put([post], (), clock.now())


def _joined(house: House, role: Role, place: str) -> Member:
    """A colleague who may not see names; headquarters see every place."""
    made = replace(
        house.world.members[0], id=new_id(), email=f"{role}@second.example", name=f"Second {role}", role=role,
        place_ids=() if role is Role.HEADQUARTERS else (house.world.place(place).id,),
    )  # fmt: skip
    with house.app.store.transaction() as tx:
        members.add(tx, made, "nobody signs in with it", house.world.organisation.created_at)
        return members.get(tx, made.id)


def _read(house: House, member: Member, words: str) -> dict[str, str]:
    """Every page this member can reach, by its address; the words that are searched are not the name's own."""
    with house.app.store.transaction() as tx:
        session = signin.open_session(tx, member)
    client = TestClient(build(house.app), cookies={"ouidire": session}, headers={"Accept-Language": "fr"})
    first = ["/", "/part/now", "/part/count", "/inbox", *(f"/inbox?state={s}" for s in ("ours", "theirs", "closed"))]
    pages: dict[str, str] = {}
    waiting = [*first, f"/inbox?q={words}", "/alerts", "/listening", "/listening?watch=new", "/nope", "/c/nope"]
    while waiting:
        path = waiting.pop()
        if path not in pages and not APART.match(path):
            pages[path] = client.get(path).text
            waiting += _led_to(path, pages[path])
    if found := re.search(r'name="csrf" value="([0-9a-f]+)"', pages["/listening"]):
        about = {"csrf": found[1], "names": house.world.organisation.name}
        pages["/listening/preview"] = client.post("/listening/preview", data=about).text
    for path in [path for path in pages if re.fullmatch(r"/c/[0-9a-f-]{36}", path)]:
        draft = {"csrf": found[1] if found else "", "text": "Bonjour."}
        pages[f"{path}/check"] = client.post(f"{path}/check", data=draft).text
    return pages


def _led_to(path: str, page: str) -> Iterable[str]:
    links = {link.replace("&amp;", "&") for link in LINK.findall(page)}
    if re.fullmatch(r"/c/[0-9a-f-]{36}", path):
        links |= {f"{path}/thread", *(f"{path}/sheet?do={one}" for one in ("answer", "note", "more"))}
    return sorted(links)


async def test_the_line_of_what_is_live_says_that_something_changed_and_never_what() -> None:
    broadcaster = Broadcaster()
    visit = SimpleNamespace(app=SimpleNamespace(broadcaster=broadcaster), session="")
    lines = events._lines(visit, "m1")  # type: ignore[arg-type]
    assert await anext(lines) == "retry: 3000\n\n"
    heard = asyncio.create_task(anext(lines))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    broadcaster.publish("m1", "alert", {"text": "Mathis, au comptoir", "title": "Mathis"})
    assert await heard == "event: changed\ndata: alert\n\n"
    await lines.aclose()


def test_a_hidden_name_is_one_mark_with_words_and_a_reason() -> None:
    from ouidire.inbox.read import masked
    from ouidire.web import pages

    text, _, hidden = masked("Mathis, Léa et Tom traînent… vraiment.", (), ())
    macro = pages.environment("fr").from_string('{% from "macros.html" import cut with context %}{{ cut(t, (), h) }}')
    shown = macro.render(t=text, h=hidden)
    assert shown.count("nom masqué") == len(hidden) >= 1
    assert "traînent… vraiment" in shown, "the author's own dots stay dots"
    assert "Les noms du personnel sont masqués pour votre rôle." in shown
