"""Reads exported posts from a file, a few hundred at a time, and can go on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ouidire import clock
from ouidire.connectors.base import SourceContext
from ouidire.connectors.families.atproto import Heard, dropped
from ouidire.connectors.files.lines import MAX_LINE, Line, LineFile, as_text
from ouidire.connectors.files.mapping import Exports, columns, csv_row
from ouidire.domain.item import Batch, Gap
from ouidire.errors import Ignore, Permanent

MOST = 256
CHANGED = "The file is not the one that we began to read; reading it from its beginning."

Take = Callable[[bytes, Heard], None]


@dataclass(frozen=True, slots=True)
class Position:
    """A cursor: "offset:line:fingerprint", where the next line begins in the uncompressed file."""

    offset: int = 0
    line: int = 0
    fingerprint: str = ""

    def __str__(self) -> str:
        return f"{self.offset}:{self.line}:{self.fingerprint}"


class FileReader:
    """One file. Everything in it is `imported`: counted and shown, never pushed as news."""

    def __init__(self, path: Path, source_id: str) -> None:
        self._path = path
        self._exports = Exports(source_id)
        self._read_bytes = 0

    def size_bytes(self) -> int:
        """How large the file is on the disk, 0 when it is not there."""
        return self._path.stat().st_size if self._path.is_file() else 0

    def read_bytes(self) -> int:
        """How much of `size_bytes` has been read, for a progress bar."""
        return self._read_bytes

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        """See `base.Reader`. Ends at the file's end."""
        lines = await asyncio.to_thread(LineFile, self._path)
        try:
            start, gap = await asyncio.to_thread(_begin, lines, cursor)
            take, from_line = await asyncio.to_thread(self._format, lines, start)
            while batch := await asyncio.to_thread(self._batch, lines, from_line, take, gap):
                yield batch
                gap = None
        finally:
            lines.close()

    def _batch(self, file: LineFile, lines: Iterator[Line], take: Take, gap: Gap | None) -> Batch | None:
        heard, last, size = Heard(), None, 0
        for line in islice(lines, MOST):
            last, size = line, size + len(line.raw)
            heard.heard += 1
            _take(line, take, heard)
            if size > MAX_LINE:
                break
        self._read_bytes = file.read_bytes()
        if last is None:
            return None
        return Batch(
            items=tuple(heard.items),
            gone=tuple(heard.gone),
            dropped=tuple(heard.dropped),
            gap=gap,
            cursor=str(Position(last.offset, last.number, file.fingerprint(last.offset))),
            heard=heard.heard,
        )

    def _format(self, file: LineFile, start: Position) -> tuple[Take, Iterator[Line]]:
        """How to take a line of this file, and its lines from `start` on."""
        names = self._path.name.lower().removesuffix(".gz")
        if not names.endswith((".csv", ".tsv", ".txt")):
            return self._exports.json_line, file.lines(start.offset, start.line)
        header = next(file.lines(0, 0, quoted=True), None)
        if header is None:
            raise Permanent(f"{self._path.name} is empty.")
        delimiter, found = columns(as_text(header.raw))

        def take(raw: bytes, into: Heard) -> None:
            into.items.append(self._exports.item(csv_row(as_text(raw), delimiter, found)))

        offset, number = max((start.offset, start.line), (header.offset, header.number))
        return take, file.lines(offset, number, quoted=True)


def _begin(file: LineFile, cursor: str) -> tuple[Position, Gap | None]:
    """Where `cursor` lets us go on; the beginning, and a word about it, when this is another file."""
    if not cursor:
        return Position(), None
    try:
        offset, line, fingerprint = cursor.split(":")
        position = Position(int(offset), int(line), fingerprint)
    except ValueError:
        position = Position(-1)
    if position.offset >= 0 and file.has(position.offset) and file.fingerprint(position.offset) == position.fingerprint:
        return position, None
    return Position(), Gap(clock.now(), clock.now(), CHANGED)


def _take(line: Line, take: Take, heard: Heard) -> None:
    if line.trouble:
        heard.dropped.append(dropped(f"Line {line.number}: {line.trouble}", line.raw))
    elif line.raw.strip():
        try:
            take(line.raw, heard)
        except Ignore as reason:
            heard.dropped.append(dropped(f"Line {line.number}: {reason}", line.raw))


def open_reader(context: SourceContext) -> FileReader:
    return FileReader(Path(context.settings["path"]), context.source_id)
