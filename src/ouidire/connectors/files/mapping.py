"""Rows of an export as items. The columns are the same whatever format they came in (see README.md)."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from ouidire import clock
from ouidire.connectors.families.atproto import Heard, Jetstream
from ouidire.connectors.files.dates import read_date
from ouidire.connectors.files.hosts import network_of
from ouidire.connectors.files.stars import read_stars
from ouidire.domain.ids import digest
from ouidire.domain.item import Author, Geo, Gone, Item, ItemKind, clean
from ouidire.errors import Ignore, Permanent

NAME = "files"
NEEDED = ("text", "created_at")
COLUMNS = (
    *NEEDED,
    *("id", "author", "author_name", "url", "lang", "in_reply_to", "quotes", "reposts"),
    *("lat", "lon", "rating", "network", "listing_id", "title"),
)
_LINK = re.compile(r"https?://[^\s<>\"»]{1,2000}")
_HASHTAG = re.compile(r"(?<!\w)#(\w{1,100})")
_ADDRESSED = re.compile(r"(?<![\w.])@([\w.-]{1,250}\w)")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_JETSTREAM = (b'"time_us"', b'"did"')
MAX_FOUND = 64
NO_DATE = "The date cannot be read"
NO_TEXT = "There is no text"
STARS_ALONE = "Stars without a word: nothing to read"
NO_STARS = "The rating is not a number from 1 to 5"

Row = Mapping[str, str]
_row = msgspec.json.Decoder(dict[str, str | int | float | bool | list[str] | None])


class Exports:
    """Turns rows into items of one source: addresses are kept apart by `source_id`.

    Anyone can write anything into a file, so what a file says must never touch what another source heard.
    `about` is the place that a member said all of it is about; `month_first` how 03/04 is to be read.
    """

    def __init__(self, source_id: str, *, about: str = "", month_first: bool = False) -> None:
        self._source_id, self._about, self._month_first = source_id, about, month_first
        self._jetstream = Jetstream(NAME)

    def json_line(self, raw: bytes, into: Heard) -> None:
        """Take one JSON object: a row, or an event captured from Jetstream. Raises `Ignore` saying what is wrong."""
        if is_captured(raw):
            self._captured(raw, into)
        else:
            into.items.append(self.item({name: said for name, said in json_row(raw).items() if name in COLUMNS}))

    def item(self, row: Row) -> Item:
        """A row as an item. Raises `Ignore` when it has no time or no text, or a number that cannot be.

        Beside the columns, `ours` (not empty) says that the format knows the row to be our own words.
        """
        said = {name: clean(value).strip() for name, value in row.items()}
        written = read_date(said.get("created_at", ""), month_first=self._month_first)
        if written is None:
            raise Ignore(NO_DATE)
        text = "\n".join(part for part in (said.get("title", ""), said.get("text", "")) if part)
        rating = _rating(said)
        if not text and not said.get("reposts"):
            raise Ignore(STARS_ALONE if rating is not None else NO_TEXT)
        network = said.get("network", "")
        author, name = said.get("author", ""), said.get("author_name", "")
        uri = self._scoped(network, said.get("id") or _fingerprint(author or name, written, text))
        return Item(
            connector=NAME,
            uri=uri,
            # A name alone is nobody's address: two Maries are not one customer.
            author=Author(self._scoped(network, author) or f"{uri}#author", _handle(author), name),
            text=clean(text),
            written_at=min(written, clock.now()),
            kind=_kind(said, rating),
            url=said.get("url", ""),
            languages=_languages(said),
            parent_uri=self._scoped(network, said.get("in_reply_to", "")),
            quoted_uri=self._scoped(network, said.get("quotes", "")),
            reposted_uri=self._scoped(network, said.get("reposts", "")),
            links=_found(_LINK, text),
            addressed=_found(_ADDRESSED, text),
            hashtags=_found(_HASHTAG, text),
            listing_id=said.get("listing_id", ""),
            geo=_geo(said),
            rating=rating,
            revision=digest(text)[:16],
            imported=True,
            said_on=(network or network_of(said.get("url", "")))[:60],
            about=self._about,
            is_ours=bool(said.get("ours")),
        )

    def _captured(self, raw: bytes, into: Heard) -> None:
        found = self._jetstream.decode((raw,), 0)
        into.items += [self._own(item) for item in found.items]
        into.gone += [Gone(NAME, self._scoped("", gone.uri), self._scoped("", gone.author_uri)) for gone in found.gone]
        into.dropped += found.dropped

    def _own(self, item: Item) -> Item:
        author = item.author
        return msgspec.structs.replace(
            item,
            uri=self._scoped("", item.uri),
            author=Author(self._scoped("", author.uri), author.handle, author.name),
            parent_uri=self._scoped("", item.parent_uri),
            root_uri=self._scoped("", item.root_uri),
            quoted_uri=self._scoped("", item.quoted_uri),
            reposted_uri=self._scoped("", item.reposted_uri),
            imported=True,
            said_on="bluesky",
            about=self._about,
        )

    def _scoped(self, network: str, name: str) -> str:
        return "/".join(part for part in (self._source_id, network, name) if part) if name else ""


def is_captured(raw: bytes) -> bool:
    """Is it an event of Jetstream, as the network sent it?"""
    return all(mark in raw for mark in _JETSTREAM)


def csv_names(header: str) -> tuple[str, list[str]]:
    """The delimiter and the column names of a CSV's first line, as written. Raises `Permanent` when it names none."""
    delimiter = max(",;\t|", key=header.count)
    try:
        names = [name.strip() for name in next(csv.reader(header.splitlines(True), delimiter=delimiter), [])]
    except csv.Error as error:
        raise Permanent(f"The first line does not name columns ({error}). Needed: {', '.join(NEEDED)}.") from error
    return delimiter, names


