"""Hears a simulated network by long polling; goes on until cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import msgspec

from ouidire.connectors.base import Reader, SourceContext
from ouidire.connectors.simulated.client import Client, Head, Missed, sample
from ouidire.connectors.simulated.mapping import Event, heard
from ouidire.domain.item import Batch, Dropped, Gap, Gone, Item


@dataclass(frozen=True, slots=True)
class SimulatedReader:
    """`wait_s` is how long a quiet network may stay silent; `patience_s` how much later an answer may still come."""

    client: Client
    wait_s: float = 10.0
    patience_s: float = 10.0

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        after = cursor if cursor.isdecimal() else ""
        while True:
            head, events = await self.client.events(after, self.wait_s, self.wait_s + self.patience_s)
            if head.missed and head.seq < int(after or 0):
                # The network began anew and forgot us: whatever it holds now is new to us.
                head = msgspec.structs.replace(head, through=0)
            if cursor and not after:
                head = msgspec.structs.replace(head, missed=Missed())
            yield self._batch(head, events)
            after = cursor = str(head.through)

    def _batch(self, head: Head, events: list[bytes]) -> Batch:
        items: list[Item] = []
        gone: list[Gone] = []
        dropped: list[Dropped] = []
        written = head.now
        for raw in events:
            try:
                event = msgspec.json.decode(raw, type=Event)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
                dropped.append(Dropped(str(error), sample(raw)))
                continue
            written = event.at
            found = heard(event, self.client)
            items.append(found) if isinstance(found, Item) else gone.append(found)
        behind = events and head.through < head.seq
        return Batch(
            items=tuple(items),
            gone=tuple(gone),
            dropped=tuple(dropped),
            gap=_gap(head),
            cursor=str(head.through),
            heard=len(events),
            told_at=written if behind else head.now,
            lag_s=max(0.0, (head.now - written).total_seconds()) if behind else 0.0,
        )


def _gap(head: Head) -> Gap | None:
    if head.missed is None:
        return None
    because = "the network no longer remembers where we stopped"
    return Gap(head.missed.since or head.now, head.missed.until or head.now, because)


def open_reader(context: SourceContext) -> Reader:
    return SimulatedReader(Client.of(context))
