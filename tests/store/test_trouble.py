"""A store in trouble: the disk is full, somebody holds it, the line to it is cut."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy import text

from ouidire.domain.item import Gap
from ouidire.errors import Corrupt, Retry
from ouidire.store import engine, sources, states
from ouidire.store.engine import Store
from tests import builders
from tests.builders import NOW, World, found, item, keep_found


def keep(store: Store, world: World, cursor: str, size: int) -> None:
    with store.transaction() as tx:
        keep_found(tx, world, *(found(world, item("pain " * 900)) for _ in range(size)), cursor=cursor)


def test_a_full_disk_is_waited_for_and_nothing_is_lost(sqlite_store: Store) -> None:
    world = builders.world(sqlite_store)
    keep(sqlite_store, world, "1", 1)

    def limit(pages: int) -> None:
        with sqlite_store.reading() as tx:
            tx.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    with sqlite_store.reading() as tx:
        used = tx.exec_driver_sql("PRAGMA page_count").scalar_one()
    limit(used + 5)
    with pytest.raises(Retry, match="disk of the store is full") as caught:
        keep(sqlite_store, world, "2", 200)
    assert caught.value.after_s
    with sqlite_store.reading() as tx:
        assert sources.get(tx, world.stream.id).cursor == "1"
        assert tx.execute(text("SELECT count(*) FROM mention")).scalar() == 1
        assert tx.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    limit(1_000_000)
    keep(sqlite_store, world, "2", 200)
    with sqlite_store.reading() as tx:
        assert sources.get(tx, world.stream.id).cursor == "2"
        assert tx.execute(text("SELECT count(*) FROM mention")).scalar() == 201


def test_a_store_that_somebody_else_holds_is_waited_for(sqlite_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_BUSY_MS", 20)
    impatient = Store.open(str(sqlite_store.engine.url), sqlite_store.box)
    other = sqlite3.connect(str(sqlite_store.engine.url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(Retry, match="locked"), impatient.transaction() as tx:
        states.put(tx, "a", "b")
    other.execute("ROLLBACK")
    other.close()
    with impatient.transaction() as tx:
        states.put(tx, "a", "b")
    impatient.close()


def test_a_damaged_store_stops_everything(sqlite_store: Store) -> None:
    builders.world(sqlite_store)
    path = sqlite_store.engine.url.database
    assert path is not None
    with sqlite_store.transaction() as tx:
        tx.exec_driver_sql("PRAGMA writable_schema=ON")
        tx.exec_driver_sql("UPDATE sqlite_schema SET sql = 'nonsense' WHERE name = 'member'")
    with pytest.raises(Corrupt, match="damaged"):
        Store.open(f"sqlite:///{path}", sqlite_store.box)


def test_what_breaks_a_rule_of_the_tables_is_a_bug_and_no_trouble(store: Store) -> None:
    world = builders.world(store)

    def twice() -> None:
        with store.transaction() as tx:
            sources.add(tx, store, world.account)

    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        twice()
    assert not isinstance(caught.value, Retry)


@pytest.mark.postgres
def test_a_cut_line_to_the_server_is_waited_for(postgres_store: Store) -> None:
    builders.world(postgres_store)
    url = postgres_store.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")

    def cut_amid() -> None:
        with postgres_store.transaction() as tx:
            states.put(tx, "a", "b")
            mine = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            with psycopg.connect(url, autocommit=True) as other:
                other.execute("SELECT pg_terminate_backend(%s)", (mine,))
            states.put(tx, "a", "c")

    with pytest.raises(Retry, match="did not answer"):
        cut_amid()
    with postgres_store.transaction() as tx:
        assert states.get(tx, "a") == ""


def test_a_gap_and_all_else_of_a_failed_batch_are_undone(sqlite_store: Store) -> None:
    world = builders.world(sqlite_store)

    def fail() -> None:
        with sqlite_store.transaction() as tx:
            keep_found(tx, world, gap=Gap(NOW, NOW, "cut"))
            tx.execute(text("INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(Retry, match="nowhere"):
        fail()
    with sqlite_store.reading() as tx:
        assert sources.gaps(tx, world.stream.id) == []
