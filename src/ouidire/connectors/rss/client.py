"""What we ask of a feed's server, and what its answers mean."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ouidire.connectors.http import Http, Refused, Response, TooLarge, leads_inside
from ouidire.connectors.markup import absolute
from ouidire.errors import Permanent, Retry

from .document import Feed, read

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json;q=0.9, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1"
)
MAX_FEED = 8_000_000
TIMEOUT_S = 30.0
_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[^,;]+)*)")
_REL = re.compile(r"\brel\s*=\s*\"?([^\";]+)")


class Gone(Permanent):
    """The server says that there will never be a feed here again."""


class Missing(Retry):
    """There is no feed at this address now."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """`feed` None: nothing new since the last time. `moved_to`: the address that is right from now on."""

    feed: Feed | None
    etag: str
    modified: str
    moved_to: str = ""
    max_age_s: float = 0.0
    hub: str = ""
    topic: str = ""


def checked(typed: str) -> str:
    """The web address somebody typed. Raises `Permanent` saying what is wrong with it."""
    url = typed.strip()
    url = f"https:{url[5:]}" if url.startswith("feed://") else url.removeprefix("feed:")
    if "://" not in url:
        url = f"https://{url}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Permanent(f"{url[:200]} is not a web address.") from None
    if parts.scheme not in ("http", "https") or not host or not ("." in host or ":" in host or host == "localhost"):
        raise Permanent(f"{url[:200]} is not a web address.")
    if parts.username or parts.password:
        raise Permanent("An address with a password in it is not kept; look for the feed's public address.")
    return url


async def get(
    http: Http, url: str, headers: Mapping[str, str], *, named_by: str = "", timeout_s: float = TIMEOUT_S
) -> Response:
    """Whatever stands at `url`, redirects followed. A stranger's server never sends us inside: only a person may.

    `named_by` is the page that named this address, where no person typed it.
    """
    inside = not http.only_public and await leads_inside(named_by or url)
    return await http.request(
        "GET",
        url,
        headers={"Accept": ACCEPT, **headers},
        max_bytes=MAX_FEED,
        timeout_s=timeout_s,
        public_only=not inside and not http.only_public,
        plain=True,
        follow=True,
    )


async def fetch(http: Http, url: str, etag: str = "", modified: str = "") -> Fetched:
    """The feed at `url`, if it changed since these validators were given; one turn at its host.

    Raises `Gone` (410), `Missing` (404), `Retry` (later may be better, with how long the server asked us to wait),
    `Permanent` (an address we may not call) or `NotAFeed`.
    """
    asked = {"If-None-Match": etag, "If-Modified-Since": modified}
    async with http.turns.at(url):
        try:
            answer = await get(http, url, {name: value for name, value in asked.items() if value})
        except (Refused, TooLarge, Retry) as error:
            raise _named(http, url, error) from error
        feed = None
        if answer.status != 304:
            kind = answer.headers.get("content-type", "").lower()
            feed = await asyncio.to_thread(read, answer.body, kind, answer.came_from or url)
    linked = links(answer.headers.get("link", ""), answer.came_from or url)
    return Fetched(
        feed,
        answer.headers.get("etag", etag if feed is None else "")[:500],
        answer.headers.get("last-modified", modified if feed is None else "")[:100],
        answer.moved_to,
        max_age_s(answer.headers.get("cache-control", "")),
        linked.get("hub") or (feed.hub if feed else ""),
        linked.get("self") or (feed.topic if feed else ""),
    )


def max_age_s(cache_control: str) -> float:
    """How long the server says that its answer stays good."""
    found = re.search(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", cache_control.lower())
    return float(found[1]) if found and "no-cache" not in cache_control.lower() else 0.0


def links(header: str, base: str) -> dict[str, str]:
    """The first address of each relation in a `Link` header."""
    found: dict[str, str] = {}
    for target, about in _LINK.findall(header[:8_000]):
        rel = _REL.search(about)
        for name in rel[1].lower().split() if rel else ():
            found.setdefault(name, absolute(base, target))
    return found


def _named(http: Http, url: str, error: Exception) -> Exception:
    host = urlsplit(url).hostname or "The address"
    if isinstance(error, TooLarge):
        return Retry(f"The feed at {host} is larger than {MAX_FEED // 1_000_000} MB; nothing of it was read.", 43_200.0)
    if isinstance(error, Retry):
        if error.after_s:
            http.turns.hold(url, error.after_s)
        return error
    if isinstance(error, Refused) and error.status == 410:
        return Gone(f"{host} says that this feed is gone for good; it is not asked any more.")
    if isinstance(error, Refused) and error.status == 404:
        return Missing(f"{host} has no feed at this address any more (404).")
    return Retry(str(error))
