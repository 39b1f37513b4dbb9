"""Hears Bluesky by Jetstream: every public post, as it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode, urlsplit

from ouidire import clock
from ouidire.connectors.base import SourceContext
from ouidire.connectors.bluesky.mapping import WANTED, jetstream
from ouidire.connectors.families.atproto import Heard
from ouidire.connectors.http import Http, Socket
from ouidire.domain.item import Batch, Gap
from ouidire.errors import OuidireError, Permanent, Retry

MOST = 512
"""Events of one batch at the most: while a gap is caught up with, the price of a commit is shared by so many."""

WITHIN_S = 0.05
"""How long a batch may wait to grow: live, it is this that ends it."""

SILENCE_S = 10.0
PONG_S = 5.0
NONSENSE = 1_000
MAX_EVENT_BYTES = 1_000_000

REWIND_US = 2_000_000
"""Servers order events slightly differently and stamp them a little out of order; hearing twice is harmless."""

FORGOTTEN_US = 300_000_000

FUTURE_US = 3_600_000_000
"""What is stamped further ahead of our clock is the network's error; `AGREED` such events in a row say: ours."""
AGREED = 20

AHEAD = "The remembered position lies in the future; hearing from now on."


@dataclass(frozen=True, slots=True)
class _Start:
    """Where to begin: microseconds since 1970 (0: from now) and what had to be given up, if anything.

    `is_ahead`: it lies in what is the future for us. Either it is wrong, or our clock is: the network will show.
    """

    us: int
    gap: Gap | None = None
    is_ahead: bool = False


class JetstreamReader:
    """One line at a time to one of `servers`; each call of `read` begins with the one after the last used."""

    def __init__(self, servers: list[str], http: Http) -> None:
        self._servers = servers
        self._http = http
        self._next = 0
        self._decoder = jetstream()
        self._ahead_us = 0
        """By how much the network's time is known to be ahead of our clock."""

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        """See `base.Reader`. The cursor is Jetstream's own `time_us`, good on every Jetstream server."""
        start = start_at(cursor)
        gap, position, awaited = start.gap, start.us, start.us
        fresh, unread, unbelieved = not start.us, 0, 0
        async with AsyncExitStack() as stack:
            line = await self._connect(stack, start)
            if fresh:  # the line is open: nobody need wait for a post to know
                position = now_us()
                yield Batch(cursor=str(position), gap=gap)
                gap = None
            while True:
                frames = await line.receive(most=MOST, first_s=SILENCE_S, then_s=WITHIN_S)
                if not frames:
                    await line.ping(PONG_S)
                heard = self._decoder.decode(frames, now_us() + self._ahead_us + FUTURE_US)
                unbelieved = unbelieved + heard.beyond if not heard.last_us else 0
                if unbelieved >= AGREED:
                    self._ahead_us = heard.beyond_us - now_us()
                unread = unread + heard.heard if len(heard.dropped) == heard.heard else 0
                if unread >= NONSENSE:
                    raise Retry("This Jetstream server speaks in a way that we do not understand; trying the next.")
                if heard.last_us:
                    if start.is_ahead and awaited and heard.first_us < awaited - FORGOTTEN_US:
                        gap, fresh, awaited = Gap(clock.now(), clock.now(), AHEAD), True, 0
                    gap = gap or missed(awaited, heard.first_us)
                    # Our own clock only stood in until the network's was heard.
                    position = heard.last_us if fresh else max(position, heard.last_us)
                    fresh, awaited = False, 0
                yield _batch(heard, str(position), gap)
                gap = None

    async def _connect(self, stack: AsyncExitStack, start: _Start) -> Socket:
        """A line to the first server that lets us in, each tried once. Raises the kindest of their errors."""
        refused: OuidireError | None = None
        for _ in self._servers:
            url = subscribe_url(self._servers[self._next % len(self._servers)], start.us)
            self._next += 1
            try:
                return await stack.enter_async_context(self._http.websocket(url))
            except (Retry, Permanent) as error:
                refused = refused if isinstance(refused, Retry) else error
        raise refused or Permanent("No Jetstream server is set.")


def open_reader(context: SourceContext) -> JetstreamReader:
    return JetstreamReader(servers(context.settings["jetstream"]), context.http)


def servers(said: str) -> list[str]:
    """The servers named in the setting. Raises `Permanent` when one is not a websocket address."""
    found = said.replace(",", " ").split()
    for server in found:
        if urlsplit(server).scheme not in ("ws", "wss") or not urlsplit(server).hostname:
            raise Permanent(f"“{server}” is not a Jetstream server; it should begin with wss://.")
    return found


def subscribe_url(server: str, us: int) -> str:
    """Where to listen on `server`, from `us` microseconds less the rewind (0: from now)."""
    asked = [("wantedCollections", name) for name in WANTED]
    asked.append(("maxMessageSizeBytes", str(MAX_EVENT_BYTES)))
    if us:
        asked.append(("cursor", str(max(us - REWIND_US, 1))))
    base = server.rstrip("/")
    return f"{base if base.endswith('/subscribe') else base + '/subscribe'}?{urlencode(asked)}"


def start_at(cursor: str) -> _Start:
    """Where `cursor` lets us begin; one that is none of Bluesky's begins now and says so."""
    if not cursor:
        return _Start(0)
    now = clock.now()
    us = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 20 else 0
    if not us:
        return _Start(0, Gap(now, now, "The remembered position is not one of Bluesky's; hearing from now on."))
    return _Start(us, is_ahead=us > now_us() + FUTURE_US)


def missed(awaited_us: int, first_us: int) -> Gap | None:
    """The stretch that the server had forgotten, when the first event lies well after the one we asked for."""
    if not awaited_us or first_us <= awaited_us + FORGOTTEN_US:
        return None
    because = "We were away for longer than Jetstream remembers (about a day and a half)."
    return Gap(moment(awaited_us), moment(first_us), because)


def now_us() -> int:
    return int(clock.now().timestamp() * 1e6)


def moment(us: int) -> datetime:
    return datetime.fromtimestamp(us / 1e6, UTC)


def _batch(heard: Heard, cursor: str, gap: Gap | None) -> Batch:
    lag = max(clock.now().timestamp() - heard.last_us / 1e6, 0.0) if heard.last_us else None
    return Batch(
        items=tuple(heard.items),
        gone=tuple(heard.gone),
        dropped=tuple(heard.dropped),
        gap=gap,
        cursor=cursor,
        heard=heard.heard,
        lag_s=lag,
        told_at=moment(heard.last_us) if heard.last_us else None,
    )
