"""What a connector is: a manifest and up to three parts (reader, replier, later publisher).

A connector lives in one folder, `connectors/<name>/`: `manifest.toml`, `client.py`, `mapping.py`, `reader.py`,
`replier.py`, `README.md`. Nothing else in the house names it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from ouidire.connectors.http import Http
from ouidire.domain.clearance import Clearance
from ouidire.domain.item import Batch, Item


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a part is opened with: the source's settings and (decrypted) secrets, and the one HTTP client."""

    source_id: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    http: Http


class Reader(Protocol):
    """Hears one source."""

    def read(self, cursor: str) -> AsyncIterator[Batch]:
        """Batches after `cursor` (empty: from now), each with the cursor that covers it.

        A stream goes on until cancelled; a poll or a file ends when there is no more for now.
        A batch may be empty: it proves that the line is alive (at least one every 15 s on a stream).
        Unusable input becomes `Dropped`, never an exception. A cursor the network no longer honours becomes a `Gap`.
        `lag_s` says whether it is caught up with (unknown: it is), `told_at` what time it is on the network.
        Raises `Retry` (cut line, 429, 5xx) or `Permanent` (revoked key, changed schema).
        """
        ...


@dataclass(frozen=True, slots=True)
class Sent:
    """Where our words stand now: canonical URI (as the reader will hear it) and an address for people."""

    uri: str
    url: str


class Replier(Protocol):
    """Answers on one source."""

    async def reply(self, clearance: Clearance, parent: Item) -> Sent:
        """Say `clearance.text` under `parent`, once. The same `clearance.reply_id` never makes a second post.

        Raises `Permanent` (refused: nothing was said), `Retry` (nothing was said, later may work) or
        `Unclear` (perhaps said: ask with `find`).
        """
        ...

    async def find(self, clearance: Clearance, parent: Item) -> Sent | None:
        """Did the reply with this id arrive? None: it surely did not."""
        ...

    async def check(self) -> str:
        """Try the credentials; gives the canonical URI of our own account. Raises `Permanent` with what to do."""
        ...
