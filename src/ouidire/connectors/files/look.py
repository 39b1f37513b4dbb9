"""A look at a file before anything of it is kept: what it is, its columns, what its first posts would be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ouidire.connectors.base import SourceContext
from ouidire.connectors.files.archive import Opened
from ouidire.connectors.files.formats import Row
from ouidire.connectors.files.mapping import COLUMNS, NEEDED, is_captured
from ouidire.connectors.files.plan import TABLE, Part, pieces, plan
from ouidire.connectors.files.propose import Doubt, doubts, propose
from ouidire.connectors.files.reader import FileReader, columns_of, table_rows
from ouidire.connectors.files.shape import Shape
from ouidire.connectors.files.table import MOST_COLUMNS, Mapped
from ouidire.domain.item import Dropped, Item
from ouidire.errors import Ignore

LOOKED_AT = 200
"""So many pieces are read for a look."""
EXAMPLES = 3
CAPTURE = "capture"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of theirs with a few of its values."""

    name: str
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Look:
    """What a file is. `columns` and `proposed` only where somebody may have to say which column is which.

    `is_ours`: its columns are those that we know. `is_about_us`: it speaks of one business even where it does not name
    it.
    """

    format: str
    title: str
    columns: tuple[Column, ...]
    proposed: Mapped
    is_ours: bool
    is_about_us: bool
    left_alone: int

    @property
    def has_mapping(self) -> bool:
        return bool(self.columns)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the first pieces of a file would become; `reasons` say why some of the `heard` ones are of no use."""

    heard: int
    items: tuple[Item, ...]
    dropped: tuple[Dropped, ...]
    reasons: tuple[tuple[str, int], ...]
    doubts: tuple[Doubt, ...]

    @property
    def is_hopeless(self) -> bool:
        return any(one.is_fatal for one in self.doubts) or (self.heard > 0 and not self.items)


def look(path: Path) -> Look:
    """Raises `Permanent` when nothing can be read, saying what it is and what to do."""
    opened = Opened(path)
    try:
        planned = plan(opened)
        part = planned.parts[0]
        if part.format is not None:
            one = part.format
            return Look(one.name, one.title, (), Mapped({}), True, one.is_about_us, planned.left_alone)
        if _is_capture(opened, part):
            return Look(CAPTURE, CAPTURE, (), Mapped({}), True, False, planned.left_alone)
        names, rows = _table(opened, part)
        proposed = propose(names, rows)
        is_ours = set(NEEDED) <= set(names) and (set(names) <= set(COLUMNS) or part.shape is Shape.LINES)
        return Look(TABLE, TABLE, _columns(names, rows), proposed, is_ours, False, planned.left_alone)
    finally:
        opened.close()


def sample(context: SourceContext, count: int = LOOKED_AT) -> Sample:
    """What the first `count` pieces would become, with these settings. Raises `Permanent` as reading would."""
    settings = context.settings
    mapped = Mapped.of(settings.get("map", ""))
    opened = Opened(Path(settings["path"]))
    try:
        planned = plan(opened)
        part = planned.parts[0]
        found: tuple[Doubt, ...] = ()
        if part.format is None and mapped.columns:
            names, rows = _table(opened, part)
            found = tuple(doubts(mapped, names, rows))
            if mapped.missing:
                return Sample(0, (), (), (), found)
        reader = FileReader(
            Path(settings["path"]), context.source_id, mapping=settings.get("map", ""), about=settings.get("about", "")
        )
        batches = islice(reader.batches(opened, planned), 1 + count // 256)
        first = next(batches, None)
        if first is None:
            return Sample(0, (), (), (), found)
        reasons = Counter(one.reason for one in first.dropped).most_common(8)
        return Sample(first.heard, first.items, first.dropped, tuple(reasons), found)
    finally:
        opened.close()


def _is_capture(opened: Opened, part: Part) -> bool:
    lines = islice(pieces(opened, part, 0, 0), 5) if part.shape is Shape.LINES else ()
    return any(is_captured(line.raw) for line in lines)


def _table(opened: Opened, part: Part) -> tuple[list[str], list[Row]]:
    """The columns and the first rows of a table; of JSON, the names that its objects have."""
    read, rows = table_rows(opened, part), list[Row]()
    for line in islice(pieces(opened, part, 0, 0), LOOKED_AT):
        if line.raw.strip() and not line.trouble and (row := _tried(read, line.raw)) is not None:
            rows.append(row)
    names = columns_of(opened, part) or list(dict.fromkeys(name for row in rows for name in row))
    return [name for name in names if name][:MOST_COLUMNS], rows


def _tried(read: Callable[[bytes], Row], raw: bytes) -> Row | None:
    try:
        return read(raw)
    except Ignore:
        return None


def _columns(names: list[str], rows: list[Row]) -> tuple[Column, ...]:
    def examples(name: str) -> tuple[str, ...]:
        said = dict.fromkeys(" ".join(row.get(name, "").split())[:80] for row in rows)
        return tuple(islice((one for one in said if one), EXAMPLES))

    return tuple(Column(name, examples(name)) for name in dict.fromkeys(names))
