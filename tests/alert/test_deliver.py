"""From an incident to the people, on both engines: planned once, sent under one id, the link opens one conversation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from ouidire.alert import step as alert
from ouidire.alert.deliver import MAX_TRIES, Postman
from ouidire.clock import HandClock
from ouidire.domain.alert import Because, DeliveryState, Judgement
from ouidire.domain.conversation import EdgeKind
from ouidire.domain.item import Gone
from ouidire.errors import NotFound, Permanent, Retry
from ouidire.inbox import act, read
from ouidire.notifiers.base import Lost, Message
from ouidire.people import door, signin, wake
from ouidire.store import alerts, channels, incidents, members, schema, work
from ouidire.store.engine import Store, Tx
from tests import builders
from tests.builders import NOW, Said, World, add_routes, keep_found, route
from tests.notifiers.test_webpush import Device


@dataclass
class Bell:
    """A notifier of the test's own: keeps what it was given, or says what is wrong with it."""

    trouble: list[Exception] = field(default_factory=list)
    rung: list[tuple[Message, str]] = field(default_factory=list)

    async def send(self, message: Message, target: str) -> None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.rung.append((message, target))

    async def aclose(self) -> None: ...


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture
def said(store: Store, world: World, hand_clock: HandClock) -> Said:
    return builders.said(store, world, "Léa m'ignore", world.crescent, staff=["Léa"])


def happened(store: Store, world: World, said: Said, **other: object) -> str:
    with store.transaction() as tx:
        one, _ = incidents.open_or_grow(tx, builders.incident(world, said, world.crescent, **other))
        alert.step(tx, one.id)
    return one.id


def postman(store: Store, **bells: Bell) -> Postman:
    return Postman(store, bells, lambda name: f"{name} is not set up.", lambda: "https://ouidire.example")


async def test_headquarters_and_manager_are_told_together_each_in_their_way(
    store: Store, world: World, said: Said
) -> None:
    add_routes(store, route(world.headquarters, "email"), route(world.manager, "browser"), route(world.other_manager))
    happened(store, world, said)
    email, browser = Bell(), Bell()
    assert await postman(store, email=email, browser=browser).round() == 2
    ((to_hq, address),) = email.rung
    ((to_manager, page),) = browser.rung
    assert (address, page) == (world.headquarters.email, world.manager.id)
    assert "Léa" in to_manager.body
    assert "Léa" not in to_hq.body
    assert to_hq.id != to_manager.id


async def test_planning_again_tells_the_next_version_and_only_when_it_grew(
    store: Store, world: World, said: Said
) -> None:
    add_routes(store, route(world.manager))
    incident_id = happened(store, world, said)
    happened(store, world, said, gravity=3)
    with store.reading() as tx:
        told = read.told(tx, world.manager)
    assert sorted(one.because for one in told) == [Because.FIRST, Because.GREW]
    assert {one.gravity for one in told} == {3}
    assert incident_id


def test_the_manager_hears_of_it_when_its_place_becomes_known_and_nobody_twice(
    store: Store, world: World, hand_clock: HandClock
) -> None:
    add_routes(store, route(world.headquarters), route(world.manager), route(world.other_manager))
    said = builders.said(store, world, "Trente minutes !")
    with store.transaction() as tx:
        one, _ = incidents.open_or_grow(tx, builders.incident(world, said))
        alert.step(tx, one.id)
        assert who_heard(tx, world) == [world.headquarters.id]
        act.set_place(tx, world.headquarters, said.conversation_id, world.crescent.id)
        (asked,) = work.claim(tx, incidents.TELLS, "test", NOW, 9)
        alert.step(tx, asked.subject_id)
        alert.step(tx, asked.subject_id)
        assert who_heard(tx, world) == sorted([world.headquarters.id, world.manager.id])


def who_heard(tx: Tx, world: World) -> list[str]:
    return sorted(row["member_id"] for row in alerts.told(tx, world.owner))


