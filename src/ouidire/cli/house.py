"""The running house of `ouidire up`: one web server, and the app that pages see, which the demo may stand in for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn

from ouidire.app import App
from ouidire.demo.pretence import Pretence
from ouidire.errors import BadInput
from ouidire.web.main import build


class _Server(uvicorn.Server):
    """uvicorn inside a larger program: it leaves the signals alone. On its own it would end the process by SIGTERM
    as soon as the last page is served, before the house has closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class House:
    """`real` is the owner's app; `demo` the pretended day; the web page shows whichever is `current`."""

    def __init__(self, real: App) -> None:
        self.real = self.current = real
        self.demo = Pretence(real.settings, self._hand_over)
        self.web = build(real, self.demo)
        self._running: asyncio.Task[None] | None = None
        self._failed: asyncio.Future[None] | None = None
        self.on_app: list[Callable[[App], None]] = []

    async def serve(self, listener: socket.socket) -> None:
        """Until interrupted, or until our own corruption stops everything (raised)."""
        self._failed = asyncio.get_running_loop().create_future()
        config = uvicorn.Config(
            self.web, log_config=None, access_log=False, timeout_graceful_shutdown=2, lifespan="off"
        )
        server = _Server(config)
        self._start(self.current)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            await asyncio.wait({serving, self._failed}, return_when=asyncio.FIRST_COMPLETED)
            if self._failed.done():
                self._failed.result()
        finally:
            server.should_exit = True
            self.current.broadcaster.close()
            await serving
            await self.demo.leave()
            await self._stop()
            await self.real.close()

    async def _hand_over(self, app: App | None) -> None:
        await self._stop()
        self.current = app or self.real
        self.current.address = self.real.address
        if app is not None:
            for attach in self.on_app:
                attach(app)
        self.web.state.house = self.current
        self._start(self.current)

    def _start(self, app: App) -> None:
        self._running = asyncio.create_task(app.run(), name="house")
        self._running.add_done_callback(self._ended)

    async def _stop(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self._failed is None or self._failed.done():
            return
        error = task.exception()
        if error is not None:
            self._failed.set_exception(error)


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket. Raises `BadInput` when the port is taken or not ours to use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named so that asyncio turns Nagle's algorithm off: else each answer waits for an acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    # Elsewhere this lets us come back at once after a stop; on Windows it would let two programs share one port.
    listener.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR), 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadInput(
            f"The address {host}:{port} cannot be used ({error.strerror}). Choose another with --port, e.g. --port 0."
        ) from error
    listener.listen(200)
    return listener
