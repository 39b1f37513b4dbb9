"""Reads an export, a few hundred posts at a time, and can go on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ouidire import clock
from ouidire.connectors.base import SourceContext
from ouidire.connectors.families.atproto import Heard
from ouidire.connectors.files import lines, parquet
from ouidire.connectors.files.archive import Opened
from ouidire.connectors.files.formats import Format, Row
from ouidire.connectors.files.lines import Line, LineFile, as_text
from ouidire.connectors.files.mapping import COLUMNS, Exports, csv_row, refuse_unknown
from ouidire.connectors.files.plan import Part, Plan, csv_columns, decoded, pieces, plan
from ouidire.connectors.files.shape import Shape
from ouidire.connectors.files.table import Mapped, flat
from ouidire.domain.item import Batch, Dropped, Gap, clean
from ouidire.errors import Ignore

MOST = 256
CHANGED = "The file is not the one that we began to read; reading it from its beginning."

Take = Callable[[bytes, Heard], None]


@dataclass(frozen=True, slots=True)
class Position:
    """A cursor: "offset:line:fingerprint:member:read".

    Where the next piece begins in its member (bytes; of Parquet, rows), its number, what tells the file from another,
    the member's place, and how much of the file on the disk has been read.
    """

    offset: int = 0
    line: int = 0
    fingerprint: str = ""
    member: int = 0
    read_bytes: int = 0

    def __str__(self) -> str:
        return f"{self.offset}:{self.line}:{self.fingerprint}:{self.member}:{self.read_bytes}"

    @classmethod
    def of(cls, cursor: str) -> Position:
        """Of an earlier release too, which knew neither members nor bytes. Raises `ValueError` when it is none."""
        offset, line, fingerprint, *rest = cursor.split(":")
        member, read = (*rest, "0", offset)[:2] if rest else ("0", offset)
        return cls(int(offset), int(line), fingerprint, int(member), int(read))


def read_bytes(cursor: str) -> int:
    """How much of the file on the disk a cursor covers."""
    try:
        return Position.of(cursor).read_bytes if cursor else 0
    except ValueError:
        return 0


class FileReader:
    """One file. Everything in it is `imported`: counted and shown, never pushed as news."""

    def __init__(self, path: Path, source_id: str, *, mapping: str = "", about: str = "") -> None:
        self._path = path
        self._mapped = Mapped.of(mapping)
        self._exports = Exports(source_id, about=about, month_first=self._mapped.month_first)
        self._read_bytes = 0

    def size_bytes(self) -> int:
        """How large the file is on the disk, 0 when it is not there."""
        return self._path.stat().st_size if self._path.is_file() else 0

    def read_bytes(self) -> int:
        """How much of `size_bytes` has been read, for a progress bar."""
        return self._read_bytes

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        """See `base.Reader`. Ends at the file's end."""
        opened = await asyncio.to_thread(Opened, self._path)
        try:
            planned = await asyncio.to_thread(plan, opened)
            start, gap = await asyncio.to_thread(_begin, opened, planned, cursor)
            batches = self.batches(opened, planned, start)
            while batch := await asyncio.to_thread(next, batches, None):
                yield batch if gap is None else _with(batch, gap)
                gap = None
        finally:
            opened.close()

    def batches(self, opened: Opened, planned: Plan, start: Position | None = None) -> Iterator[Batch]:
        """What the file holds after `start`, a few hundred posts at a time."""
        start = start or Position()
        for part in planned.parts:
            if part.member.number >= start.member:
                at = start if part.member.number == start.member else Position()
                yield from self._of_part(opened, part, planned.owner, at)

    def _of_part(self, opened: Opened, part: Part, owner: Row, start: Position) -> Iterator[Batch]:
        take = self.taking(opened, part, owner)
        mark = _fingerprints(opened, part)
        heard, size = Heard(), 0
        last: Line | None = None
        for line in pieces(opened, part, start.offset, start.line):
            last, size = line, size + len(line.raw)
            before = len(heard.items) + len(heard.dropped)
            _take(line, take, heard, part.member.name if opened.is_archive else "")
            heard.heard += max(1, len(heard.items) + len(heard.dropped) - before)
            if heard.heard >= MOST or size > lines.MAX_LINE:
                yield self._batch(opened, part, heard, last, mark)
                heard, size, last = Heard(), 0, None
        if last is not None:
            yield self._batch(opened, part, heard, last, mark)

    def _batch(self, opened: Opened, part: Part, heard: Heard, last: Line, mark: Callable[[int], str]) -> Batch:
        self._read_bytes = opened.read_bytes()
        position = Position(last.offset, last.number, mark(last.offset), part.member.number, self._read_bytes)
        return Batch(
            items=tuple(heard.items),
            gone=tuple(heard.gone),
            dropped=tuple(heard.dropped),
            cursor=str(position),
            heard=heard.heard,
        )

    def taking(self, opened: Opened, part: Part, owner: Row) -> Take:
        """How a piece of this part becomes items. Raises `Permanent` when no column is mapped and they are not ours."""
        if part.format is not None:
            return self._known(part.format, part.shape, owner)
        rows = table_rows(opened, part)
        if self._mapped.columns:
            return lambda raw, into: into.items.append(self._exports.item(self._mapped.row(rows(raw))))
        if part.shape not in (Shape.TABLE, Shape.PARQUET):
            return self._exports.json_line
        refuse_unknown(columns_of(opened, part))
        return lambda raw, into: into.items.append(self._exports.item(_ours(rows(raw))))

    def _known(self, one: Format, shape: Shape, owner: Row) -> Take:
        def take(raw: bytes, into: Heard) -> None:
            for row in one.rows(raw if shape is Shape.MAIL else decoded(raw)):
                try:
                    into.items.append(self._exports.item(_owned(row, owner)))
                except Ignore as reason:
                    into.dropped.append(Dropped(str(reason), beginning(row.get("text", "").encode() or raw)))

        return take


