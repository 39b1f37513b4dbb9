"""Hears a feed: asks when it is likely to have spoken, and takes what a hub calls in between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from ouidire import clock
from ouidire.connectors.base import Door, SourceContext
from ouidire.connectors.http import Http
from ouidire.connectors.rhythm import LONGEST_S, SHORTEST_S, Wishes, next_look_s, usual_s
from ouidire.domain.item import Batch, Dropped, Gap, Gone, Item, Rhythm, clean
from ouidire.domain.subscription import Received
from ouidire.errors import Ignore, Permanent, Retry

from .client import Fetched, Missing, checked, fetch
from .client import Gone as FeedGone
from .document import Entry, Feed, NotAFeed, read
from .mapping import NAME, Heard, address_of, item, uri_of, when
from .place import Place, key, place_of, remember, said
from .websub import Hub

MOST = 100
FIRST_TRY_S = 60.0
LAST_TRY_S = 21_600.0
ON_CALL = 4
"""While a hub calls us, the feed itself is asked so many times less often."""
LOST = "The remembered position is not one of this feed's; reading what it holds from the beginning."
_LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _New:
    """An entry that was not given yet, or that says something else now."""

    key: str
    item: Item


@dataclass(slots=True)
class _Sifted:
    """`shown` are the keys of everything in the document, `spoke` the moments at which it surely spoke."""

    new: list[_New] = field(default_factory=list)
    gone: tuple[Gone, ...] = ()
    dropped: list[Dropped] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    spoke: list[datetime] = field(default_factory=list)

    def drop(self, bad: Dropped, key: str, known: set[str]) -> None:
        """Count what cannot be read, once and not at each look."""
        self.shown.append(key)
        if key not in known:
            self.dropped.append(bad)


class FeedReader:
    """The cursor is a `Place`. Failures are counted here, so that a server in trouble is asked less and less."""

    def __init__(self, typed: str, http: Http, door: Door | None) -> None:
        self._typed = checked(typed)
        self._address = address_of(self._typed)
        self._http = http
        self._hub = Hub(http, door, self._typed) if door else None
        self._failures = 0
        self._is_back = False

    async def read(self, cursor: str) -> AsyncIterator[Batch]:
        """See `base.Reader`. Ends when everything the feed holds was given."""
        place = place_of(cursor)
        gap = None if place is not None else Gap(clock.now(), clock.now(), LOST)
        place = place or Place()
        fetched = await self._fetch(place)
        for batch in await self._taken(place, fetched):
            yield msgspec.structs.replace(batch, gap=gap)
            gap = None

    async def take(self, call: Received, cursor: str) -> Sequence[Batch]:
        """See `base.Called`: what a hub sent is the feed, or the new part of it."""
        place = place_of(cursor) or Place()
        try:
            feed = await asyncio.to_thread(read, call.body, call.kind, self._typed)
        except NotAFeed as error:
            return [Batch(dropped=(Dropped(str(error), clean(call.body[:200].decode("utf-8", "replace"))),))]
        found = await asyncio.to_thread(self._sift, place, feed, Heard(call.at))
        after = msgspec.structs.replace(place, seen=remember(place.seen, found.shown), spoke=place.spoken(found.spoke))
        return list(_batches(place, found, after, None))

    async def _fetch(self, place: Place) -> Fetched:
        """Raises `Gone` when it is over, `Retry` with a wait that grows while it is not well.

        An address that may not be called was refused when it was typed; a name that leads elsewhere today (in a hotel,
        before one has signed in) may be itself again tomorrow.
        """
        asked = self._typed if self._is_back else place.moved_to or self._typed
        validators = (place.etag, place.modified) if not self._is_back else ("", "")
        try:
            fetched = await fetch(self._http, asked, *validators)
        except FeedGone:
            raise
        except NotAFeed as error:
            host = urlsplit(asked).hostname
            if error.is_page:
                raise self._again(f"{host} answered with a web page, not with a feed.") from error
            raise self._again(f"{host} answered with something that is no feed.") from error
        except Missing as error:
            self._is_back = asked != self._typed  # where it moved to there is nothing any more: perhaps it came back
            raise self._again(str(error)) from error
        except (Retry, Permanent) as error:
            raise self._again(str(error), error.after_s if isinstance(error, Retry) else None) from error
        self._failures, self._is_back = 0, False
        return replace(fetched, moved_to=fetched.moved_to or (asked if asked != self._typed else ""))

    def _again(self, because: str, asked_s: float | None = None) -> Retry:
        self._failures += 1
        wait_s = min(FIRST_TRY_S * 2.0 ** min(self._failures - 1, 20), LAST_TRY_S) * random.uniform(0.8, 1.2)
        return Retry(because, max(wait_s, asked_s or 0.0))

    async def _taken(self, place: Place, fetched: Fetched) -> Iterator[Batch]:
        """The batches of one look at the feed."""
        at, feed = clock.now(), fetched.feed
        found = _Sifted()
        after = msgspec.structs.replace(
            place, etag=fetched.etag, modified=fetched.modified, moved_to=fetched.moved_to,
            hub=fetched.hub or place.hub, topic=fetched.topic or place.topic,
        )  # fmt: skip
        if feed is not None:
            found = await asyncio.to_thread(self._sift, place, feed, Heard(at, is_first=not place.has_begun))
            after = msgspec.structs.replace(
                after, hub=fetched.hub, topic=fetched.topic, has_begun=True, note=_note(feed),
                seen=remember(place.seen, found.shown), spoke=place.spoken(found.spoke),
                least_s=feed.wishes.least_s, hours=sorted(feed.wishes.hours), weekdays=sorted(feed.wishes.weekdays),
            )  # fmt: skip
        late = [one.item.written_at for one in found.new if place.has_begun and at - one.item.written_at > _LATE]
        is_called = (
            await self._hub.keep(after.hub, after.topic or fetched.moved_to or self._typed, late)
            if (self._hub)
            else None
        )
        wishes = Wishes(max(after.least_s, fetched.max_age_s), after.hours, after.weekdays)
        spoke = after.moments()
        next_s = next_look_s(
            spoke, at, is_news=place.has_begun and bool(found.new), wishes=wishes, jitter=random.random()
        )
        if is_called is not None:
            next_s = max(SHORTEST_S, min(next_s * ON_CALL, LONGEST_S, is_called))
        rhythm = Rhythm(
            next_s=next_s,
            usual_s=usual_s(spoke),
            spoke_at=max(spoke, default=None),
            note=f"The feed has moved to {after.moved_to}; it is read there." if after.moved_to else after.note,
        )
        return _batches(place, found, after, rhythm)

    def _sift(self, place: Place, feed: Feed, heard: Heard) -> _Sifted:
        """What of a document was not given yet, or says something else now; oldest first."""
        known, found = set(place.seen), _Sifted()
        found.gone = tuple(Gone(NAME, uri=uri_of(self._address, Entry(id=one))) for one in feed.deleted)
        for bad in feed.dropped:
            found.drop(bad, key(bad.reason, bad.sample), known)
        for entry in reversed(feed.entries):  # feeds show the newest first
            written_at, is_sure = when(entry, heard)
            if is_sure:
                found.spoke.append(written_at)
            one = key(uri_of(self._address, entry), said(entry))
            found.shown.append(one)
            if one in known:
                continue
            known.add(one)
            try:
                found.new.append(_New(one, item(entry, feed, self._address, heard)))
            except Ignore as reason:
                found.dropped.append(Dropped(str(reason), clean(said(entry).strip()[:200])))
                continue
            if not (is_sure or heard.is_first):
                found.spoke.append(heard.at)
        found.new.sort(key=lambda one: one.item.written_at)
        return found


def _batches(place: Place, found: _Sifted, after: Place, rhythm: Rhythm | None) -> Iterator[Batch]:
    """At most a hundred items each; only the last has the cursor that covers the whole document."""
    new, given = found.new, list(place.seen)
    while len(new) > MOST:
        part, new = new[:MOST], new[MOST:]
        given += [one.key for one in part]
        cursor = str(msgspec.structs.replace(place, seen=list(given)))
        yield Batch(items=tuple(one.item for one in part), cursor=cursor, heard=len(part))
    yield Batch(
        items=tuple(one.item for one in new),
        gone=found.gone,
        dropped=tuple(found.dropped),
        cursor=str(after),
        heard=len(new) + len(found.dropped),
        rhythm=rhythm,
    )


def _note(feed: Feed) -> str:
    if feed.damage:
        return f"The feed is damaged ({feed.damage}); what can be read of it is read."
    return "The feed says that it has come to its end." if feed.is_over else ""


def open_reader(context: SourceContext) -> FeedReader:
    return FeedReader(context.settings["address"], context.http, context.door)
