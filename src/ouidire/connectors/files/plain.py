"""HTML as the text that people read: line ends where there were blocks, nothing of scripts and styles."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_BLOCKS = frozenset(("p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "blockquote", "table", "ul", "ol", "hr"))
_SILENT = frozenset(("script", "style", "head", "title", "template"))
_GAPS = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n ?(?:\n ?)+")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        if tag in _BLOCKS:
            self.parts.append("\n\n" if tag == "p" else "\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT and self._silent > 0
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(_GAPS.sub(" ", data.replace("\n", " ")))


def text_of(html: str) -> str:
    """What a reader of `html` sees. Never raises: broken HTML gives what can be read of it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return _LINES.sub("\n\n", re.sub(" *\n *", "\n", "".join(reader.parts))).strip()
