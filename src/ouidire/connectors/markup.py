"""HTML as plain words: paragraphs kept apart, links and pictures noted, everything else let go."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

MAX_HTML = 200_000
"""More of one text is not looked at: what is kept of it is a tenth of this."""
MAX_FOUND = 64

_SILENT = frozenset({"script", "style", "head", "template", "iframe", "object", "svg", "math", "select", "textarea"})
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tr", "ul"),
    }
)
_LINK = re.compile(r"https?://[^\s<>\"»]{1,2000}")
_HASHTAG = re.compile(r"(?<!\w)#(\w{1,100})")
_ADDRESSED = re.compile(r"(?<![\w.])@([\w.-]{1,250}\w)")
_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r" ?\n[ \n]*")


@dataclass(frozen=True, slots=True)
class Words:
    """What a stretch of HTML says; `links` are absolute."""

    text: str
    links: tuple[str, ...] = ()
    has_picture: bool = False


def plain(html: str, base: str = "") -> Words:
    """The words of `html`, a line a block. Never raises: what is no HTML is taken as the text it is."""
    reader = _Reader(base)
    reader.feed(html[:MAX_HTML])
    reader.close()
    text = _GAPS.sub("\n", _SPACES.sub(" ", "".join(reader.pieces))).strip()
    return Words(text, first_few(reader.links), reader.has_picture)


def links_in(text: str) -> tuple[str, ...]:
    return first_few(found.group() for found in _LINK.finditer(text))


def hashtags_in(text: str) -> tuple[str, ...]:
    return first_few(found[1] for found in _HASHTAG.finditer(text))


def addressed_in(text: str) -> tuple[str, ...]:
    """Handles that the text speaks to, without their @."""
    return first_few(found[1] for found in _ADDRESSED.finditer(text))


def first_few(found: Iterable[str]) -> tuple[str, ...]:
    """Each once, in order, not too many."""
    return tuple(dict.fromkeys(found))[:MAX_FOUND]


def absolute(base: str, href: str) -> str:
    """Where a link leads; empty unless that is on the web."""
    try:
        url = urljoin(base, href.strip()) if base else href.strip()
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) and len(url) <= 2000 else ""


class _Reader(HTMLParser):
    def __init__(self, base: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.links: list[str] = []
        self.has_picture = False
        self._base = base
        self._silent = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._silent:
            return
        about = dict(attrs)
        if tag in _SILENT:
            self._silent = tag
        elif tag in _BLOCKS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        elif tag == "a" and (url := absolute(self._base, about.get("href") or "")):
            self.links.append(url)
        elif tag in ("img", "picture", "video"):
            # A picture of one pixel counts readers; it is none.
            self.has_picture = self.has_picture or about.get("width") not in ("0", "1")
            self.pieces.append(f" {about.get('alt') or ''} ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT:
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            self._silent = "" if tag == self._silent else self._silent
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)
