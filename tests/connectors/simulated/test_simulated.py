"""The simulated connector against the real loopback networks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from ouidire import clock
from ouidire.connectors import registry
from ouidire.connectors.base import SourceContext
from ouidire.connectors.simulated.client import Client
from ouidire.connectors.simulated.reader import SimulatedReader
from ouidire.connectors.simulated.replier import SimulatedReplier
from ouidire.demo.faults import FaultKind
from ouidire.demo.network import STYLES
from ouidire.demo.networks import Account, Networks
from ouidire.demo.rig import Rig, open_rig, post_id
from ouidire.domain.clearance import Clearance
from ouidire.domain.item import Batch, Geo, Gone, Item, ItemKind
from ouidire.errors import Permanent, Retry, Unclear

WRITTEN = datetime(2026, 10, 17, 19, 26, tzinfo=UTC)


def context(rig: Rig, network: str = "gazouille", token: str = "") -> SourceContext:
    return SourceContext("source-1", rig.settings(network), {"token": token} if token else {}, rig.http)


def reader(rig: Rig, network: str = "gazouille") -> SimulatedReader:
    return SimulatedReader(Client.of(context(rig, network)), wait_s=0.05)


async def first(batches: AsyncIterator[Batch]) -> Batch:
    async with aclosing(batches):  # type: ignore[type-var]
        return await anext(batches)


async def replier(rig: Rig, network: str = "gazouille", timeout_s: float = 5.0) -> SimulatedReplier:
    await rig.open_account(network, Account("deloriere_na", "Maison Delorière", "secret"))
    return SimulatedReplier(Client.of(context(rig, network, "secret")), timeout_s)


async def complaint(rig: Rig, network: str = "gazouille") -> Item:
    await rig.post(network, author="elodie", text="Trente minutes d’attente")
    return (await first(reader(rig, network).read("0"))).items[-1]


def clearance(parent: Item, reply_id: str = "reply-1", text: str = "Nous sommes désolés.") -> Clearance:
    return Clearance(reply_id, "org", "member", "source-1", parent.uri, text, "1", clock.now(), "seal")


async def test_a_post_arrives_as_an_item_with_everything_it_carries(rig: Rig) -> None:
    uri = await rig.post(
        "gazouille",
        author="elodie",
        name="Élodie",
        text="@deloriere_na trente minutes, boutique #Montréal https://exemple.example/p?a=1.",
        lang="fr",
        geo=(45.4, -73.5),
        at=WRITTEN,
    )
    batch = await first(reader(rig).read("0"))
    (item,) = batch.items
    assert (item.connector, item.uri, item.url) == ("simulated", uri, rig.url(uri))
    assert (item.author.uri, item.author.handle, item.author.name) == ("sim://gazouille/@elodie", "elodie", "Élodie")
    assert item.addressed == ("deloriere_na",)
    assert item.hashtags == ("Montréal",)
    assert item.links == ("https://exemple.example/p?a=1",)
    assert (item.geo, item.languages, item.written_at) == (Geo(45.4, -73.5), ("fr",), WRITTEN)
    assert (batch.heard, batch.cursor, batch.lag_s) == (1, "1", 0.0)


async def test_replies_quotes_and_reposts_point_at_what_they_are_about(rig: Rig) -> None:
    root = await rig.post("ciel", author="a", text="racine")
    answer = await rig.post("ciel", author="b", text="réponse", to=root)
    await rig.post("ciel", author="c", text="réponse à la réponse", to=answer)
    await rig.post("ciel", author="d", text="lisez ça", quotes=root)
    await rig.repost(root, author="e")
    _, _, deep, quote, repost = (await first(reader(rig, "ciel").read("0"))).items
    assert (deep.parent_uri, deep.root_uri) == (answer, root)
    assert quote.quoted_uri == root
    assert (repost.kind, repost.reposted_uri, repost.text) == (ItemKind.REPOST, root, "")


async def test_an_edit_is_a_new_revision_of_the_same_item_written_at_the_same_time(rig: Rig) -> None:
    uri = await rig.post("gazouille", author="a", text="froid", at=WRITTEN)
    await rig.edit(uri, text="froid, mais on s’est excusé")
    before, after = (await first(reader(rig).read("0"))).items
    assert (before.uri, before.revision, before.written_at) == (uri, "", WRITTEN)
    assert (after.uri, after.revision, after.written_at) == (uri, "2", WRITTEN)
    assert after.text.endswith("excusé")


async def test_a_deletion_and_an_author_who_leaves_are_heard_as_gone(rig: Rig) -> None:
    uri = await rig.post("gazouille", author="a", text="oups")
    await rig.delete(uri)
    await rig.leave("gazouille", author="a")
    batch = await first(reader(rig).read("0"))
    assert batch.gone == (
        Gone("simulated", uri=uri, author_uri="sim://gazouille/@a"),
        Gone("simulated", author_uri="sim://gazouille/@a"),
    )


async def test_a_review_has_its_rating_and_the_listing_it_is_for(rig: Rig) -> None:
    await rig.post("bonnetable", author="a", text="Très bien", rating=4, listing_id="bt-2207")
    (item,) = (await first(reader(rig, "bonnetable").read("0"))).items
    assert (item.kind, item.rating, item.listing_id) == (ItemKind.REVIEW, 4.0, "bt-2207")


async def test_without_a_cursor_it_hears_from_now_on(rig: Rig) -> None:
    await rig.post("gazouille", author="a", text="hier")
    batches = reader(rig).read("")
    began = await anext(batches)
    await rig.post("gazouille", author="a", text="maintenant")
    assert (began.items, began.cursor) == ((), "1")
    assert [item.text for item in (await anext(batches)).items] == ["maintenant"]


async def test_a_quiet_network_proves_that_the_line_is_alive(rig: Rig) -> None:
    batches = reader(rig).read("0")
    heard = [await anext(batches), await anext(batches)]
    assert [msgspec.structs.replace(one, told_at=None) for one in heard] == [Batch(cursor="0", lag_s=0.0)] * 2
    assert all(one.told_at is not None for one in heard)


async def test_reading_on_from_a_cursor_gives_each_post_once(rig: Rig) -> None:
    for number in range(1200):
        await rig.post("gazouille", author="a", text=str(number))
    heard, cursor, lags = [], "0", []
    for _ in range(3):
        batch = await first(reader(rig).read(cursor))
        heard += [item.text for item in batch.items]
        cursor, lags = batch.cursor, [*lags, batch.lag_s or 0.0]
    assert heard == [str(number) for number in range(1200)]
    assert lags[-1] == 0.0


async def test_what_fell_out_of_the_networks_memory_is_a_gap() -> None:
    async with open_rig(networks=Networks(STYLES, keep=3)) as rig:
        for number in range(6):
            await rig.post("gazouille", author="a", text=str(number))
        batch = await first(reader(rig).read("1"))
        assert [item.text for item in batch.items] == ["3", "4", "5"]
        assert batch.gap
        assert batch.gap.since <= batch.gap.until


async def test_a_network_that_began_anew_is_a_gap_and_is_heard_from_its_beginning(rig: Rig) -> None:
    await rig.post("gazouille", author="a", text="depuis le redémarrage")
    batches = reader(rig).read("900")
    again = await anext(batches)
    assert (again.gap is not None, again.cursor) == (True, "0")
    assert [item.text for item in (await anext(batches)).items] == ["depuis le redémarrage"]


async def test_a_cursor_that_is_none_is_a_gap(rig: Rig) -> None:
    assert (await first(reader(rig).read("not a number"))).gap


async def test_an_event_that_cannot_be_read_is_dropped_with_its_beginning_and_the_others_stay(rig: Rig) -> None:
    await rig.garble("gazouille", b'{"kind": "dance"}')
    await rig.post("gazouille", author="a", text="bon")
    batch = await first(reader(rig).read("0"))
    assert [item.text for item in batch.items] == ["bon"]
    assert (batch.heard, batch.dropped[0].sample) == (2, '{"kind": "dance"}')


@pytest.mark.parametrize(
    ("kind", "error"),
    [(FaultKind.TOO_MANY, Retry), (FaultKind.BROKEN, Retry), (FaultKind.HANG, Retry), (FaultKind.GARBAGE, Permanent)],
)
async def test_a_bad_day_of_the_network_says_what_to_do_next(rig: Rig, kind: FaultKind, error: type[Exception]) -> None:
    impatient = replace(reader(rig), patience_s=0.2)
    await rig.fault(kind, network="gazouille", door="events", retry_after_s=7)
    with pytest.raises(error) as raised:
        await first(impatient.read("0"))
    if kind is FaultKind.TOO_MANY:
        assert isinstance(raised.value, Retry)
        assert raised.value.after_s == 7
    assert await first(impatient.read("0"))


async def test_a_reply_stands_under_what_it_answers_and_is_heard_under_the_same_uri(rig: Rig) -> None:
    parent = await complaint(rig)
    sent = await (await replier(rig)).reply(clearance(parent), parent)
    thread = await rig.thread(parent.uri)
    heard = (await first(reader(rig).read("1"))).items[0]
    assert [post.text for post in thread] == ["Trente minutes d’attente", "Nous sommes désolés."]
    assert (sent.uri, sent.url) == (heard.uri, rig.url(heard.uri))
    assert (heard.author.uri, heard.parent_uri) == ("sim://gazouille/@deloriere_na", parent.uri)


async def test_the_same_reply_twice_stands_there_once(rig: Rig) -> None:
    parent, ours = await complaint(rig), await replier(rig)
    assert await ours.reply(clearance(parent), parent) == await ours.reply(clearance(parent), parent)
    assert len(await rig.thread(parent.uri)) == 2


async def test_a_line_cut_after_the_reply_was_taken_is_unclear_and_the_reply_is_found(rig: Rig) -> None:
    parent, ours = await complaint(rig), await replier(rig)
    await rig.fault(FaultKind.CUT, door="posts")
    with pytest.raises(Unclear):
        await ours.reply(clearance(parent), parent)
    found = await ours.find(clearance(parent), parent)
    assert found
    assert post_id(found.uri) == (await rig.thread(parent.uri))[1].id


@pytest.mark.parametrize("kind", [FaultKind.BROKEN, FaultKind.HANG, FaultKind.GARBAGE])
async def test_an_outcome_left_open_is_unclear_and_what_never_arrived_is_not_found(rig: Rig, kind: FaultKind) -> None:
    parent, ours = await complaint(rig), await replier(rig, timeout_s=0.3)
    await rig.fault(kind, door="posts")
    with pytest.raises(Unclear):
        await ours.reply(clearance(parent), parent)
    assert await ours.find(clearance(parent), parent) is None


async def test_a_network_that_asks_to_slow_down_took_nothing(rig: Rig) -> None:
    parent, ours = await complaint(rig), await replier(rig)
    await rig.fault(FaultKind.TOO_MANY, door="posts", retry_after_s=3)
    with pytest.raises(Retry):
        await ours.reply(clearance(parent), parent)
    assert len(await rig.thread(parent.uri)) == 1


async def test_a_revoked_token_is_permanent(rig: Rig) -> None:
    parent, ours = await complaint(rig), await replier(rig)
    await rig.close_account("gazouille", "deloriere_na")
    with pytest.raises(Permanent):
        await ours.check()
    with pytest.raises(Permanent):
        await ours.reply(clearance(parent), parent)


async def test_a_post_that_is_gone_cannot_be_answered(rig: Rig) -> None:
    parent, ours = await complaint(rig), await replier(rig)
    await rig.delete(parent.uri)
    with pytest.raises(Permanent):
        await ours.reply(clearance(parent), parent)


async def test_a_clearance_for_another_message_is_refused(rig: Rig) -> None:
    parent, ours = await complaint(rig), await replier(rig)
    with pytest.raises(Permanent):
        await ours.reply(replace(clearance(parent), target_uri="sim://gazouille/other"), parent)


async def test_a_message_of_another_network_is_refused(rig: Rig) -> None:
    parent, ours = await complaint(rig, "ciel"), await replier(rig)
    with pytest.raises(Permanent):
        await ours.reply(clearance(parent), parent)


async def test_the_account_check_gives_our_own_uri(rig: Rig) -> None:
    assert await (await replier(rig)).check() == "sim://gazouille/@deloriere_na"


async def test_the_guide_says_early_that_it_cannot_be_answered_by_program(rig: Rig) -> None:
    parent, ours = await complaint(rig, "bonnetable"), await replier(rig, "bonnetable")
    with pytest.raises(Permanent, match="by program"):
        await ours.check()
    with pytest.raises(Permanent, match="by program"):
        await ours.reply(clearance(parent), parent)


async def test_answering_without_a_token_says_what_to_give(rig: Rig) -> None:
    with pytest.raises(Permanent, match="token"):
        await SimulatedReplier(Client.of(context(rig))).check()


async def test_the_registry_finds_it_and_says_what_is_missing(rig: Rig) -> None:
    assert "simulated" in registry.names()
    assert registry.open_replier("simulated", context(rig, token="secret"))
    with pytest.raises(Permanent, match="url"):
        registry.open_reader("simulated", SourceContext("s", {"network": "ciel"}, {}, rig.http))
