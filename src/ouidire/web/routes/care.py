"""Care: what waits after a restore, the health of the house, everything to take away, and its numbers for machines."""

from __future__ import annotations

import hmac
import os
import tempfile
from pathlib import Path
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, Request
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from ouidire import __version__, clock
from ouidire.app import App
from ouidire.care import export, health, metrics
from ouidire.domain.member import Member, Role
from ouidire.errors import NotAllowed
from ouidire.inbox import read
from ouidire.store import facts, organisations, pauses
from ouidire.store.engine import Tx
from ouidire.web import neighbours
from ouidire.web.visit import Form, Visit, visit

log = structlog.get_logger()
router = APIRouter()

_LOOPBACK = ("127.0.0.1", "::1")
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def owning(visit: Annotated[Visit, Depends(visit)]) -> Visit:
    """A visit of an owner. Raises `NotAllowed` for the others."""
    if visit.member.role is not Role.OWNER:
        raise NotAllowed(visit.t.gettext("Only the owner sees this."))
    return visit


Owning = Annotated[Visit, Depends(owning)]


@router.post("/restored/send")
def send(visit: Owning, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        pauses.send(tx, visit.member)
    log.info("after the restore", decision="send", by=visit.member.id)
    visit.app.wake()
    return visit.go("/", "sending")


@router.post("/restored/drop")
def drop(visit: Owning, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        pauses.drop(tx, visit.member, clock.now())
    log.info("after the restore", decision="drop", by=visit.member.id)
    visit.app.wake()
    return visit.go("/", "dropped")


@router.get("/settings/health")
def healthy(visit: Owning) -> Response:
    """This organisation's messages and sources; the machine too where nobody else lives on it."""
    app = visit.app
    with app.store.reading() as tx:
        found = _work(tx, visit)
        if facts.is_only_house(tx, visit.member):
            found = [*health.look(app.settings, app.store), _memory(), *found]
        lines = read.source_lines(tx, visit.member)
        return visit.show("health.html", tx, section="/settings", findings=found, sources=lines, release=__version__)


@router.post("/settings/export")
def take_away(visit: Owning, form: Form) -> Response:
    """The archive is made on the disk, sent as it lies there, and removed."""
    handle, name = tempfile.mkstemp(prefix="ouidire-export-", suffix=".zip")
    os.close(handle)
    file = Path(name)
    try:
        export.export(visit.app.store, visit.member, file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    called = f"ouidire-{clock.now():%Y-%m-%d}.zip"
    return FileResponse(
        file, media_type="application/zip", filename=called, background=BackgroundTask(file.unlink, missing_ok=True)
    )


@router.get("/metrics")
def numbers(request: Request) -> Response:
    """For this very machine, for who has the token, and for the owner of a house where nobody else lives."""
    app: App = request.app.state.house
    if not _may_read(request, app):
        return Response("Not for you: see OUIDIRE_METRICS_TOKEN.\n", status_code=403, media_type="text/plain")
    return Response(metrics.text(app.settings, app.store, app.latency), media_type=metrics.CONTENT_TYPE)


def _may_read(request: Request, app: App) -> bool:
    if _comes_from_this_machine(request, app) or _has_token(request, app.settings.metrics_token):
        return True
    member = visit(request).someone
    if member is None or member.role is not Role.OWNER:
        return False
    with app.store.reading() as tx:
        return facts.is_only_house(tx, member)


def _comes_from_this_machine(request: Request, app: App) -> bool:
    """Behind a proxy everybody seems to: then nobody does.

    Nor does who asks for a name that is not ours: a page elsewhere may give its own the address of this machine.
    """
    proxied = bool(app.settings.public_url) or any(name in request.headers for name in _FORWARDED)
    is_near = request.client is not None and request.client.host in _LOOPBACK
    return is_near and not proxied and neighbours.is_own(request.url.hostname or "")


def _has_token(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "")
    return bool(token) and hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _memory() -> health.Finding:
    return health.Finding("memory", True, {"mb": str(health.memory_mb())})


def _work(tx: Tx, visit: Visit) -> list[health.Finding]:
    rows = facts.waiting(tx, visit.member)
    aside = sum(count for _, state, count, _ in rows if state == "failed")
    due = [(count, since) for _, state, count, since in rows if state != "failed"]
    found = [health.Finding("aside", False, {"n": str(aside)})] if aside else []
    if not due:
        return [health.Finding("no_work"), *found]
    oldest = max(0, int((clock.now() - min(since for _, since in due)).total_seconds()))
    values = {"n": str(sum(count for count, _ in due)), "span": visit.words.span(oldest)}
    return [health.Finding("work", True, values), *found]


def notices(tx: Tx, app: App, member: Member) -> dict[str, object]:
    """What Now and Sources say about the house itself, for `parts/care.html`."""
    low = {"mb": app.disk.free_mb, "least": app.disk.least_mb} if app.is_disk_low else None
    zone = next((place.time_zone for place in organisations.places(tx, member)), "UTC")
    return {"pause": pauses.of(tx, member), "disk_low": low, "is_owner": member.role is Role.OWNER, "zone": zone}
