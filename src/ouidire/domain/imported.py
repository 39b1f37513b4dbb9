"""Import: a file that a member brought in; read once, resumable, and undone as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ImportState(StrEnum):
    DRAFT = "draft"
    """The file lies here; nobody has said yet how it is to be read."""
    READING = "reading"
    STOPPED = "stopped"
    """It was paused, or something is wrong with it."""
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Import:
    """`source_id` is its source: the file, its settings, how far it is read. `member_id` None: from the terminal.

    `digest` tells the same file brought in twice. `removed` mentions were taken away by undoing it; `spared`
    conversations of it stayed, because somebody of ours wrote in them.
    """

    source_id: str
    organisation_id: str
    member_id: str | None
    name: str
    format: str
    size_bytes: int
    digest: str
    begun_at: datetime
    undo_at: datetime | None = None
    undone_at: datetime | None = None
    removed: int = 0
    spared: int = 0
    takes_spoken: bool = False
    is_draft: bool = False
