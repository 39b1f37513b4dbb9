"""Faults on demand: what a network does on its bad days, for as many calls as asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import StrEnum

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send


class FaultKind(StrEnum):
    TOO_MANY = "too_many"
    """429, with Retry-After."""
    BROKEN = "broken"
    """500."""
    HANG = "hang"
    """No answer until the house closes."""
    GARBAGE = "garbage"
    """200, but not JSON."""
    CUT = "cut"
    """The act is accepted and the line is cut before the answer is complete."""


class Fault(msgspec.Struct, kw_only=True):
    """The next `times` calls of `door` ("events", "posts", "me"; "" for any) on `network` ("" for any) go wrong so."""

    kind: FaultKind
    network: str = ""
    door: str = ""
    times: int = 1
    retry_after_s: float = 1.0


class CutResponse(Response):
    """Promises more than it sends, so that the server has to cut the line."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head = [(b"content-type", b"application/json"), (b"content-length", b"4096")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b'{"id": "', "more_body": False})


class Faults:
    """The faults still to come, first asked first served."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self._waiting.append(fault)

    def clear(self) -> None:
        self._waiting.clear()

    def take(self, network: str, door: str) -> Fault | None:
        """The fault that this call meets, used up once."""
        for fault in self._waiting:
            if fault.network in ("", network) and fault.door in ("", door):
                fault.times -= 1
                self._waiting = [f for f in self._waiting if f.times > 0]
                return fault
        return None


async def spoil(
    fault: Fault, acts: bool, answer: Callable[[], Awaitable[Response]], closing: Callable[[], Awaitable[object]]
) -> Response:
    """What the caller gets instead of `answer`; a call that `acts` and is cut has been carried out."""
    match fault.kind:
        case FaultKind.TOO_MANY:
            return JSONResponse({"error": "too many"}, 429, {"Retry-After": f"{fault.retry_after_s:g}"})
        case FaultKind.BROKEN:
            return JSONResponse({"error": "broken"}, 500)
        case FaultKind.GARBAGE:
            return Response("<html>une page, pas du JSON", media_type="application/json")
        case FaultKind.HANG:
            await closing()
            return Response(status_code=503)
        case FaultKind.CUT:
            if acts:
                await answer()
            return CutResponse()
