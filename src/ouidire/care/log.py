"""The log of the house: begun anew when it has grown, a few former ones kept, and never a reason to stop."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

FILE = "ouidire.log"


class RotatingLog:
    """A text file as structlog's writers want one. A disk that refuses costs lines, counted; nothing else."""

    def __init__(self, path: Path, most_bytes: int, kept: int) -> None:
        self._path, self._most, self._kept = path, most_bytes, kept
        self._missed = 0
        self._open()

    def write(self, text: str) -> int:
        """Called with whole lines by one thread at a time."""
        try:
            if self._size + len(text) > self._most and self._size:
                self._begin_anew()
            if self._missed:
                self._file.write(f'{{"event": "log", "because": "{self._missed} lines were lost"}}\n')
                self._missed = 0
            self._file.write(text)
            self._file.flush()
            self._size += len(text.encode("utf-8", "replace"))
        except (OSError, ValueError):
            self._missed += 1
        return len(text)

    def flush(self) -> None:
        """Every line is flushed when it is written."""

    def close(self) -> None:
        with suppress(OSError):
            self._file.close()

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path.touch(mode=0o600)
        self._file = self._path.open("a", encoding="utf-8", errors="replace")
        self._size = self._path.stat().st_size

    def _begin_anew(self) -> None:
        """`ouidire.log` becomes `.1`, `.1` becomes `.2`, and the oldest goes."""
        self._file.close()
        try:
            for number in range(self._kept, 0, -1):
                older = self._former(number - 1) if number > 1 else self._path
                if older.exists():
                    older.replace(self._former(number))
            if not self._kept:
                self._path.unlink(missing_ok=True)
        finally:
            self._open()

    def _former(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def size(folder: Path) -> int:
    """What the log and its former ones take on the disk."""
    return sum(file.stat().st_size for file in folder.glob(f"{FILE}*"))
