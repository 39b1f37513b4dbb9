"""The calm message, on both engines: once a day at most, also after a restart; what it says, and what it never does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ouidire.alert.calm import Calmer
from ouidire.clock import HandClock
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.errors import NotFound, Permanent, Retry
from ouidire.notifiers import registry
from ouidire.notifiers.base import Message
from ouidire.notifiers.context import NotifierContext
from ouidire.people import team, wake
from ouidire.store import calms, pauses, sources
from ouidire.store.engine import Store
from tests import builders
from tests.alert.test_deliver import Bell
from tests.builders import CONTENT, NOW, World, reading
from tests.notifiers.servers import MailBox, smtp_server

EVENING = NOW + timedelta(hours=4)
"""19:26 in Montréal."""


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def wished(store: Store, one: Member, place: Place, hour: str = "19:00") -> None:
    with store.transaction() as tx:
        wake.wish_calm(tx, one, place.id, hour, "email")


def calmer(store: Store, bell: Bell) -> Calmer:
    return Calmer(store, {"email": bell}, lambda: "https://ouidire.example")


async def said_to(store: Store, world: World, hand_clock: HandClock) -> Message:
    wished(store, world.manager, world.crescent)
    hand_clock.advance(hours=4)
    bell = Bell()
    await calmer(store, bell).round()
    ((message, address),) = bell.rung
    assert address == world.manager.email
    return message


async def test_a_quiet_day_is_said_in_one_sentence(store: Store, world: World, hand_clock: HandClock) -> None:
    said = builders.said(store, world, "Merci Léa !", world.crescent, reading=reading("Merci Léa !", **CONTENT))
    with store.transaction() as tx:
        builders.conversations.change(tx, said.conversation_id, state="closed")
    message = await said_to(store, world, hand_clock)
    assert message.body == "Personne n’attend. 1 mention aujourd’hui, plutôt contente."
    assert message.subject == "Delorière rue Crescent · Personne n’attend."
    assert message.link == "https://ouidire.example/"


async def test_who_waits_is_counted_and_nobody_is_quoted_or_named(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    builders.said(store, world, "Léa m’ignore depuis trente minutes", world.crescent, staff=["Léa"])
    builders.said(store, world, "Une honte", world.yorkville, author="kate")
    message = await said_to(store, world, hand_clock)
    assert message.body == "Une personne attend une réponse. 1 mention aujourd’hui, plutôt mécontente."
    assert "Léa" not in str(message)


async def test_what_is_deaf_is_said_and_nobody_is_called_calm_because_of_it(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    with store.transaction() as tx:
        sources.went_deaf(tx, world.stream.id, "The line was cut.", NOW)
    message = await said_to(store, world, hand_clock)
    assert message.body == (
        "Stream Delorière : plus rien entendu depuis 15\xa0h\xa026. Personne n’attend, pour autant qu’on l’entende. "
        "Aucune mention aujourd’hui."
    )


async def test_it_is_said_once_a_day_whoever_starts_again(store: Store, world: World, hand_clock: HandClock) -> None:
    wished(store, world.manager, world.crescent)
    bell = Bell()
    assert await calmer(store, bell).round() == 0
    hand_clock.advance(hours=4)
    for _ in range(3):
        await calmer(store, bell).round()
        hand_clock.advance(minutes=10)
    wished(store, world.manager, world.crescent, "19:58")
    hand_clock.advance(minutes=10)
    await calmer(store, bell).round()
    assert len(bell.rung) == 1
    hand_clock.advance(days=1)
    await calmer(store, bell).round()
    assert len({message.id for message, _ in bell.rung}) == 2


async def test_killed_or_refused_it_comes_again_under_the_same_id_and_not_all_night(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    wished(store, world.manager, world.crescent)
    hand_clock.advance(hours=4)
    with store.transaction() as tx:
        calms.plan(tx, [(calms.every(tx)[0], "2026-10-17")], EVENING)
        (held,) = calms.claim(tx, EVENING, 9)  # its sender dies here
    bell = Bell([Retry("busy", 5), Permanent("no such mailbox")])
    assert await calmer(store, bell).round() == 0
    hand_clock.advance(seconds=61)
    await calmer(store, bell).round()
    hand_clock.advance(seconds=6)
    await calmer(store, bell).round()
    hand_clock.advance(hours=1)
    assert await calmer(store, bell).round() == 0
    with store.reading() as tx:
        assert calms.said_today(tx, held.calm.id) == ("2026-10-17", "failed", "no such mailbox")


async def test_it_is_in_the_mailbox_in_the_evening(store: Store, world: World, hand_clock: HandClock) -> None:
    wished(store, world.headquarters, world.crescent)
    hand_clock.advance(hours=4)
    async with smtp_server(MailBox()) as box:
        mail = registry.open("email", NotifierContext(smtp=box.url(), mail_from="o@lune.example"))
        await Calmer(store, {"email": mail}, lambda: "https://ouidire.example").round()
        await mail.aclose()
    (sent,) = box.mails
    body = sent.get_body(("plain",))
    assert body is not None
    lines = body.get_content().split()
    assert " ".join(lines) == "Nobody is waiting. No mention today. https://ouidire.example/"


async def test_who_left_or_lost_the_place_is_told_nothing(store: Store, world: World, hand_clock: HandClock) -> None:
    wished(store, world.manager, world.crescent)
    wished(store, world.viewer, world.crescent)
    with store.transaction() as tx:
        team.leave(tx, world.owner, world.manager.id)
        team.change(tx, world.owner, world.viewer.id, world.viewer.role, [world.yorkville.id])
    hand_clock.advance(hours=4)
    bell = Bell()
    await calmer(store, bell).round()
    assert bell.rung == []


def test_nobody_wishes_for_a_place_or_by_a_channel_that_is_not_theirs(store: Store, world: World) -> None:
    other = builders.world(store, "Levain")
    with store.transaction() as tx:
        way = wake.ntfy("https://ntfy.sh", "secret-topic-of-levain", "", is_private=True)
        theirs = wake.add(tx, store, other.owner, way, 2)
        for place, by in ((world.crescent, theirs), (world.yorkville, "email"), (other.crescent, "email")):
            with pytest.raises(NotFound):
                wake.wish_calm(tx, world.manager, place.id, "19:00", by)


async def test_what_waited_after_a_restore_is_no_news_days_later(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    wished(store, world.manager, world.crescent)
    bell = Bell()
    with store.transaction() as tx:
        pauses.begin(tx, NOW, NOW - timedelta(days=1))
    hand_clock.advance(hours=4)
    for _ in range(3):
        assert await calmer(store, bell).round() == 0
        hand_clock.advance(days=1)
    with store.transaction() as tx:
        pauses.send(tx, world.owner)
    await calmer(store, bell).round()
    await calmer(store, bell).round()
    assert len(bell.rung) == 1, "three days ago nobody was waiting"


def test_what_is_dropped_after_a_restore_takes_the_calm_of_that_day_along(store: Store, world: World) -> None:
    wished(store, world.manager, world.crescent)
    with store.transaction() as tx:
        calms.plan(tx, [(calms.every(tx)[0], "2026-10-17")], NOW)
        pauses.begin(tx, NOW, NOW - timedelta(days=1))
        pauses.drop(tx, world.owner, NOW)
        assert not calms.any_due(tx, NOW)


@pytest.mark.parametrize("hours", [-26, -3, 3, 26])
def test_a_clock_that_is_turned_holds_up_no_calm_message(store: Store, world: World, hours: int) -> None:
    wished(store, world.manager, world.crescent)
    after = NOW + timedelta(hours=hours)
    with store.transaction() as tx:
        calms.plan(tx, [(calms.every(tx)[0], "2026-10-17")], min(NOW, after))
        (held,) = calms.claim(tx, NOW, 9)  # its sender dies here, and the clock is turned
        assert [one.id for one in calms.claim(tx, after, 9)] == [held.id]
