"""What a queue is: batches go in at the ears and come out at the workers, at least once, in the order of a source."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from ouidire.domain.item import Batch


@dataclass(frozen=True, slots=True)
class Parcel:
    """A batch and the source it came from; of a file every batch is committed, because none follows the last."""

    source_id: str
    batch: Batch
    is_file: bool = False


class Queue(Protocol):
    async def put(self, parcel: Parcel) -> None:
        """Hand over; comes back when the queue answers for it. Waits while the workers are behind."""
        ...

    def take(self) -> AsyncIterator[Parcel]:
        """Parcels to work on, until cancelled; each must be given back to `done` after its commit."""
        ...

    async def done(self, parcel: Parcel) -> None:
        """What was taken is committed: it need not come again."""
        ...
