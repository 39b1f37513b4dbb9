"""Small named values of the store: the set-up's state, and versions that say when to read something again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Integer, String, cast, select

from ouidire.store.engine import Tx, upsert
from ouidire.store.schema import state

EARS = "ears"
"""Grows whenever watches, places, mutes or our own accounts change; `heard` says which."""

LESSONS = "lessons"
"""Grows whenever a decision taught something: then the matcher is given the lessons anew."""

CLOCK = "clock_behind_s"
"""By how many seconds the machine's clock is behind the networks' (negative: ahead), while it is wrong; else empty."""


def clock_behind(tx: Tx) -> timedelta | None:
    """How wrong the machine's clock is, as the running house found; None: not that anybody knew."""
    said = get(tx, CLOCK)
    return timedelta(seconds=int(said)) if said else None


def get(tx: Tx, name: str, default: str = "") -> str:
    value = tx.execute(select(state.c.value).where(state.c.name == name)).scalar()
    return default if value is None else value


def put(tx: Tx, name: str, value: str) -> None:
    insert = upsert(tx, state).values(name=name, value=value)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def grow(tx: Tx, name: str) -> None:
    """Add one to a numbered state, whoever else does so at the same moment."""
    insert = upsert(tx, state).values(name=name, value="1")
    bigger = cast(cast(state.c.value, Integer) + 1, String)
    tx.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": bigger}))
