"""Everything of one organisation, for a person: files that any program reads, as the member who asks may see it.

Whatever is shown here comes through what the pages show: names of employees are masked as they are there. No secret,
no password and no address that lets somebody in is in it.
"""

from __future__ import annotations

import csv
import html
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import IO, Any

from ouidire import clock
from ouidire.care.archive import BINARY
from ouidire.domain.member import Member
from ouidire.errors import NotFound
from ouidire.inbox import read
from ouidire.inbox.views import ConversationView, MessageView
from ouidire.locale import translator
from ouidire.locale.labels import N_
from ouidire.store import conversations, members, organisations, sources, watches
from ouidire.store.engine import Store, Tx

COLUMNS = {
    "mentions": ("conversation", "place", "network", "author", "handle", "text", "rating", "language", "mood",
                 "act", "urgency", "written_at", "first_seen_at", "kind", "ours", "deleted", "url"),
    "replies": ("conversation", "member", "text", "state", "written_at", "sent_at", "url", "because"),
    "notes": ("conversation", "member", "text", "written_at"),
    "alerts": ("conversation", "place", "member", "by", "state", "because", "at"),
}  # fmt: skip
"""The tables, as CSV."""

_HEAD = N_("Everything Ouïdire keeps for %(name)s")
_BODY = N_("Made on %(day)s for %(member)s, who may see what is in here. Posts belong to those who wrote them.")
_MASKED = N_("Names of employees are hidden, as they are on the pages.")
_FILES = N_("The same as files for programs: conversations.jsonl, and the tables as CSV.")

Progress = Callable[[int, int], None]


def export(store: Store, member: Member, to: Path | IO[bytes], on_done: Progress = lambda _n, _of: None) -> int:
    """Write the archive; returns how many conversations are in it. One is read after the other: memory stays small."""
    with tempfile.TemporaryDirectory(prefix="ouidire-export-") as folder, store.snapshot() as tx:
        ids = conversations.every_id(tx, member)
        with _Files(Path(folder), member, organisations.get(tx, member.organisation_id).name) as files:
            for number, conversation_id in enumerate(ids, 1):
                files.conversation(tx, conversation_id)
                on_done(number, len(ids))
        with _opened(to) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("house.json", _json(_house(tx, member), indent=1))
            for part in sorted(Path(folder).iterdir()):
                out.write(part, part.name)
    return len(ids)


def _opened(to: Path | IO[bytes]) -> AbstractContextManager[IO[bytes]]:
    """What customers wrote and where colleagues get their mail: for the eyes of who asked."""
    if not isinstance(to, Path):
        return nullcontext(to)
    return os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BINARY, 0o600), "wb")


def _house(tx: Tx, member: Member) -> dict[str, Any]:
    """What was set up: places, what is listened for, the people, the sources without their secrets."""
    places = organisations.places(tx, member)
    people = [
        {"name": one.name, "email": one.email, "role": one.role, "language": one.language, "places": one.place_ids}
        for one in members.colleagues(tx, member)
    ]
    ours = [one for one in sources.of(tx, member) if one.organisation_id == member.organisation_id]
    kept = ("id", "connector", "name", "state", "heard", "kept", "dropped", "own_uri")
    return {
        "organisation": organisations.get(tx, member.organisation_id).name,
        "exported_at": clock.now(),
        "for": member.name,
        "places": places,
        "watches": [one for one in watches.of(tx, member) if member.may_configure],
        "people": people,
        "sources": [{name: getattr(one, name) for name in kept} for one in ours if member.may_configure],
    }


