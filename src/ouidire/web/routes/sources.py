"""Sources: what each hears, since when, how well, and what it cannot do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import APIRouter
from starlette.responses import Response

from ouidire.connectors import registry
from ouidire.connectors.base import Look
from ouidire.connectors.manifest import Manifest
from ouidire.domain.ids import new_id
from ouidire.domain.source import Source
from ouidire.errors import BadInput, NotFound, OuidireError, Permanent, Retry
from ouidire.inbox import read
from ouidire.store import imports, organisations, sources, states, watches
from ouidire.store.engine import Tx
from ouidire.web import pages
from ouidire.web.preview import looked_at
from ouidire.web.routes.care import notices
from ouidire.web.visit import Anyone, Configuring, Form, Visit

router = APIRouter(prefix="/sources")

HIDDEN = frozenset({"simulated", "pasted"})
"""Connectors that nobody connects by hand: the demo world's, and what needs no connecting."""


@router.get("")
def every(visit: Anyone) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx)


@router.get("/new/{connector}")
def new(visit: Configuring, connector: str) -> Response:
    about = _manifest(connector)
    return visit.go("/imports/new") if about.reads == "file" else _form(visit, about, pages.Blanks(), "", 200)


@router.post("/new/{connector}")
async def connect(visit: Configuring, connector: str, form: Form) -> Response:
    """Try what was filled in before keeping it."""
    about = _manifest(connector)
    try:
        if about.looks_first and not form["sure"]:
            return await _look(visit, about, form)
        await _connect(visit, about, form)
    except (BadInput, Permanent, Retry) as error:
        values = pages.Blanks({name.removeprefix("s-"): value for name, value in form.fields.items()})
        return await asyncio.to_thread(_form, visit, about, values, visit.words.problem(error), 422)
    return visit.go("/sources", "connected")


@router.post("/{source_id}/pause")
def pause(visit: Configuring, source_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        sources.pause(tx, visit.member, source_id)
    visit.app.wake()
    return visit.go("/sources", "paused")


@router.post("/{source_id}/resume")
def resume(visit: Configuring, source_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        sources.resume(tx, visit.member, source_id)
    visit.app.wake()
    return visit.go("/sources", "resumed")


@router.post("/{source_id}/remove")
async def remove(visit: Configuring, source_id: str, form: Form) -> Response:
    await visit.app.remove_source(visit.member, source_id)
    return visit.go("/sources", "removed")


@router.post("/{source_id}/test")
async def test(visit: Configuring, source_id: str, form: Form) -> Response:
    """Try the credentials of an account; a stream that needs none tells by itself whether it hears."""
    source, secrets = await visit.app.store.read(_with_secrets, visit, source_id)
    try:
        if registry.manifest(source.connector).looks_first:
            await visit.app.look(source.connector, source.settings)
            visit.app.listener.ask_now(source.id)
        elif source.can_reply or secrets:
            await visit.app.try_account(source.connector, source.settings, secrets)
        elif source.deaf_since is not None:
            raise Permanent(source.because)
    except OuidireError as error:
        return await asyncio.to_thread(_failed, visit, visit.words.problem(error))
    return visit.go("/sources", "tested")


async def _connect(visit: Visit, about: Manifest, form: Form) -> None:
    """An account is tried; what needs none is kept as it is."""
    given, secret = _settings(about, form)
    settings, secrets = about.complete(given, secret)
    if about.looks_first:
        await visit.app.store.read(_refuse_twice, visit, about.name, settings)
    own_uri = await visit.app.try_account(about.name, settings, secrets) if about.replies and secrets else ""
    source = Source(
        new_id(),
        visit.member.organisation_id,
        about.name,
        form["name"] or about.title,
        settings,
        # The public stream is heard once for everyone: an account there is only used to answer.
        listens=about.reads == "poll",
        own_uri=own_uri,
        can_reply=bool(own_uri),
    )
    await visit.app.store.run(sources.add, visit.app.store, source, secrets)
    visit.app.wake()


async def _look(visit: Visit, about: Manifest, form: Form) -> Response:
    """What stands at what was typed, and what of it would have concerned this house; nothing is kept."""
    given, _ = _settings(about, form)
    settings, _ = about.complete(given, {})
    found = await visit.app.look(about.name, settings)
    return await asyncio.to_thread(_show_look, visit, about, form["name"] or found.title, found)


def _show_look(visit: Visit, about: Manifest, name: str, found: Look) -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        _refuse_twice(tx, visit, about.name, found.settings)
        seen = looked_at(
            found.items,
            watches.of(tx, member),
            organisations.places(tx, member),
            sees_names=member.sees_names(None),
            known=read.names_known_to(tx, member),
        )
        return visit.show("source_look.html", tx, section="/sources", m=about, look=found, name=name, seen=seen)


def _refuse_twice(tx: Tx, visit: Visit, connector: str, settings: Mapping[str, str]) -> None:
    ours = visit.member.organisation_id
    for one in sources.of(tx, visit.member):
        if one.organisation_id == ours and one.connector == connector and one.settings == settings:
            raise BadInput("This is listened to already; it stands among your sources.")


def _settings(about: Manifest, form: Form) -> tuple[dict[str, str], dict[str, str]]:
    """What was filled in, open settings and secrets apart."""
    filled = {name: form[f"s-{name}"] for name in about.settings if form[f"s-{name}"]}
    secret = {name for name, one in about.settings.items() if one.type == "secret"}
    return (
        {name: value for name, value in filled.items() if name not in secret},
        {name: value for name, value in filled.items() if name in secret},
    )


def _manifest(connector: str) -> Manifest:
    if connector not in registry.names() or connector in HIDDEN:
        raise NotFound("There is no such network.")
    return registry.manifest(connector)


def _with_secrets(tx: Tx, visit: Visit, source_id: str) -> tuple[Source, Mapping[str, str]]:
    found = [one for one in sources.of(tx, visit.member) if one.id == source_id]
    if not found:
        raise NotFound("There is no such source.")
    return found[0], sources.secrets(tx, visit.app.store, source_id)


def _failed(visit: Visit, error: str) -> Response:
    with visit.app.store.reading() as tx:
        return _show(visit, tx, error, 422)


def _show(visit: Visit, tx: Tx, error: str = "", status: int = 200) -> Response:
    known = {name: registry.manifest(name) for name in registry.names()}
    return visit.show(
        "sources.html",
        tx,
        status,
        section="/sources",
        care=notices(tx, visit.app, visit.member),
        sources=read.source_lines(tx, visit.member),
        manifests=[one for name, one in known.items() if name not in HIDDEN],
        manifest_of=known.get,
        zone=read.zone_of(tx, visit.member),
        clock_behind=states.clock_behind(tx),
        error=error,
        imported=len(imports.of(tx, visit.member)),
    )


def _form(visit: Visit, about: Manifest, values: pages.Blanks, error: str, status: int) -> Response:
    with visit.app.store.reading() as tx:
        return visit.show("source_form.html", tx, status, section="/sources", m=about, values=values, error=error)
