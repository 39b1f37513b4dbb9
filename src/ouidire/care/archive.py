"""A backup as a file: a ZIP of rows as JSON lines, with a manifest that says what it is and holds every checksum.

Anybody can open it with other tools in thirty years; nothing in it depends on the engine it came from.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import msgspec

from ouidire import __version__
from ouidire.errors import BadInput

FORMAT = 1
SUFFIX = ".ouidire"
MANIFEST, README, KEY, ROWS, IMPORTS = "manifest.json", "README.txt", "key.json", "rows/", "imports/"

BINARY = getattr(os, "O_BINARY", 0)
"""Windows would write two bytes for each line's end."""
_CHUNK = 1 << 20
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}

_ABOUT = """This is a backup of Ouïdire.

rows/       one file a table, one JSON object a line
imports/    copies of imported files, where they were asked for
key.json    the key of the house, locked with a passphrase, where it was asked for
manifest    what this is, and the checksum of each file

Put it back with:   ouidire restore THIS-FILE

Unless key.json is here, the key is NOT: keep the file "key" of the house's folder too, apart from this one. Without
it the accounts must be connected again. Posts that people wrote are in here: keep it as you keep letters.
"""


class Part(msgspec.Struct, frozen=True):
    """A file within the backup. `rows` is 0 for what is no table."""

    size: int
    sha256: str
    rows: int = 0


class _Header(msgspec.Struct, frozen=True):
    """The little of a manifest that every format has."""

    format: int
    release: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """`revision` is the store's form; `key_id` tells keys apart without telling anything of them."""

    format: int
    release: str
    revision: str
    engine: str
    taken_at: datetime
    key_id: str
    parts: dict[str, Part]

    @property
    def rows(self) -> int:
        return sum(part.rows for part in self.parts.values())

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts.values())

    @property
    def has_key(self) -> bool:
        return KEY in self.parts

    def of_table(self, name: str) -> int:
        return self.parts[f"{ROWS}{name}.jsonl"].rows if f"{ROWS}{name}.jsonl" in self.parts else 0


class Writer:
    """Writes a backup beside its place and moves it there when it is whole: no half file ever bears the name."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self._part = target.with_name(f".{target.name}.{os.getpid()}.part")
        handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o600)
        self._file: IO[bytes] = os.fdopen(handle, "wb")
        self._zip = zipfile.ZipFile(self._file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.parts: dict[str, Part] = {}
        self.add(README, [_ABOUT.encode()])

    def add(self, name: str, chunks: Iterable[bytes]) -> None:
        self._add(name, chunks, 0)

    def add_rows(self, table: str, rows: Iterable[Mapping[str, Any]], on_row: Callable[[], None]) -> None:
        count = 0

        def lines() -> Iterator[bytes]:
            nonlocal count
            for row in rows:
                count += 1
                on_row()
                yield json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

        name = f"{ROWS}{table}.jsonl"
        self._add(name, lines(), 0)
        self.parts[name] = msgspec.structs.replace(self.parts[name], rows=count)

    def _add(self, name: str, chunks: Iterable[bytes], rows: int) -> None:
        size, sum_ = 0, hashlib.sha256()
        with self._zip.open(name, "w", force_zip64=True) as out:
            for chunk in chunks:
                out.write(chunk)
                sum_.update(chunk)
                size += len(chunk)
        self.parts[name] = Part(size, sum_.hexdigest(), rows)

    def finish(self, manifest: Manifest) -> None:
        """Everything is in it: make it last, then give it its name."""
        told = msgspec.json.encode(manifest)
        self._zip.writestr(MANIFEST, told)
        self._zip.comment = hashlib.sha256(told).hexdigest().encode()
        self._zip.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._part.replace(self._target)
        sync_folder(self._target.parent)

    def give_up(self) -> None:
        with suppress(Exception):
            self._file.close()
        self._part.unlink(missing_ok=True)


class Archive:
    """A backup that is read. Every way in which it may be broken is a `BadInput` with what to do."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
            told = self._zip.read(MANIFEST)
            _refuse_newer_format(path, msgspec.json.decode(told, type=_Header))
            self.manifest = msgspec.json.decode(told, type=Manifest)
        except OSError as error:
            raise BadInput(f"The backup {path} cannot be read: {error.strerror or error}.") from error
        except (zipfile.BadZipFile, zlib.error, KeyError, msgspec.MsgspecError, NotImplementedError, EOFError) as error:
            raise BadInput(
                f"{path} is no whole backup of Ouïdire ({error}). Take another one; nothing was changed."
            ) from error
        if hashlib.sha256(told).hexdigest().encode() != self._zip.comment:
            raise _damaged(path, MANIFEST)

    def check(self, on_bytes: Callable[[int], None] = lambda _: None) -> None:
        """Every checksum. Raises `BadInput` at the first that does not hold, before anything is changed."""
        for name, part in self.manifest.parts.items():
            sum_ = hashlib.sha256()
            for chunk in self.chunks(name):
                sum_.update(chunk)
                on_bytes(len(chunk))
            if sum_.hexdigest() != part.sha256:
                raise _damaged(self.path, name)

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._zip.open(name) as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, EOFError, RuntimeError) as error:
            raise _damaged(self.path, name) from error

    def rows(self, table: str) -> Iterator[dict[str, Any]]:
        name = f"{ROWS}{table}.jsonl"
        if name not in self.manifest.parts:
            return
        with self._zip.open(name) as file:
            for line in file:
                yield json.loads(line)

    @property
    def tables(self) -> list[str]:
        return [name[len(ROWS) : -len(".jsonl")] for name in self.manifest.parts if name.startswith(ROWS)]

    @property
    def imports(self) -> list[str]:
        return [name for name in self.manifest.parts if name.startswith(IMPORTS)]

    def key(self, passphrase: str) -> bytes:
        return unlock_key(b"".join(self.chunks(KEY)), passphrase)

    def close(self) -> None:
        self._zip.close()


