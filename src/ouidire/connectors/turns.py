"""Sparing servers that are asked again and again: one question at a time each, spaced, and few at once in all."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from ouidire.errors import Retry

SPACED_S = 2.0
AT_ONCE = 8
MOST_HOSTS = 2_000
_LOCAL = ("127.0.0.1", "localhost", "::1")


class Turns:
    """Who polls takes a turn at the host. Many feeds may live on one server; none of them knows of the others."""

    def __init__(self, spaced_s: float = SPACED_S, at_once: int = AT_ONCE) -> None:
        self._spaced_s = spaced_s
        self._free_at: OrderedDict[str, float] = OrderedDict()
        self._held_until: OrderedDict[str, float] = OrderedDict()
        self._room = asyncio.Semaphore(at_once)

    @asynccontextmanager
    async def at(self, url: str) -> AsyncIterator[None]:
        """A turn at the host of `url`; comes when it is free. Raises `Retry` while the host wants to be left alone."""
        host = urlsplit(url).hostname or ""
        loop = asyncio.get_running_loop()
        left_alone_s = self._held_until.get(host, 0.0) - loop.time()
        if left_alone_s > 0:
            raise Retry(f"{host} asks us to slow down.", after_s=left_alone_s)
        if host not in _LOCAL:  # our own machine need not be spared
            begins = max(loop.time(), self._free_at.get(host, 0.0))
            self._remember(self._free_at, host, begins + self._spaced_s)
            await asyncio.sleep(begins - loop.time())
        async with self._room:
            yield

    def hold(self, url: str, for_s: float) -> None:
        """The host of `url` asked for a rest: nobody of this house asks it before."""
        until = asyncio.get_running_loop().time() + for_s
        self._remember(self._held_until, urlsplit(url).hostname or "", until)

    def _remember(self, into: OrderedDict[str, float], host: str, moment: float) -> None:
        into[host] = moment
        into.move_to_end(host)
        while len(into) > MOST_HOSTS:
            into.popitem(last=False)
