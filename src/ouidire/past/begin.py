"""Bringing a file in: kept with what it is, begun when a member has said how it is to be read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ouidire import clock
from ouidire.connectors.files.look import Look
from ouidire.connectors.files.table import Mapped
from ouidire.domain.ids import new_id
from ouidire.domain.imported import Import
from ouidire.domain.item import clean
from ouidire.domain.member import Member
from ouidire.domain.source import Source, SourceState
from ouidire.errors import BadInput, NotFound
from ouidire.store import imports, organisations
from ouidire.store.engine import Store, Tx

CONNECTOR = "files"
_PIECE = 1 << 20


def digest_of(path: Path) -> str:
    """What tells the same file brought in twice."""
    with path.open("rb") as file:
        found = hashlib.sha256()
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()


def draft(tx: Tx, store: Store, member: Member, arrived: Path, path: Path, name: str, digest: str, seen: Look) -> str:
    """Keep an import that has not begun, of the file that has `arrived` and will lie at `path`; its id comes back.

    Raises `BadInput` when this very file was imported.
    """
    _refuse_twice(tx, member.organisation_id, digest)
    settings = _settings(path, seen) | {"about": _only_place(tx, member) if seen.is_about_us else ""}
    source = Source(new_id(), member.organisation_id, CONNECTOR, clean(name)[:100], settings, state=SourceState.PAUSED)
    one = Import(
        source_id=source.id,
        organisation_id=member.organisation_id,
        member_id=member.id,
        name=source.name,
        format=seen.format,
        size_bytes=arrived.stat().st_size,
        digest=digest,
        begun_at=clock.now(),
        is_draft=True,
    )
    imports.add(tx, store, one, source)
    return source.id


def from_terminal(
    tx: Tx, store: Store, organisation_id: str, path: Path, settings: Mapping[str, str], seen: Look
) -> Source:
    """An import begun from the terminal: read where it lies, by the command itself."""
    digest = digest_of(path)
    _refuse_twice(tx, organisation_id, digest)
    source = Source(new_id(), organisation_id, CONNECTOR, path.name[:100], dict(settings), listens=False)
    size = path.stat().st_size
    one = Import(source.id, organisation_id, None, source.name, seen.format, size, digest, clock.now())
    imports.add(tx, store, one, source)
    return source


def _refuse_twice(tx: Tx, organisation_id: str, digest: str) -> None:
    before = imports.same(tx, organisation_id, digest)
    if before is not None:
        raise BadInput(f"This very file was imported already, as “{before.name}”; undo that import first.")


def settings_for(source: Source, mapped: Mapped, about: str) -> dict[str, str]:
    """A source's settings with what a member chose."""
    return {"path": source.settings["path"], "map": str(mapped), "about": about}


def place_for(tx: Tx, member: Member, place_id: str) -> str:
    """The place that all of an import is about, if one was chosen. Raises `NotFound` when it is not the member's."""
    if place_id and place_id not in {one.id for one in organisations.places(tx, member)}:
        raise NotFound("There is no such place.")
    return place_id


def _settings(path: Path, seen: Look) -> dict[str, str]:
    return {"path": str(path), "map": "" if seen.is_ours and not seen.has_mapping else str(seen.proposed)}


def _only_place(tx: Tx, member: Member) -> str:
    """Where there is but one place, what speaks of the business speaks of it."""
    places = organisations.places(tx, member)
    return places[0].id if len(places) == 1 else ""
