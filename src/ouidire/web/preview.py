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
