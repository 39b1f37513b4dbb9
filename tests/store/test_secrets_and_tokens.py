"""What must not be read by who has only the database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from ouidire.domain.ids import digest
from ouidire.errors import Corrupt
from ouidire.store import schema, sources, tokens
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox
from ouidire.store.tokens import Token, TokenKind
from tests import builders
from tests.builders import NOW


def test_secrets_come_back_and_are_not_in_the_row(store: Store) -> None:
    world = builders.world(store)
    with store.reading() as tx:
        assert sources.secrets(tx, store, world.account.id) == {"token": "secret of Delorière"}
        assert sources.secrets(tx, store, world.stream.id) == {}
        raw = tx.execute(select(schema.source.c.secrets).where(schema.source.c.id == world.account.id)).scalar_one()
    assert b"secret of" not in bytes(raw)


def test_the_file_of_the_store_holds_no_secret(sqlite_store: Store, tmp_path: Path) -> None:
    builders.world(sqlite_store)
    sqlite_store.close()
    for path in tmp_path.glob("ouidire.db*"):
        assert b"secret of" not in path.read_bytes()


def test_another_key_is_our_own_corruption(store: Store, tmp_path: Path) -> None:
    world = builders.world(store)
    store.box = SecretBox.at(tmp_path / "other")
    with store.reading() as tx, pytest.raises(Corrupt, match="right key file"):
        sources.secrets(tx, store, world.account.id)


def test_the_key_file_is_its_owners_alone_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    box = SecretBox.at(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SecretBox.at(path).unlock(box.lock({"a": "b"})) == {"a": "b"}


@pytest.mark.parametrize("content", [b"", b"not a key", b"\xff" * 44])
def test_a_key_file_that_holds_no_key_is_our_own_corruption(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(Corrupt, match="key"):
        SecretBox.at(tmp_path / "key")


def test_derived_keys_differ_by_purpose_and_stay_the_same(tmp_path: Path) -> None:
    box = SecretBox.at(tmp_path / "key")
    assert box.derive("clearances") == SecretBox.at(tmp_path / "key").derive("clearances")
    assert box.derive("clearances") != box.derive("cookies")
    assert len(box.derive("cookies")) == 32


def test_a_token_is_spent_once_whoever_tries_at_the_same_moment(store: Store) -> None:
    world = builders.world(store)
    with store.transaction() as tx:
        secret = tokens.issue(tx, TokenKind.ALERT_LINK, NOW + timedelta(days=1), member_id=world.owner.id)
    gate = threading.Barrier(6)

    def spend(_: int) -> Token | None:
        gate.wait(10)
        with store.transaction() as tx:
            return tokens.spend(tx, TokenKind.ALERT_LINK, secret, NOW)

    with ThreadPoolExecutor(6) as pool:
        won = [one for one in pool.map(spend, range(6)) if one is not None]
    assert [one.member_id for one in won] == [world.owner.id]


def test_a_token_ends_at_its_time_and_is_of_one_kind(store: Store) -> None:
    with store.transaction() as tx:
        secret = tokens.issue(tx, TokenKind.SETUP, NOW, facts={"a": "b"})
        assert tokens.peek(tx, TokenKind.SETUP, secret, NOW - timedelta(seconds=1)) is not None
        assert tokens.peek(tx, TokenKind.SESSION, secret, NOW - timedelta(seconds=1)) is None
        assert tokens.peek(tx, TokenKind.SETUP, secret, NOW) is None
        assert tokens.spend(tx, TokenKind.SETUP, secret, NOW) is None
        known = tokens.used_facts(tx, TokenKind.SETUP, secret)
        assert known is not None
        assert known.facts == {"a": "b"}
        assert tokens.forget_expired(tx, NOW) == 1
        assert tokens.used_facts(tx, TokenKind.SETUP, secret) is None


def test_only_the_digest_of_a_token_is_stored(store: Store) -> None:
    with store.transaction() as tx:
        secret = tokens.issue(tx, TokenKind.SESSION, NOW)
        assert len(secret) == 43
        (row,) = tx.execute(schema.token.select()).all()
    assert row.digest == digest(secret)
    assert secret not in str(tuple(row))


def test_revoking_ends_a_session_and_all_of_a_member(store: Store) -> None:
    world = builders.world(store)
    later = NOW + timedelta(days=1)
    with store.transaction() as tx:
        mine = [tokens.issue(tx, TokenKind.SESSION, later, member_id=world.owner.id) for _ in range(3)]
        other = tokens.issue(tx, TokenKind.SESSION, later, member_id=world.viewer.id)
        tokens.revoke(tx, mine[0])
        assert tokens.peek(tx, TokenKind.SESSION, mine[0], NOW) is None
        assert tokens.peek(tx, TokenKind.SESSION, mine[1], NOW) is not None
        tokens.revoke_all(tx, TokenKind.SESSION, world.owner.id)
        assert tokens.peek(tx, TokenKind.SESSION, mine[1], NOW) is None
        assert tokens.peek(tx, TokenKind.SESSION, other, NOW) is not None
