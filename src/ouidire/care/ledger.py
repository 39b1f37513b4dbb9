"""The ledger of deletions: hashes in a file of the house's folder, outside every backup.

A backup that comes back knows nothing of what was deleted after it. The ledger does, and holds no word and no name.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ouidire import clock

FILE = "deletions.log"

_OVERLAP = timedelta(minutes=10)
"""Looked at again: a deletion that was being committed while the last look was taken."""


class Ledger:
    """Lines of `moment digest`, only ever added to. A torn last line is passed over."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = threading.Lock()
        self._known: dict[str, datetime] | None = None

    def read(self) -> list[tuple[str, datetime]]:
        with self._lock:
            return list(self._load().items())

    def add(self, tombstones: Iterable[tuple[str, datetime]]) -> int:
        """Write down what is new, on the disk before it returns; how many that were."""
        with self._lock:
            known = self._load()
            new = [(digest, gone_at) for digest, gone_at in tombstones if digest not in known]
            if not new:
                return 0
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(handle, "ab") as file:
                # A line begins with its break: one that was torn off by a crash does not spoil the next.
                file.write("".join(f"\n{at.astimezone(UTC).isoformat()} {lost}" for lost, at in new).encode())
                file.flush()
                os.fsync(file.fileno())
            known.update(new)
            return len(new)

    def since(self) -> datetime | None:
        """From where on the store is to be asked for more; None: from the beginning.

        Not later than now: what a clock that was ahead has written must not hide what is deleted once it is right.
        """
        with self._lock:
            moments = self._load().values()
        return min(max(moments), clock.now()) - _OVERLAP if moments else None

    def _load(self) -> dict[str, datetime]:
        if self._known is None:
            lines = self.path.read_text("utf-8", "replace").splitlines() if self.path.exists() else []
            self._known = dict(found for line in lines if (found := _parse(line)) is not None)
        return self._known


def _parse(line: str) -> tuple[str, datetime] | None:
    moment, _, digest = line.partition(" ")
    if len(digest) != 64:
        return None
    try:
        return digest, datetime.fromisoformat(moment)
    except ValueError:
        return None
