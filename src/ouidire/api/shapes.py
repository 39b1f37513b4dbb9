"""The smallest shapes that requests and answers are made of."""

from __future__ import annotations

import base64
import re
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from ouidire.store.stretch import Stretch

T = TypeVar("T")
R = TypeVar("R")

UUID = r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
CURSOR = r"^[A-Za-z0-9_-]{21}[AQgw]$"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


class In(BaseModel):
    """What a program sends. A field that nobody knows is refused: it was meant to do something."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Out(BaseModel):
    """What a program gets, made from a view of the inbox or a noun of the domain."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)


def _moment(value: object) -> object:
    """RFC 3339 with its zone, and nothing that merely looks like a time."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("write a moment as RFC 3339 has it, with its zone: 2026-10-17T19:26:00Z")
    return value


def _day(value: object) -> object:
    """A day of RFC 3339; a number of seconds is none."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write a day as year-month-day: 2026-10-17")
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("this moment is out of reach") from None


def _whole(value: object) -> object:
    """What JSON calls an integer: 2 and 2.0, neither true nor "2"."""
    if isinstance(value, bool | str):
        raise ValueError("write a whole number")
    return value


def _flag(value: object) -> object:
    if value not in ("true", "false", True, False):
        raise ValueError("write true or false")
    return value


Id = Annotated[str, Path(pattern=UUID, examples=["01931f6e-4c3a-7d2e-9a55-0d5c6f1b2a34"])]
"""An id in an address; what has not its form is found nowhere."""
IdIn = Annotated[str, Field(pattern=UUID)]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    AfterValidator(_in_utc),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-10-17T19:26:00Z"]}),
]
Day = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-10-17"]}),
]
Whole = Annotated[int, BeforeValidator(_whole)]
Flag = Annotated[bool, BeforeValidator(_flag)]
LINE = r"^[^\x00]*$"
"""Words that every store keeps; a lone half of a letter is no text to begin with."""
WORDS = r"^[^\x00]*[^\s\x00][^\x00]*$"
"""Such words, and not only spaces."""
Line = Annotated[str, Field(max_length=200, pattern=LINE)]
Word = Annotated[str, Field(min_length=1, max_length=200, pattern=WORDS)]
Span = Annotated[list[int], Field(min_length=2, max_length=2)]
"""Begin and end, in characters."""


class Page(BaseModel, Generic[T]):
    """A stretch of a list. `next` is the cursor of the following one; null at the end."""

    items: list[T]
    next: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


class Paged(In):
    """Which stretch of a list is wanted."""

    limit: int = Field(50, ge=1, le=200, description="At most so many items.")
    cursor: str | None = Field(
        None, pattern=CURSOR, description="`next` of the stretch before. What is new meanwhile moves nothing."
    )

    @property
    def stretch(self) -> Stretch:
        return Stretch(self.limit, _id_of(self.cursor) if self.cursor else "")


def cursor_of(row_id: str) -> str:
    """An id in 22 letters, which no caller is tempted to read."""
    return base64.urlsafe_b64encode(uuid.UUID(row_id).bytes).decode().rstrip("=")


def _id_of(cursor: str) -> str:
    return str(uuid.UUID(bytes=base64.urlsafe_b64decode(cursor + "==")))


def page(found: Sequence[R], wanted: Paged, id_of: Callable[[R], str], shape: Callable[[R], T]) -> Page[Any]:
    """`found` holds one more than was wanted, where there is more."""
    shown = found[: wanted.limit]
    following = cursor_of(id_of(shown[-1])) if len(found) > wanted.limit else None
    return Page[Any](items=[shape(one) for one in shown], next=following)
