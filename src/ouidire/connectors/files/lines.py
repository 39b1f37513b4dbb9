"""Lines of a file that may be huge, compressed or damaged: bounded, with the place where each one ends."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from ouidire.errors import Permanent

MAX_LINE = 10_000_000
MAX_QUOTED_LINES = 2_000
PREFIX = 4_096
_BOM = b"\xef\xbb\xbf"
_NOT_TEXT = {
    b"\xff\xfe": "is in UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)",
    b"\xfe\xff": "is in UTF-16; save it as UTF-8 (in Excel: “CSV UTF-8”)",
    b"PK\x03\x04": "is a workbook or an archive; save the sheet as “CSV UTF-8”",
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
    """A text file, `.gz` or not. Offsets count uncompressed bytes. Close it with `close`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._disk = path.open("rb")
        except OSError as error:
            raise Permanent(f"{path.name} cannot be opened: {error.strerror or error}.") from error
        zipped = self._disk.read(2) == b"\x1f\x8b"
        self._disk.seek(0)
        self._bytes = cast(BinaryIO, gzip.GzipFile(fileobj=self._disk)) if zipped else cast(BinaryIO, self._disk)
        try:
            self._beginning = self._at(0, PREFIX)
            self._refuse_what_is_no_text()
        except Permanent:
            self.close()
            raise

    def read_bytes(self) -> int:
        """How far we are in the file as it lies on the disk."""
        return self._disk.tell()

    def fingerprint(self, until: int) -> str:
        """What tells this file from another one with its name: its beginning, no further than `until`."""
        return hashlib.sha256(self._beginning[:until]).hexdigest()[:16]

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
            raw, whole, trouble = piece, len(piece), ""
            if len(piece) > MAX_LINE:
                raw, trouble = piece[:200], f"A line longer than {MAX_LINE // 1_000_000} MB"
                whole += self._skip_line(piece)
            number += 1
            if quoted and not trouble and raw.count(b'"') % 2:
                rest, lines = self._until_quote_closes(len(raw))
                raw, whole, number = raw + rest, whole + len(rest), number + lines
            offset += whole
            yield Line(raw.rstrip(b"\r\n"), offset, number, trouble)

    def close(self) -> None:
        self._bytes.close()
        self._disk.close()

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
        with self._whole():
            self._bytes.seek(offset)

    def _take(self, size: int) -> bytes:
        with self._whole():
            return self._bytes.read(size)

    def _readline(self) -> bytes:
        with self._whole():
            return self._bytes.readline(MAX_LINE + 1)

    def _whole(self) -> _Whole:
        return _Whole(self._path.name)

    def _refuse_what_is_no_text(self) -> None:
        for mark, why in _NOT_TEXT.items():
            if self._beginning.startswith(mark):
                raise Permanent(f"{self._path.name} {why}.")


class _Whole:
    """Says in a sentence that a compressed file is damaged or a disk fails."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, EOFError | zlib.error | OSError):
            raise Permanent(f"{self._name} is damaged or cut short ({error}); export it again.") from error


def as_text(raw: bytes) -> str:
    """UTF-8, else the Western code page that spreadsheets still write."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
