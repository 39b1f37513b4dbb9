"""Imports: bring a file in, say which column is which, see what would be kept, follow it, take it back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from ouidire import clock
from ouidire.connectors.base import SourceContext
from ouidire.connectors.files.look import Column, Look, look, sample
from ouidire.connectors.files.mapping import COLUMNS, NEEDED
from ouidire.connectors.files.reader import read_bytes
from ouidire.connectors.files.table import Mapped
from ouidire.domain.imported import Import, ImportState
from ouidire.domain.source import Source
from ouidire.errors import BadInput, NotAllowed, Permanent
from ouidire.locale import labels
from ouidire.past import begin
from ouidire.past.preview import Preview, preview, veil
from ouidire.store import imports, members, organisations, sources
from ouidire.store.engine import Tx
from ouidire.web import cookies
from ouidire.web.upload import Arrived, receive
from ouidire.web.visit import Configuring, Filled, Form, Visit

router = APIRouter(prefix="/imports")

OFTEN = ("text", "created_at", "rating", "author_name", "author", "url", "title", "network")
"""The columns that nearly every export has; the others stand behind a fold."""
SMALL = 400
"""So many messages are taken back before the answer; the rest of a larger import goes piece by piece."""


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One import as a page shows it; `percent` of the file is read, `others` of its posts do not speak of us."""

    id: str
    name: str
    format: str
    state: ImportState
    because: str
    begun_at: datetime
    member_name: str
    percent: int
    heard: int
    kept: int
    others: int
    dropped: int
    removed: int
    spared: int
    place_name: str
    by_terminal: bool


@router.get("")
def every(visit: Configuring) -> Response:
    with visit.app.store.reading() as tx:
        return visit.show("imports.html", tx, section="/sources", imports=_lines(visit, tx))


@router.get("/new")
def new(visit: Configuring) -> Response:
    return _upload_form(visit, "", 200)


@router.post("/new")
async def bring_in(visit: Configuring) -> Response:
    """A file arrives, is looked at, and waits for a member to say how it is to be read."""
    arrived = None
    try:
        arrived = await receive(visit.request, visit.app.settings.folder, lambda fields: _admit(visit, fields))
        source_id = await asyncio.to_thread(_draft, visit, arrived)
    except BaseException as error:
        if arrived is not None:
            arrived.forget()
        if not isinstance(error, BadInput | Permanent):
            raise
        said = visit.words.problem(error)
        if arrived is not None and arrived.path is not None:
            said = said.replace(arrived.path.name, arrived.name)
        return await asyncio.to_thread(_upload_form, visit, said, 422)
    return visit.go(f"/imports/{source_id}")


@router.get("/{source_id}")
def one(visit: Configuring, source_id: str) -> Response:
    """A draft shows which column is which and what would be kept; what has begun, how far it is."""
    with visit.app.store.reading() as tx:
        found, its = imports.get(tx, visit.member, source_id)
        if not found.is_draft:
            return _show(visit, tx, found, its)
        return _mapper(visit, tx, its, its.settings, 200)


@router.post("/{source_id}/preview")
def what_if(visit: Configuring, source_id: str, form: Form) -> Response:
    """What these choices would keep; nothing is kept."""
    with visit.app.store.reading() as tx:
        _, its = imports.get(tx, visit.member, source_id)
        settings = _chosen(visit, tx, its, form)
        found, error = _preview(visit, tx, its, settings)
        return visit.show(
            "parts/import_preview.html", preview=found, problem=error, place_names=_place_names(visit, tx)
        )


@router.post("/{source_id}")
def start(visit: Configuring, source_id: str, form: Form) -> Response:
    """Begin, unless nothing at all would be kept: then the page says why, and the choices stand as they were made."""
    with visit.app.store.reading() as tx:
        found, its = imports.get(tx, visit.member, source_id)
        if not found.is_draft:
            return visit.go(f"/imports/{source_id}")
        settings = _chosen(visit, tx, its, form)
        what, error = _preview(visit, tx, its, settings)
        is_hopeless = error or what is None or what.is_hopeless
        if form["do"] == "look" or is_hopeless:
            return _mapper(visit, tx, its, settings, 422 if is_hopeless else 200)
    with visit.app.store.transaction() as tx:
        imports.begin(tx, visit.member, source_id, settings, clock.now())
    visit.app.wake()
    return visit.go(f"/imports/{source_id}", "importing")