def lock_key(key: bytes, passphrase: str) -> bytes:
    """The key of a house, opened by whoever knows the passphrase (scrypt, then AES-256-GCM)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    salt, nonce = os.urandom(16), os.urandom(12)
    locked = AESGCM(_stretched(passphrase, salt, _SCRYPT)).encrypt(nonce, key, None)
    said = {"salt": salt, "nonce": nonce, "locked": locked}
    told = {name: base64.b64encode(one).decode() for name, one in said.items()}
    return json.dumps(told | {"scrypt": _SCRYPT}).encode()


def unlock_key(told: bytes, passphrase: str) -> bytes:
    """Raises `BadInput` when the passphrase is another."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    said = json.loads(told)
    salt, nonce, locked = (base64.b64decode(said[name]) for name in ("salt", "nonce", "locked"))
    try:
        return AESGCM(_stretched(passphrase, salt, said["scrypt"])).decrypt(nonce, locked, None)
    except InvalidTag as error:
        raise BadInput("This is not the passphrase that the key was locked with; nothing was changed.") from error


def _stretched(passphrase: str, salt: bytes, cost: Mapping[str, int]) -> bytes:
    from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

    if cost["n"] > 2**20 or cost["r"] > 32 or cost["p"] > 16:
        raise BadInput("The key in this backup asks for more work than ours would: it was not made by Ouïdire.")
    return Scrypt(salt=salt, length=32, n=cost["n"], r=cost["r"], p=cost["p"]).derive(passphrase.encode())


def sync_folder(folder: Path) -> None:
    """A rename lasts once its folder is on the disk; where folders cannot be synced (Windows) the system sees to it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refuse_newer_format(path: Path, header: _Header) -> None:
    if header.format > FORMAT:
        raise BadInput(
            f"The backup {path} was taken by Ouïdire {header.release}; this is {__version__}, which cannot read it. "
            f"Install {header.release} or newer, then restore. Nothing was changed."
        )


def _damaged(path: Path, name: str) -> BadInput:
    return BadInput(
        f"The backup {path} is damaged: {name} is not what was written. Take another backup; nothing was changed."
    )
