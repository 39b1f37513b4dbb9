"""When a row is due and free, also after the clock was turned back: what was written ahead must not wait for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

ASKEW = timedelta(minutes=10)
"""Two clocks of one house may differ by so much; what lies further ahead was written by a clock that was wrong."""

A_DAY = timedelta(days=1)
"""Nothing is put off for longer: not by a network that asks us to wait. A closed door
alone is respected for longer (`LONGEST_QUIET`)."""


def is_free(claimed_until: Any, at: datetime, lease: timedelta) -> ColumnElement[bool]:
    """Does nobody hold the row? A lease that ends later than any could, was taken by a clock that was ahead."""
    return or_(claimed_until.is_(None), claimed_until < at, claimed_until > at + lease + ASKEW)


def is_due(due_at: Any, at: datetime, longest: timedelta = A_DAY) -> ColumnElement[bool]:
    """Has its time come? `longest` is how far ahead it can have been put off at most."""
    return or_(due_at <= at, due_at > at + longest + ASKEW)


def made_ahead(made_at: Any, at: datetime, *also: ColumnElement[bool]) -> ColumnElement[bool]:
    """Was it written in what is the future now? Then the clock was ahead, and so is all that it put off."""
    return and_(made_at > at + ASKEW, *also)
