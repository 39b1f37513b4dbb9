"""The stage on both engines: what opens an incident, once."""

from __future__ import annotations

import pytest

from ouidire.detect import step as detect
from ouidire.domain.enrichment import Reading
from ouidire.domain.incident import IncidentKind
from ouidire.domain.item import Gone, Item, ItemKind
from ouidire.domain.mention import MentionState
from ouidire.relate import step as relate
from ouidire.store import conversations, incidents, mentions
from ouidire.store.engine import Store
from tests import builders
from tests.builders import CONTENT, NOW, World, found, item, keep_found, reading

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def detected(store: Store, world: World, one: Item, what: Reading | None = None, **other: object) -> list[str]:
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, one, world.crescent, **other)).mention_ids
        builders.read(tx, mention_id, what or reading())
        relate.step(tx, mention_id)
        return list(detect.step(tx, mention_id))


def opened(store: Store, incident_ids: list[str]) -> list[tuple[IncidentKind, int, int]]:
    with store.reading() as tx:
        return [(one.kind, one.gravity, one.mentions) for one in (incidents.get(tx, i) for i in incident_ids)]


def test_a_grave_message_opens_an_incident_and_a_second_look_does_not(store: Store, world: World) -> None:
    ids = detected(store, world, one := item())
    assert opened(store, ids) == [(IncidentKind.GRAVE, 2, 1)]
    with store.transaction() as tx:
        heard = mentions.by_item_key(tx, world.organisation.id, one.key)
        assert heard is not None
        assert list(detect.step(tx, heard.mention.id)) == []


def test_more_of_the_same_grows_it_silently_and_worse_is_told_again(store: Store, world: World) -> None:
    first = item()
    (incident_id,) = detected(store, world, first)
    assert detected(store, world, item("Encore", parent_uri=first.uri)) == []
    assert detected(store, world, item("Il est tombé", parent_uri=first.uri), reading(urgency=3)) == [incident_id]
    assert opened(store, [incident_id]) == [(IncidentKind.GRAVE, 3, 3)]


@pytest.mark.parametrize(
    ("changes", "other"),
    [({"imported": True}, {}), ({}, {"is_own": True}), ({}, {"state": MentionState.MUTED})],
)
def test_what_is_old_ours_or_muted_opens_none(
    store: Store, world: World, changes: dict[str, object], other: dict[str, object]
) -> None:
    assert detected(store, world, item(**changes), **other) == []


def test_the_first_relay_alone_is_an_incident(store: Store, world: World) -> None:
    first = item()
    detected(store, world, first)

    def relay(author: str) -> Item:
        return item("", author=author, kind=ItemKind.REPOST, reposted_uri=first.uri)

    assert detected(store, world, relay("nadia"), reading(**CONTENT)) == [], "one's own repeat is no relay"
    ids = detected(store, world, relay("guide"), reading(**CONTENT))
    assert opened(store, ids) == [(IncidentKind.RELAY, 2, 1)]
    assert detected(store, world, relay("paul"), reading(**CONTENT)) == []


def test_a_relay_of_what_was_deleted_is_no_harm(store: Store, world: World) -> None:
    first = item()
    detected(store, world, first)
    with store.transaction() as tx:
        keep_found(tx, world, gone=(Gone("simulated", first.uri),))
    relay = item("", author="guide", kind=ItemKind.REPOST, reposted_uri=first.uri)
    assert detected(store, world, relay, reading(**CONTENT)) == []


def test_a_mention_that_is_gone_or_unread_opens_none(store: Store, world: World) -> None:
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, item())).mention_ids
        assert list(detect.step(tx, mention_id)) == []
        assert mentions.count_once(tx, mention_id, NOW), "it is counted when it has been read"


def test_a_mention_that_stands_nowhere_is_a_bug_that_says_so(store: Store, world: World) -> None:
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, item())).mention_ids
        builders.read(tx, mention_id, reading())
        assert conversations.standing(tx, mention_id) is None
        with pytest.raises(LookupError, match="before relate"):
            detect.step(tx, mention_id)


def told_of(store: Store, incident_ids: list[str]) -> list[str | None]:
    with store.reading() as tx:
        return [incidents.get(tx, one).mention_id for one in incident_ids]


def test_an_incident_names_the_message_that_made_it_so_grave(store: Store, world: World) -> None:
    first = item()
    ids = detected(store, world, first)
    detected(store, world, item("Encore", parent_uri=first.uri))
    with store.reading() as tx:
        heard = mentions.by_item_key(tx, world.organisation.id, first.key)
        assert heard is not None
    assert told_of(store, ids) == [heard.mention.id]
    worse = item("Il est tombé", parent_uri=first.uri)
    detected(store, world, worse, reading(urgency=3))
    with store.reading() as tx:
        graver = mentions.by_item_key(tx, world.organisation.id, worse.key)
        assert graver is not None
    assert told_of(store, ids) == [graver.mention.id]


def test_of_a_relay_what_it_carries_further_is_told(store: Store, world: World) -> None:
    first = item()
    detected(store, world, first)
    relay = item("", author="guide", kind=ItemKind.REPOST, reposted_uri=first.uri)
    ids = detected(store, world, relay)
    with store.reading() as tx:
        heard = mentions.by_item_key(tx, world.organisation.id, first.key)
        assert heard is not None
    assert told_of(store, ids) == [heard.mention.id]