async def test_a_failed_sending_is_tried_again_under_the_same_id(
    store: Store, world: World, said: Said, hand_clock: HandClock
) -> None:
    add_routes(store, route(world.manager))
    happened(store, world, said)
    bell = Bell([Retry("busy", 30), Retry("busy")])
    sender = postman(store, browser=bell)
    await sender.round()
    assert await sender.round() == 0
    hand_clock.advance(seconds=30)
    await sender.round()
    hand_clock.advance(seconds=2)
    await sender.round()
    ((message, _),) = bell.rung
    with store.reading() as tx:
        (line,) = read.told(tx, world.manager)
    assert (line.delivery_id, line.state, line.error) == (message.id, DeliveryState.SENT, "")


async def test_a_sending_that_never_works_ends_and_says_why(
    store: Store, world: World, said: Said, hand_clock: HandClock
) -> None:
    add_routes(store, route(world.manager))
    happened(store, world, said)
    sender = postman(store, browser=Bell([Retry("busy") for _ in range(MAX_TRIES)]))
    for _ in range(MAX_TRIES + 2):
        await sender.round()
        hand_clock.advance(hours=1)
    with store.reading() as tx:
        (line,) = read.told(tx, world.manager)
    assert (line.state, line.error) == (DeliveryState.FAILED, "busy")


async def test_a_bug_in_one_notifier_stops_no_other_and_is_tried_again(
    store: Store, world: World, said: Said, hand_clock: HandClock
) -> None:
    add_routes(store, route(world.headquarters, "email"), route(world.manager, "browser"))
    happened(store, world, said)
    broken, browser = Bell([ZeroDivisionError("ours")]), Bell()
    sender = postman(store, email=broken, browser=browser)
    await sender.round()
    assert len(browser.rung) == 1
    assert broken.rung == []
    hand_clock.advance(hours=1)
    await sender.round()
    assert len(broken.rung) == 1


async def test_a_missing_or_refusing_notifier_is_shown_at_once(store: Store, world: World, said: Said) -> None:
    add_routes(store, route(world.manager, "email"), route(world.manager, "browser"))
    happened(store, world, said)
    await postman(store, browser=Bell([Permanent("unknown device")])).round()
    with store.reading() as tx:
        lines = {line.notifier: (line.state, line.error) for line in read.told(tx, world.manager)}
    assert lines["email"] == (DeliveryState.HELD, "email is not set up.")
    assert lines["browser"] == (DeliveryState.FAILED, "unknown device")


async def test_who_left_since_is_not_told(store: Store, world: World, said: Said) -> None:
    add_routes(store, route(world.manager))
    happened(store, world, said)
    with store.transaction() as tx:
        members.leave(tx, world.owner, world.manager.id, NOW)
    bell = Bell()
    await postman(store, browser=bell).round()
    assert bell.rung == []


async def test_what_was_deleted_before_it_is_told_is_not_repeated(store: Store, world: World, said: Said) -> None:
    add_routes(store, route(world.manager))
    happened(store, world, said)
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", said.item.uri),))
    bell = Bell()
    await postman(store, browser=bell).round()
    assert "Son auteur a supprimé le message." in bell.rung[0][0].body


async def test_the_link_opens_the_conversation_once_for_who_got_it(
    store: Store, world: World, said: Said, hand_clock: HandClock
) -> None:
    add_routes(store, route(world.manager))
    happened(store, world, said)
    bell = Bell()
    await postman(store, browser=bell).round()
    secret = bell.rung[0][0].link.removeprefix("https://ouidire.example/a/")
    with store.transaction() as tx:
        for _ in range(2):
            assert door.look(tx, secret) == door.Door(world.manager.id, said.conversation_id, True)
        entered = door.enter(tx, secret)
        assert entered is not None
        assert (entered[0].id, entered[1]) == (world.manager.id, said.conversation_id)
        assert door.enter(tx, secret) is None
        assert door.look(tx, secret) == door.Door(world.manager.id, said.conversation_id, False)
        assert door.look(tx, "invented") is None