@router.post("/{source_id}/discard")
def discard(visit: Configuring, source_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        _, its = imports.get(tx, visit.member, source_id)
        imports.discard(tx, visit.member, source_id)
    Path(its.settings["path"]).unlink(missing_ok=True)
    return visit.go("/imports", "gone")


@router.post("/{source_id}/pause")
def pause(visit: Configuring, source_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        imports.get(tx, visit.member, source_id)
        sources.pause(tx, visit.member, source_id)
    return visit.go(f"/imports/{source_id}", "import-paused")


@router.post("/{source_id}/resume")
def resume(visit: Configuring, source_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        imports.get(tx, visit.member, source_id)
        sources.resume(tx, visit.member, source_id)
    return visit.go(f"/imports/{source_id}", "import-resumed")


@router.post("/{source_id}/undo")
def undo(visit: Configuring, source_id: str, form: Form) -> Response:
    """Take an import back: a small one at once, a huge one piece by piece behind the page."""
    store = visit.app.store
    with store.transaction() as tx:
        imports.take_back(tx, visit.member, source_id, clock.now(), takes_spoken=bool(form["everything"]))
    for _ in range(1 + SMALL // imports.AT_ONCE):
        with store.transaction() as tx:
            if not imports.take_back_some(tx, source_id, clock.now()):
                break
    visit.app.wake()
    return visit.go(f"/imports/{source_id}")


def _admit(visit: Visit, fields: Mapping[str, str]) -> None:
    """Is it a form of ours? Asked before a byte of the file is written."""
    if not cookies.comes_from_here(visit.request, visit.app.settings.public_url):
        raise NotAllowed(visit.t.gettext("This form came from another site; nothing was done."))
    if not cookies.is_form_token(visit.key, visit.bound_to, fields.get("csrf", "")):
        raise NotAllowed(visit.t.gettext("This page was open for too long; load it again. Nothing was done."))


def _draft(visit: Visit, arrived: Arrived) -> str:
    if arrived.path is None:
        raise BadInput("Choose a file first.")
    seen = look(arrived.path)
    digest = begin.digest_of(arrived.path)
    final = arrived.path.with_name(arrived.path.name.partition("-")[2])
    with visit.app.store.transaction() as tx:
        source_id = begin.draft(tx, visit.app.store, visit.member, arrived.path, final, arrived.name, digest, seen)
    arrived.path.rename(final)
    return source_id


def _lines(visit: Visit, tx: Tx) -> list[ImportLine]:
    names = {one.id: one.name for one in members.colleagues(tx, visit.member)}
    places = _place_names(visit, tx)
    return [_line(one, its, names, places) for one, its in imports.of(tx, visit.member)]


def _line(one: Import, its: Source, names: Mapping[str, str], places: Mapping[str, str]) -> ImportLine:
    state = imports.state_of(one, its)
    share = read_bytes(its.cursor) / one.size_bytes if one.size_bytes else 0.0
    return ImportLine(
        id=one.source_id,
        name=one.name,
        format=one.format,
        state=state,
        because=its.because.replace(Path(its.settings.get("path", "")).name or "\0", one.name),
        begun_at=one.begun_at,
        member_name=names.get(one.member_id or "", ""),
        percent=100 if state is ImportState.DONE else min(99, round(100 * share)),
        heard=its.heard,
        kept=its.kept,
        others=max(0, its.heard - its.kept - its.dropped),
        dropped=its.dropped,
        removed=one.removed,
        spared=one.spared,
        place_name=places.get(its.settings.get("about", ""), ""),
        by_terminal=one.member_id is None,
    )


def _show(visit: Visit, tx: Tx, found: Import, its: Source) -> Response:
    names = {one.id: one.name for one in members.colleagues(tx, visit.member)}
    shown = veil(tx, visit.member.organisation_id, visit.member)
    messages, spoken = imports.in_it(tx, visit.member, found.source_id)
    return visit.show(
        "import.html",
        tx,
        section="/sources",
        i=_line(found, its, names, _place_names(visit, tx)),
        reasons=[(reason, count, shown(said)) for _, reason, count, said in sources.drops(tx, found.source_id)],
        gaps=sources.gaps(tx, found.source_id),
        messages=messages,
        spoken=spoken,
    )


def _mapper(visit: Visit, tx: Tx, its: Source, settings: Mapping[str, str], status: int) -> Response:
    found, error = _preview(visit, tx, its, settings)
    seen = _seen(its, veil(tx, visit.member.organisation_id, visit.member))
    mapped = Mapped.of(settings.get("map", ""))
    return visit.show(
        "import_map.html",
        tx,
        status,
        section="/sources",
        source=its,
        look=seen,
        columns=[name for name in OFTEN if seen and seen.has_mapping],
        more=[name for name in COLUMNS if name not in OFTEN and seen and seen.has_mapping],
        needed=NEEDED,
        column_names=labels.COLUMN,
        mapped=mapped,
        places=organisations.places(tx, visit.member),
        place_names=_place_names(visit, tx),
        about=settings.get("about", ""),
        preview=found,
        problem=error,
        is_refused=status >= 400,
    )


def _seen(its: Source, shown: Callable[[str], str]) -> Look | None:
    """What the file is; the examples of its columns as this member may read them."""
    try:
        seen = look(Path(its.settings["path"]))
    except Permanent:
        return None
    columns = (Column(one.name, tuple(shown(said) for said in one.examples)) for one in seen.columns)
    return replace(seen, columns=tuple(columns))


def _preview(visit: Visit, tx: Tx, its: Source, settings: Mapping[str, str]) -> tuple[Preview | None, str]:
    try:
        found = sample(SourceContext(its.id, settings, {}, visit.app.http))
    except (Permanent, BadInput) as error:
        return None, visit.words.problem(error)
    return preview(tx, visit.member, found), ""


def _chosen(visit: Visit, tx: Tx, its: Source, form: Filled) -> dict[str, str]:
    """A draft's settings with what the form says."""
    columns = {name: form.raw(f"c-{name}") for name in COLUMNS if form.raw(f"c-{name}")}
    mapped = Mapped(columns, form["dates"] == "month")
    about = begin.place_for(tx, visit.member, form["about"])
    return begin.settings_for(its, mapped, about)


def _place_names(visit: Visit, tx: Tx) -> dict[str, str]:
    return {one.id: one.name for one in organisations.places(tx, visit.member)}


def _upload_form(visit: Visit, error: str, status: int) -> Response:
    with visit.app.store.reading() as tx:
        return visit.show("import_new.html", tx, status, section="/sources", error=error)
