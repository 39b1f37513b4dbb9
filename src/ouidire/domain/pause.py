"""Pause: after a restore nothing is sent until a person has said so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

PERHAPS_SAID = "From before the restore: we ask the network whether it was said since."
"""Why a reply is unclear after a restore."""

WAITS = "From before the restore: it waits for your word."
DROPPED = "Dropped after the restore: nothing was said. Send it again if it is still right."


@dataclass(frozen=True, slots=True)
class Pause:
    """Since when, the moment of the backup that came back, and what would be sent now.

    `replies` wait for a word; of `asked` the network is still to say whether they were said after the backup.
    """

    since: datetime
    restored_from: datetime
    replies: int
    asked: int
    alerts: int