async def test_what_goes_to_a_program_names_nobody_and_lets_nobody_in(store: Store, world: World, said: Said) -> None:
    target = "https://hooks.example/of-headquarters"
    add_routes(store, replace(route(world.manager, "webhook"), target=target))
    happened(store, world, said)
    hook = Bell()
    await postman(store, webhook=hook).round()
    ((message, sent_to),) = hook.rung
    assert sent_to == target
    assert "Léa" not in message.body
    assert message.link == f"https://ouidire.example/c/{said.conversation_id}"
    with store.reading() as tx:
        assert not tx.execute(schema.token.select()).all()


async def test_a_members_own_channel_names_nobody_and_lets_in_only_where_nobody_else_reads(
    store: Store, world: World, said: Said
) -> None:
    with store.transaction() as tx:
        for topic, is_private in (("mine-alone", True), ("of-the-team", False)):
            wake.add(tx, store, world.manager, wake.ntfy("ntfy.sh", topic, "", is_private=is_private), 1)
    happened(store, world, said)
    bell = Bell()
    await postman(store, apprise=bell).round()
    told = {target.partition("?")[0].rpartition("/")[2]: message for message, target in bell.rung}
    assert told["mine-alone"].link.startswith("https://ouidire.example/a/")
    assert told["of-the-team"].link == f"https://ouidire.example/c/{said.conversation_id}"
    assert [one for one in told.values() if "Léa" in one.body] == []
    assert (told["of-the-team"].brief, told["of-the-team"].waiting) == (
        "Delorière rue Crescent : écrit sur Gazouille à 15\u00a0h\u00a025.",
        1,
    )
    with store.reading() as tx:
        assert {line.notifier for line in read.told(tx, world.owner)} == {"apprise"}


async def test_a_browser_is_woken_as_long_as_it_is_signed_in_and_one_that_is_gone_is_forgotten_and_said(
    store: Store, world: World, said: Said, hand_clock: HandClock
) -> None:
    with store.transaction() as tx:
        sessions = [signin.open_session(tx, world.manager) for _ in range(2)]
        for n, session in enumerate(sessions):
            browser = Device().subscription(f"https://push.example/{n}")
            wake.add(tx, store, world.manager, wake.push(browser, f"Phone {n}", session), 1)
        signin.sign_out(tx, sessions[0])
    happened(store, world, said)
    bell = Bell([Lost("This browser can no longer be woken.")])
    await postman(store, webpush=bell).round()
    assert bell.rung == []
    with store.reading() as tx:
        lines = sorted((line.state, line.error) for line in read.told(tx, world.manager))
        kept = {one.shown: one.trouble for one in channels.of(tx, world.manager)}
        assert [one.target for one in alerts.routes(tx, world.manager)] == [
            one.id for one in channels.of(tx, world.manager) if one.shown == "Phone 0"
        ]
    assert lines == [
        (DeliveryState.FAILED, "This browser can no longer be woken."),
        (DeliveryState.HELD, "This way was removed, or the device is signed out."),
    ]
    assert kept == {"Phone 0": "", "Phone 1": "This browser can no longer be woken."}


async def test_who_lost_the_place_since_it_was_planned_is_not_told(store: Store, world: World, said: Said) -> None:
    add_routes(store, route(world.manager))
    happened(store, world, said)
    with store.transaction() as tx:
        members.change(tx, world.owner, world.manager.id, world.manager.role, [world.yorkville.id])
    bell = Bell()
    await postman(store, browser=bell).round()
    assert bell.rung == []
    with store.reading() as tx:
        (line,) = read.told(tx, world.owner)
    assert (line.state, line.because) == (DeliveryState.HELD, Because.NO_ROUTE)


