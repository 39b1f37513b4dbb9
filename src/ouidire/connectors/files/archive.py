"""A file as it lies on the disk, whatever it is packed in: plain, `.gz`, a zip or a tar; never unpacked to memory.

What unfolds beyond reason, holds too many files or is locked is refused with a sentence. An archive within an archive
is left alone and counted.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from ouidire.errors import Permanent

MOST_MEMBERS = 50_000
MOST_UNFOLDED = 200
"""So many times its size may a packed file unfold to: exports of words come to thirty, bombs to a thousand."""
FREE_BYTES = 100_000_000
"""What may always be unfolded, however small the file is."""

READABLE = (".json", ".js", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".eml", ".parquet")
PACKED = (".zip", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".7z", ".rar")
_WORKBOOK = ("xl/workbook.xml", "content.xml", "word/document.xml")


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive; a plain file is its own only member. `number` is its place."""

    name: str
    number: int

    @property
    def is_readable(self) -> bool:
        return self.name.lower().endswith(READABLE)


class Opened:
    """An opened file. Every member can be read as a seekable stream of its bytes. Close it with `close`."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        try:
            self._disk = path.open("rb")
            self.size = path.stat().st_size
        except OSError as error:
            raise Permanent(f"{path.name} cannot be opened: {error.strerror or error}.") from error
        self._zip: zipfile.ZipFile | None = None
        self._tar: tarfile.TarFile | None = None
        self._furthest = 0
        self._is_gz = False
        self.nested = 0
        """How many archives within this archive were left alone."""
        try:
            with whole(self.name):
                self.members = self._look()
        except BaseException:
            self.close()
            raise

    @property
    def is_archive(self) -> bool:
        return self._zip is not None or self._tar is not None

    @property
    def is_packed(self) -> bool:
        return self.is_archive or self._is_gz

    def stream(self, member: Member) -> BinaryIO:
        """The member's bytes, unpacked as they are read. Raises `Permanent` when it is locked or damaged."""
        with whole(self.name):
            if self._zip is not None:
                one = self._zip.infolist()[member.number]
                if one.flag_bits & 1:
                    raise Permanent(f"{self.name} is locked with a password; unlock it first.")
                return _bounded(cast(BinaryIO, self._zip.open(one)), one.compress_size, self.name)
            if self._tar is not None:
                found = self._tar.extractfile(self._tar.getmembers()[member.number])
                return cast(BinaryIO, found or io.BytesIO())
            return self._plain()

    def read_bytes(self) -> int:
        """How far we are in the file as it lies on the disk; never goes back."""
        if not self._disk.closed:
            self._furthest = max(self._furthest, min(self.size, self._disk.tell()))
        return self._furthest

    def rewound(self) -> None:
        """What was looked at is no progress: count anew."""
        self._furthest = 0

    def fingerprint(self) -> str:
        """What tells this archive from another one of its name."""
        back = self._disk.tell()
        self._disk.seek(0)
        beginning = self._disk.read(4_096)
        self._disk.seek(back)
        return hashlib.sha256(beginning + str(self.size).encode()).hexdigest()[:16]

    def close(self) -> None:
        for one in (self._zip, self._tar, self._disk):
            if one is not None:
                one.close()

    def _look(self) -> tuple[Member, ...]:
        mark = self._disk.read(4)
        self._disk.seek(0)
        self._is_gz = mark[:2] == b"\x1f\x8b"
        if mark == b"PK\x03\x04":
            return self._zipped()
        plain = self._plain()
        head = plain.read(512)
        plain.seek(0)
        if head[257:262] == b"ustar":
            self._tar = tarfile.open(fileobj=plain, mode="r:")  # noqa: SIM115 - closed by `close`
            return self._chosen((one.name, one.isfile()) for one in self._tar)
        name = self.name[:-3] if self._is_gz and self.name.lower().endswith(".gz") else self.name
        return (Member(name, 0),)

    def _plain(self) -> BinaryIO:
        self._disk.seek(0)
        if not self._is_gz:
            return self._disk
        return _bounded(cast(BinaryIO, gzip.GzipFile(fileobj=self._disk)), self.size, self.name)

    def _zipped(self) -> tuple[Member, ...]:
        try:
            self._zip = zipfile.ZipFile(self._disk)
        except zipfile.BadZipFile as error:
            # A sheet is a zip too; cut short, it cannot be told from one.
            raise Permanent(
                f"{self.name} is damaged or cut short ({error}); export it again, a sheet as “CSV UTF-8”."
            ) from error
        entries = self._zip.infolist()
        if any(one.filename in _WORKBOOK for one in entries):
            raise Permanent(f"{self.name} is a workbook or a document; save the sheet as “CSV UTF-8”.")
        return self._chosen((one.filename, not one.is_dir()) for one in entries)

    def _chosen(self, entries: Iterator[tuple[str, bool]]) -> tuple[Member, ...]:
        chosen: list[Member] = []
        for number, (name, is_file) in enumerate(entries):
            if number >= MOST_MEMBERS:
                raise Permanent(f"{self.name} holds more than {MOST_MEMBERS} files; take out the part with the posts.")
            if is_file and name.lower().endswith(PACKED):
                self.nested += 1
            if is_file and name.lower().endswith(READABLE) and not PurePosixPath(name).name.startswith("."):
                chosen.append(Member(name, number))
        return tuple(chosen)


@contextmanager
def whole(name: str) -> Iterator[None]:
    """Says in a sentence that a packed file is damaged or a disk fails."""
    try:
        yield
    except (EOFError, zlib.error, OSError, zipfile.BadZipFile, tarfile.TarError, NotImplementedError) as error:
        raise Permanent(f"{name} is damaged or cut short ({error}); export it again.") from error


def _bounded(stream: BinaryIO, packed: int, name: str) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Bounded(stream, packed, name), 1 << 16))


class _Bounded(io.RawIOBase):
    """A stream that says no when it has unfolded to far more than was packed."""

    def __init__(self, stream: BinaryIO, packed: int, name: str) -> None:
        self._stream, self._name = stream, name
        self._most = max(FREE_BYTES, MOST_UNFOLDED * packed)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, into: bytearray) -> int:  # type: ignore[override]
        read = self._stream.read(len(into))
        into[: len(read)] = read
        if self._stream.tell() > self._most:
            raise Permanent(
                f"{self._name} unfolds to more than {MOST_UNFOLDED} times its size; unpack it yourself if you trust it."
            )
        return len(read)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def close(self) -> None:
        self._stream.close()
        super().close()
