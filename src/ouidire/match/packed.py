"""Packed: records and look-up tables in one read-only file, mapped by every process that opens it and shared by all.

A record is decoded when it is asked for: what nobody asks for costs no process any memory. The file is written beside
its name and takes it when it is whole, so that a reader sees the old one or the new one, never a part.

    magic · version │ sections, each at a multiple of 8 │ contents │ their length · checksum of all before · magic
"""

from __future__ import annotations

import mmap
import os
import struct
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeAlias, TypeVar, get_type_hints
from zlib import crc32

import msgspec

from ouidire.errors import BadInput

T = TypeVar("T")
Raw: TypeAlias = "bytes | memoryview | array[int]"

MAGIC = b"OUIDIREP"
VERSION = 1
_START = struct.Struct("<8sQ")
_END = struct.Struct("<QQ8s")
_BLOCK = 1 << 20


class Broken(BadInput):
    """The file is no packed file of this version, or is damaged: it has to be made anew."""


class Writer:
    """Writes a packed file section by section. Leaving the block by an error leaves the old file as it was."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(f"{path.name}.{os.getpid()}.part")
        self._contents: dict[str, tuple[int, int]] = {}
        self._file: BinaryIO

    def __enter__(self) -> Writer:
        self._file, self._sum, self._at = self._part.open("wb"), 0, 0
        self._write(_START.pack(MAGIC, VERSION))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._file.close()
            with suppress(FileNotFoundError):
                if kind is None:
                    self._part.replace(self._path)
                else:
                    self._part.unlink()

    def add(self, name: str, parts: Raw | Iterable[bytes]) -> None:
        """One section, in one piece or in many."""
        self._write(bytes(-self._at % 8))
        start = self._at
        for part in [memoryview(parts)] if isinstance(parts, (bytes, array, memoryview)) else parts:
            self._write(part)
        self._contents[name] = (start, self._at - start)

    def _write(self, part: Any) -> None:
        self._sum = crc32(part, self._sum)
        self._file.write(part)
        self._at += memoryview(part).nbytes

    def _finish(self) -> None:
        contents = msgspec.msgpack.encode(self._contents)
        self._write(contents)
        self._file.write(_END.pack(len(contents), self._sum, MAGIC))
        self._file.flush()
        os.fsync(self._file.fileno())


class Sections:
    """A packed file, mapped. Raises `Broken` for what is none, and `FileNotFoundError` where there is nothing."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            self._contents = _contents(file, size, path)
            self._map = memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ))
            self._file = os.dup(file.fileno()) if hasattr(os, "pread") else -1

    def __del__(self) -> None:
        if getattr(self, "_file", -1) >= 0:
            os.close(self._file)

    def read(self, name: str, start: int, end: int) -> bytes | memoryview:
        """Some bytes of a section that is read here and there.

        Not by the map, where it can be: with each page that is touched, the system counts fifteen neighbours as ours.
        """
        first, _ = self._contents[name]
        if self._file < 0:
            return self._map[first + start : first + end]
        return os.pread(self._file, end - start, first + start)

    def __getitem__(self, name: str) -> memoryview:
        start, length = self._contents[name]
        return self._map[start : start + length]

    def __iter__(self) -> Iterator[str]:
        """The names of the sections, in the order of the file."""
        return iter(self._contents)

    def numbers(self, name: str, form: str = "I") -> memoryview:
        """A section of whole numbers: 'I' of four bytes, 'Q' of eight."""
        return self[name].cast("B").cast(form)  # type: ignore[call-overload, no-any-return]

    @property
    def nbytes(self) -> int:
        return self._map.nbytes


def _contents(file: BinaryIO, size: int, path: Path) -> dict[str, tuple[int, int]]:
    """Reads the file once instead of mapping it for this: what is only checked must not weigh on the process."""
    broken = Broken(f"{path.name} is not a snapshot that this version of Ouïdire can read; it has to be made anew.")
    if size < _START.size + _END.size:
        raise broken
    start = file.read(_START.size)
    if start != _START.pack(MAGIC, VERSION):
        raise broken
    file.seek(size - _END.size)
    length, checksum, magic = _END.unpack(file.read(_END.size))
    if magic != MAGIC or length > size - _START.size - _END.size or _checksum(file, size - _END.size) != checksum:
        raise broken
    file.seek(size - _END.size - length)
    try:
        return msgspec.msgpack.decode(file.read(length), type=dict[str, tuple[int, int]])
    except msgspec.MsgspecError:
        raise broken from None


def _checksum(file: BinaryIO, left: int) -> int:
    file.seek(0)
    found = 0
    while left and (block := file.read(min(left, _BLOCK))):
        found = crc32(block, found)
        left -= len(block)
    return found


