"""Lines of a file that may be huge, compressed or damaged: bounded, with the place where each one ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from ouidire.connectors.files.archive import whole
from ouidire.errors import Permanent

MAX_LINE = 10_000_000
MAX_QUOTED_LINES = 2_000
PREFIX = 4_096
_BOM = b"\xef\xbb\xbf"
_NOT_TEXT = {
    b"\xff\xfe": "is in UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)",
    b"\xfe\xff": "is in UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook; save the sheet as “CSV UTF-8”",
}


@dataclass(frozen=True, slots=True)
class Line:
    """`offset` and `number` say where the next line begins; `text` is empty and `trouble` set when it is unusable."""

    raw: bytes
    offset: int
    number: int
    trouble: str = ""


class LineFile:
    """A stream of text; offsets count its bytes. `name` is what sentences call it."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._bytes, self._name = stream, name
        self.beginning = self._at(0, PREFIX)
        self._refuse_what_is_no_text()

    def fingerprint(self, until: int) -> str:
        """What tells this file from another one with its name: its beginning, no further than `until`."""
        return hashlib.sha256(self.beginning[:until]).hexdigest()[:16]

    def has(self, offset: int) -> bool:
        """Does the file reach as far as `offset`?"""
        return offset == 0 or len(self._at(offset - 1, 1)) == 1

    def lines(self, offset: int, number: int, *, quoted: bool = False) -> Iterator[Line]:
        """Lines from `offset` on, without their line ends. With `quoted`, a line end within quotes ends nothing."""
        self._seek(offset)
        if offset == 0 and self._take(3) != _BOM:
            self._seek(0)
        offset = self._bytes.tell()
        while piece := self._readline():
            raw, size, trouble = piece, len(piece), ""
            if len(piece) > MAX_LINE:
                raw, trouble = piece[:200], f"A line longer than {MAX_LINE // 1_000_000} MB"
                size += self._skip_line(piece)
            number += 1
            if quoted and not trouble and raw.count(b'"') % 2:
                rest, lines = self._until_quote_closes(len(raw))
                raw, size, number = raw + rest, size + len(rest), number + lines
            offset += size
            yield Line(raw.rstrip(b"\r\n"), offset, number, trouble)

    def _until_quote_closes(self, length: int) -> tuple[bytes, int]:
        """The further lines of a quoted field. Nothing, when its quote never closes: then it was no such field."""
        back, found, lines = self._bytes.tell(), bytearray(), 0
        while (piece := self._readline()) and lines < MAX_QUOTED_LINES and length + len(found) < MAX_LINE:
            found += piece
            lines += 1
            if piece.count(b'"') % 2:
                return bytes(found), lines
        self._seek(back)
        return b"", 0

    def _skip_line(self, piece: bytes) -> int:
        skipped = 0
        while piece and not piece.endswith(b"\n"):
            piece = self._readline()
            skipped += len(piece)
        return skipped

    def _at(self, offset: int, size: int) -> bytes:
        self._seek(offset)
        return self._take(size)

    def _seek(self, offset: int) -> None:
        with whole(self._name):
            self._bytes.seek(offset)

    def _take(self, size: int) -> bytes:
        with whole(self._name):
            return self._bytes.read(size)

    def _readline(self) -> bytes:
        with whole(self._name):
            return self._bytes.readline(MAX_LINE + 1)

    def _refuse_what_is_no_text(self) -> None:
        for mark, why in _NOT_TEXT.items():
            if self.beginning.startswith(mark):
                raise Permanent(f"{self._name} {why}.")


def as_text(raw: bytes) -> str:
    """UTF-8, else the Western code page that spreadsheets still write."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
