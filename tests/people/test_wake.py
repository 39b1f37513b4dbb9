"""What a member types to be woken, and where it is kept: encrypted, theirs alone."""

from __future__ import annotations

import pytest

from ouidire.domain.channel import ChannelKind
from ouidire.errors import BadInput, NotFound
from ouidire.people import wake
from ouidire.store import alerts, channels, schema
from ouidire.store.engine import Store
from tests import builders
from tests.builders import World

pytestmark = pytest.mark.usefixtures("hand_clock")
TOPIC = "ouidire-0123456789abcdef0123"


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def test_an_address_is_a_secret_of_its_member(store: Store, world: World) -> None:
    with store.transaction() as tx:
        way = wake.ntfy("ntfy.sh", TOPIC, "tk_geheim", is_private=True)
        one = wake.add(tx, store, world.manager, way, 2)
        (kept,) = channels.of(tx, world.manager)
        assert (kept.kind, kept.shown, kept.lets_in) == (ChannelKind.NTFY, "ntfy.sh · oui…23", True)
        assert channels.to_send(tx, store, one, world.manager.id) == (
            kept,
            f"ntfys://tk_geheim@ntfy.sh/{TOPIC}?priority=high",
        )
        assert channels.to_send(tx, store, one, world.owner.id) is None
        assert channels.of(tx, world.owner) == []
        with pytest.raises(NotFound):
            channels.forget(tx, world.owner, one)
        stored = "".join(str(tx.execute(table.select()).all()) for table in schema.metadata.sorted_tables)
    for secret in (TOPIC, "tk_geheim"):
        assert secret not in stored


def test_the_same_way_twice_is_one_and_removing_it_removes_its_routes(store: Store, world: World) -> None:
    with store.transaction() as tx:
        way = wake.ntfy("ntfy.sh", TOPIC, "", is_private=True)
        first, again = (wake.add(tx, store, world.manager, way, gravity) for gravity in (2, 3))
        assert first == again
        (route,) = alerts.routes(tx, world.manager)
        assert (route.notifier, route.target, route.min_gravity) == ("apprise", first, 3)
        wake.wish_calm(tx, world.manager, world.crescent.id, "19:00", first)
        channels.forget(tx, world.manager, first)
        assert alerts.routes(tx, world.manager) == []
        assert tx.execute(schema.calm.select()).all() == []


def test_a_group_and_what_others_read_let_nobody_in() -> None:
    assert wake.telegram("123456789:AAHabcdefghijklmnopqrstuvwxyz012345", "987654321").is_private
    assert not wake.telegram("123456789:AAHabcdefghijklmnopqrstuvwxyz012345", "-987654321").is_private


@pytest.mark.parametrize(
    ("server", "topic", "token"),
    [
        ("ftp://x", TOPIC, ""), ("https://", TOPIC, ""), ("https://x:99999", TOPIC, ""), ("https://x/y", TOPIC, ""),
        ("ntfy.sh", "", ""), ("ntfy.sh", "a/b", ""), ("ntfy.sh", "a?x=1", ""), ("ntfy.sh", "é", ""),
        ("ntfy.sh", "a" * 65, ""),
        ("ntfy.sh", TOPIC, "tk@evil.example"),
    ],
)  # fmt: skip
def test_what_cannot_be_an_ntfy_topic_is_refused_with_what_one_looks_like(server: str, topic: str, token: str) -> None:
    with pytest.raises(BadInput):
        wake.ntfy(server, topic, token, is_private=True)


@pytest.mark.parametrize(
    ("token", "chat"), [("", "1"), ("abc:def", "1"), ("1:a/b", "1"), ("1:abc", "moi"), ("1:abc", "")]
)
def test_what_cannot_be_a_telegram_chat_is_refused(token: str, chat: str) -> None:
    with pytest.raises(BadInput):
        wake.telegram(token, chat)


def test_a_topic_is_not_guessed() -> None:
    made = {wake.fresh_topic() for _ in range(50)}
    assert len(made) == 50
    assert all(len(one.removeprefix("ouidire-")) >= 20 for one in made)
