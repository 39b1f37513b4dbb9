"""A list of places between its upload and its adding: a file in the house, of one organisation, for a day.

What its reader has decided lies beside it. Nothing of it is in the store before all of it is.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from starlette.datastructures import UploadFile

from ouidire import clock
from ouidire.domain.ids import new_id
from ouidire.errors import BadInput, NotFound
from ouidire.places.columns import chosen
from ouidire.places.meanings import Column
from ouidire.places.only import called
from ouidire.places.plan import Wishes, likely_country
from ouidire.places.table import MOST_MB, Table, read_table, too_large

_KEPT_S = 86_400
_FOLDER = "lists"
"""Not among the imports: those files are swept and backed up by who knows them."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person has said about a list: the meaning of its columns, and its questions."""

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    wishes: Wishes = field(default_factory=Wishes)


@dataclass(frozen=True, slots=True)
class Brought:
    """One list that waits to be added."""

    id: str
    path: Path
    decided: Decided
    table: Table

    @property
    def columns(self) -> dict[str, Column]:
        return chosen(self.table, self.decided.columns)

    def decide(self, decided: Decided) -> Brought:
        _write(self.path, decided)
        return replace(self, decided=decided)

    def forget(self) -> None:
        self.path.unlink(missing_ok=True)
        self.path.with_suffix(".json").unlink(missing_ok=True)


def keep(folder: Path, organisation_id: str, given: UploadFile | str, country: str, usual: str, only: str = "") -> str:
    """Keep a list that was uploaded or pasted, if it can be read; its id. Raises `BadInput` and keeps nothing.

    Without a `country`, that which knows most of its towns; the `usual` one where none does. `only`: names of
    which a row must bear one.
    """
    home = folder / _FOLDER / organisation_id
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    _sweep(home)
    path = home / f"{new_id()}.list"
    try:
        if isinstance(given, str):
            path.write_text(given, "utf-8")
        else:
            _copy(given, path)
        table = read_table(path.read_bytes(), called(only))
    except BadInput:
        path.unlink(missing_ok=True)
        raise
    name = given.filename[:100] if not isinstance(given, str) and given.filename else ""
    _write(path, Decided(name, wishes=Wishes(country=country or likely_country(table, usual), only=only)))
    return path.stem


def find(folder: Path, organisation_id: str, brought_id: str) -> Brought:
    """A list of this organisation's. Raises `NotFound` when there is none, or not any more."""
    home = folder / _FOLDER / organisation_id
    path = home / f"{brought_id}.list"
    if path.parent != home or not brought_id.replace("-", "").isalnum() or not path.is_file():
        raise NotFound("This list waits here no more: bring it again.")
    said = json.loads(path.with_suffix(".json").read_text("utf-8"))
    decided = Decided(said["name"], said["columns"], Wishes(**said["wishes"]))
    return Brought(brought_id, path, decided, read_table(path.read_bytes(), called(decided.wishes.only)))


def _copy(given: UploadFile, path: Path) -> None:
    """Of a file that is too large no more than shows it is read."""
    size = given.size or 0
    if size > MOST_MB * 1_000_000:
        raise too_large()
    with path.open("xb") as file:
        shutil.copyfileobj(given.file, file)


def _write(path: Path, decided: Decided) -> None:
    path.with_suffix(".json").write_text(json.dumps(asdict(decided)), "utf-8")


def _sweep(home: Path) -> None:
    """Lists that nobody came back to are forgotten after a day."""
    for path in home.iterdir():
        if path.stat().st_mtime < clock.now().timestamp() - _KEPT_S:
            path.unlink(missing_ok=True)
