"""A day happens on the networks, at its times and as fast as one likes."""

from __future__ import annotations

import asyncio
import re

import pytest

from ouidire import clock
from ouidire.clock import HandClock
from ouidire.connectors.base import SourceContext
from ouidire.connectors.simulated.client import Client
from ouidire.connectors.simulated.reader import SimulatedReader
from ouidire.connectors.simulated.replier import SimulatedReplier
from ouidire.demo import days
from ouidire.demo.days import ActionKind, Day
from ouidire.demo.network import STYLES
from ouidire.demo.rig import Rig
from ouidire.demo.world import Due, Posted, build, open_accounts, play, seeded_id
from ouidire.domain.item import Item
from ouidire.match.checks import check_watch
from ouidire.match.matcher import Matcher


@pytest.fixture(params=days.names())
def day(request: pytest.FixtureRequest) -> Day:
    return days.load(request.param)


def test_seeded_ids_are_uuids_of_version_seven() -> None:
    shape = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    assert re.fullmatch(shape, seeded_id("a", "b"))
    assert seeded_id("a", "b") != seeded_id("ab")


async def test_two_builds_are_the_same_world(rig: Rig, day: Day) -> None:
    assert build(day, rig) == build(day, rig)


async def test_the_values_of_a_world_hang_together(rig: Rig, day: Day) -> None:
    world = build(day, rig)
    places = {place.id for place in world.places}
    everything = [*world.places, *world.watches, *world.members]
    assert {one.organisation_id for one in everything} == {world.organisation.id}
    assert {watch.place_id for watch in world.watches} <= places | {None}
    assert all(set(member.place_ids) <= places for member in world.members)
    assert {source.id for source in world.sources if not source.listens} == set(world.secrets)
    assert len({one.id for one in [*everything, *world.sources]}) == len(everything) + len(world.sources)


async def test_the_watches_are_fit_to_listen_with(rig: Rig, day: Day) -> None:
    assert [problem for watch in build(day, rig).watches for problem in check_watch(watch)] == []


async def test_the_watches_hear_by_name_what_is_about_us_and_nothing_else(rig: Rig, day: Day) -> None:
    world, lines = build(day, rig), {}
    async for step in play(rig, day):
        if isinstance(step, Posted):
            lines.setdefault(step.uri, step.line)
    matcher = Matcher(world.watches, world.places)
    keys = {place.id: facts.key for place, facts in zip(world.places, day.scene.places, strict=True)}
    for item in await everything_on(rig):
        line = lines[item.uri]
        # What has no name in it (an answer, a relay) is known by the thread it stands in, not by the watch.
        if not (line.to or line.after_answer):
            found = [keys.get(match.place_id or "", "brand") for match in matcher.match(item)]
            assert (item.text, found) == (item.text, [line.about] if line.about else [])


async def everything_on(rig: Rig) -> list[Item]:
    items: list[Item] = []
    for style in STYLES:
        client = Client.of(SourceContext("source", rig.settings(style.name), {}, rig.http))
        items += (await anext(SimulatedReader(client, wait_s=0.05).read("0"))).items
    return items


async def test_two_worlds_share_the_sources_that_listen(rig: Rig) -> None:
    boutique, restaurant = (build(days.load(name), rig) for name in days.names())
    listening = [[source for source in world.sources if source.listens] for world in (boutique, restaurant)]
    assert listening[0] == listening[1]


async def test_the_accounts_of_a_world_let_it_answer(rig: Rig, day: Day) -> None:
    world = build(day, rig)
    await open_accounts(world, rig)
    for source in world.sources:
        if not source.listens:
            context = SourceContext(source.id, source.settings, world.secrets[source.id], rig.http)
            assert (await SimulatedReplier(Client.of(context)).check()).startswith("sim://")


async def test_a_day_moves_a_clock_held_by_hand_and_everything_is_written_at_its_time(rig: Rig, day: Day) -> None:
    hand = HandClock(day.moment("00:00"))
    with clock.running(hand):
        happened = [step async for step in play(rig, day, clock=hand)]
    posted = [step for step in happened if isinstance(step, Posted)]
    assert all(step.at == day.moment(step.line.at) for step in posted)
    assert len(posted) == sum(not line.after_answer for line in day.lines)
    assert [step.action for step in happened if isinstance(step, Due)] == list(day.scene.actions)


async def test_the_author_thanks_only_after_we_have_answered_and_under_our_answer(rig: Rig) -> None:
    day = days.load("boutique")
    await open_accounts(build(day, rig), rig)
    hand, thanks = HandClock(day.moment("00:00")), None
    async for step in play(rig, day, clock=hand):
        if isinstance(step, Due) and step.action.kind is ActionKind.REPLY:
            ours = await rig.post("gazouille", author="deloriere_na", text=step.action.text, to=step.uri)
        if isinstance(step, Posted) and step.line.after_answer:
            thanks = (await rig.shown(step.uri)).post
    assert thanks
    assert ours.endswith(thanks.parent)
    assert "c’est réglé" in thanks.text


async def test_the_relay_and_the_edit_reach_the_network(rig: Rig) -> None:
    day = days.load("restaurant")
    uris = {step.line.ref: step.uri async for step in play(rig, day) if isinstance(step, Posted) and step.line.ref}
    shown = await rig.shown(uris["claire"])
    assert [relay.author.handle for relay in shown.relays] == ["bonnetable_defense"]
    assert [post.author.handle for post in shown.thread] == ["claire.nt", "claire.nt"]
    edited = (await rig.shown(uris["sophie"])).post
    assert edited.revision
    assert edited.text.endswith("c’est classe.")


async def test_a_day_at_speed_takes_its_length_divided(rig: Rig) -> None:
    day = days.load("restaurant")
    loop = asyncio.get_running_loop()
    began = loop.time()
    length_s = (day.moment(day.lines[-1].at) - day.moment(day.lines[0].at)).total_seconds()
    assert [step async for step in play(rig, day, speed=length_s)]
    assert loop.time() - began >= 0.99