class _Files:
    """The growing files of one export."""

    def __init__(self, folder: Path, member: Member, name: str) -> None:
        self._member, self._t = member, translator(member.language)
        self._lines = (folder / "conversations.jsonl").open("w", encoding="utf-8")
        self._page = (folder / "index.html").open("w", encoding="utf-8")
        self._tables = {
            table: (folder / f"{table}.csv").open("w", encoding="utf-8-sig", newline="") for table in COLUMNS
        }
        for table, columns in COLUMNS.items():
            csv.writer(self._tables[table]).writerow(columns)
        self._page.write(self._head(name))

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *exc: object) -> None:
        self._page.write("</main></body></html>\n")
        for file in (self._lines, self._page, *self._tables.values()):
            file.close()

    def conversation(self, tx: Tx, conversation_id: str) -> None:
        try:
            view = read.conversation_view(tx, self._member, conversation_id)
        except NotFound:  # nothing is left in it
            return
        self._lines.write(_json(_told(view)) + "\n")
        for table, rows in _rows(view).items():
            csv.writer(self._tables[table]).writerows([_cell(value) for value in row] for row in rows)
        self._page.write(_article(view))

    def _head(self, name: str) -> str:
        say, day = self._t.gettext, f"{clock.now():%Y-%m-%d}"
        title = html.escape(say(_HEAD) % {"name": name})
        masks = not self._member.sees_names(None)
        lines = [
            say(_BODY) % {"day": day, "member": self._member.name},
            *([say(_MASKED)] if masks else []),
            say(_FILES),
        ]
        said = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
        return (
            f'<!doctype html><html lang="{self._t.language}"><head><meta charset="utf-8"><title>{title}</title>'
            '<meta name="viewport" content="width=device-width"><style>body{font:1rem/1.5 system-ui;margin:0 auto;'
            "max-width:46rem;padding:1rem;color-scheme:light dark}article{border-top:1px solid;padding:1rem 0}"
            "blockquote{margin:.5rem 0;font-size:1.15rem}small{opacity:.75}</style></head><body><main>"
            f"<h1>{title}</h1>{said}\n"
        )


def _rows(view: ConversationView) -> dict[str, list[Sequence[Any]]]:
    card, of = view.card, view.card.conversation_id
    return {
        "mentions": [_mention(of, card.place_name, one) for one in (*view.messages, *view.relays)],
        "replies": [
            (of, r.member_name, r.text, r.state, r.written_at, r.sent_at, r.url, r.because) for r in view.replies
        ],
        "notes": [(of, one.member_name, one.text, one.written_at) for one in view.notes],
        "alerts": [
            (of, t.place_name, t.member_name, t.notifier, t.state, t.because, t.at) for t in reversed(view.told)
        ],
    }


def _mention(of: str, place: str, one: MessageView) -> Sequence[Any]:
    r = one.reading
    read_ = (r.language, r.sentiment, r.act, r.urgency.name.lower()) if r else ("", "", "", "")
    words = (of, place, one.network, one.author_name, one.author_handle, one.text, one.rating)
    return (*words, *read_, one.written_at, one.first_seen_at, one.edge, one.is_own, one.is_gone, one.url)


def _told(view: ConversationView) -> dict[str, Any]:
    card = view.card
    return {
        "id": card.conversation_id,
        "place": card.place_name,
        "state": card.state,
        "outcome": card.outcome,
        "gravity": card.gravity,
        "messages": view.messages,
        "relays": view.relays,
        "replies": view.replies,
        "notes": view.notes,
        "told": view.told,
    }


def _article(view: ConversationView) -> str:
    said = [(one.written_at, one.author_name or one.author_handle, one.text) for one in view.messages]
    said += [(one.written_at, f"↳ {one.member_name}", one.text) for one in view.replies]
    said += [(one.written_at, f"✎ {one.member_name}", one.text) for one in view.notes]
    lines = "".join(
        f"<blockquote>{html.escape(text)}</blockquote><small>{html.escape(who)} · {at:%Y-%m-%d %H:%M} UTC</small>"
        for at, who, text in sorted(said, key=lambda one: one[0])
    )
    place = html.escape(view.card.place_name)
    return f"<article><h2>{place}</h2>{lines}</article>\n"


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(_plain(value), ensure_ascii=False, indent=indent)


def _plain(value: object) -> Any:
    if isinstance(value, Enum):
        return value.name.lower() if isinstance(value.value, int) else value.value
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, str | int | float | bool | None):
        return value
    if isinstance(value, datetime):
        return value.isoformat()
    return [_plain(one) for one in value] if isinstance(value, Iterable) else str(value)


def _cell(value: object) -> str:
    """What a spreadsheet shows: a text that it would take for a formula is one no more."""
    plain = _plain(value)
    text = "" if plain is None else str(plain)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
