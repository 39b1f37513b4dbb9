"""HTML as plain words: paragraphs kept apart, links and pictures noted, everything else let go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin

MAX_HTML = 200_000
"""More of one text is not looked at: what is kept of it is a tenth of this."""
MAX_FOUND = 64

_SILENT = frozenset({"script", "style", "head", "template", "iframe", "object", "svg", "math", "select", "textarea"})
_PROGRAMS = frozenset({"script", "style"})
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
_NAME = re.compile(r"/?[A-Za-z0-9:-]*")
_STOP = re.compile(r">|=\s*+([\"'])")
_ATTRIBUTE = re.compile(r"(?<![\w:.-])([A-Za-z][\w:.-]*+)\s*+=\s*+(\"[^\"]*\"|'[^']*'|[^\s>]+)")
_LINES = re.compile(r"[ \t\r\n\f]+")
_SPACES = re.compile(r"[^\S\n]+")
_GAPS = re.compile(r" ?\n[ \n]*")


@dataclass(frozen=True, slots=True)
class Words:
    """What a stretch of HTML says; `links` are absolute."""

    text: str
    links: tuple[str, ...] = ()
    has_picture: bool = False


def plain(html: str, base: str = "") -> Words:
    """The words of `html`, a line a block. Never raises: what is no HTML is taken as the text it is.

    Not a parser of the whole of HTML, on purpose: those of the standard library and of browsers take minutes for what
    was written to make them slow. Here each letter is looked at once.
    """
    pieces: list[str] = []
    links: list[str] = []
    has_picture = False
    as_set = False
    for text, tag, about in tokens(html[:MAX_HTML]):
        pieces.append(unescape(text if as_set else _LINES.sub(" ", text)))
        as_set = tag == "pre" or (as_set and tag != "/pre")
        if tag.removeprefix("/") in _BLOCKS:
            pieces.append("\n")
        elif tag in ("td", "th"):
            pieces.append(" ")
        elif tag == "a" and (url := absolute(base, attributes(about).get("href", ""))):
            links.append(url)
        elif tag in ("img", "picture", "video"):
            told = attributes(about)
            # A picture of one pixel counts readers; it is none.
            has_picture = has_picture or told.get("width") not in ("0", "1")
            pieces.append(f" {told.get('alt', '')} ")
    text = _GAPS.sub("\n", _SPACES.sub(" ", "".join(pieces))).strip()
    return Words(text, first_few(links), has_picture)


def tokens(html: str, silent: frozenset[str] = _SILENT) -> Iterator[tuple[str, str, str]]:
    """Text, and the tag after it (“a”, “/a”; empty at the end) with what stands in it; what is `silent` is left out."""
    at = begin = 0
    never_closed: set[str] = set()
    while (opens := html.find("<", begin)) >= 0:
        after = html[opens + 1 : opens + 2]
        if not (after.isalpha() or after in ("/", "!", "?")) or not after:
            begin = opens + 1  # a sign of its own: 3 < 4
            continue
        is_comment = html.startswith("<!--", opens)
        end = html.find("-->", opens + 4) + 2 if is_comment else _tag_end(html, opens)
        if end < opens:
            yield html[at:opens], "", ""  # what is never closed is no text
            return
        name = "" if is_comment else _named(html, opens + 1)
        yield html[at:opens], name, html[opens + 1 + len(name) : end]
        at = begin = end + 1
        if name in silent and html[end - 1] != "/" and name not in never_closed:
            closed = re.compile(f"</{name}", re.IGNORECASE).search(html, at)
            if closed is not None:
                at = begin = closed.start()
            elif name in _PROGRAMS:
                return
            else:
                never_closed.add(name)
    yield html[at:], "", ""


def _named(html: str, at: int) -> str:
    found = _NAME.match(html, at)
    return found[0].lower() if found else ""


def _tag_end(html: str, at: int) -> int:
    """Where the tag that opens at `at` is closed, outside of its quotes; -1: nowhere."""
    while (stop := _STOP.search(html, at)) is not None:
        if stop[1] is None:
            return stop.start()
        closing = html.find(stop[1], stop.end())
        at = closing + 1 if closing >= 0 else stop.end()
    return -1


def attributes(about: str) -> dict[str, str]:
    """What stands in a tag, by its name in lower case; of several the first."""
    found: dict[str, str] = {}
    for one in _ATTRIBUTE.finditer(about):
        found.setdefault(one[1].lower(), unescape(one[2].strip("\"'")))
    return found


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
    href = href.strip()
    if not href:
        return ""
    try:
        url = urljoin(base, href) if base else href
    except ValueError:
        return ""
    return url if url.startswith(("http://", "https://")) and len(url) <= 2000 else ""
