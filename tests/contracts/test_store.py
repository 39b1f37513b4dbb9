"""What every store promises, whatever the engine: the same suite on SQLite and PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, func, select, text

from ouidire.clock import HandClock
from ouidire.domain.alert import Because, Delivery, DeliveryState
from ouidire.domain.ids import new_id
from ouidire.domain.reply import ReplyState
from ouidire.errors import BadInput, Corrupt
from ouidire.store import alerts, followed, incidents, migrate, replies, schema, states, work
from ouidire.store.engine import Store, Tx
from ouidire.store.followed import FollowedKey
from ouidire.store.secrets import SecretBox
from tests import builders
from tests.builders import NOW, World

T = TypeVar("T")

LATER = NOW + timedelta(seconds=61)
"""After every lease that began at NOW."""


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def at_once(tasks: Iterable[Callable[[], T]]) -> list[T]:
    """All tasks, each on a thread of its own, begun together."""
    ready = list(tasks)
    gate = threading.Barrier(len(ready))

    def run(task: Callable[[], T]) -> T:
        gate.wait(10)
        return task()

    with ThreadPoolExecutor(len(ready)) as pool:
        return [done.result(30) for done in [pool.submit(run, task) for task in ready]]


# --- opening -----------------------------------------------------------------------------------------------------


def _ours(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    """Search is made by hand on each engine, in the migration alone."""
    return not (name or "").startswith(("search_index", "ix_search_text_clear", "ix_search_text_masked"))


def test_migrations_make_exactly_the_tables_of_the_schema(store: Store) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _ours, "compare_type": True})
        assert compare_metadata(context, schema.metadata) == []


def test_a_store_can_be_opened_again_and_by_a_second_process(store: Store) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    with store.transaction() as tx:
        states.put(tx, "greeting", "bonjour")
    again = Store.open(url, store.box)
    with again.reading() as tx:
        assert states.get(tx, "greeting") == "bonjour"
    again.close()


def test_a_store_of_a_newer_release_is_refused(store: Store) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    with store.transaction() as tx:
        ours = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        with pytest.raises(Corrupt, match="newer release"):
            Store.open(url, store.box)
    finally:
        with store.transaction() as tx:
            tx.execute(text("UPDATE alembic_version SET version_num = :ours"), {"ours": ours})


def test_a_populated_store_of_the_first_form_tells_nothing_twice(tmp_path: Path) -> None:
    url, box = f"sqlite:///{tmp_path / 'ouidire.db'}", SecretBox.at(tmp_path / "key")
    form = migrate.config()
    with create_engine(url).begin() as tx:
        form.attributes["connection"] = tx
        command.upgrade(form, "0001")
        for row in (
            "organisation (id, name, language, created_at) VALUES ('o', 'Lune', 'fr', '2026-10-17')",
            "conversation (id, organisation_id, author_key, state, gravity, opened_at, updated_at, because)"
            " VALUES ('c', 'o', 'k', 'waiting', 2, '2026-10-17', '2026-10-17', '')",
            "incident (id, organisation_id, conversation_id, kind, scope, gravity, because, opened_at, mentions)"
            " VALUES ('i', 'o', 'c', 'grave', 'c', 2, '', '2026-10-17', 1)",
            "alert (id, organisation_id, incident_id, version, updated_at) VALUES ('a', 'o', 'i', 1, '2026-10-17')",
        ):
            tx.execute(text(f"INSERT INTO {row}"))
    store = Store.open(url, box)
    with store.reading() as tx:
        assert tx.execute(select(schema.alert.c.gravity)).scalars().all() == [2]
    store.close()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ouidire.db",
        "mysql://root@localhost/ouidire",
        "sqlite:/",
        "sqlite://",
        "sqlite:///",
        "sqlite:////dev/null/ouidire.db",
        "postgresql://postgres@127.0.0.1:1/ouidire",
        "postgresql://postgres@127.0.0.1:port/ouidire",
        "postgresql://",
    ],
)
def test_an_address_that_cannot_be_used_is_bad_input(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    with pytest.raises(BadInput):
        Store.open(url, SecretBox.at(tmp_path / "key"))


def test_a_password_in_the_address_is_not_repeated_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        Store.open("postgresql://ouidire:tres-secret@127.0.0.1:1/ouidire", SecretBox.at(tmp_path / "key"))
    assert "tres-secret" not in str(caught.value)


def test_a_file_that_is_no_store_is_called_damaged(tmp_path: Path) -> None:
    path = tmp_path / "ouidire.db"
    path.write_bytes(b"Ceci n'est pas une base de donnees. " * 200)
    with pytest.raises(Corrupt, match="damaged"):
        Store.open(f"sqlite:///{path}", SecretBox.at(tmp_path / "key"))


# --- transactions ------------------------------------------------------------------------------------------------


def test_what_is_rolled_back_was_never_there(store: Store) -> None:
    def fail(tx: Tx) -> None:
        states.put(tx, "greeting", "bonjour")
        raise LookupError

    with pytest.raises(LookupError), store.transaction() as tx:
        fail(tx)
    with store.reading() as tx:
        assert states.get(tx, "greeting") == ""


async def test_functions_run_on_a_thread_in_a_transaction_of_their_own(store: Store) -> None:
    await store.run(states.put, "greeting", "bonjour")
    assert await store.read(states.get, "greeting") == "bonjour"


def test_many_writers_at_once_lose_no_step(store: Store) -> None:
    def count() -> None:
        for _ in range(10):
            with store.transaction() as tx:
                states.grow(tx, "counter")

    at_once([count] * 6)
    with store.reading() as tx:
        assert states.get(tx, "counter") == "60"


def test_a_reader_does_not_wait_for_a_writer(store: Store) -> None:
    with store.transaction() as writing:
        states.put(writing, "greeting", "bonjour")
        with store.reading() as tx:
            assert states.get(tx, "greeting") == ""


def test_a_reading_that_read_nothing_leaves_the_next_writer_alone(sqlite_store: Store) -> None:
    """A writer on SQLite must begin as one, or it fails half-way when another has written meanwhile."""
    with sqlite_store.reading():
        pass
    other = sqlite3.connect(str(sqlite_store.engine.url.database), timeout=0.01)
    with sqlite_store.transaction() as tx:
        states.get(tx, "counter")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
    other.close()


def test_moments_come_back_aware_and_without_a_zone_are_refused(store: Store, world: World) -> None:
    with store.reading() as tx:
        stored = tx.execute(select(schema.organisation.c.created_at)).scalar_one()
    assert stored == NOW
    assert stored.utcoffset() == timedelta(0)
    with pytest.raises(Exception, match="without a zone"), store.transaction() as tx:
        tx.execute(schema.tombstone.insert().values(digest="x", gone_at=NOW.replace(tzinfo=None)))


# --- work rows ---------------------------------------------------------------------------------------------------


def ask(store: Store, world: World, *subjects: str) -> None:
    with store.transaction() as tx:
        work.add(tx, "enrich", [(one, world.organisation.id) for one in subjects], NOW)


def test_two_workers_never_hold_the_same_row(store: Store, world: World) -> None:
    ask(store, world, *(f"m{n}" for n in range(60)))

    def worker(name: str) -> list[str]:
        mine: list[str] = []
        while True:
            with store.transaction() as tx:
                claimed = work.claim(tx, "enrich", name, NOW, 7)
            if not claimed:
                return mine
            assert len(claimed) <= 7
            mine += [one.subject_id for one in claimed]

    taken = at_once([lambda n=n: worker(f"w{n}") for n in range(4)])  # type: ignore[misc]
    assert sorted(one for mine in taken for one in mine) == sorted(f"m{n}" for n in range(60))


def test_rows_are_claimed_oldest_first_and_by_stage(store: Store, world: World) -> None:
    ask(store, world, "m1", "m2", "m3")
    with store.transaction() as tx:
        assert work.claim(tx, "relate", "a", NOW, 10) == []
        assert [one.subject_id for one in work.claim(tx, "enrich", "a", NOW, 2)] == ["m1", "m2"]


def test_a_lease_that_ends_gives_the_row_back_and_the_first_worker_lost_it(store: Store, world: World) -> None:
    ask(store, world, "m1")
    with store.transaction() as tx:
        (first,) = work.claim(tx, "enrich", "a", NOW, 10)
        assert work.claim(tx, "enrich", "b", NOW + timedelta(seconds=59), 10) == []
        (second,) = work.claim(tx, "enrich", "b", LATER, 10)
    with store.transaction() as tx:
        assert work.done(tx, first, "a") is False
        assert work.done(tx, second, "b") is True
        assert work.waiting(tx) == {}


def test_a_row_asked_for_anew_while_it_is_held_is_done_again(store: Store, world: World) -> None:
    ask(store, world, "m1")
    with store.transaction() as tx:
        (held,) = work.claim(tx, "enrich", "a", NOW, 10)
    ask(store, world, "m1")
    with store.transaction() as tx:
        assert work.done(tx, held, "a") is False
        assert [one.subject_id for one in work.claim(tx, "enrich", "a", NOW, 10)] == ["m1"]


def test_a_late_worker_does_not_end_a_row_that_took_its_number(store: Store, world: World) -> None:
    ask(store, world, "m1")
    with store.transaction() as tx:
        (held,) = work.claim(tx, "enrich", "a", NOW, 10)
        work.claim(tx, "enrich", "b", LATER, 10)
        work.done(tx, held, "b")
    ask(store, world, "m2")
    with store.transaction() as tx:
        work.claim(tx, "enrich", "a", LATER, 10)
        work.done(tx, held, "a")
        assert work.waiting(tx) == {("enrich", "due"): 1}


def test_what_failed_five_times_is_set_aside_until_it_is_asked_for_again(store: Store, world: World) -> None:
    ask(store, world, "m1")
    at = NOW
    for _ in range(5):
        with store.transaction() as tx:
            (one,) = work.claim(tx, "enrich", "a", at, 10)
            work.failed(tx, one, "KeyError: 'x'", at, None)
            assert work.claim(tx, "enrich", "a", at, 10) == []
        at += timedelta(minutes=5)
    with store.transaction() as tx:
        assert work.waiting(tx) == {("enrich", "failed"): 1}
        assert work.stages_due(tx, at) == set()
    ask(store, world, "m1")
    with store.transaction() as tx:
        assert work.stages_due(tx, at) == {"enrich"}
        (again,) = work.claim(tx, "enrich", "a", at, 10)
    assert again.tries == 0


def test_a_failure_waits_as_long_as_it_was_told(store: Store, world: World) -> None:
    ask(store, world, "m1")
    with store.transaction() as tx:
        (one,) = work.claim(tx, "enrich", "a", NOW, 10)
        work.failed(tx, one, "later", NOW, 30.0)
        assert work.claim(tx, "enrich", "a", NOW + timedelta(seconds=29), 10) == []
        assert len(work.claim(tx, "enrich", "a", NOW + timedelta(seconds=30), 10)) == 1


def test_asking_twice_is_once(store: Store, world: World) -> None:
    ask(store, world, "m1", "m1", "m2")
    ask(store, world, "m2")
    with store.transaction() as tx:
        assert work.waiting(tx) == {("enrich", "due"): 2}


# --- replies -----------------------------------------------------------------------------------------------------


def test_a_reply_is_claimed_once_whoever_asks_at_the_same_moment(store: Store, world: World) -> None:
    said = builders.said(store, world)
    made = {builders.reply(store, world, said, f"Bonjour {n}").id for n in range(12)}

    def speaker() -> list[str]:
        with store.transaction() as tx:
            return [one.id for one, _ in replies.claim(tx, NOW, 5)]

    taken = [one for mine in at_once([speaker] * 6) for one in mine]
    assert len(taken) == len(set(taken))
    with store.transaction() as tx:
        taken += [one.id for one, _ in replies.claim(tx, NOW, 50)]
    assert set(taken) == made
    assert len(taken) == 12


def test_a_reply_whose_sender_died_is_asked_about_and_never_claimed_again(store: Store, world: World) -> None:
    made = builders.reply(store, world, builders.said(store, world))
    with store.transaction() as tx:
        ((claimed, sealed),) = replies.claim(tx, NOW, 5)
        assert (claimed.state, sealed["text"]) == (ReplyState.SENDING, made.text)
        assert replies.to_ask_about(tx, NOW + timedelta(seconds=59), 5) == []
        assert not replies.any_due(tx, NOW)
        assert replies.any_due(tx, LATER)
        assert replies.claim(tx, LATER, 5) == []
        ((asked, _),) = replies.to_ask_about(tx, LATER, 5)
        assert (asked.id, asked.state) == (made.id, ReplyState.UNCLEAR)
        assert replies.to_ask_about(tx, LATER, 5) == []  # held by who asks now


def test_a_reply_that_was_put_back_is_due_again_at_its_time(store: Store, world: World) -> None:
    made = builders.reply(store, world, builders.said(store, world))
    with store.transaction() as tx:
        replies.claim(tx, NOW, 5)
        replies.put_back(tx, made.id, "429", NOW + timedelta(seconds=20))
        assert replies.claim(tx, NOW + timedelta(seconds=19), 5) == []
        ((again, _),) = replies.claim(tx, NOW + timedelta(seconds=20), 5)
        assert replies.tries(tx, made.id) == 1
        replies.sent(tx, again.id, "sim://gazouille/us/1", "https://x/1", LATER)
        assert replies.get(tx, made.id).state is ReplyState.SENT
        assert replies.get(tx, made.id).because == ""
        assert not replies.any_due(tx, LATER + timedelta(days=1))


def test_an_unclear_reply_is_asked_about_at_its_time(store: Store, world: World) -> None:
    made = builders.reply(store, world, builders.said(store, world))
    with store.transaction() as tx:
        replies.claim(tx, NOW, 5)
        replies.unclear(tx, made.id, "cut line", NOW + timedelta(seconds=5))
        assert replies.to_ask_about(tx, NOW + timedelta(seconds=4), 5) == []
        assert len(replies.to_ask_about(tx, NOW + timedelta(seconds=5), 5)) == 1


# --- deliveries --------------------------------------------------------------------------------------------------


def planned(store: Store, world: World, **other: object) -> Delivery:
    said = builders.said(store, world)
    with store.transaction() as tx:
        one, _ = incidents.open_or_grow(tx, builders.incident(world, said))
        alert = alerts.alert_for(tx, world.organisation.id, one.id, NOW)
        made = Delivery(
            new_id(), world.organisation.id, alert.id, alert.version, world.manager.id, None, "browser", "",
            DeliveryState.DUE, Because.FIRST, NOW,
        )  # fmt: skip
        made = replace(made, **other)  # type: ignore[arg-type]
        alerts.plan(tx, [made], NOW)
    return made


def test_planning_the_same_telling_twice_tells_it_once(store: Store, world: World) -> None:
    made = planned(store, world)
    with store.transaction() as tx:
        alerts.plan(tx, [replace(made, id=new_id(), state=DeliveryState.HELD)], NOW)
        assert [one.id for one in alerts.claim(tx, NOW, 10)] == [made.id]
        assert alerts.was_planned(tx, alerts.get_alert(tx, made.alert_id))


def test_an_incident_has_one_living_alert_that_grows(store: Store, world: World) -> None:
    made = planned(store, world)
    with store.transaction() as tx:
        one = alerts.get_alert(tx, made.alert_id)
        same = alerts.alert_for(tx, world.organisation.id, one.incident_id, LATER)
        assert same == one
        assert alerts.grow(tx, one, 3, LATER) == replace(one, version=2, gravity=3, updated_at=LATER)
        assert not alerts.was_planned(tx, alerts.get_alert(tx, made.alert_id))


def test_a_delivery_is_claimed_with_a_lease_and_comes_back_under_the_same_id(store: Store, world: World) -> None:
    made = planned(store, world)

    def postman() -> list[str]:
        with store.transaction() as tx:
            return [one.id for one in alerts.claim(tx, NOW, 10)]

    assert [one for mine in at_once([postman] * 4) for one in mine] == [made.id]
    with store.transaction() as tx:
        assert not alerts.any_due(tx, NOW + timedelta(seconds=59))
        assert [one.id for one in alerts.claim(tx, LATER, 10)] == [made.id]
        alerts.sent(tx, made.id, LATER)
        assert alerts.claim(tx, LATER + timedelta(hours=1), 10) == []


def test_a_delivery_that_failed_is_due_again_or_failed_for_good(store: Store, world: World) -> None:
    made = planned(store, world)
    with store.transaction() as tx:
        alerts.claim(tx, NOW, 10)
        alerts.not_sent(tx, made.id, "no route to host", NOW + timedelta(seconds=8))
        assert alerts.next_due(tx, NOW) == NOW + timedelta(seconds=8)
        assert alerts.claim(tx, NOW, 10) == []
        (again,) = alerts.claim(tx, NOW + timedelta(seconds=8), 10)
        assert again.tries == 1
        alerts.not_sent(tx, made.id, "refused", None)
        assert alerts.claim(tx, LATER + timedelta(days=1), 10) == []
        assert not alerts.any_due(tx, LATER + timedelta(days=1))


def test_a_held_delivery_is_never_claimed(store: Store, world: World) -> None:
    planned(store, world, state=DeliveryState.HELD, because=Because.BELOW_GRAVITY)
    with store.transaction() as tx:
        assert alerts.claim(tx, LATER, 10) == []
        assert not alerts.any_due(tx, LATER)


# --- incidents ---------------------------------------------------------------------------------------------------


def test_one_incident_is_open_for_a_scope_and_a_kind_whoever_opens_it(store: Store, world: World) -> None:
    said = builders.said(store, world)

    def detector() -> bool:
        with store.transaction() as tx:
            return incidents.open_or_grow(tx, builders.incident(world, said))[1]

    assert sorted(at_once([detector] * 5)) == [False] * 4 + [True]
    with store.reading() as tx:
        (only,) = incidents.of_conversation(tx, said.conversation_id)
    assert only.mentions == 5


def test_a_graver_message_grows_the_incident_and_a_closed_one_makes_room(store: Store, world: World) -> None:
    said = builders.said(store, world)
    with store.transaction() as tx:
        first, _ = incidents.open_or_grow(tx, builders.incident(world, said, gravity=1, because="unhappy"))
        grown, is_news = incidents.open_or_grow(tx, builders.incident(world, said, gravity=3, because="danger"))
        assert (grown.id, grown.gravity, grown.because, is_news) == (first.id, 3, "danger", True)
        calmer, is_news = incidents.open_or_grow(tx, builders.incident(world, said, gravity=2))
        assert (calmer.gravity, calmer.because, is_news) == (3, "danger", False)
        incidents.close_of_conversation(tx, said.conversation_id, NOW)
        fresh, is_news = incidents.open_or_grow(tx, builders.incident(world, said))
        assert is_news
        assert fresh.id != first.id


# --- followed keys -----------------------------------------------------------------------------------------------


def key(world: World, name: str, **other: object) -> FollowedKey:
    made = FollowedKey(f"simulated:{name}", world.organisation.id, None, "item", NOW + timedelta(days=60))
    return replace(made, **other)  # type: ignore[arg-type]


def news(tx: Tx, seq: int) -> tuple[dict[str, FollowedKey], int]:
    keys, last = followed.since(tx, seq, NOW)
    return {one.key.removeprefix("simulated:"): one for one in keys}, last


def test_what_is_followed_is_seen_after_the_last_look(store: Store, world: World) -> None:
    with store.transaction() as tx:
        followed.follow(tx, [key(world, "a"), key(world, "b")])
        seen, last = news(tx, 0)
        assert set(seen) == {"a", "b"}
        followed.follow(tx, [key(world, "c")])
        assert "c" in news(tx, last)[0]


def test_following_again_with_another_place_or_end_is_seen(store: Store, world: World) -> None:
    with store.transaction() as tx:
        followed.follow(tx, [key(world, "a"), key(world, "b")])
        _, last = news(tx, 0)
        followed.follow(tx, [key(world, "a", place_id=world.crescent.id)])
        seen, _ = news(tx, last)
        assert seen["a"].place_id == world.crescent.id
        assert tx.execute(select(func.count()).select_from(schema.followed)).scalar() == 2


def test_the_end_of_following_is_seen(store: Store, world: World, hand_clock: HandClock) -> None:
    with store.transaction() as tx:
        followed.follow(tx, [key(world, "a"), key(world, "b")])
        _, last = news(tx, 0)
        followed.unfollow(tx, "simulated:b", world.organisation.id, "item")
        seen, _ = news(tx, last)
        assert seen["b"].expires_at <= NOW


def test_a_key_followed_after_the_newest_was_forgotten_is_seen(store: Store, world: World) -> None:
    """SQLite gives the number of a deleted last row away again."""
    with store.transaction() as tx:
        followed.follow(tx, [key(world, "a"), key(world, "b", expires_at=NOW)])
        _, last = news(tx, 0)
        followed.forget_expired(tx, NOW + timedelta(days=1))
        followed.follow(tx, [key(world, "c")])
        assert "c" in news(tx, last)[0]


@pytest.mark.postgres
def test_a_key_committed_late_by_another_process_is_not_missed(postgres_store: Store) -> None:
    """On PostgreSQL numbers are not committed in their order; SQLite has one writer."""
    world = builders.world(postgres_store)
    with postgres_store.transaction() as slow:
        followed.follow(slow, [key(world, "slow")])
        with postgres_store.transaction() as quick:
            followed.follow(quick, [key(world, "quick")])
        with postgres_store.reading() as tx:
            seen, last = news(tx, 0)
        assert set(seen) == {"quick"}
    with postgres_store.reading() as tx:
        assert "slow" in news(tx, last)[0]


def test_expired_keys_are_forgotten_in_time(store: Store, world: World) -> None:
    with store.transaction() as tx:
        followed.follow(tx, [key(world, "a", expires_at=NOW), key(world, "b")])
        assert followed.forget_expired(tx, NOW + timedelta(days=1)) == 1
        assert set(news(tx, 0)[0]) == {"b"}
