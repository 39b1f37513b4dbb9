"""Programs that ask for a member. Of their tokens only digests are stored."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from ouidire.domain.member import Member
from ouidire.domain.program import Program
from ouidire.errors import NotFound
from ouidire.store import request_keys
from ouidire.store.engine import Tx
from ouidire.store.rows import to_program
from ouidire.store.schema import program

SHOWN_AFTER_END = timedelta(days=30)
"""So long a program that came to its end is still shown: who wonders why it fails finds the reason."""


def add(tx: Tx, one: Program, token_digest: str) -> None:
    columns = {name: getattr(one, name) for name in Program.__dataclass_fields__}
    tx.execute(insert(program).values(**columns | {"scopes": list(one.scopes), "digest": token_digest}))


def by_digest(tx: Tx, token_digest: str, at: datetime) -> Program | None:
    """The program whose token has this digest, while it lasts: for the door, which knows nobody yet."""
    found = tx.execute(select(program).where(program.c.digest == token_digest, program.c.expires_at > at))
    row = found.mappings().first()
    return None if row is None else to_program(row)


def of(tx: Tx, member: Member) -> list[Program]:
    """The programs this member may see, newest first: all of the house for who configures, else the own ones."""
    query = select(program).where(program.c.organisation_id == member.organisation_id)
    if not member.may_configure:
        query = query.where(program.c.member_id == member.id)
    return [to_program(r) for r in tx.execute(query.order_by(program.c.id.desc())).mappings()]


def count(tx: Tx, member_id: str) -> int:
    return tx.execute(select(func.count()).select_from(program).where(program.c.member_id == member_id)).scalar_one()


def remove(tx: Tx, member: Member, program_id: str) -> None:
    """Raises `NotFound` for a program this member may not see."""
    if program_id not in {one.id for one in of(tx, member)}:
        raise NotFound("There is no such program.")
    _remove(tx, [program_id])


def remove_all(tx: Tx, member_id: str) -> None:
    """A member's programs end with the member."""
    _remove(tx, list(tx.execute(select(program.c.id).where(program.c.member_id == member_id)).scalars()))


def used(tx: Tx, program_id: str, at: datetime) -> None:
    tx.execute(update(program).where(program.c.id == program_id).values(last_used_at=at))


def forget_ended(tx: Tx, at: datetime) -> None:
    over = select(program.c.id).where(program.c.expires_at <= at - SHOWN_AFTER_END)
    _remove(tx, list(tx.execute(over).scalars()))


def _remove(tx: Tx, program_ids: list[str]) -> None:
    if program_ids:
        request_keys.forget_of(tx, program_ids)
        tx.execute(delete(program).where(program.c.id.in_(program_ids)))
