"""What a watch would have caught in the last hours, from the bounded local sample."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ouidire.domain.enrichment import Span
from ouidire.domain.item import Item
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.inbox.read import masked
from ouidire.match.matcher import Matcher

SHOWN = 12
AT_MOST = 50_000
PATIENCE_S = 1.0


@dataclass(frozen=True, slots=True)
class Caught:
    """A post with the words that caught it; `hidden` are the marks that stand for names.

    `language` is what its network says of it; may be empty.
    """

    text: str
    spans: tuple[Span, ...]
    hidden: tuple[Span, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """`total` posts were looked at, reaching back to `since`; `caught` are the newest of `caught_total`."""

    total: int
    caught_total: int
    since: datetime | None
    caught: tuple[Caught, ...]


def preview(
    watch: Watch, places: Sequence[Place], posts: Iterable[Item], *, sees_names: bool, known: Iterable[str] = ()
) -> Preview:
    """Ask the real matcher about `posts` (newest first); stops after a second, so that typing stays fluid.

    Who may not see names of employees reads the posts masked; `known` are names that are no employee's.
    """
    matcher, began = Matcher([watch], places), time.monotonic()
    total, found, since = 0, 0, None
    shown: list[Caught] = []
    for post in posts:
        if total >= AT_MOST or (total % 500 == 0 and time.monotonic() - began > PATIENCE_S):
            break
        total, since = total + 1, post.written_at
        for match in matcher.match(post):
            found += 1
            if len(shown) < SHOWN:
                spans = tuple((e.start, e.end) for e in match.evidence if e.start >= 0)
                cut = (post.text, spans, ()) if sees_names else masked(post.text, spans, known)
                shown.append(Caught(*cut, language=next(iter(post.languages), "")))
    return Preview(total, found, since, tuple(shown))


@dataclass(frozen=True, slots=True)
class Looked:
    """An entry of what somebody is about to listen to; `is_ours`: it would have concerned them."""

    text: str
    url: str
    written_at: datetime | None
    is_ours: bool
    spans: tuple[Span, ...] = ()
    hidden: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class LookedAt:
    """`total` of the latest entries were looked at; `ours` of them would have concerned this house."""

    total: int
    ours: int
    shown: tuple[Looked, ...]


EXCERPT = 280
_LATEST = 5


def looked_at(
    items: Sequence[Item], watches: Sequence[Watch], places: Sequence[Place], *, sees_names: bool, known: Iterable[str]
) -> LookedAt:
    """The entries that would have concerned this house, and the latest few of the others, in the order given."""
    matcher = Matcher(watches, places)
    found = [(one, matcher.match(one)) for one in items]
    others = [one.uri for one, matches in found if not matches][:_LATEST]
    shown = []
    for one, matches in found:
        if matches or one.uri in others:
            spans = [(e.start, e.end) for match in matches for e in match.evidence if e.start >= 0]
            text, spans = _excerpt(one.text, spans)
            read = (text, tuple(spans), ()) if sees_names else masked(text, spans, known)
            written_at = None if one.imported else one.written_at
            shown.append(Looked(read[0], one.url, written_at, bool(matches), read[1], read[2]))
    return LookedAt(len(items), sum(bool(matches) for _, matches in found), tuple(shown[:SHOWN]))


def _excerpt(text: str, spans: Sequence[Span]) -> tuple[str, list[Span]]:
    """The beginning of `text`, or what stands around the first of `spans`; these moved along."""
    first = min((start for start, _ in spans), default=0)
    begin = 0 if first < EXCERPT - 80 else text.rfind(" ", 0, first - 80) + 1
    cut = text[begin : begin + EXCERPT]
    before, after = ("… " if begin else ""), ("…" if begin + EXCERPT < len(text) else "")
    moved = ((start - begin + len(before), end - begin + len(before)) for start, end in spans)
    return before + cut + after, [(start, end) for start, end in moved if end <= len(before) + len(cut)]
