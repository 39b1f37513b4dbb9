"""The pretended networks, called as programs and people call them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ouidire.connectors.http import Refused, Response
from ouidire.demo.faults import FaultKind
from ouidire.demo.network import STYLES, Act, Network, Person
from ouidire.demo.networks import Account, Networks
from ouidire.demo.rig import Rig, open_rig, post_id
from ouidire.errors import Retry

ACCOUNT = Account("deloriere_na", "Maison Delorière", "secret")


async def say(rig: Rig, text: str, key: str = "", parent: str = "", network: str = "gazouille") -> Response:
    headers = {"Authorization": "Bearer secret"} | ({"Idempotency-Key": key} if key else {})
    said = {"text": text, "parent": parent}
    return await rig.http.request("POST", f"{rig.world_url}/{network}/posts", headers=headers, json=said)


async def test_a_quiet_long_poll_is_answered_the_moment_something_happens(rig: Rig) -> None:
    url = f"{rig.world_url}/gazouille/events"
    waiting = asyncio.create_task(rig.http.request("GET", url, params={"after": "0", "wait_s": "10"}))
    await rig.post("gazouille", author="a", text="enfin")
    answer = await asyncio.wait_for(waiting, 5)
    assert "enfin" in answer.body.decode()


async def test_the_same_idempotency_key_gives_the_first_post_again(rig: Rig) -> None:
    await rig.open_account("gazouille", ACCOUNT)
    first, second = await say(rig, "Bonjour", "key-1"), await say(rig, "Bonjour encore", "key-1")
    assert (first.status, second.status) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert len(await rig.thread(f"sim://gazouille/{first.json()['id']}")) == 1


async def test_without_a_key_two_posts_are_two(rig: Rig) -> None:
    await rig.open_account("gazouille", ACCOUNT)
    assert (await say(rig, "Bonjour")).json()["id"] != (await say(rig, "Bonjour")).json()["id"]


async def test_a_post_is_found_by_its_key_and_only_by_its_own_account(rig: Rig) -> None:
    await rig.open_account("gazouille", ACCOUNT)
    await rig.open_account("gazouille", Account("other", "", "other-token"))
    posted = (await say(rig, "Bonjour", "key-1")).json()
    url, ask = f"{rig.world_url}/gazouille/posts", {"key": "key-1"}
    mine = await rig.http.request("GET", url, params=ask, headers={"Authorization": "Bearer secret"})
    theirs = await rig.http.request("GET", url, params=ask, headers={"Authorization": "Bearer other-token"})
    assert [post["id"] for post in mine.json()["posts"]] == [posted["id"]]
    assert theirs.json()["posts"] == []


@pytest.mark.parametrize(("text", "status"), [("", 422), ("a" * 1001, 422)])
async def test_a_text_of_no_or_too_many_letters_is_refused(rig: Rig, text: str, status: int) -> None:
    await rig.open_account("gazouille", ACCOUNT)
    with pytest.raises(Refused) as refused:
        await say(rig, text)
    assert refused.value.status == status


async def test_a_body_that_is_not_what_was_asked_for_is_refused(rig: Rig) -> None:
    with pytest.raises(Refused) as refused:
        await rig.http.request("POST", f"{rig.world_url}/_world/gazouille", content=b"nonsense")
    assert refused.value.status == 422


async def test_only_ones_own_post_can_be_taken_back(rig: Rig) -> None:
    await rig.open_account("gazouille", ACCOUNT)
    theirs, ours = await rig.post("gazouille", author="a", text="à moi"), (await say(rig, "à nous")).json()["id"]
    sign = {"Authorization": "Bearer secret"}
    await rig.http.request("DELETE", f"{rig.world_url}/gazouille/posts/{ours}", headers=sign)
    with pytest.raises(Refused):
        await rig.http.request("DELETE", rig.url(theirs), headers=sign)
    with pytest.raises(Refused):
        await rig.shown(f"sim://gazouille/{ours}")


async def test_who_leaves_takes_their_posts_along(rig: Rig) -> None:
    theirs = await rig.post("ciel", author="a", text="adieu")
    other = await rig.post("ciel", author="b", text="je reste")
    await rig.leave("ciel", author="a")
    with pytest.raises(Refused):
        await rig.shown(theirs)
    assert (await rig.shown(other)).post.text == "je reste"


async def test_a_fault_lasts_as_many_calls_as_asked_and_only_where_asked(rig: Rig) -> None:
    uri = await rig.post("gazouille", author="a", text="x")
    elsewhere = await rig.post("ciel", author="a", text="x")
    await rig.fault(FaultKind.BROKEN, network="gazouille", door="posts", times=2)
    for _ in range(2):
        with pytest.raises(Retry):
            await rig.shown(uri)
        await rig.shown(elsewhere)
    await rig.shown(uri)


async def test_healing_forgets_the_faults(rig: Rig) -> None:
    uri = await rig.post("gazouille", author="a", text="x")
    await rig.fault(FaultKind.TOO_MANY, times=100)
    await rig.heal()
    await rig.shown(uri)


async def test_a_person_sees_the_thread_with_our_answer_and_no_markup_of_the_authors(rig: Rig) -> None:
    await rig.open_account("gazouille", ACCOUNT)
    uri = await rig.post("gazouille", author="a", name="<b>A</b>", text="<script>alert(1)</script> attente")
    await say(rig, "Nous sommes désolés.", parent=post_id(uri))
    page = (await rig.http.request("GET", rig.url(uri), headers={"Accept": "text/html"})).body.decode()
    wall = (await rig.http.request("GET", f"{rig.world_url}/gazouille/")).body.decode()
    for shown in (page, wall):
        assert "Nous sommes désolés." in shown
        assert "&lt;script&gt;" in shown
        assert "<script>" not in shown


async def test_the_front_door_leads_to_a_network(rig: Rig) -> None:
    assert b"Gazouille" in (await rig.http.request("GET", f"{rig.world_url}/")).body


async def test_with_a_journal_the_networks_come_back_as_they_were(tmp_path: Path) -> None:
    journal = tmp_path / "world.jsonl"
    async with open_rig(journal=journal) as rig:
        await rig.open_account("gazouille", ACCOUNT)
        kept = await rig.post("gazouille", author="a", text="attente")
        gone = await rig.post("gazouille", author="b", text="oups")
        await rig.delete(gone)
        await say(rig, "Désolés", "key-1", post_id(kept))
    journal.write_bytes(journal.read_bytes() + b'{"network": "gaz')
    async with open_rig(journal=journal) as rig:
        again = await say(rig, "Désolés", "key-1", post_id(kept))
        assert again.status == 200
        assert [post.text for post in await rig.thread(kept)] == ["attente", "Désolés"]
        with pytest.raises(Refused):
            await rig.shown(gone)
    async with open_rig(journal=journal) as rig:
        assert (await rig.shown(kept)).post.text == "attente"


async def test_memory_stays_flat() -> None:
    house = Networks(STYLES, keep=50)
    network: Network = house.networks["gazouille"]
    for number in range(500):
        house.act(network, Act(author=Person("a"), text=str(number)), key=str(number))
    assert len(network.after(0, limit=1000)) == len(network.latest(1000)) == 50
    assert network.post_by_key("a", "499")
    assert network.post_by_key("a", "1") is None
