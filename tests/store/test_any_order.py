"""Whatever a network does and however its batches come, what is kept is what stands there."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from ouidire.clock import HandClock
from ouidire.domain.item import Gone, Item, clean
from ouidire.store import schema
from ouidire.store.engine import Store
from tests import builders
from tests.builders import World, found, item, keep_found

AUTHORS = ("nadia", "paul")
URIS = {name: tuple(f"sim://gazouille/{name}/{n}" for n in range(3)) for name in AUTHORS}

texts = st.text(max_size=40).map(clean)
posts = st.sampled_from([(author, uri) for author in AUTHORS for uri in URIS[author]])
events = st.one_of(
    st.tuples(st.just("say"), posts, texts),
    st.tuples(st.just("say"), posts, texts),
    st.tuples(st.just("delete"), posts, st.just("")),
    st.tuples(st.just("leave"), st.sampled_from(AUTHORS), st.just("")),
)
Event = tuple[str, object, str]


class Network:
    """What stands on a network after some events: the truth. Nothing deleted comes back under its old address."""

    def __init__(self) -> None:
        self.standing: dict[str, Item] = {}
        self.ended: set[str] = set()
        self.said: list[Item | Gone] = []

    def happen(self, event: Event) -> None:
        kind, about, text = event
        if kind == "leave":
            assert isinstance(about, str)
            self._end(URIS[about])
            self.ended.update(URIS[about])
            self.said.append(Gone("simulated", author_uri=f"sim://gazouille/@{about}"))
            return
        assert isinstance(about, tuple)
        author, uri = about
        if kind == "delete":
            if uri in self.standing:
                self._end([uri])
                self.said.append(Gone("simulated", uri))
        elif uri not in self.ended:
            one = item(text, author=author, uri=uri, revision=str(len(self.said)))
            self.standing[uri] = one
            self.said.append(one)

    def _end(self, uris: Iterable[str]) -> None:
        for uri in uris:
            if self.standing.pop(uri, None) is not None:
                self.ended.add(uri)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[Network, list[list[Item | Gone]]]:
    """A network's history, cut into batches, some of which come again from an earlier cursor on."""
    network = Network()
    for event in draw(st.lists(events, max_size=14)):
        network.happen(event)
    at, batches = 0, []
    while at < len(network.said):
        size = draw(st.integers(1, 4))
        batches.append(network.said[at : at + size])
        back = draw(st.integers(0, 3)) if draw(st.booleans()) and len(batches) < 30 else 0
        at = max(0, at + size - back)
    return network, batches


def hear(store: Store, world: World, batch: list[Item | Gone]) -> None:
    items = [one for one in batch if isinstance(one, Item)]
    gone = tuple(one for one in batch if isinstance(one, Gone))
    with store.transaction() as tx:
        keep_found(tx, world, *(found(world, one) for one in items), gone=gone)


def stored(store: Store) -> dict[str, tuple[str, str]]:
    with store.reading() as tx:
        rows = tx.execute(
            select(schema.item.c.facts, schema.item.c.text, schema.item.c.revision)
            .join(schema.mention, schema.mention.c.item_id == schema.item.c.id)
            .where(schema.item.c.gone_at.is_(None))
        )
        return {facts["uri"]: (text, revision) for facts, text, revision in rows}


def forget_all(store: Store) -> None:
    tables = (schema.work, schema.mention, schema.item, schema.followed, schema.tombstone, schema.drop)
    with store.transaction() as tx:
        for table in tables:
            tx.execute(delete(table))


def test_any_history_in_any_batches_ends_as_the_network_stands(store: Store, hand_clock: HandClock) -> None:
    world = builders.world(store)

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(deliveries())
    def run(delivered: tuple[Network, list[list[Item | Gone]]]) -> None:
        network, batches = delivered
        forget_all(store)
        for batch in batches:
            hear(store, world, batch)
        assert stored(store) == {uri: (one.text, one.revision) for uri, one in network.standing.items()}

    run()


def test_two_lines_that_hear_the_same_network_end_as_it_stands(store: Store, hand_clock: HandClock) -> None:
    """Each line keeps its order, one is late: nothing deleted comes back by the late one."""
    world = builders.world(store)

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(deliveries(), st.lists(st.booleans(), max_size=60))
    def run(delivered: tuple[Network, list[list[Item | Gone]]], turns: list[bool]) -> None:
        network, batches = delivered
        forget_all(store)
        lines = [list(batches), list(batches)]
        for turn in [*turns, *[True] * 40, *[False] * 40]:
            line = lines[0 if turn else 1]
            if line:
                hear(store, world, line.pop(0))
        assert not any(lines)
        assert set(stored(store)) == set(network.standing)

    run()


def test_clean_texts_come_back_as_they_were(store: Store, hand_clock: HandClock) -> None:
    world = builders.world(store)
    one = item()

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.text(st.characters(), max_size=200).map(clean))
    def run(text: str) -> None:
        forget_all(store)
        hear(store, world, [msgspec.structs.replace(one, text=text)])
        assert [kept for kept, _ in stored(store).values()] == [text]

    run()


def test_cleaning_removes_what_no_store_keeps() -> None:
    assert clean("a\0b\ud800c") == "abc"
    assert len(clean("é" * 100_000)) == 20_000
