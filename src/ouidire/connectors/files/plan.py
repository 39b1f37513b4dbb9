"""What of an opened file is read, and as what: one shape and one format for each member, said before reading begins."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, nullcontext
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from ouidire.connectors.files import formats, parquet
from ouidire.connectors.files.archive import Member, Opened, whole
from ouidire.connectors.files.elements import CHUNK, Values
from ouidire.connectors.files.formats import Format, Row
from ouidire.connectors.files.lines import Line, LineFile, as_text
from ouidire.connectors.files.mapping import csv_names
from ouidire.connectors.files.shape import Shape, shape_of
from ouidire.errors import Ignore, Permanent

LOOKED_AT = 60
"""So many pieces of a member are looked at to know its format."""
MAX_MAIL = 30_000_000
TABLE = "table"


@dataclass(frozen=True, slots=True)
class Part:
    """One member that is read. `format` None: rows of a table, by columns of ours or of a mapping."""

    member: Member
    shape: Shape
    format: Format | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`parts` in the order of the file; `owner` is whose export it is; `left_alone` members are none of ours."""

    parts: tuple[Part, ...]
    owner: Row
    left_alone: int

    @property
    def format(self) -> Format | None:
        return self.parts[0].format if self.parts else None


def plan(opened: Opened) -> Plan:
    """Look at the beginning of every member. Raises `Permanent` when there is nothing to read, saying what there is."""
    parts: list[Part] = []
    owner: dict[str, str] = {}
    refused = ""
    for member in opened.members:
        found = _look(opened, member, owner)
        if found is None:
            continue
        if found.format is not None and found.format.refused:
            refused = refused or found.format.refused
        else:
            parts.append(found)
    chosen = _of_one_kind(parts)
    if not chosen:
        raise Permanent(refused or _nothing(opened))
    opened.rewound()
    return Plan(tuple(chosen), owner, len(opened.members) - len(chosen))


def _of_one_kind(parts: list[Part]) -> list[Part]:
    """An export that we know comes before tables; of tables, those that are like the first."""
    known = next((one.format for one in parts if one.format is not None), None)
    if known is not None:
        return [one for one in parts if one.format is known]
    return [one for one in parts if one.shape is parts[0].shape]


def _look(opened: Opened, member: Member, owner: dict[str, str]) -> Part | None:
    """How this member would be read; in an archive, None for what is none of ours."""
    with (
        closing(opened.stream(member)) if opened.is_packed else nullcontext(opened.stream(member)) as stream,
        whole(opened.name),
    ):
        head = stream.read(CHUNK)
        if not head:
            if opened.is_archive:
                return None
            raise Permanent(f"{opened.name} is empty.")
        shape = shape_of(member.name, head)
        if shape is Shape.PAGE:
            if opened.is_archive:
                return None
            raise Permanent(f"{opened.name} is a web page, not an export.")
        if shape in (Shape.TABLE, Shape.PARQUET):
            return Part(member, shape, None)
        if shape is Shape.MAIL:
            return Part(member, shape, formats.named("mail"))
        found = _format(opened, member, shape, owner)
        if found is None and opened.is_archive and not _is_rows(opened, member, shape):
            return None
        return Part(member, shape, found)


def _format(opened: Opened, member: Member, shape: Shape, owner: dict[str, str]) -> Format | None:
    for value in _values(opened, member, shape):
        for one in formats.every():
            if one.recognises(value):
                return one
            if one.owner is not None and not owner:
                owner.update(one.owner(value) or {})
    return None


def _is_rows(opened: Opened, member: Member, shape: Shape) -> bool:
    """In an archive a JSON file is a table only when its values are objects with several names."""
    values = list(islice(_values(opened, member, shape), 5))
    return bool(values) and all(isinstance(one, dict) and len(one) > 1 for one in values)


def _values(opened: Opened, member: Member, shape: Shape) -> Iterator[Any]:
    for line in islice(pieces(opened, Part(member, shape, None), 0, 0), LOOKED_AT):
        try:
            yield decoded(line.raw)
        except Ignore:
            continue


def decoded(raw: bytes) -> Any:
    """The JSON value. Raises `Ignore` when it is none."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Ignore("Not a JSON object") from error


def pieces(opened: Opened, part: Part, offset: int, number: int) -> Iterator[Line]:
    """The pieces of a part from `offset` on: lines, JSON values, records, a mail, or rows of Parquet as JSON."""
    stream = opened.stream(part.member)
    name = opened.name if not opened.is_archive else part.member.name
    if part.shape is Shape.PARQUET:
        yield from parquet.rows(stream, name, offset)
    elif part.shape is Shape.MAIL:
        if offset == 0:
            stream.seek(0)
            raw = stream.read(MAX_MAIL + 1)
            yield Line(raw, len(raw), 1, "A mail longer than 30 MB" if len(raw) > MAX_MAIL else "")
    elif part.shape is Shape.DOCUMENT:
        yield from Values(stream, name, formats.keys()).values(offset, number)
    elif part.shape is Shape.TABLE:
        header = header_of(stream, name)
        yield from LineFile(stream, name).lines(
            max(offset, header.offset), number if offset else header.number, quoted=True
        )
    else:
        yield from LineFile(stream, name).lines(offset, number)


def header_of(stream: Any, name: str) -> Line:
    """The first line of a table. Raises `Permanent` when there is none."""
    header = next(LineFile(stream, name).lines(0, 0, quoted=True), None)
    if header is None:
        raise Permanent(f"{name} is empty.")
    return header


def csv_columns(opened: Opened, part: Part) -> tuple[str, list[str]]:
    """The delimiter and the columns of a table."""
    return csv_names(as_text(header_of(opened.stream(part.member), opened.name).raw))


def _nothing(opened: Opened) -> str:
    if opened.nested:
        return f"{opened.name} holds only other archives; unpack it once and import those."
    return f"{opened.name} holds no posts that we know."
