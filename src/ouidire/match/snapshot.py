"""The snapshot: everything a matcher knows, in two files that all workers of a machine open and share.

`heard.packed` holds watches, places, their look-up tables and who bears which name; beside it lies the index of the
names, under a name of its own that `heard.packed` tells. So the two are replaced together, in one renaming, and
whoever is killed while writing leaves the old pair. What changes later is put on top, in memory.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import msgspec

from ouidire.domain.ids import new_id
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.catalogue import PLACE_KEYS, WATCH_KEYS, Catalogue
from ouidire.match.matcher import Matcher
from ouidire.match.names import NameIndex
from ouidire.match.packed import Broken, Multi, Records, Sections, Shape, Writer, add_multi, add_records, hash_of
from ouidire.match.policy import Bearers, Counts, Policy
from ouidire.match.signs import Signs

FILE = "heard.packed"
_RECORDS = "heard.records"
_WATCHES, _PLACES = Shape(Watch), Shape(Place)
_LEFT_AFTER_S = 3_600
_COUNTS = ("organisations", "watches")


class About(msgspec.Struct, frozen=True):
    """`names` is the file of the index; `version` is the caller's: of what the snapshot was made."""

    names: str
    version: str
    brands: dict[str, int]


def write(folder: Path, watches: Iterable[Watch], places: Iterable[Place], version: str) -> None:
    """Make the snapshot of these. Both are read once, one after the other, and never held all at once."""
    folder.mkdir(parents=True, exist_ok=True)
    records = folder / f"{_RECORDS}.{new_id()}"
    try:
        with Writer(records) as writer:
            _add_records(writer, watches, places)
        signs = Signs(_catalogue(Sections(records)), Policy())
        signs.fill()
        names = f"names.{new_id()}"
        signs.index.save(folder / names)
        _join(folder / FILE, records, signs, About(names, version, signs.brands))
    finally:
        with suppress(FileNotFoundError):
            records.unlink()
    _sweep(folder, names)


def open_snapshot(folder: Path) -> tuple[Matcher, str]:
    """A matcher on the snapshot, and the version it was made of.

    Raises `Broken` where it cannot be read (another version's, damaged), `FileNotFoundError` where there is none.
    """
    try:
        sections, about, index = _opened(folder)
    except FileNotFoundError:
        sections, about, index = _opened(folder)  # it was replaced between the two files
    catalogue = _catalogue(sections)
    counts = [Counts(Multi(sections, f"bearers.{name}")) for name in _COUNTS]
    signs = Signs(catalogue, Policy(Bearers(*counts)), index, dict(about.brands))
    signs.policy.fit(len(catalogue))
    return Matcher((), (), opened=(catalogue, signs)), about.version


def _opened(folder: Path) -> tuple[Sections, About, NameIndex]:
    sections = Sections(folder / FILE)
    about = msgspec.msgpack.decode(sections["about"], type=About)
    return sections, about, NameIndex.open(folder / about.names)


def _catalogue(sections: Sections) -> Catalogue:
    return Catalogue(
        packed_watches=Records(sections, "watches", _WATCHES, WATCH_KEYS),
        packed_places=Records(sections, "places", _PLACES, PLACE_KEYS),
    )


def _add_records(writer: Writer, watches: Iterable[Watch], places: Iterable[Place]) -> None:
    add_records(writer, "watches", _WATCHES, watches, WATCH_KEYS)
    add_records(writer, "places", _PLACES, places, PLACE_KEYS)


def _join(path: Path, records: Path, signs: Signs, about: About) -> None:
    """The records that were needed to make the index, and what came of it, as one file."""
    sections = Sections(records)
    with Writer(path) as writer:
        for name in sections:
            writer.add(name, sections[name])
        bearers = signs.policy.bearers
        for name, counts in zip(_COUNTS, (bearers.organisations, bearers.watches), strict=True):
            hashes, values = array("I"), array("I")
            for text, times in counts.items():
                hashes.append(hash_of(text))
                values.append(times)
            add_multi(writer, f"bearers.{name}", hashes, values)
        writer.add("about", msgspec.msgpack.encode(about))


def _sweep(folder: Path, names: str) -> None:
    """What older snapshots, and writers that were killed, have left; another may be at work on what is young."""
    long_ago = time.time() - _LEFT_AFTER_S
    for one in [*folder.glob("names.*"), *folder.glob(f"{_RECORDS}.*"), *folder.glob("*.part")]:
        with suppress(OSError):  # another one swept it; or Windows does not let go of what is open
            if one.name != names and one.stat().st_mtime < long_ago:
                one.unlink()


__all__ = ["FILE", "Broken", "open_snapshot", "write"]
