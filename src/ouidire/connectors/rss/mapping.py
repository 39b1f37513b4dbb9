"""Entries of a feed as ours."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit, urlunsplit

from ouidire.connectors.markup import addressed_in, first_few, hashtags_in, links_in, plain
from ouidire.domain.ids import digest
from ouidire.domain.item import Author, Item, clean
from ouidire.domain.sound import EARLIEST
from ouidire.errors import Ignore

from .document import Entry, Feed

NAME = "rss"
MAX_ID = 900
NOTHING = "An entry with neither words nor an address"

_SENTINEL = EARLIEST + timedelta(days=2)
"""Programs that know no time write zero, in the time zone they are in."""
_AHEAD = timedelta(minutes=5)
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Heard:
    """When a feed is being read, and whether for the first time: then what has no sure time is no news."""

    at: datetime
    is_first: bool = False


def address_of(typed: str) -> str:
    """A feed's name among our addresses: the one it was added by, whatever moves later; a key in it is not repeated."""
    parts = urlsplit(typed.strip())
    query = digest(parts.query)[:16] if parts.query else ""
    return urlunsplit((parts.scheme.lower(), parts.netloc.lower(), parts.path or "/", query, ""))


def uri_of(feed: str, entry: Entry) -> str:
    """Canonical within its feed: its own id, else its address, else a digest of what it says."""
    own = entry.id or entry.link or digest(f"{entry.title}\n{entry.body}")
    return clean(f"{feed}#{own if len(own.encode()) <= MAX_ID else digest(own)}")


def item(entry: Entry, feed: Feed, address: str, heard: Heard) -> Item:
    """An entry as an item. Raises `Ignore` when it says nothing and leads nowhere."""
    title = plain(entry.title).text if entry.title_is_html else " ".join(entry.title.split())
    words = plain(entry.body, entry.base or entry.link) if entry.body_is_html else None
    body = words.text if words else entry.body.strip()
    text = clean(body if body.startswith(title.removesuffix("…")) else f"{title}\n{body}" if body else title)
    if not text and not entry.link:
        raise Ignore(NOTHING)
    written_at, is_sure = when(entry, heard)
    name = clean((entry.author or feed.author or feed.title)[:200])
    tags = (tag.removeprefix("#") for tag in entry.tags if tag.strip() and not re.search(r"\s", tag.strip()))
    return Item(
        connector=NAME,
        uri=uri_of(address, entry),
        author=Author(clean(f"{address}#by:{_own_name(entry)}"), name=name),
        text=text,
        written_at=written_at,
        url=clean(entry.link or feed.home),
        languages=_languages(entry.language or feed.language),
        links=tuple(map(clean, first_few([*(words.links if words else ()), *entry.links, *links_in(text)]))),
        addressed=addressed_in(text),
        hashtags=tuple(map(clean, first_few([*tags, *hashtags_in(text)]))),
        geo=entry.geo,
        revision=digest(text)[:16],
        has_picture=entry.has_picture or bool(words and words.has_picture),
        imported=heard.is_first and not is_sure,
    )


def when(entry: Entry, heard: Heard) -> tuple[datetime, bool]:
    """When an entry was written, as far as it can be believed, and whether that is sure.

    One that names the day alone is as late as that day allows: it was not there when we last looked. One that names no
    time, one that cannot be, or one to come, was written when we first saw it.
    """
    said = entry.written_at
    if said is None or said < _SENTINEL or said > heard.at + _AHEAD:
        return heard.at, False
    if entry.is_day:
        return min(said + _DAY, heard.at), False
    return min(said, heard.at), True


def _own_name(entry: Entry) -> str:
    """Who wrote, within the feed: anyone can sign as anybody in a feed of their own."""
    name = entry.author_uri or entry.author
    return name if len(name.encode()) <= MAX_ID else digest(name)


def _languages(said: str) -> tuple[str, ...]:
    return (said.replace("_", "-").lower(),) if _LANGUAGE.fullmatch(said) else ()
