"""What the ears hear with has changed: what exactly, so that they need not read a million watches for one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import delete, func, insert, select

from ouidire.domain.ids import new_id
from ouidire.store import states
from ouidire.store.engine import Tx
from ouidire.store.schema import heard_change

LINE = "ears_line"
"""Which history the numbers belong to: a store that was restored begins another."""

KEPT = 1_000
"""So many changes are remembered; whoever has slept through more reads everything."""

MOST = 50_000
"""Reading so many single rows takes as long as reading all."""


class Subject(StrEnum):
    WATCH = "watch"
    PLACE = "place"
    PEOPLE = "people"
    """Mutes and our own accounts: few, and read anew as a whole."""


@dataclass(frozen=True, slots=True)
class Version:
    """How far a reader has followed. Only what is of the same line can be caught up with."""

    line: str
    number: int


@dataclass(frozen=True, slots=True)
class Changes:
    """The ids of what was added, changed or taken away since a version."""

    watches: frozenset[str]
    places: frozenset[str]


def changed(tx: Tx, subject: Subject, ids: Iterable[str] = ()) -> None:
    """Say that these have changed, whoever else does so at the same moment; seen when `tx` is committed."""
    states.grow(tx, states.EARS)
    number = int(states.get(tx, states.EARS, "0"))
    rows = [{"number": number, "kind": subject, "subject_id": one} for one in dict.fromkeys(ids) or ("",)]
    tx.execute(insert(heard_change), rows)
    tx.execute(delete(heard_change).where(heard_change.c.number <= number - KEPT))


def begin_anew(tx: Tx) -> None:
    """Everything may have changed (a restored store): nobody can catch up, all read everything."""
    states.put(tx, LINE, new_id())
    states.grow(tx, states.EARS)


def version(tx: Tx) -> Version:
    return Version(states.get(tx, LINE), int(states.get(tx, states.EARS, "0")))


def since(tx: Tx, seen: Version) -> Changes | None:
    """What has changed since `seen`; None where that is not known any more: everything may have."""
    now = version(tx)
    missed = heard_change.c.number > seen.number
    if now.line != seen.line or now.number < seen.number:
        return None
    numbers, rows = tx.execute(select(func.count(heard_change.c.number.distinct()), func.count()).where(missed)).one()
    if numbers != now.number - seen.number or rows > MOST:
        return None
    found: dict[str, set[str]] = {kind: set() for kind in Subject}
    for kind, subject_id in tx.execute(select(heard_change.c.kind, heard_change.c.subject_id).where(missed)):
        found[kind].add(subject_id)
    return Changes(frozenset(found[Subject.WATCH]), frozenset(found[Subject.PLACE]))
