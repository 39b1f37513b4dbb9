"""The file of a name index: a few arrays behind a header, written whole or not at all, read where they lie.

It is a copy that can be made anew at any time: whatever is not exactly as this machine would write it is refused.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
import unicodedata
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import BinaryIO

import msgspec

from ouidire.domain.fold import fold_letter
from ouidire.errors import BadInput

MAGIC = b"ouidire names\r\n\x1a"
VERSION = 6
ALIGNED = 64
"""Each part begins at a multiple of this, and has as many bytes of nothing behind it."""

_LETTERS_TRIED = 0x250
_FIXED = len(MAGIC) + 8
_CHUNK = 1 << 24


class _Header(msgspec.Struct, frozen=True):
    """Everything that must be alike on both sides, and the sizes of the parts."""

    version: int
    kind: str
    byteorder: str
    folding: str
    sizes: tuple[int, ...]


def write(path: Path, kind: str, parts: Sequence[memoryview | bytes]) -> None:
    """Put a file of `parts` at `path`; whoever has the one before it open keeps that one."""
    header = _Header(VERSION, kind, sys.byteorder, _folding(), tuple(len(part) for part in parts))
    handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            _write(file, header, parts)
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise


def _write(file: BinaryIO, header: _Header, parts: Sequence[memoryview | bytes]) -> None:
    said = msgspec.json.encode(header)
    lead = len(said).to_bytes(4, "little") + said
    blocks: list[memoryview | bytes] = [lead, _gap(len(MAGIC) + 4 + len(lead))]
    for part in parts:
        blocks += [part, _gap(len(part))]
    checksum = 0
    for block in blocks:
        checksum = zlib.crc32(block, checksum)
    for block in (MAGIC, checksum.to_bytes(4, "little"), *blocks):
        file.write(block)


def read(path: Path, kind: str) -> list[memoryview]:
    """The parts of the file, mapped into memory; the mapping lives as long as they do. Raises `BadInput`."""
    try:
        with path.open("rb") as file:
            whole = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError) as error:
        raise BadInput(f"The name index {path} cannot be read ({error}); make it anew.") from None
    if whole[: len(MAGIC)] != MAGIC:
        raise BadInput(f"{path} is not a name index; make it anew.")
    header, at = _header(path, whole)
    if (header.version, header.kind, header.byteorder, header.folding) != (VERSION, kind, sys.byteorder, _folding()):
        raise BadInput(f"The name index {path} was written by another release, machine or Python; make it anew.")
    parts = []
    for size in header.sizes:
        if not 0 <= size <= len(whole) - at - len(_gap(size)):
            raise damaged(path)  # a slice would be cut short without a word
        parts.append(whole[at : at + size])
        at += size + len(_gap(size))
    return parts


def _header(path: Path, whole: memoryview) -> tuple[_Header, int]:
    """The header, and where the first part begins. Nothing is believed before the checksum is right."""
    checksum = 0
    for at in range(len(MAGIC) + 4, len(whole), _CHUNK):
        checksum = zlib.crc32(whole[at : at + _CHUNK], checksum)
    if len(whole) < _FIXED or checksum != int.from_bytes(whole[len(MAGIC) : len(MAGIC) + 4], "little"):
        raise damaged(path)
    size = int.from_bytes(whole[len(MAGIC) + 4 : _FIXED], "little")
    try:
        header = msgspec.json.decode(whole[_FIXED : _FIXED + size], type=_Header)
    except msgspec.MsgspecError:
        raise damaged(path) from None
    end = _FIXED + size
    return header, end + len(_gap(end))


def damaged(path: Path) -> BadInput:
    """What to raise for a file that is a name index, but not a whole one."""
    return BadInput(f"The name index {path} is damaged; make it anew.")


def _gap(size: int) -> bytes:
    return bytes(ALIGNED + -size % ALIGNED)


@cache
def _folding() -> str:
    """How letters are folded here: names that were folded otherwise would not be found."""
    tried = repr([fold_letter(code) for code in range(_LETTERS_TRIED)]).encode()
    return f"{unicodedata.unidata_version} {zlib.crc32(tried):08x}"
