"""A feed as it was published, whatever its format: Atom, RSS, CDF by `feedparser`, JSON Feed by ourselves."""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import unescape
from typing import Any

import msgspec

from ouidire.connectors.markup import absolute, tokens
from ouidire.connectors.rhythm import Wishes
from ouidire.connectors.times import lenient_time
from ouidire.domain.item import Dropped, Geo, clean
from ouidire.errors import OuidireError

MOST_ENTRIES = 5_000
MOST_OPEN = 50_000
TOMBSTONES = b"http://purl.org/atompub/tombstones/1.0"
_HEAD = 100_000
_PERIODS = {"hourly": 3_600.0, "daily": 86_400.0, "weekly": 604_800.0, "monthly": 2.6e6, "yearly": 3.15e7}
_DAYS = {day: n for n, day in enumerate(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])}
_DELETED = re.compile(rb"<(?:[\w.-]+:)?deleted-entry\s[^>]*?\bref\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_ROOTS = frozenset({"rss", "feed", "rdf", "channel", "xml"})
_ENTITY = re.compile(rb"<!ENTITY\b[^>]*>")
_LETTERS = re.compile(rb"<!ENTITY\s+[\w.-]{1,40}\s+[\"'](?:&#\w{1,8};|[^&%\"']){0,16}[\"']\s*>")
_HAS_CLOCK = re.compile(r"\d:\d")


class NotAFeed(OuidireError):
    """What came is no feed; `is_page` says that it is a web page, which may name one."""

    def __init__(self, message: str, *, is_page: bool = False) -> None:
        super().__init__(message)
        self.is_page = is_page


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as its author wrote it. `written_at` None: it does not say, or says what cannot be.

    `is_day`: it names the day alone. `markup` tells which of `title` and `body` are HTML.
    """

    id: str
    link: str = ""
    title: str = ""
    body: str = ""
    title_is_html: bool = False
    body_is_html: bool = True
    base: str = ""
    author: str = ""
    author_uri: str = ""
    written_at: datetime | None = None
    is_day: bool = False
    language: str = ""
    tags: Sequence[str] = ()
    links: Sequence[str] = ()
    has_picture: bool = False
    geo: Geo | None = None


@dataclass(frozen=True, slots=True)
class Feed:
    """`entries` in the order of the document; `deleted` are ids that it says are gone. `damage`: what is wrong with it,
    although it could be read."""

    title: str
    home: str = ""
    language: str = ""
    author: str = ""
    hub: str = ""
    topic: str = ""
    older: str = ""
    wishes: Wishes = field(default_factory=Wishes)
    entries: Sequence[Entry] = ()
    deleted: Sequence[str] = ()
    dropped: Sequence[Dropped] = ()
    damage: str = ""
    is_over: bool = False


def read(body: bytes, content_type: str, url: str) -> Feed:
    """The feed in `body`, which came from `url`. Raises `NotAFeed` when there is none in it."""
    begins = body[:1_000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if begins.startswith((b"{", b"[")) or ("json" in content_type and not begins.startswith(b"<")):
        return _json(body, url)
    if not begins:
        raise NotAFeed("The answer is empty.")
    _refuse_early(body, begins.lower(), content_type)
    found = _parsed(body, content_type, url)
    if not found.get("version") and not found["entries"]:
        raise NotAFeed("No feed was found in the answer.", is_page=_is_page(begins.lower(), content_type))
    return _xml(found, body, url)


def _refuse_early(body: bytes, begins: bytes, content_type: str) -> None:
    """What is no feed at first sight need not be read: a large web page would take long, and one that opens a hundred
    thousand tags and closes none longer still."""
    root = next((name for _, name, _ in tokens(body[:_HEAD].decode("latin-1")) if name and name[0] not in "!?/"), "")
    if root and root.rpartition(":")[2] not in _ROOTS and b"\0" not in begins:
        raise NotAFeed("No feed was found in the answer.", is_page=_is_page(begins, content_type))
    counted = {sign: body.count(sign) for sign in (b"<", b"</", b"/>", b"<!", b"<?")}
    if counted[b"<"] - 2 * counted[b"</"] - counted[b"/>"] - counted[b"<!"] - counted[b"<?"] > MOST_OPEN:
        raise NotAFeed("No feed was found in the answer.")


def _is_page(begins: bytes, content_type: str) -> bool:
    return "html" in content_type or any(mark in begins for mark in (b"<!doctype html", b"<html", b"<head", b"<body"))


# --- Atom, RSS, CDF ----------------------------------------------------------------------------------------------


def _parsed(body: bytes, content_type: str, url: str) -> Any:
    import feedparser  # 12 MB of memory, and only a house that reads feeds needs it

    # Without a type it would take old RSS for Latin-1; with an unknown one it believes the XML declaration.
    kind = content_type if "xml" in content_type else "application/xml"
    headers = {"content-location": url, "content-type": kind}
    plain = _ENTITY.sub(_if_harmless, body) if b"<!ENTITY" in body else body
    return feedparser.parse(plain, response_headers=headers, sanitize_html=False, resolve_relative_uris=False)


def _if_harmless(declared: re.Match[bytes]) -> bytes:
    """A name for one letter or two may stay; one for other names, or for a file of ours, is a trap."""
    return declared[0] if _LETTERS.fullmatch(declared[0]) else b""


def _xml(found: Any, body: bytes, url: str) -> Feed:
    about, links = found["feed"], found["feed"].get("links", ())
    entries, dropped = [], []
    for one in found["entries"][:MOST_ENTRIES]:
        try:
            entries.append(_xml_entry(one, url))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            dropped.append(Dropped(f"An entry cannot be read ({error})"[:200], clean(str(one)[:200])))
    by_rel = {rel: _linked(links, rel, url) for rel in ("hub", "self", "next", "prev-archive")}
    return Feed(
        title=_text(about.get("title")),
        home=absolute(url, _text(about.get("link"))),
        language=_text(about.get("language")),
        author=_text(about.get("author")),
        hub=by_rel["hub"],
        topic=by_rel["self"],
        older=by_rel["prev-archive"] or by_rel["next"],
        wishes=_wishes(about, body[:_HEAD]),
        entries=entries,
        deleted=_deleted(body),
        dropped=dropped,
        damage=_damage(found),
    )


def _xml_entry(one: Any, url: str) -> Entry:
    title, body = one.get("title_detail") or {}, _body(one)
    written = _moment(one, "published") or _moment(one, "updated") or _moment(one, "created")
    raw = next((said for name in ("published", "updated", "created") if (said := _text(_own(one, name)))), "")
    author = one.get("author_detail") or {}
    pictures = [*one.get("media_thumbnail", ()), *filter(_is_picture, _media(one))]
    enclosed = (link.get("href") for link in one.get("links", ()) if link.get("rel") in ("enclosure", "related", "via"))
    return Entry(
        id=_text(one.get("id")),
        link=absolute(url, _text(one.get("link"))),
        title=_text(one.get("title")),
        title_is_html=title.get("type") != "text/plain",
        body=_text(body.get("value")),
        body_is_html=body.get("type") != "text/plain",
        base=_text(body.get("base")) or url,
        author=_text(author.get("name")) or _text(one.get("author")),
        author_uri=_text(author.get("href")),
        written_at=written,
        is_day=written is not None and not _HAS_CLOCK.search(raw),
        language=_text(body.get("language")) or _text(title.get("language")),
        tags=[_text(tag.get("term")) for tag in one.get("tags", ()) if tag.get("term")],
        links=[link for href in enclosed if href and (link := absolute(url, href))],
        has_picture=bool(pictures),
        geo=_geo(one.get("where")),
    )


def _body(one: Any) -> Mapping[str, Any]:
    """The fullest of what an entry says: its content, else its summary."""
    told = [part for part in one.get("content", ()) if part.get("value")]
    if one.get("summary"):
        told.append(one.get("summary_detail") or {"value": one["summary"], "type": "text/html"})
    return max(told, key=lambda part: len(part.get("value") or ""), default={})


def _media(one: Any) -> list[Any]:
    return [*one.get("media_content", ()), *(link for link in one.get("links", ()) if link.get("rel") == "enclosure")]


def _is_picture(part: Any) -> bool:
    return part.get("medium") == "image" or _text(part.get("type")).startswith("image/")


def _moment(one: Any, name: str) -> datetime | None:
    parsed = _own(one, f"{name}_parsed")
    if parsed is None:
        return lenient_time(_text(_own(one, name)))
    try:
        return datetime.fromtimestamp(timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _own(one: Any, name: str) -> Any:
    """What an entry says itself: `feedparser` gives one time where another was asked for."""
    return one[name] if dict.__contains__(one, name) else None


def _linked(links: Any, rel: str, url: str) -> str:
    return next((absolute(url, _text(link.get("href"))) for link in links if link.get("rel") == rel), "")


def _wishes(about: Any, head: bytes) -> Wishes:
    ttl, times = _text(about.get("ttl")), _text(about.get("sy_updatefrequency"))
    period = _PERIODS.get(_text(about.get("sy_updateperiod")).strip().lower(), 0.0)
    often = max(1.0, float(times)) if times.strip().isdigit() else 1.0
    least_s = max(float(ttl) * 60 if ttl.strip().isdigit() and len(ttl) < 8 else 0.0, period / often)
    hours = {int(hour) % 24 for hour in _named(head, b"skipHours", rb"<hour>\s*(\d{1,2})\s*</hour>")}
    days = (_DAYS.get(day.decode().lower()) for day in _named(head, b"skipDays", rb"<day>\s*([A-Za-z]+)\s*</day>"))
    return Wishes(least_s, frozenset(hours), frozenset(day for day in days if day is not None))


def _named(head: bytes, around: bytes, each: bytes) -> list[bytes]:
    """`feedparser` keeps only the last of several."""
    start, end = head.find(b"<" + around), head.find(b"</" + around)
    return re.findall(each, head[start:end]) if 0 <= start < end else []


def _deleted(body: bytes) -> list[str]:
    """What Atom's tombstones (RFC 6721) say is gone."""
    if TOMBSTONES not in body:
        return []
    found = (first or second for first, second in _DELETED.findall(body))
    return [unescape(one.decode("utf-8", "replace")) for one in found][:MOST_ENTRIES]


def _damage(found: Any) -> str:
    """What is wrong with the XML; a wrong type or encoding in the header harms nobody."""
    error = found.get("bozo_exception")
    if error is None or type(error).__name__ in ("NonXMLContentType", "CharacterEncodingOverride"):
        return ""
    return str(error).removeprefix("<unknown>:")[:120]


def _geo(where: Any) -> Geo | None:
    try:
        if where and where["type"] == "Point":
            lon, lat = (float(number) for number in where["coordinates"][:2])
            return Geo(lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None
    except (KeyError, TypeError, ValueError):
        pass
    return None


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


# --- JSON Feed ---------------------------------------------------------------------------------------------------


class _Person(msgspec.Struct):
    name: str | None = None
    url: str | None = None


class _Attachment(msgspec.Struct):
    url: str | None = None
    mime_type: str | None = None


class _JsonItem(msgspec.Struct):
    id: str | int | float | None = None
    url: str | None = None
    external_url: str | None = None
    title: str | None = None
    content_html: str | None = None
    content_text: str | None = None
    summary: str | None = None
    image: str | None = None
    banner_image: str | None = None
    date_published: str | None = None
    date_modified: str | None = None
    author: _Person | None = None
    authors: list[_Person] | None = None
    tags: list[str] | None = None
    language: str | None = None
    attachments: list[_Attachment] | None = None


class _Hub(msgspec.Struct):
    type: str = ""
    url: str = ""


class _JsonFeed(msgspec.Struct):
    version: str
    items: list[msgspec.Raw]
    title: str | None = None
    home_page_url: str | None = None
    feed_url: str | None = None
    next_url: str | None = None
    language: str | None = None
    author: _Person | None = None
    authors: list[_Person] | None = None
    hubs: list[_Hub] | None = None
    expired: bool = False


def _json(body: bytes, url: str) -> Feed:
    try:
        found = msgspec.json.decode(body.lstrip(b"\xef\xbb\xbf"), type=_JsonFeed)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotAFeed(f"The answer is no JSON Feed ({error}).") from error
    if "jsonfeed.org/version/" not in found.version:
        raise NotAFeed(f"The answer is no JSON Feed (its version is “{found.version[:40]}”).")
    entries, dropped = [], []
    for raw in found.items[:MOST_ENTRIES]:
        try:
            entries.append(_json_entry(msgspec.json.decode(raw, type=_JsonItem), url))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            sample = clean(bytes(raw)[:200].decode("utf-8", "replace"))
            dropped.append(Dropped(clean(f"An entry cannot be read ({error})"[:200]), sample))
    hubs = [absolute(url, hub.url) for hub in found.hubs or () if hub.type.lower() == "websub"]
    return Feed(
        title=found.title or "",
        home=absolute(url, found.home_page_url or ""),
        language=found.language or "",
        author=_names(found.authors, found.author),
        hub=next(iter(hubs), ""),
        topic=absolute(url, found.feed_url or ""),
        older=absolute(url, found.next_url or ""),
        entries=entries,
        dropped=dropped,
        is_over=found.expired,
    )


def _json_entry(one: _JsonItem, url: str) -> Entry:
    html, said = one.content_html or "", one.content_text or one.summary or ""
    raw = one.date_published or one.date_modified or ""
    people = [person for person in [*(one.authors or ()), one.author] if person is not None]
    attached = one.attachments or ()
    return Entry(
        id=f"{one.id:g}" if isinstance(one.id, float) else "" if one.id is None else str(one.id),
        link=absolute(url, one.url or one.external_url or ""),
        title=one.title or "",
        body=html or said,
        body_is_html=bool(html),
        base=url,
        author=_names(one.authors, one.author),
        author_uri=next((person.url for person in people if person.url), ""),
        written_at=lenient_time(raw),
        is_day=not _HAS_CLOCK.search(raw),
        language=one.language or "",
        tags=one.tags or (),
        links=[link for link in (absolute(url, one.external_url or ""),) if link],
        has_picture=bool(one.image or one.banner_image)
        or any((part.mime_type or "").startswith("image/") for part in attached),
    )


def _names(people: list[_Person] | None, person: _Person | None) -> str:
    every = [*(people or ()), *([person] if person else ())]
    return ", ".join(dict.fromkeys(one.name for one in every if one.name))
