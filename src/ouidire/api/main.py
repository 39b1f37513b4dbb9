"""The API: every noun's operations behind one door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from ouidire.api import (
    conversations,
    deliveries,
    incidents,
    me,
    members,
    mentions,
    organisation,
    places,
    problems,
    questions,
    replies,
    routes,
    sources,
    watches,
    webhooks,
)
from ouidire.api.door import Keys
from ouidire.api.limits import Buckets
from ouidire.api.problems import Refused
from ouidire.api.schema import described
from ouidire.app import App

NOUNS = (
    me, conversations, mentions, questions, replies, incidents, deliveries, routes, webhooks, organisation, places,
    watches, sources, members,
)  # fmt: skip


class Api(FastAPI):
    def openapi(self) -> dict[str, Any]:
        return described(self)


def build(house: Callable[[], App]) -> Api:
    """The API of the house that `house` gives at each call."""
    api = Api(docs_url=None, redoc_url=None, redirect_slashes=False)
    api.state.house, api.state.buckets, api.state.keys = house, Buckets(), Keys()
    for noun in NOUNS:
        api.router.routes.extend(noun.routes.routes)
    api.add_exception_handler(HTTPException, _no_such_operation)
    return api


async def _no_such_operation(request: Request, error: Exception) -> Response:
    """An address that nobody answers at, or not with this method."""
    known = _methods(request)
    if known:
        return problems.answer(request, Refused("wrong-method", headers={"Allow": ", ".join(sorted(known))}))
    return problems.answer(request, Refused("not-found"))


def _methods(request: Request) -> set[str]:
    """Which methods this address knows, whichever noun they belong to."""
    found: set[str] = set()
    for route in request.app.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return found
