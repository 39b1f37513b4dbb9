"""Programs, their keys, and lists a stretch at a time: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from ouidire.domain.ids import digest
from ouidire.domain.program import Program, Scope
from ouidire.errors import BadInput, NotAllowed
from ouidire.people import pairing, signin, team
from ouidire.people import programs as letting_in
from ouidire.store import mentions, pauses, phones, programs, request_keys, retain
from ouidire.store.engine import Store
from ouidire.store.mentions import Sought
from ouidire.store.stretch import Stretch
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def let_in(store: Store, world: World, days: int = 90) -> tuple[Program, str]:
    with store.transaction() as tx:
        return letting_in.let_in(tx, world.manager, "  the   till ", [Scope.CONVERSATIONS_READ], days)


def test_of_a_token_only_its_digest_and_its_beginning_are_kept(store: Store, world: World) -> None:
    one, token = let_in(store, world)
    with store.reading() as tx:
        rows = str(tx.execute(programs.program.select()).mappings().all())
        assert letting_in.asking(tx, token) == (one, world.manager)
        assert letting_in.asking(tx, token[:-1] + "_") is None
    assert token not in rows
    assert digest(token) in rows
    assert (one.name, one.hint) == ("the till", token[:9])


def test_what_cannot_be_let_in_is_refused(store: Store, world: World) -> None:
    wrong: list[tuple[str, list[Scope], int]] = [
        ("", [Scope.ALERTS_READ], 90),
        ("x", [], 90),
        ("x", [Scope.ALERTS_READ], 7),
    ]
    for name, scopes, days in wrong:
        with pytest.raises(BadInput), store.transaction() as tx:
            letting_in.let_in(tx, world.owner, name, scopes, days)
    with pytest.raises(NotAllowed), store.transaction() as tx:
        letting_in.let_in(tx, world.manager, "x", [Scope.LISTENING_WRITE], 90)
    for _ in range(letting_in.MOST):
        let_in(store, world)
    with pytest.raises(BadInput, match="50 programs"):
        let_in(store, world)


def test_programs_end_with_their_member_and_are_forgotten_after_their_time(store: Store, world: World) -> None:
    one, _ = let_in(store, world, days=30)
    with store.transaction() as tx:
        assert request_keys.claim(tx, one.id, "k", "a", NOW) is None
        retain.purge(tx, NOW + timedelta(days=59))
        assert len(programs.of(tx, world.owner)) == 1
        assert request_keys.look(tx, one.id, "k", NOW) is None
        retain.purge(tx, NOW + timedelta(days=60))
        assert programs.of(tx, world.owner) == []
    let_in(store, world)
    with store.transaction() as tx:
        team.leave(tx, world.owner, world.manager.id)
        assert programs.of(tx, world.owner) == []


def test_after_a_restore_no_program_and_no_phone_is_in(store: Store, world: World) -> None:
    """One that was ended after the backup would be back."""
    one, token = let_in(store, world)
    with store.transaction() as tx:
        assert request_keys.claim(tx, one.id, "k", "a", NOW) is None
        session = pairing.pair(tx, pairing.offer(tx, world.manager), "iPhone")
        waits = pairing.offer(tx, world.manager)
        assert session is not None
        pauses.begin(tx, NOW, NOW - timedelta(days=1))
        assert letting_in.asking(tx, token) is None
        assert signin.member_of_session(tx, session) is None
        assert pairing.look(tx, waits) is None
        assert phones.of_session(tx, session) is not None, "it is told why it does not come in"


def test_a_key_is_taken_once_whoever_asks_at_the_same_moment(store: Store, world: World) -> None:
    one, _ = let_in(store, world)
    gate = Barrier(4)

    def ask(number: int) -> str:
        gate.wait(10)
        with store.transaction() as tx:
            earlier = request_keys.claim(tx, one.id, "k", "asked", NOW)
            if earlier is not None:
                return earlier.body
            request_keys.answer(tx, one.id, "k", 201, f"answer {number}")
            return f"answer {number}"

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(ask, range(4)))) == 1


def test_mentions_are_found_by_what_was_read_in_them(store: Store, world: World) -> None:
    english = builders.reading("Lovely, merci", **builders.CONTENT, language="en")  # type: ignore[arg-type]
    happy = builders.said(store, world, "Lovely, merci", world.yorkville, reading=english)
    grave = builders.said(store, world, "Trente minutes", world.crescent)
    with store.reading() as tx:

        def found(**wish: object) -> list[str]:
            return [one.mention.id for one in mentions.listed(tx, world.owner, Sought(**wish), Stretch(9))]  # type: ignore[arg-type]

        assert found() == [grave.mention_id, happy.mention_id]
        assert found(language="en") == found(sentiment="positive") == found(query="lovely") == [happy.mention_id]
        assert found(urgency=2) == found(place_id=world.crescent.id) == found(act="complaint") == [grave.mention_id]
        assert found(since=NOW, until=NOW + timedelta(1), network="gazouille", is_own=False) == found()
        first = mentions.listed(tx, world.owner, Sought(), Stretch(1))
        assert [one.mention.id for one in first] == [grave.mention_id, happy.mention_id]  # one more: there is more
        second = mentions.listed(tx, world.owner, Sought(), Stretch(1, after=grave.mention_id))
        assert [one.mention.id for one in second] == [happy.mention_id]