async def test_an_old_link_opens_nothing(store: Store, world: World, said: Said, hand_clock: HandClock) -> None:
    add_routes(store, route(world.manager))
    happened(store, world, said)
    bell = Bell()
    await postman(store, browser=bell).round()
    secret = bell.rung[0][0].link.rsplit("/", 1)[1]
    hand_clock.advance(days=2)
    with store.transaction() as tx:
        assert door.enter(tx, secret) is None


def test_a_silence_is_for_its_place_and_its_time(store: Store, world: World, hand_clock: HandClock) -> None:
    with store.transaction() as tx:
        for place, because in ((world.crescent.id, "Travaux"), (world.yorkville.id, "Grève")):
            tx.execute(
                schema.silence.insert().values(
                    id=because, organisation_id=world.organisation.id, place_id=place, because=because,
                    until=NOW + timedelta(hours=1),
                )
            )  # fmt: skip
        assert alerts.silenced(tx, world.organisation.id, world.crescent.id, NOW) == "Travaux"
        assert alerts.silenced(tx, world.organisation.id, None, NOW) == ""
        assert alerts.silenced(tx, world.organisation.id, world.crescent.id, NOW + timedelta(hours=1)) == ""
        assert alerts.silenced(tx, "another", world.crescent.id, NOW) == ""


def test_a_member_judges_their_own_alert(store: Store, world: World, said: Said) -> None:
    add_routes(store, route(world.manager), route(world.headquarters))
    happened(store, world, said)
    with store.transaction() as tx:
        mine = next(line for line in read.told(tx, world.manager) if line.is_mine)
        alerts.judge(tx, world.manager, mine.delivery_id, Judgement.USEFUL)
        assert {line.judgement for line in read.told(tx, world.manager)} == {Judgement.USEFUL, None}
        with pytest.raises(NotFound):
            alerts.judge(tx, world.headquarters, mine.delivery_id, Judgement.TOO_MUCH)


def test_members_see_the_routes_they_may(store: Store, world: World) -> None:
    add_routes(store, route(world.manager), route(world.headquarters))
    with store.transaction() as tx:
        (mine,) = alerts.routes(tx, world.manager)
        both = alerts.routes(tx, world.owner)
        assert len(both) == 2
        theirs = next(one for one in both if one.id != mine.id)
        with pytest.raises(NotFound):
            alerts.remove_route(tx, world.manager, theirs.id)
        alerts.remove_route(tx, world.owner, mine.id)
        assert alerts.routes(tx, world.manager) == []


async def test_an_alert_quotes_the_message_that_it_is_about(store: Store, world: World, said: Said) -> None:
    """Of a second message in a conversation, not the first; of an incident that does not say which, the first."""
    add_routes(store, route(world.manager, "email"))
    second = builders.joined(store, world, said, builders.item("Il est tombé !", author="nadia"), EdgeKind.REPLY)
    happened(store, world, said)
    happened(store, world, said, gravity=3, mention_id=second)
    email = Bell()
    await postman(store, email=email).round()
    assert sorted("tombé" in one.body for one, _ in email.rung) == [True, True]


async def test_an_old_incident_quotes_the_first_message(store: Store, world: World, said: Said) -> None:
    add_routes(store, route(world.manager, "email"))
    happened(store, world, said, mention_id=None)
    email = Bell()
    await postman(store, email=email).round()
    ((message, _),) = email.rung
    assert "Léa m'ignore" in message.body


async def test_what_is_said_not_to_be_about_us_before_it_is_sent_is_not_sent(
    store: Store, world: World, said: Said
) -> None:
    """In quiet hours a night lies between the plan and the sending."""
    add_routes(store, route(world.manager, "email"))
    happened(store, world, said, mention_id=said.mention_id)
    with store.transaction() as tx:
        act.not_about_us(tx, world.manager, said.mention_id)
    email = Bell()
    await postman(store, email=email).round()
    assert email.rung == []
    with store.reading() as tx:
        (row,) = alerts.told(tx, world.manager)
        assert (row["state"], row["because"]) == (DeliveryState.HELD, Because.NOT_OURS)
