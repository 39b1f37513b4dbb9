"""What was nearly about somebody, from the network to the table and away again, in a whole house."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from ouidire.app import App
from ouidire.connectors.http import Http
from ouidire.domain.item import Batch, Gone, Item
from ouidire.domain.mention import Evidence, EvidenceKind, Match
from ouidire.match.ears import LEFT_AT_ONCE
from ouidire.match.matcher import Matcher
from ouidire.match.names import Scanned
from ouidire.queue.base import Parcel
from ouidire.settings import Settings
from ouidire.store import refused, watches
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, World, item

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


@pytest.fixture(autouse=True)
def hesitation(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    """The matcher hesitates over every post with a question mark, and decides against it."""
    decide = Matcher.match_scanned

    def hesitant(self: Matcher, one: Item, scanned: Scanned | None, fell: list[Match] | None = None) -> list[Match]:
        if one.text.endswith("?"):
            if fell is not None:
                evidence = (Evidence(EvidenceKind.COMMON, "Delorière", weight=-2.0),)
                fell.append(Match(world.organisation.id, None, None, evidence, min(0.4, len(one.text) / 100)))
            return []
        return decide(self, one, scanned)

    monkeypatch.setattr(Matcher, "match_scanned", hesitant)


@pytest.fixture
async def opened(store: Store, tmp_path: Path) -> AsyncIterator[Callable[[bool], App]]:
    apps: list[App] = []

    def open_(sample: bool) -> App:
        given = {"home": tmp_path, "listen_bluesky": False, "sample": sample}
        apps.append(App(Settings.model_validate(given), store, Http()))
        return apps[-1]

    yield open_
    for app in apps:
        await app.http.aclose()
        if app.sample is not None:
            app.sample.close()


async def hear(app: App, world: World, *items: Item, gone: tuple[Gone, ...] = (), at_once: bool = False) -> None:
    app._refreshed_at = -1.0
    batch = Batch(items=items, gone=gone, cursor="1", heard=len(items) + len(gone))
    await app.hear(Parcel(world.stream.id, batch), at_once=at_once)


def texts(app: App, world: World) -> list[str]:
    with app.store.reading() as tx:
        return sorted(one.item.text for one in refused.of(tx, world.owner))


Opened = Callable[[bool], App]


async def test_it_is_kept_with_the_next_commit_the_likeliest_of_a_batch(opened: Opened, world: World) -> None:
    app = opened(True)
    await hear(app, world)
    await hear(app, world, item("plus tard ?"))
    assert texts(app, world) == []
    await hear(app, world, item("Delorière, merci"))
    assert texts(app, world) == ["plus tard ?"]
    many = [item(f"{'a' * n} ?") for n in range(LEFT_AT_ONCE + 5)]
    await hear(app, world, *many, at_once=True)
    assert " ?" not in texts(app, world)
    assert many[-1].text in texts(app, world)
    assert len(texts(app, world)) == LEFT_AT_ONCE + 1


async def test_a_strangers_deletion_is_heard_when_it_is_of_what_was_left_aside(opened: Opened, world: World) -> None:
    app, one, two = opened(True), item("un ?", author="a"), item("deux ?", author="b")
    await hear(app, world, one, two, at_once=True)
    await hear(app, world, gone=(Gone(one.connector, one.uri, one.author.uri),))
    assert texts(app, world) == ["deux ?"]
    again = opened(True)  # another process, which was not there when it was left aside
    await hear(again, world, gone=(Gone(two.connector, author_uri=two.author.uri),))
    assert texts(again, world) == []


async def test_what_waits_for_its_commit_is_not_kept_when_it_is_deleted_meanwhile(opened: Opened, world: World) -> None:
    app, one = opened(True), item("un ?")
    await hear(app, world)
    await hear(app, world, one)
    await hear(app, world, gone=(Gone(one.connector, one.uri, one.author.uri),))
    assert texts(app, world) == []


async def test_muted_authors_imports_and_other_organisations_sources_leave_nothing_aside(
    opened: Opened, world: World
) -> None:
    app, troll = opened(True), item("troll ?", author="troll")
    other = builders.world(app.store, "Lune")
    with app.store.transaction() as tx:
        watches.mute(tx, world.owner, f"simulated:{troll.author.uri}", NOW)
    await hear(app, world, troll, item("ancien ?", imported=True), at_once=True)
    await hear(app, other, at_once=True)
    await app.hear(Parcel(other.account.id, Batch(items=(item("chez Lune ?"),), cursor="1")), at_once=True)
    assert texts(app, world) == []


async def test_what_is_followed_is_kept_and_not_left_aside(opened: Opened, world: World) -> None:
    app, post = opened(True), item("Delorière, merci")
    await hear(app, world, post, item("vraiment ?", parent_uri=post.uri), at_once=True)
    assert texts(app, world) == []


async def test_a_house_without_the_local_sample_leaves_nothing_aside(opened: Opened, world: World) -> None:
    await hear(opened(True), world, item("avant ?"), at_once=True)
    app = opened(False)
    await hear(app, world, item("après ?"), at_once=True)
    assert texts(app, world) == ["avant ?"]
    await app.store.run(app.forget_what_is_off)
    assert texts(app, world) == []
