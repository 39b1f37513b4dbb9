"""Places and posts as other programs write them: JSON lines, CSV or GeoJSON, one object each.

The fields are promised to pipelines (docs/reference/match.md): one is never renamed and never changes its meaning.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from ouidire.domain.item import Author, Geo, Item, clean
from ouidire.domain.place import Coordinates
from ouidire.errors import BadInput
from ouidire.locale.labels import N_

CONNECTOR = "post"
MOST_BYTES = 1 << 20
"""A longer line is no post: it is left out, and the next one is read."""

_CHUNK = 1 << 18
_BOM = b"\xef\xbb\xbf"
_SEVERAL = re.compile(r"\s*[|;]\s*")
OSM_TAGS = {
    "@id": "id", "brand": "organisation", "alt_name": "aliases", "addr:street": "street", "addr:suburb": "district",
    "addr:city": "town", "addr:postcode": "postcode", "addr:country": "country", "shop": "category",
    "amenity": "category", "tourism": "category",
}  # fmt: skip
"""What OpenStreetMap calls our fields; the first that is there counts, after our own."""


class PlaceGiven(msgspec.Struct, frozen=True, kw_only=True):
    """One place. `aliases` and `handles` are lists, or one text with `|` between several."""

    id: str | int
    organisation: str | int = ""
    name: str
    aliases: list[str] | str = ""
    handles: list[str] | str = ""
    street: str = ""
    district: str = ""
    town: str = ""
    postcode: str | int = ""
    country: str = ""
    lat: float | None = None
    lon: float | None = None
    category: str = ""

    @property
    def coordinates(self) -> Coordinates | None:
        return None if self.lat is None or self.lon is None else Coordinates(self.lat, self.lon)


class PostGiven(msgspec.Struct, frozen=True, kw_only=True):
    """One post. `in_reply_to` is the id of a post that came before it."""

    id: str | int
    text: str
    author: str | None = None
    lang: str | None = None
    created_at: datetime | None = None
    lat: float | None = None
    lon: float | None = None
    venue: str | int | None = None
    in_reply_to: str | int | None = None

    def item(self, now: datetime) -> Item:
        """The same as an item; one that does not say when it was written was written `now`."""
        author = (self.author or "").strip().removeprefix("@")
        at = self.created_at or now
        return Item(
            connector=CONNECTOR,
            uri=str(self.id),
            author=Author(author, author),
            text=clean(self.text),
            written_at=at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC),
            languages=(self.lang,) if self.lang else (),
            geo=Geo(self.lat, self.lon) if self.lat is not None and self.lon is not None else None,
            listing_id="" if self.venue is None else str(self.venue),
            parent_uri="" if self.in_reply_to is None else str(self.in_reply_to),
        )


@dataclass(frozen=True, slots=True)
class Remark:
    """What was wrong with a line: `sentence` (a msgid) with `values`. `left_out`: nothing of the line is used."""

    line: int
    sentence: str
    values: Mapping[str, str] = field(default_factory=dict)
    left_out: bool = True


NOT_READ = N_("it cannot be read (%(why)s)")
NO_NAME = N_("it has no name")
NO_ID = N_("it has no id")
TWICE = N_("the id “%(id)s” stands there already")
NOWHERE = N_("its coordinates cannot be; they are not used")
TOO_LONG = N_("it is longer than a megabyte")


# -- places ----------------------------------------------------------------------------------------------------------


def read_places(file: Path) -> tuple[list[tuple[int, PlaceGiven]], list[Remark]]:
    """The places of a file, by its ending, with their lines (of a GeoJSON: their numbers), and what is to be said of
    others.

    Raises `BadInput` when the file as a whole cannot be read.
    """
    readers = {".csv": _csv, ".geojson": _geojson, ".json": _geojson, ".jsonl": _lines, ".ndjson": _lines}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise BadInput(f"Places come as .csv, .jsonl or .geojson; {file.name} is none of them.")
    if not file.is_file():
        raise BadInput(f"There is no file at {file}.")
    places: dict[str, tuple[int, PlaceGiven]] = {}
    remarks: list[Remark] = []
    for line, given in reader(file):
        place = _place(line, given, remarks)
        if place is None:
            continue
        if str(place.id) in places:
            remarks.append(Remark(line, TWICE, {"id": str(place.id)}))
            continue
        places[str(place.id)] = (line, place)
    return list(places.values()), remarks


def _place(line: int, given: Mapping[str, Any] | str, remarks: list[Remark]) -> PlaceGiven | None:
    """One place, or None with a remark."""
    if isinstance(given, str):
        remarks.append(Remark(line, NOT_READ, {"why": given}))
        return None
    values = {name: value for name, value in given.items() if value is not None and value != ""}
    for name, sentence in (("id", NO_ID), ("name", NO_NAME)):
        if not str(values.get(name, "")).strip():
            remarks.append(Remark(line, sentence))
            return None
    try:
        place = msgspec.convert(values, PlaceGiven)
    except msgspec.ValidationError as error:
        remarks.append(Remark(line, NOT_READ, {"why": str(error)}))
        return None
    if not _is_on_earth(place.lat, place.lon):
        remarks.append(Remark(line, NOWHERE, left_out=False))
        return msgspec.structs.replace(place, lat=None, lon=None)
    return place


def _is_on_earth(lat: float | None, lon: float | None) -> bool:
    if lat is None and lon is None:
        return True
    return lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180 and isfinite(lat + lon)


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with file.open("rb") as stream:
        for lines in batches(stream):
            for number, line in lines:
                try:
                    yield number, msgspec.json.decode(line, type=dict[str, Any]) if line is not None else "1 MB"
                except msgspec.MsgspecError as error:
                    yield number, str(error)


def _csv(file: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    with _text(file) as text:
        head = text.readline()
        text.seek(0)
        lines = csv.DictReader(text, delimiter=max(",;\t", key=head.count))
        try:
            for row in lines:
                yield lines.line_num, {name: _cell(name, value) for name, value in row.items() if name and value}
        except (csv.Error, UnicodeDecodeError) as error:
            raise BadInput(f"Line {lines.line_num + 1} of {file.name} cannot be read as CSV: {error}.") from error


def _text(file: Path) -> io.TextIOWrapper:
    return file.open(encoding="utf-8-sig", newline="")


def _cell(name: str, value: str) -> str | float:
    if name in ("lat", "lon"):
        try:
            return float(value.replace(",", "."))
        except ValueError:
            return float("nan")  # no number: said as what cannot be
    return value.strip()


class _Collection(msgspec.Struct):
    features: list[msgspec.Raw]


class _Geometry(msgspec.Struct):
    type: str
    coordinates: msgspec.Raw = msgspec.Raw(b"null")


class _Feature(msgspec.Struct):
    properties: dict[str, Any] | None = None
    geometry: _Geometry | None = None
    id: str | int | None = None


def _geojson(file: Path) -> Iterator[tuple[int, dict[str, Any] | str]]:
    """Features, each by itself: one that is damaged does not take the others along."""
    try:
        features = msgspec.json.decode(file.read_bytes().removeprefix(_BOM), type=_Collection).features
    except msgspec.MsgspecError as error:
        raise BadInput(f"{file.name} cannot be read as GeoJSON ({error}).") from error
    for number, raw in enumerate(features, 1):
        try:
            feature = msgspec.json.decode(raw, type=_Feature)
            yield number, _properties(feature)
        except msgspec.MsgspecError as error:
            yield number, str(error)


def _properties(feature: _Feature) -> dict[str, Any]:
    values = dict(feature.properties or {})
    if feature.id is not None:
        values.setdefault("id", feature.id)
    for theirs, ours in OSM_TAGS.items():
        if theirs in values:
            values.setdefault(ours, values[theirs])
    geometry = feature.geometry
    if geometry is not None and geometry.type == "Point":
        lon, lat = msgspec.json.decode(geometry.coordinates, type=list[float])[:2]
        values |= {"lat": lat, "lon": lon}
    return values


def several(given: list[str] | str) -> Iterable[str]:
    """A list, however it is written, without what is empty."""
    words = _SEVERAL.split(given) if isinstance(given, str) else given
    return [stripped for word in words if (stripped := word.strip())]


# -- posts -----------------------------------------------------------------------------------------------------------


def batches(stream: BinaryIO) -> Iterator[list[tuple[int, bytes | None]]]:
    """The lines that are there, with their numbers (from 1), as soon as they are; blank ones are left out.

    None stands for a line that is too long. Memory does not grow with the stream.
    """
    read1 = getattr(stream, "read1", stream.read)
    rest, number, is_skipping = b"", 1, False
    first = True
    while chunk := read1(_CHUNK):
        if first:
            chunk, first = chunk.removeprefix(_BOM), False
        *whole, last = (rest + chunk).split(b"\n")
        found: list[tuple[int, bytes | None]] = []
        for line in whole:
            if is_skipping:
                found.append((number, None))
                is_skipping = False
            elif stripped := line.strip():
                found.append((number, stripped if len(stripped) <= MOST_BYTES else None))
            number += 1
        is_skipping = is_skipping or len(last) > MOST_BYTES
        rest = b"" if is_skipping else last
        if found:
            yield found
    if is_skipping or rest.strip():
        yield [(number, None if is_skipping else rest.strip())]


_decode_post = msgspec.json.Decoder(PostGiven).decode


def post_of(line: bytes | None, number: int) -> PostGiven | Remark:
    """The post of a line, or what was wrong with it."""
    if line is None:
        return Remark(number, TOO_LONG)
    try:
        post = _decode_post(line)
    except msgspec.MsgspecError as error:
        return Remark(number, NOT_READ, {"why": str(error)})
    except UnicodeDecodeError:
        return Remark(number, NOT_READ, {"why": "UTF-8"})
    if (post.lat is not None or post.lon is not None) and not _is_on_earth(post.lat, post.lon):
        return msgspec.structs.replace(post, lat=None, lon=None)
    return post
