"""The web face: routes, headers, and what a page says when something went wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import quote

import structlog
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.types import Scope

from ouidire.api.later import Later
from ouidire.app import App
from ouidire.errors import BadInput, NotAllowed, NotFound, OuidireError, Retry
from ouidire.locale.labels import N_
from ouidire.web import cookies, neighbours, pages
from ouidire.web.demo_door import DemoDoor
from ouidire.web.routes import (
    alerts,
    aside,
    bring_places,
    care,
    conversation,
    door,
    events,
    hooks,
    imports,
    inbox,
    listening,
    now,
    places,
    programs,
    questions,
    settings,
    setup,
    share,
    sources,
    wake,
)
from ouidire.web.tiles import tiles_of
from ouidire.web.visit import Anyone, PhoneEnded, SignInNeeded, visit

log = structlog.get_logger()

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

ON_SECURE_LINES = ("Cross-Origin-Opener-Policy",)
"""Browsers ignore it in a local network without https, and complain of it on every page."""

_NOTHING = N_("Everything is as it was; nothing was lost.")
ERRORS: dict[int, tuple[str, str, str, str]] = {
    400: (N_("This could not be done."), N_("Something in what was sent cannot be used."), _NOTHING,
          N_("Go back, change it, and send it again.")),
    403: (N_("This is not for you to see."), N_("Your role does not open this page."), _NOTHING,
          N_("Ask the owner of the house, or go back to now.")),
    404: (N_("There is nothing here."), N_("This page does not exist, or is not yours to see."), _NOTHING,
          N_("It may have been moved or closed: look in the inbox.")),
    500: (N_("Something of ours broke."), N_("The fault is on our side and was written to the log."),
          N_("What was heard is kept; what you sent may not have been done: look before you send it again."),
          N_("Try again. If it happens again, “ouidire doctor” says more.")),
    503: (N_("The house is busy."), N_("The store did not answer in time."), _NOTHING,
          N_("Wait a moment and load the page again.")),
}  # fmt: skip
"""Title, what happened, what was kept, what to do."""


def build(app: App, demo: DemoDoor | None = None) -> FastAPI:
    """The pages of this house. `demo` opens the demo world, where the house has one."""
    web = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    web.state.house, web.state.demo, web.state.patience = app, demo, door.Patience()
    web.state.calls = hooks.patience()
    for part in (
        setup,
        door,
        now,
        inbox,
        conversation,
        questions,
        bring_places,
        places,
        listening,
        aside,
        sources,
        hooks,
        imports,
        share,
        alerts,
        programs,
        settings,
        wake,
        care,
        events,
    ):
        web.include_router(part.router)
    web.router.routes.append(_api(web))
    web.mount("/static", _Static(directory=pages.STATIC))
    web.add_api_route("/sw.js", _service_worker, include_in_schema=False)
    web.add_api_route("/offline", _offline, include_in_schema=False)
    web.add_api_route("/healthz", _healthz, include_in_schema=False)
    web.middleware("http")(_headed)
    web.add_exception_handler(SignInNeeded, _to_signin)
    web.add_exception_handler(PhoneEnded, _phone_ended)
    web.add_exception_handler(OuidireError, _ours)
    web.add_exception_handler(HTTPException, _http)
    web.add_exception_handler(Exception, _broken)
    return web


def _api(web: FastAPI) -> Mount:
    made = Mount("/api/v1", Later(lambda: web.state.house))
    # A line end in an address is the API's to refuse, too: as it stands, “.” would leave it to the pages.
    made.path_regex = re.compile(made.path_regex.pattern, re.DOTALL)
    return made


class _Static(StaticFiles):
    """Our files carry their digest in the address: a browser may keep them for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if scope.get("query_string"):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


async def _headed(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    headers = _headers(request.app.state.house)  # before: what answers the API puts itself into the request
    stranger = neighbours.why_not(request)
    response = _error_page(request, 403, stranger) if stranger else await call_next(request)
    for name, value in headers.items():
        if name not in ON_SECURE_LINES or cookies.is_secure(request):
            response.headers.setdefault(name, value)
    if not request.url.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _headers(app: App) -> dict[str, str]:
    """`HEADERS`; where own map tiles are set, pictures may also come from exactly their host."""
    tiles = tiles_of(app.settings)
    if tiles is None:
        return HEADERS
    policy = HEADERS["Content-Security-Policy"].replace("img-src 'self' data:", f"img-src 'self' data: {tiles.host}")
    return HEADERS | {"Content-Security-Policy": policy}


def _service_worker() -> Response:
    return FileResponse(pages.STATIC / "sw.js", media_type="text/javascript")


def _offline(visit: Anyone) -> Response:
    return replace(visit, someone=None, is_fresh=False).show("offline.html")


def _healthz() -> Response:
    return JSONResponse({"ok": True})


async def _to_signin(request: Request, error: Exception) -> Response:
    """Where one wanted to go comes along; a part of a page or a live line is told plainly."""
    if request.headers.get("hx-request") or request.url.path == "/events":
        return Response(status_code=401, headers={"HX-Refresh": "true"})
    path = request.url.path if request.method == "GET" else "/"
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return RedirectResponse(f"/signin?next={quote(path + query)}", status_code=303)


async def _phone_ended(request: Request, error: Exception) -> Response:
    """Says that the phone was signed out, by what, and how to pair it again; what was typed comes back."""
    assert isinstance(error, PhoneEnded)
    if request.headers.get("hx-request") or request.url.path == "/events":
        return await _to_signin(request, error)
    form = error.form
    if form is None:
        form = (
            {k: v for k, v in (await request.form()).items() if isinstance(v, str)} if request.method == "POST" else {}
        )
    typed = [text for name, text in form.items() if _is_written(name, text)]
    shown = await asyncio.to_thread(visit, request)
    return shown.show("phone_ended.html", status=401, phone=error.phone, typed=typed)


def _is_written(name: str, text: str) -> bool:
    """Is it something a person put into words?"""
    return " " in text.strip() and "password" not in name and name not in ("csrf", "old", "new", "next")


async def _ours(request: Request, error: Exception) -> Response:
    kinds: tuple[tuple[type[Exception], int], ...] = ((NotFound, 404), (NotAllowed, 403), (BadInput, 400), (Retry, 503))
    status = next((status for kind, status in kinds if isinstance(error, kind)), 500)
    if status >= 500:
        log.warning("page failed", path=request.url.path, because=str(error))
    return _error_page(request, status, str(error) if status in (400, 403) else "")


async def _http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return _error_page(request, status if status in ERRORS else (404 if status == 405 else 400), "")


async def _broken(request: Request, error: Exception) -> Response:
    log.error("page broke", path=request.url.path, error=repr(error))
    response = _error_page(request, 500, "")
    response.headers.update(HEADERS)
    return response


def _error_page(request: Request, status: int, happened: str) -> Response:
    """Never fails itself: when even the member cannot be read, it speaks to nobody in particular."""
    try:
        asked = visit(request)
        words = [asked.t.gettext(one) for one in ERRORS[status]]
        title, what, kept, todo = words
        return replace(asked, is_fresh=False).show(
            "error.html",
            status=status,
            title=title,
            happened=asked.words.stored(happened) or what,
            kept=kept,
            todo=todo,
        )
    except Exception as error:
        log.error("error page broke", error=repr(error))
        return Response(ERRORS[status][0], status_code=status, media_type="text/plain")