def table_rows(opened: Opened, part: Part) -> Callable[[bytes], Row]:
    """How one piece of a table becomes a row by its own columns. It raises `Ignore` for what is no row."""
    if part.shape is not Shape.TABLE:
        return _json_row
    delimiter, names = csv_columns(opened, part)
    return lambda raw: csv_row(as_text(raw), delimiter, names)


def columns_of(opened: Opened, part: Part) -> list[str]:
    """The columns that a table names before its rows: none of JSON."""
    if part.shape is Shape.TABLE:
        return csv_columns(opened, part)[1]
    return parquet.columns(opened.stream(part.member), opened.name) if part.shape is Shape.PARQUET else []


def beginning(raw: bytes) -> str:
    return clean(raw[:200].decode("utf-8", "replace"))[:160]


def _json_row(raw: bytes) -> Row:
    value = decoded(raw)
    if not isinstance(value, dict):
        raise Ignore("Not a post")
    return flat(value)


def _ours(row: Row) -> Row:
    return {name: said for theirs, said in row.items() if (name := theirs.lower()) in COLUMNS}


def _owned(row: Row, owner: Row) -> Row:
    """What nobody signed, in an export of somebody's own words, is theirs."""
    return row if not owner or row.get("author") or row.get("author_name") or row.get("ours") else {**row, **owner}


def _begin(opened: Opened, planned: Plan, cursor: str) -> tuple[Position, Gap | None]:
    """Where `cursor` lets us go on; the beginning, and a word about it, when this is another file."""
    if not cursor:
        return Position(), None
    try:
        position = Position.of(cursor)
        part = next(one for one in planned.parts if one.member.number == position.member)
        if _reaches(opened, part, position) and _fingerprints(opened, part)(position.offset) == position.fingerprint:
            return position, None
    except (ValueError, StopIteration):
        pass
    return Position(), Gap(clock.now(), clock.now(), CHANGED)


def _reaches(opened: Opened, part: Part, position: Position) -> bool:
    if position.offset < 0:
        return False
    return _is_whole(opened, part) or LineFile(opened.stream(part.member), opened.name).has(position.offset)


def _is_whole(opened: Opened, part: Part) -> bool:
    """Does it come as it is, or may it grow while we read?"""
    return opened.is_archive or part.shape in (Shape.PARQUET, Shape.MAIL)


def _fingerprints(opened: Opened, part: Part) -> Callable[[int], str]:
    if _is_whole(opened, part):
        fixed = opened.fingerprint()
        return lambda until: fixed
    return LineFile(opened.stream(part.member), opened.name).fingerprint


def _with(batch: Batch, gap: Gap) -> Batch:
    return Batch(
        items=batch.items, gone=batch.gone, dropped=batch.dropped, gap=gap, cursor=batch.cursor, heard=batch.heard
    )


def _take(line: Line, take: Take, heard: Heard, member: str) -> None:
    where = f"{member} #{line.number} " if member else f"#{line.number} "
    known = len(heard.dropped)
    if line.trouble:
        heard.dropped.append(Dropped(line.trouble, beginning(line.raw)))
    elif line.raw.strip():
        try:
            take(line.raw, heard)
        except Ignore as reason:
            heard.dropped.append(Dropped(str(reason), beginning(line.raw)))
    for n, one in enumerate(heard.dropped[known:], known):
        heard.dropped[n] = Dropped(one.reason, (where + one.sample)[:200])


def open_reader(context: SourceContext) -> FileReader:
    settings = context.settings
    return FileReader(
        Path(settings["path"]), context.source_id, mapping=settings.get("map", ""), about=settings.get("about", "")
    )
