"""What is live: one line of server-sent events for each open page. It says that something changed, never what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from ouidire.notifiers.broadcaster import Event, Subscription
from ouidire.people import signin
from ouidire.web.visit import Anyone, Visit

router = APIRouter()

PING_S = 15.0


@router.get("/events")
async def events(visit: Anyone) -> Response:
    member = visit.member
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(visit, member.id), media_type="text/event-stream", headers=headers)


async def _lines(visit: Visit, member_id: str) -> AsyncIterator[str]:
    yield "retry: 3000\n\n"
    page = visit.app.broadcaster.subscribe(member_id)
    waiting: asyncio.Task[Event] | None = None
    try:
        while True:
            waiting = waiting or asyncio.create_task(_next(page))
            done, _ = await asyncio.wait({waiting}, timeout=PING_S)
            if done:
                yield f"event: changed\ndata: {waiting.result().name}\n\n"
                waiting = None
            elif await visit.app.store.read(signin.member_of_session, visit.session) is None:
                return
            else:
                yield ": still here\n\n"
    except _Closed:
        return
    finally:
        page.close()
        if waiting is not None:
            waiting.cancel()


class _Closed(Exception):
    """The house closes; StopAsyncIteration itself cannot leave a task."""


async def _next(page: Subscription) -> Event:
    try:
        return await anext(page)
    except StopAsyncIteration as error:
        raise _Closed from error
