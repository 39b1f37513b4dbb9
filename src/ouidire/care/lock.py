"""One running house a store: a lock that the system takes back when its holder dies, however it dies."""

from __future__ import annotations

import errno
import os
import socket
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO

import msgspec

from ouidire import clock
from ouidire.errors import BadInput
from ouidire.settings import Settings
from ouidire.store import alone

FILE = "up.lock"

_BUSY = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_FAR = 1 << 30
"""Windows locks bytes, and nobody may read them then: one far behind the words."""


class Holder(msgspec.Struct, frozen=True):
    """Who has the house up."""

    pid: int
    host: str
    since: datetime
    address: str = ""

    @property
    def is_me(self) -> bool:
        return self.pid == os.getpid() and self.host == socket.gethostname()


class HouseLock:
    """Held from `take` until `release` or the end of the process. Raises `BadInput` when somebody else has it."""

    def __init__(self, settings: Settings) -> None:
        self._paths = lock_paths(settings)
        self._postgres = "" if settings.store_url.startswith("sqlite:") else settings.store_url
        self._files: list[IO[bytes]] = []
        self._line: alone.Line | None = None
        self._me = Holder(os.getpid(), socket.gethostname(), clock.now())

    def take(self) -> HouseLock:
        try:
            for path in self._paths:
                self._files.append(_taken(path))
            if self._postgres:
                self._line = alone.take(self._postgres)
        except BaseException:
            self.release()
            raise
        self.say("")
        return self

    def say(self, address: str) -> None:
        """Write down who holds it, for the second to read."""
        self._me = msgspec.structs.replace(self._me, address=address)
        for file in self._files:
            file.seek(0)
            file.truncate()
            file.write(msgspec.json.encode(self._me))
            file.flush()

    def release(self) -> None:
        """The files stay: taking one away while another waits at it would give two locks of one name."""
        for file in self._files:
            with suppress(OSError):
                file.seek(0)
                file.truncate()
            file.close()
        self._files = []
        if self._line is not None:
            self._line.release()
            self._line = None

    def __enter__(self) -> HouseLock:
        return self.take()

    def __exit__(self, *exc: object) -> None:
        self.release()


def lock_paths(settings: Settings) -> list[Path]:
    """In the house's folder, and beside a SQLite file that lies elsewhere: two folders may share one store."""
    paths = [settings.folder / FILE]
    if settings.store_url.startswith("sqlite:///"):
        store = Path(settings.store_url.removeprefix("sqlite:///"))
        if store.parent.resolve() != settings.folder.resolve():
            paths.append(store.with_name(store.name + ".lock"))
    return paths


def holder(settings: Settings) -> Holder | None:
    """Who has the house up now; None: nobody."""
    for path in lock_paths(settings):
        if not path.exists():
            continue
        try:
            _taken(path).close()
        except _Held as held:
            return held.by or Holder(0, "", clock.now())
    return None


class _Held(BadInput):
    def __init__(self, by: Holder | None) -> None:
        self.by = by
        super().__init__(_said(by))


def _said(by: Holder | None) -> str:
    if by is None:
        return "Ouïdire is being started or restored here by another process: wait for it to end."
    where = f"; its page is {by.address}" if by.address else ""
    return (
        f"Ouïdire is up here already: process {by.pid} on {by.host}, since {by.since:%Y-%m-%d %H:%M} UTC{where}. "
        "Use that one, or stop it first (Ctrl-C, or systemctl stop ouidire). "
        "For a second house of its own give another folder with --home."
    )


def _taken(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
    except OSError as error:
        raise BadInput(f"{path} cannot be written ({error.strerror}): the house needs a folder of its own.") from error
    try:
        _hold(file)
    except OSError as error:
        with file:
            if error.errno in _BUSY:
                raise _Held(_read(file)) from error
            raise BadInput(
                f"{path} cannot be locked ({error.strerror}): put the house on a disk of this machine."
            ) from error
    return file


def _read(file: IO[bytes]) -> Holder | None:
    try:
        file.seek(0)
        return msgspec.json.decode(file.read(10_000), type=Holder)
    except (msgspec.MsgspecError, OSError):
        return None


if sys.platform == "win32":
    import msvcrt

    def _hold(file: IO[bytes]) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
else:
    import fcntl

    def _hold(file: IO[bytes]) -> None:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
