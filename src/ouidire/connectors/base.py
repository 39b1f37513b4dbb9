"""What a connector is: a manifest and up to three parts (reader, replier, later publisher).

A connector lives in one folder, `connectors/<name>/`: `manifest.toml`, `client.py`, `mapping.py`, `reader.py`,
`replier.py`, `README.md`. Nothing else in the house names it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from ouidire.connectors.http import Http
from ouidire.domain.clearance import Clearance
from ouidire.domain.item import Batch, Item
from ouidire.domain.subscription import Received, Subscription


class Ledger(Protocol):
    """Where the subscription of one source is written down."""

    async def read(self) -> Subscription | None: ...

    async def write(self, one: Subscription) -> None: ...


@dataclass(frozen=True, slots=True)
class Door:
    """Where the network may call us about one source: an address nobody guesses, and what signs the calls."""

    url: str
    secret: str
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a part is opened with: the source's settings and (decrypted) secrets, and the one HTTP client.

    `door` is where the network may call us; None: this house cannot be reached from outside.
    """

    source_id: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    http: Http
    door: Door | None = None


class Reader(Protocol):
    """Hears one source."""

    def read(self, cursor: str) -> AsyncIterator[Batch]:
        """Batches after `cursor` (empty: from now), each with the cursor that covers it.

        A stream goes on until cancelled; a poll or a file ends when there is no more for now.
        A batch may be empty: it proves that the line is alive (at least one every 15 s on a stream). A poll's last
        batch may say in `rhythm` when to ask again.
        Unusable input becomes `Dropped`, never an exception. A cursor the network no longer honours becomes a `Gap`.
        `lag_s` says whether it is caught up with (unknown: it is), `told_at` what time it is on the network.
        Raises `Retry` (cut line, 429, 5xx) or `Permanent` (revoked key, changed schema).
        """
        ...


@runtime_checkable
class Called(Protocol):
    """A reader whose network also calls us (a webhook). What it said is kept as a `Received` before it is answered."""

    async def take(self, call: Received, cursor: str) -> Sequence[Batch]:
        """What a kept call brought, for a source that stands at `cursor`. Unusable input becomes `Dropped`."""
        ...


@dataclass(frozen=True, slots=True)
class Call:
    """A request that came to our door. Header names are in lower case."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered. `kind` names what is to be kept of it; empty: nothing. `subscription`: what it changed.

    `refused` is why its body was let go, to be counted.
    """

    status: int
    text: str = ""
    kind: str = ""
    subscription: Subscription | None = None
    refused: str = ""


class Hook(Protocol):
    """Answers what a network says at our door; holds no line, and decides from what it is given alone."""

    def answer(self, call: Call, known: Subscription | None) -> Answer:
        """Is this call what we asked for, and really from them? It is kept, where it is, before this is sent."""
        ...

    async def end(self, known: Subscription) -> None:
        """Ask the network to call no more. It may not listen: nobody waits for that."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that could be listened to instead of what was typed."""

    title: str
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Look:
    """What was found at what somebody typed, before it is kept: `settings` as they should be kept, the latest items.

    `offers` is what to choose from where what was typed is none itself; then there are no items. `notes` are sentences.
    """

    title: str
    settings: Mapping[str, str]
    items: Sequence[Item] = ()
    offers: Sequence[Offer] = ()
    notes: Sequence[str] = field(default=())


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