class Multi:
    """Text → whole numbers, by a hash of the text: what it gives has to be verified, what it denies is not there."""

    def __init__(self, sections: Sections, name: str) -> None:
        self._starts = sections.numbers(f"{name}.starts")
        self._hashes = sections.numbers(f"{name}.hashes")
        self._values = sections.numbers(f"{name}.values")
        self._shift = 32 - (len(self._starts) - 2).bit_length()

    def get(self, text: str) -> list[int]:
        wanted = hash_of(text)
        bucket = wanted >> self._shift
        first, last = self._starts[bucket], self._starts[bucket + 1]
        return [self._values[at] for at in range(first, last) if self._hashes[at] == wanted]

    def __contains__(self, text: str) -> bool:
        wanted = hash_of(text)
        bucket = wanted >> self._shift
        return any(self._hashes[at] == wanted for at in range(self._starts[bucket], self._starts[bucket + 1]))


def hash_of(text: str) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"))


def add_multi(writer: Writer, name: str, hashes: array[int], values: array[int]) -> None:
    """The sections of a `Multi`: `values[i]` for the text whose hash is `hashes[i]`; equal hashes keep their order."""
    import numpy as np  # only whoever writes needs it

    keys = np.frombuffer(hashes, np.uint32) if hashes else np.empty(0, np.uint32)
    order = np.argsort(keys, kind="stable")
    bits = max(1, (len(keys) // 4).bit_length())
    bounds = np.arange(1, (1 << bits) + 1, dtype=np.uint64) << np.uint64(32 - bits)
    keys = keys[order]
    starts = np.concatenate(([0], np.searchsorted(keys, bounds))).astype(np.uint32)
    writer.add(f"{name}.starts", starts.tobytes())
    writer.add(f"{name}.hashes", keys.tobytes())
    writer.add(f"{name}.values", np.frombuffer(values, np.uint32)[order].tobytes() if values else b"")


class Shape(Generic[T]):
    """How a frozen dataclass becomes bytes and comes back: its fields in order, without their names."""

    def __init__(self, kind: type[T]) -> None:
        hints = get_type_hints(kind)
        self._kind: Callable[..., T] = kind
        self._names = [one.name for one in fields(kind)]  # type: ignore[arg-type]
        types = tuple(hints[name] for name in self._names)
        whole = tuple[types]  # type: ignore[valid-type]
        self._decoder = msgspec.msgpack.Decoder(whole)
        self._encoder = msgspec.msgpack.Encoder()
        self.said = msgspec.json.encode([kind.__name__, self._names, msgspec.json.schema(whole)]).decode()
        """The fields and what is in them: a file that was written with others cannot be read."""

    def encode(self, one: T) -> bytes:
        return self._encoder.encode([getattr(one, name) for name in self._names])

    def decode(self, raw: bytes | memoryview) -> T:
        return self._kind(*self._decoder.decode(raw))


Keys = Mapping[str, Callable[[T], Iterable[str]]]
"""What records are looked up by: the name of each kind of key, and the keys of that kind that a record has."""


class Records(Generic[T]):
    """Records by number, from 0, and the numbers by key."""

    def __init__(self, sections: Sections, name: str, shape: Shape[T], kinds: Iterable[str]) -> None:
        if bytes(sections[f"{name}.shape"]).decode() != shape.said:
            raise Broken(f"The snapshot of the {name} was made by another version; it has to be made anew.")
        self._shape = shape
        self._sections, self._blob = sections, f"{name}.blob"
        self._ends = sections.numbers(f"{name}.ends", "Q")
        self.keys = {kind: Multi(sections, f"{name}.{kind}") for kind in kinds}

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> T:
        start, end = self._ends[number - 1] if number else 0, self._ends[number]
        return self._shape.decode(self._sections.read(self._blob, start, end))


def add_records(writer: Writer, name: str, shape: Shape[T], ones: Iterable[T], keys: Keys[T]) -> int:
    """The sections of `Records`; returns how many there were. They are read once and not kept."""
    ends = array("Q")
    hashes = {kind: array("I") for kind in keys}
    values = {kind: array("I") for kind in keys}

    def encoded() -> Iterator[bytes]:
        end = 0
        for number, one in enumerate(ones):
            raw = shape.encode(one)
            end += len(raw)
            ends.append(end)
            for kind, keys_of in keys.items():
                for key in dict.fromkeys(keys_of(one)):
                    hashes[kind].append(hash_of(key))
                    values[kind].append(number)
            yield raw

    writer.add(f"{name}.blob", encoded())
    writer.add(f"{name}.ends", ends)
    writer.add(f"{name}.shape", shape.said.encode())
    for kind in keys:
        add_multi(writer, f"{name}.{kind}", hashes[kind], values[kind])
    return len(ends)
