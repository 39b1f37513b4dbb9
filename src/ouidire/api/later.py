"""The API as the pages mount it: made at its first call, so that a house without programs does not carry it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

from ouidire.app import App


class Later:
    """`house` is asked at each call: the demo world may stand in for the real one."""

    def __init__(self, house: Callable[[], App]) -> None:
        self._house = house
        self._made: ASGIApp | None = None
        self._making = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._made is None:
            await asyncio.to_thread(self._make)
        assert self._made is not None
        await self._made(scope, receive, send)

    def _make(self) -> None:
        from ouidire.api.main import build

        with self._making:  # two first calls at once share one API: it counts the calls
            self._made = self._made or build(self._house)
