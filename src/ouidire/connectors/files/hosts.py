"""The network that an address belongs to, by the name people know it by."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

_KNOWN = (
    ("x", ("x.com", "twitter.com", "t.co")),
    ("facebook", ("facebook.com", "fb.com", "fb.me", "fb.watch")),
    ("instagram", ("instagram.com",)),
    ("tripadvisor", ("tripadvisor",)),
    ("thefork", ("thefork", "lafourchette", "eltenedor")),
    ("google", ("google", "goo.gl", "g.page", "g.co")),
    ("yelp", ("yelp",)),
    ("trustpilot", ("trustpilot",)),
    ("booking", ("booking.com",)),
    ("tiktok", ("tiktok.com",)),
    ("linkedin", ("linkedin.com", "lnkd.in")),
    ("reddit", ("reddit.com", "redd.it")),
    ("youtube", ("youtube.com", "youtu.be")),
    ("threads", ("threads.net", "threads.com")),
    ("bluesky", ("bsky.app",)),
    ("pagesjaunes", ("pagesjaunes.fr",)),
)
"""A name with a dot is a whole domain; one without stands for itself under any ending (google.fr, google.co.uk)."""


def network_of(address: str) -> str:
    """The network of a link, or of the domain a mail came from; its host when we know none; empty when it has none."""
    if not address:
        return ""
    try:
        host = (urlsplit(address if "//" in address else f"//{address}").hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    return _named(host)


@lru_cache(1024)
def _named(host: str) -> str:
    for name, marks in _KNOWN:
        if any(_is(host, mark) for mark in marks):
            return name
    return host if "." in host else ""


def _is(host: str, mark: str) -> bool:
    if "." in mark:
        return host == mark or host.endswith(f".{mark}")
    return mark in host.split(".")[:-1]