def refuse_unknown(given: Sequence[str]) -> None:
    """Raises `Permanent` naming what is wrong, when these are not the columns that we know."""
    names = [name.lower() for name in given]
    missing = [name for name in NEEDED if name not in names]
    unknown = [name for name in names if name not in COLUMNS]
    doubled = sorted({name for name in names if names.count(name) > 1} - set(unknown))
    if not (missing or unknown or doubled):
        return
    wrong = (("missing", missing), ("unknown", unknown), ("there twice", doubled))
    said = "; ".join(f"{what}: {', '.join(n or '(no name)' for n in found)[:300]}" for what, found in wrong if found)
    raise UnknownColumns(
        f"The first line does not name the columns that we know ({said}). "
        f"Needed: {', '.join(NEEDED)}. Possible: {', '.join(COLUMNS[len(NEEDED) :])}."
    )


class UnknownColumns(Permanent):
    """The columns are not ours: somebody has to say which is which."""


def csv_row(text: str, delimiter: str, names: list[str]) -> Row:
    """One CSV record by column name. Raises `Ignore` when it has another number of fields than the first line."""
    try:
        fields = next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), [])
    except csv.Error as error:
        raise Ignore("Not a record of a table") from error
    if len(fields) != len(names):
        raise Ignore(f"{len(fields)} fields where the first line names {len(names)}")
    return dict(zip(names, fields, strict=True))


def json_row(raw: bytes) -> Row:
    try:
        found = _row.decode(raw)
    except msgspec.ValidationError as error:
        raise Ignore("Not a post") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Ignore("Not a JSON object") from error
    return {name: _said(value) for name, value in found.items()}


def _said(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)


def _fingerprint(author: str, written: datetime, text: str) -> str:
    return digest(f"{author}\n{written.isoformat()}\n{text}")[:32]


def _kind(said: Row, rating: float | None) -> ItemKind:
    if said.get("reposts"):
        return ItemKind.REPOST
    return ItemKind.REVIEW if rating is not None else ItemKind.POST


def _number(said: Row, name: str, low: float, high: float) -> float | None:
    written = said.get(name, "").replace(",", ".")
    if not written:
        return None
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not low <= number <= high:
        raise Ignore(f"{name} is not a number from {low:g} to {high:g}")
    return number


def _rating(said: Row) -> float | None:
    stars = read_stars(said.get("rating", ""))
    if stars is not None and math.isnan(stars):
        raise Ignore(NO_STARS)
    return stars


def _handle(author: str) -> str:
    """What is shown of an author: an address is not a handle."""
    return "" if "://" in author else author.removeprefix("@")[:253]


def _geo(said: Row) -> Geo | None:
    lat, lon = _number(said, "lat", -90, 90), _number(said, "lon", -180, 180)
    return None if lat is None or lon is None else Geo(lat, lon)


def _languages(said: Row) -> tuple[str, ...]:
    return tuple(code.lower() for code in re.split(r"[\s,;]+", said.get("lang", "")) if _LANGUAGE.fullmatch(code))[:8]


def _found(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    matches = (found.group(pattern.groups) for found in pattern.finditer(text))
    return tuple(dict.fromkeys(matches))[:MAX_FOUND]
