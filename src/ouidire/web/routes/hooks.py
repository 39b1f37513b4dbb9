"""Where networks call us. No session, no form token: the address itself is the key, and what is brought is signed."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from ouidire import clock
from ouidire.app import App
from ouidire.connectors.base import Call
from ouidire.errors import NotFound, Retry
from ouidire.web.tries import Tries

router = APIRouter(prefix="/hooks")

MOST_BODY = 2_000_000
PER_MINUTE = 120


def patience() -> Tries:
    """How often one door may be called."""
    return Tries(PER_MINUTE, timedelta(minutes=1))


@router.api_route("/{token}", methods=["GET", "POST"], include_in_schema=False)
async def called(request: Request, token: str) -> Response:
    """Answered once what was brought is kept."""
    app: App = request.app.state.house
    calls: Tries = request.app.state.calls
    try:
        app.doors.behind(token)
    except NotFound:
        return _said(404)
    if calls.too_many(token, clock.now()):
        return _said(429, {"Retry-After": "60"})
    calls.failed(token, clock.now())
    body = await _body(request)
    if body is None:
        return _said(413)
    call = Call(request.method, dict(request.query_params), dict(request.headers), body)
    try:
        answer = await app.called(token, call)
    except Retry:
        return _said(503, {"Retry-After": "60"})
    return PlainTextResponse(answer.text, answer.status)


async def _body(request: Request) -> bytes | None:
    """None: it is larger than we take."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY:
            return None
    return bytes(body)


def _said(status: int, headers: dict[str, str] | None = None) -> Response:
    return PlainTextResponse("", status, headers)
