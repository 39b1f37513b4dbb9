"""What stands at an address somebody typed: a feed, or a page that names its feeds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

from ouidire import clock
from ouidire.connectors.base import Look, Offer, SourceContext
from ouidire.connectors.http import Http, Refused, Response, TooLarge
from ouidire.connectors.markup import absolute, attributes, tokens
from ouidire.domain.item import Item
from ouidire.errors import Ignore, Permanent, Retry

from .client import MAX_FEED, checked, get
from .document import Feed, NotAFeed, read
from .mapping import Heard, address_of, item, when

SHOWN = 50
PATIENCE_S = 10.0
"""A person is waiting."""
MOST_OFFERS = 12
GUESSES = ("feed", "rss", "feed.xml", "atom.xml", "index.xml", "rss.xml")
_SILENT = frozenset({"script", "style"})
_KINDS = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "text/xml")


async def look(context: SourceContext) -> Look:
    """See `registry.look`. A page that names one feed is that feed; one that names several offers them."""
    said = context.settings["address"]
    typed = checked(said)
    try:
        answer = await _answered(context.http, typed)
    except Retry:
        if "://" in said:
            raise
        typed = checked(f"http://{said.strip()}")  # nobody said https but we
        answer = await _answered(context.http, typed)
    try:
        return await _seen(typed, answer)
    except NotAFeed as error:
        if not error.is_page:
            raise Permanent(f"{_host(typed)} answered with something that is no feed ({error}).") from error
    return await _offered(context.http, typed, answer)


async def _answered(http: Http, url: str, named_by: str = "") -> Response:
    """No turn is taken at the host: a person waits, once, as before a browser."""
    try:
        return await get(http, url, {}, named_by=named_by, timeout_s=PATIENCE_S)
    except TooLarge as error:
        megabytes = MAX_FEED // 1_000_000
        raise Permanent(
            f"What stands at {_host(url)} is larger than {megabytes} MB; nothing of it was read."
        ) from error


async def _seen(typed: str, answer: Response) -> Look:
    url = answer.came_from or typed
    feed = await asyncio.to_thread(read, answer.body, answer.headers.get("content-type", "").lower(), url)
    kept = answer.moved_to or typed
    items = await asyncio.to_thread(_latest, feed, address_of(kept))
    notes = [f"The feed is damaged ({feed.damage}); what can be read of it is read."] if feed.damage else []
    if answer.moved_to:
        notes.append(f"The feed has moved to {answer.moved_to}; it is read there.")
    return Look(feed.title or _host(url), {"address": kept}, items, notes=notes)


def _latest(feed: Feed, address: str) -> list[Item]:
    heard, found = Heard(clock.now(), is_first=True), []
    for entry in sorted(feed.entries, key=lambda one: when(one, heard)[0], reverse=True)[:SHOWN]:
        try:
            found.append(item(entry, feed, address, heard))
        except Ignore:
            continue
    return found


async def _offered(http: Http, typed: str, answer: Response) -> Look:
    """The feeds that a page names; where it names none, those that usually stand there."""
    url = answer.came_from or typed
    page = _page(answer.body[:500_000].decode("utf-8", "replace"))
    base = urljoin(url, page.base) if page.base else url
    named = {link: title for href, title in page.feeds if (link := absolute(base, href)) and link != typed}
    if not named:
        found = await _guessed(http, typed, url)
        if found is None:
            raise Permanent(f"{_host(typed)} answered with a web page that names no feed.")
        return found
    if len(named) == 1:
        only = next(iter(named))
        try:
            return await _seen(only, await _answered(http, only, typed))
        except (NotAFeed, Permanent, Retry) as error:
            raise Permanent(f"The page at {_host(typed)} names a feed that cannot be read: {error}") from error
    offers = [Offer(title or link, {"address": link}) for link, title in list(named.items())[:MOST_OFFERS]]
    return Look(page.title or _host(typed), {"address": typed}, offers=offers)


async def _guessed(http: Http, typed: str, url: str) -> Look | None:
    for path in GUESSES:
        guess = urljoin(url, f"/{path}")
        try:
            return await _seen(guess, await _answered(http, guess, typed))
        except (NotAFeed, Refused):
            continue
        except (Retry, Permanent):
            return None
    return None


def _host(url: str) -> str:
    return urlsplit(url).hostname or "The address"


@dataclass(frozen=True, slots=True)
class _Page:
    """What a page says of itself and its feeds: (address, title) each."""

    title: str
    base: str
    feeds: Sequence[tuple[str, str]]


def _page(html: str) -> _Page:
    title, base, feeds, is_title = "", "", [], False
    for text, tag, about in tokens(html, _SILENT):
        if is_title:
            title = title or " ".join(unescape(text).split())[:200]
        is_title = tag == "title"
        if tag == "base":
            base = base or attributes(about).get("href", "")
        elif tag in ("link", "a") and "alternate" in about.lower():
            told = attributes(about)
            if told.get("type", "").lower().strip() in _KINDS and told.get("href"):
                feeds.append((told["href"], " ".join(told.get("title", "").split())[:200]))
    return _Page(title, base, feeds)
