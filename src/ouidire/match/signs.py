"""Signs: everything by which watches recognise a post, compiled for one pass over its text and a few look-ups."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ouidire.domain.fold import fold, glue
from ouidire.domain.item import Item
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.watch import Watch
from ouidire.match.links import Link, parse_handle, parse_link
from ouidire.match.names import GLUED, Hit, NameIndex, Scanned
from ouidire.match.post import Post

_HANDLE = re.compile(r"[@＠]?([\w.\-]+(?:@[\w.\-]+)?)")
_APOSTROPHE = re.compile("['’‘ʼ´`]")
_SAINT = re.compile(r"\bsaint(e?)\b")
_ST = re.compile(r"\bst(e?)\b")
_MAX_TIMES = 8

MANY_HOSTS = 4_096
"""So many hosts are remembered as watched or not: nearly all links of a network go to a few."""

MIN_LETTERS = 2
"""A shorter name would be found in every third post."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A watch, and the sign of it that stood in a post."""

    watch: Watch
    evidence: Evidence


class Signs:
    """The signs of all watches. What cannot be looked for (see `checks`) is left out, never raised about."""

    def __init__(self, watches: Sequence[Watch]) -> None:
        self._words: dict[tuple[str, EvidenceKind], list[Watch]] = {}
        self._handles: dict[str, list[Watch]] = {}
        self._links: dict[Link, list[Watch]] = {}
        for watch in watches:
            self._add(watch)
        self._hosts = {link.host for link in self._links}
        self._is_watched = lru_cache(MANY_HOSTS)(self._has_watched)
        self._owners = [*self._words, *self._addresses()]
        self._index = NameIndex()
        for number, (pattern, _) in enumerate(self._owners):
            self._index.add(number, pattern)

    def _add(self, watch: Watch) -> None:
        for kind, words in ((EvidenceKind.NAME, watch.names), (EvidenceKind.ALIAS, watch.aliases)):
            for pattern in {spelling: None for name in words for spelling in spellings(name)}:
                self._words.setdefault((pattern, kind), []).append(watch)
        for tag in _hashtags(watch):
            self._words.setdefault((f"#{tag}", EvidenceKind.HASHTAG), []).append(watch)
        for handle in watch.handles:
            self._handles.setdefault(parse_handle(handle), []).append(watch)
        for link in watch.links:
            self._links.setdefault(parse_link(link), []).append(watch)

    def _addresses(self) -> Iterator[tuple[str, EvidenceKind]]:
        """Handles and hosts are only pointed at by the pass; which watches they are for is looked up."""
        for handle in self._handles:
            if glue(word := fold(handle)):
                yield f"@{word}", EvidenceKind.HANDLE
        for host in sorted(self._hosts):
            if glue(word := fold(host)):
                yield word, EvidenceKind.LINK

    def scan(self, texts: Sequence[str]) -> dict[int, Scanned]:
        """The one pass that every post pays for; `read` makes sense of what it gives."""
        return self._index.scan(texts)

    def read(self, post: Post, hits: Sequence[Hit]) -> Iterator[Heard]:
        """The signs in the text that bear a second look: an address must be whole, a name no part of an address.

        Of a sign that is repeated again and again, the first few count.
        """
        times: Counter[int] = Counter()
        for owner, start, end, how in hits:
            times[owner] += 1
            if times[owner] > _MAX_TIMES:
                continue
            evidence, watches = self._look(post, owner, start, end)
            if how == GLUED and not _stands_alone(post, start, end):
                continue
            if evidence is not None and watches:
                post.taken.append((start, end))
                for watch in watches:
                    yield Heard(watch, evidence)

    def _look(self, post: Post, owner: int, start: int, end: int) -> tuple[Evidence | None, Sequence[Watch]]:
        pattern, kind = self._owners[owner]
        match kind:
            case EvidenceKind.HANDLE:
                evidence = _handle(post, start)
                return evidence, self._handles.get(parse_handle(evidence.found), ())
            case EvidenceKind.LINK:
                first, last = post.token(start)
                evidence = Evidence(kind, post.item.text[first:last], first, last)
                return evidence, self._linked(evidence.found)
            case EvidenceKind.HASHTAG:
                return post.evidence(kind, start, end), self._words[pattern, kind]
            case _:
                return _name(post, kind, start, end), self._words[pattern, kind]

    def look_up(self, item: Item) -> Iterator[Heard]:
        """The signs that the network gives beside the text."""
        for address in item.addressed:
            for watch in self._handles.get(parse_handle(address), ()):
                yield Heard(watch, Evidence(EvidenceKind.HANDLE, address))
        for tag in item.hashtags:
            for watch in self._words.get((f"#{glue(fold(tag))}", EvidenceKind.HASHTAG), ()):
                yield Heard(watch, Evidence(EvidenceKind.HASHTAG, tag))
        for link in item.links if self._links else ():
            for watch in self._linked(link):
                yield Heard(watch, Evidence(EvidenceKind.LINK, link))

    def _linked(self, text: str) -> list[Watch]:
        steps = text.split("/", 3)
        if len(steps) > 2 and not steps[1] and not self._is_watched(steps[2]):
            return []
        address = parse_link(text)
        if self._hosts.isdisjoint(address.hosts()):
            return []
        return [watch for link in address.above() for watch in self._links.get(link, ())]

    def _has_watched(self, host: str) -> bool:
        """Does a link to `host`, as it is written after the two slashes, need a second look?"""
        return not self._hosts.isdisjoint(parse_link(f"//{host}").hosts())


def _handle(post: Post, start: int) -> Evidence:
    """The whole handle that begins at `folded[start]`: '@lulu' is not '@lulu.bsky.social'."""
    first, _ = post.span(start, start + 1)
    found = _HANDLE.match(post.item.text, first)
    word = found.group().rstrip(".-") if found else post.item.text[first]
    return Evidence(EvidenceKind.HANDLE, word, first, first + len(word))


def spellings(name: str) -> Iterator[str]:
    """A name as people write it, folded: with or without its apostrophes, 'Saint' or 'St', '&' or 'et'.

    >>> sorted(set(spellings("L’Œuf & Fils")))
    ['l oeuf & fils', 'l oeuf et fils', 'loeuf & fils', 'loeuf et fils']
    """
    for written in {name: None, _APOSTROPHE.sub("", name): None}:
        folded = fold(written)
        if len(glue(folded)) < MIN_LETTERS:
            continue
        for form in {folded: None, _SAINT.sub(r"st\1", folded): None, _ST.sub(r"saint\1", folded): None}:
            yield from {form: None, form.replace(" & ", " et "): None, form.replace(" et ", " & "): None}


def _hashtags(watch: Watch) -> dict[str, None]:
    """Tags given, and names glued together, each once."""
    glued = (glue(fold(word)) for word in (*watch.hashtags, *watch.names, *watch.aliases))
    return {tag: None for tag in glued if len(tag) >= MIN_LETTERS}


def _stands_alone(post: Post, start: int, end: int) -> bool:
    """Is a name in one piece a word or a tag of its own, not a piece of an address?"""
    first, last = post.token(start)
    return glue(fold(post.item.text[first:last])) == glue(post.folded[start:end])


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
