"""What a watch would have caught: in the last hours, from the bounded local sample, and of what was kept so far."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from ouidire.domain.enrichment import Span
from ouidire.domain.item import Item
from ouidire.domain.member import Member
from ouidire.domain.mention import Evidence, Match, found_at
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.inbox.read import masked
from ouidire.match.matcher import Matcher
from ouidire.store.mentions import Heard
from ouidire.store.sample import Sample

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
    """`total` posts were looked at, reaching back to `since`; `caught` are the newest of `caught_total`.

    Of these, `known` are heard already by what the house listens for today; `lost` others are heard now and would come
    no more. `busy_s` is the computing that it took beyond looking for the words.
    """

    total: int
    caught_total: int
    since: datetime | None
    caught: tuple[Caught, ...]
    known: int = 0
    lost: int = 0
    busy_s: float = 0.0


def preview(
    watch: Watch,
    places: Sequence[Place],
    sample: Sample,
    heard: Sequence[Watch],
    *,
    sees_names: bool,
    known: Iterable[str] = (),
) -> Preview:
    """Ask the real matcher about the sample, newest first; stops after a second, so that typing stays fluid.

    `heard` are the watches that the house has today, an older form of `watch` among them. Who may not see names of
    employees reads the posts masked; `known` are names that are no employee's.
    """
    tally, began = _Tally(watch, places, heard), time.monotonic()
    posts = sample.newest(AT_MOST)
    while time.monotonic() - began < PATIENCE_S and (batch := list(islice(posts, AT_ONCE))):
        tally.look(batch)
    shown = tuple(_shown(post, evidence, sees_names, known) for post, evidence in tally.shown)
    since = sample.heard_since(tally.total)
    return Preview(tally.total, tally.caught, since, shown, tally.known, tally.lost, tally.busy_s)


AT_ONCE = 500


class _Tally:
    """What a watch brings beside what is heard today, counted post by post."""

    def __init__(self, watch: Watch, places: Sequence[Place], heard: Sequence[Watch]) -> None:
        self._wanted, self._today = Matcher([watch], places), Matcher(heard, places)
        self._others = Matcher([one for one in heard if one.id != watch.id], places)
        self.total = self.caught = self.known = self.lost = 0
        self.busy_s = 0.0
        self.shown: list[tuple[Item, tuple[Evidence, ...]]] = []

    def look(self, posts: Sequence[Item]) -> None:
        wanted, today = self._wanted.scan(posts), self._today.scan(posts)
        for n, post in enumerate(posts):
            began = time.thread_time()
            matches = self._wanted.match_scanned(post, wanted.get(n))
            self.busy_s += time.thread_time() - began
            self._count(post, matches, is_heard=bool(self._today.match_scanned(post, today.get(n))))

    def _count(self, post: Item, matches: Sequence[Match], *, is_heard: bool) -> None:
        self.total += 1
        if not matches:
            self.lost += is_heard and not self._others.match(post)
            return
        self.caught += 1
        self.known += is_heard
        if len(self.shown) < SHOWN:
            self.shown.append((post, matches[0].evidence))


def _shown(post: Item, evidence: Iterable[Evidence], sees_names: bool, known: Iterable[str]) -> Caught:
    spans = found_at(evidence)
    cut = (post.text, spans, ()) if sees_names else masked(post.text, spans, known)
    return Caught(*cut, language=next(iter(post.languages), ""))


@dataclass(frozen=True, slots=True)
class Past:
    """Of `total` messages that the house has kept and that speak of it by themselves, `lost` would not have come."""

    total: int
    lost: int
    shown: tuple[Caught, ...]


LOOKED_BACK = 500
_LOST_SHOWN = 5


def past(
    watch: Watch,
    places: Sequence[Place],
    kept: Iterable[Heard],
    heard: Sequence[Watch],
    member: Member,
    known: Iterable[str],
) -> Past:
    """What of the messages `kept` so far, imports among them, would be lost with `watch` as it is now.

    What hangs on another message, or was brought by hand, comes whatever one listens for: it is not counted.
    """
    today = Matcher(heard, places)
    then = Matcher([*(one for one in heard if one.id != watch.id), watch], places)
    spoke = [one for one in kept if not one.item.about and not one.is_gone and today.match(one.item)]
    lost = [one for one in spoke if not then.match(one.item)]
    shown = (_shown(one.item, (), member.sees_names(one.mention.place_id), known) for one in lost[:_LOST_SHOWN])
    return Past(len(spoke), len(lost), tuple(shown))


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
            spans = [span for match in matches for span in found_at(match.evidence)]
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
