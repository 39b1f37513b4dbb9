"""Signs: everything by which watches recognise a post, compiled for one pass over its text and a few look-ups."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ouidire.domain.item import Item
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.watch import Watch
from ouidire.match.fold import fold, glue
from ouidire.match.links import Link, hosts_above, parse_handle, parse_link
from ouidire.match.names import Hit, NameIndex
from ouidire.match.post import Post

_HANDLE = re.compile(r"@?([\w.\-]+(?:@[\w.\-]+)?)")


@dataclass(frozen=True, slots=True)
class Heard:
    """A watch, and the sign of it that stood in a post."""

    watch: Watch
    evidence: Evidence


class Signs:
    """The signs of all watches. What cannot be looked for (see `checks`) is left out, never raised about."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._owners: list[tuple[Watch, EvidenceKind]] = []
        self._handles: dict[str, list[Watch]] = {}
        self._hashtags: dict[str, list[Watch]] = {}
        self._links: dict[str, list[tuple[Link, Watch]]] = {}
        patterns: dict[str, list[int]] = {}
        for watch in watches:
            self._look_up(watch)
            for pattern, kind in self._patterns(watch):
                patterns.setdefault(pattern, []).append(len(self._owners))
                self._owners.append((watch, kind))
        self._index = NameIndex(patterns)

    def _look_up(self, watch: Watch) -> None:
        for handle in watch.handles:
            self._handles.setdefault(parse_handle(handle), []).append(watch)
        for tag in _hashtags(watch):
            self._hashtags.setdefault(tag, []).append(watch)
        for text in watch.links:
            link = parse_link(text)
            self._links.setdefault(link.host, []).append((link, watch))

    def _patterns(self, watch: Watch) -> Iterator[tuple[str, EvidenceKind]]:
        for kind, words in ((EvidenceKind.NAME, watch.names), (EvidenceKind.ALIAS, watch.aliases)):
            for name in words:
                folded = fold(name)
                if len(glue(folded)) >= 2:
                    yield folded, kind
        for tag in _hashtags(watch):
            yield f"#{tag}", EvidenceKind.HASHTAG
        for handle in watch.handles:
            if glue(word := fold(parse_handle(handle))):
                yield f"@{word}", EvidenceKind.HANDLE
        for link in watch.links:
            if glue(host := fold(parse_link(link).host)):
                yield host, EvidenceKind.LINK

    def scan(self, folded: str) -> list[Hit]:
        """The one pass that every post pays for; `read` makes sense of what it gives."""
        return self._index.scan(folded)

    def read(self, post: Post, hits: Sequence[Hit]) -> Iterator[Heard]:
        """The signs in the text that bear a second look: an address must be whole, a name no part of an address."""
        for owner, start, end in hits:
            watch, kind = self._owners[owner]
            match kind:
                case EvidenceKind.HANDLE:
                    evidence = self._handle(post, watch, start)
                case EvidenceKind.LINK:
                    evidence = self._link(post, watch, start)
                case EvidenceKind.HASHTAG:
                    evidence = post.evidence(kind, start, end)
                case _:
                    evidence = _name(post, kind, start, end)
            if evidence is not None:
                post.taken.append((start, end))
                yield Heard(watch, evidence)

    def look_up(self, item: Item) -> Iterator[Heard]:
        """The signs that the network gives beside the text."""
        for address in item.addressed:
            for watch in self._handles.get(parse_handle(address), ()):
                yield Heard(watch, Evidence(EvidenceKind.HANDLE, address))
        for tag in item.hashtags:
            for watch in self._hashtags.get(glue(fold(tag)), ()):
                yield Heard(watch, Evidence(EvidenceKind.HASHTAG, tag))
        if self._links:
            for link in item.links:
                for watch in self._watches_of(link):
                    yield Heard(watch, Evidence(EvidenceKind.LINK, link))

    def _watches_of(self, text: str) -> Iterator[Watch]:
        link = parse_link(text)
        for host in hosts_above(link.host):
            for watched, watch in self._links.get(host, ()):
                if watched.covers(link):
                    yield watch

    def _handle(self, post: Post, watch: Watch, start: int) -> Evidence | None:
        first, _ = post.span(start, start + 1)
        found = _HANDLE.match(post.item.text, first)
        if found is None:
            return None
        word = found.group().rstrip(".-")
        if watch not in self._handles.get(parse_handle(word), ()):
            return None
        return Evidence(EvidenceKind.HANDLE, word, first, first + len(word))

    def _link(self, post: Post, watch: Watch, start: int) -> Evidence | None:
        first, last = post.token(start)
        token = post.item.text[first:last]
        if watch not in self._watches_of(token):
            return None
        return Evidence(EvidenceKind.LINK, token, first, last)


def _hashtags(watch: Watch) -> set[str]:
    """Tags given, and names glued together; in no order."""
    glued = (glue(fold(word)) for word in (*watch.hashtags, *watch.names, *watch.aliases))
    return {tag for tag in glued if len(tag) >= 2}


def _name(post: Post, kind: EvidenceKind, start: int, end: int) -> Evidence | None:
    """A name that stands in somebody's handle, or a one-word name within a web address, is not ours."""
    first, last = post.token(start)
    token = post.item.text[first:last]
    if token.startswith("#"):
        return Evidence(EvidenceKind.HASHTAG, token, first, last)
    if "://" in token or token.lower().startswith("www."):
        return post.evidence(kind, start, end) if " " in post.folded[start:end] else None
    at = token.find("@")
    return None if 0 <= at < len(token) - 1 else post.evidence(kind, start, end)
