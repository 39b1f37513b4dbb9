"""The disk of the house: when little is free, what can wait gives way first, and what is heard is never lost."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from ouidire.errors import BadInput


@dataclass(frozen=True, slots=True)
class Disk:
    """The disk that `folder` lies on; it is low below `least_mb`."""

    folder: Path
    least_mb: int

    @property
    def free_mb(self) -> int:
        there = next(one for one in (self.folder, *self.folder.resolve().parents) if one.exists())
        return shutil.disk_usage(there).free // 1_000_000

    @property
    def is_low(self) -> bool:
        return self.free_mb < self.least_mb

    def must_have_room(self, bytes_: int, what: str) -> None:
        """Raises `BadInput` when so many bytes more would leave the disk low."""
        free, needed = self.free_mb, bytes_ // 1_000_000
        if free - needed < self.least_mb:
            raise BadInput(
                f"There is no room for {what}: it needs about {needed} MB, {free} MB are free in {self.folder}, and "
                f"{self.least_mb} MB must stay free (OUIDIRE_DISK_FREE_MB). Free some space, or name another folder "
                "with OUIDIRE_BACKUP_FOLDER."
            )
