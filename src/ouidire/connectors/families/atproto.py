"""Jetstream's JSON (v1), read: posts, reposts, deletions and accounts that left, as our own nouns.

Pure functions on frames; thousands a second pass here and nearly all concern nobody, so decoding is typed
(msgspec) and a record is looked into only when its collection is ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from ouidire.connectors.times import lenient_time
from ouidire.domain.item import MAX_TEXT, Author, Dropped, Gone, Item, ItemKind, clean
from ouidire.domain.sound import EARLIEST

POST = "app.bsky.feed.post"
REPOST = "app.bsky.feed.repost"

LEFT = frozenset({"", "deleted", "takendown", "suspended", "deactivated"})
"""Account states whose posts must not be shown. Deactivation can be undone by the author; text that we
forget now can be heard again then, text that we kept could not be unkept. No state given: the same."""

MAX_LIST = 64
MAX_LINK = 2_000
MAX_HANDLES = 20_000
LATEST_US = 7_258_118_400_000_000  # the year 2200: no clock of ours is wrong by so much


class _Event(msgspec.Struct, gc=False):
    did: str
    time_us: Annotated[int, msgspec.Meta(gt=0, lt=32_503_680_000_000_000)]  # before the year 3000
    kind: str = ""
    commit: _Commit | None = None
    account: _Account | None = None
    identity: _Identity | None = None


class _Commit(msgspec.Struct, gc=False):
    operation: str
    collection: str
    rkey: str
    cid: str = ""
    record: msgspec.Raw = msgspec.Raw(b"")


class _Account(msgspec.Struct, gc=False):
    active: bool = True
    status: str = ""


class _Identity(msgspec.Struct, gc=False):
    handle: str = ""


class _Ref(msgspec.Struct):
    uri: str = ""
    # app.bsky.embed.recordWithMedia wraps the reference once more.
    record: _Ref | None = None


class _Reply(msgspec.Struct, gc=False):
    parent: _Ref
    root: _Ref | None = None


class _External(msgspec.Struct, gc=False):
    uri: str = ""


class _Embed(msgspec.Struct):
    """Every `app.bsky.embed.*` at once: the kinds differ by the keys that they bring."""

    external: _External | None = None
    record: _Ref | None = None
    media: _Embed | None = None
    images: msgspec.Raw = msgspec.Raw(b"")
    video: msgspec.Raw = msgspec.Raw(b"")


class _Feature(msgspec.Struct, gc=False):
    uri: str = ""
    did: str = ""
    tag: str = ""


class _Facet(msgspec.Struct, gc=False):
    features: list[_Feature] = []


class _Words(msgspec.Struct, gc=False):
    """A post reduced to what hardly any client gets wrong."""

    text: str
    createdAt: str = ""  # noqa: N815 the network's own name
    reply: _Reply | None = None


class _Post(_Words, gc=False):
    langs: list[str] | None = None
    tags: list[str] | None = None
    embed: _Embed | None = None
    facets: list[_Facet] | None = None


class _Repost(msgspec.Struct, gc=False):
    subject: _Ref
    createdAt: str = ""  # noqa: N815


_event = msgspec.json.Decoder(_Event)
_post = msgspec.json.Decoder(_Post)
_words = msgspec.json.Decoder(_Words)
_repost = msgspec.json.Decoder(_Repost)
_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


@dataclass(slots=True)
class Heard:
    """What a run of frames held. `last_us` is the newest time not after `until_us`; 0 when there is none.

    `beyond` counts the events after it, `beyond_us` is the newest of them: many that agree mean that our clock is slow.
    """

    items: list[Item] = field(default_factory=list)
    gone: list[Gone] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    heard: int = 0
    first_us: int = 0
    last_us: int = 0
    beyond: int = 0
    beyond_us: int = 0


class Jetstream:
    """Decodes frames for one connector. Remembers the handles that identity events told, the newest 20,000."""

    def __init__(self, connector: str) -> None:
        self._connector = connector
        self._handles: dict[str, str] = {}

    def decode(self, frames: Iterable[bytes], until_us: int) -> Heard:
        """What `frames` say, in their order. Never raises: what cannot be read is `Dropped`.

        A time after `until_us` (microseconds, Unix) is believed to be somebody's error and moves no cursor.
        """
        found = Heard()
        for frame in frames:
            found.heard += 1
            try:
                event = _event.decode(frame)
                self._take(event, found)
                if found.items and b"\\u0000" in frame:
                    found.items[-1] = storable(found.items[-1])
            except _UNREADABLE as error:
                found.dropped.append(dropped(str(error), frame))
                continue
            if event.time_us <= until_us:
                found.first_us = found.first_us or event.time_us
                found.last_us = max(found.last_us, event.time_us)
            elif event.time_us < LATEST_US:
                found.beyond, found.beyond_us = found.beyond + 1, max(found.beyond_us, event.time_us)
        return found

    def _take(self, event: _Event, found: Heard) -> None:
        commit = event.commit
        if commit is not None:
            if commit.collection in (POST, REPOST):
                self._commit(event, commit, found)
        elif event.account is not None:
            if not event.account.active and event.account.status in LEFT:
                found.gone.append(Gone(self._connector, author_uri=clean(event.did)))
        elif event.identity is not None and event.identity.handle:
            self._know(event.did, clean(event.identity.handle[:253]))

    def _commit(self, event: _Event, commit: _Commit, found: Heard) -> None:
        if not event.did.startswith("did:") or not commit.rkey:
            raise msgspec.ValidationError("A commit without an author or a key")
        uri = f"at://{event.did}/{commit.collection}/{commit.rkey}"
        if commit.operation == "delete":
            found.gone.append(Gone(self._connector, uri=clean(uri), author_uri=event.did))
        elif commit.collection == REPOST:
            found.items.append(self._repost(event, commit, uri))
        else:
            found.items.append(self._post(event, commit, uri))

    def _post(self, event: _Event, commit: _Commit, uri: str) -> Item:
        try:
            post = _post.decode(commit.record)
        except msgspec.ValidationError:
            # Some clients write odd languages or facets: the words still count.
            words = _words.decode(commit.record)
            post = _Post(text=words.text, createdAt=words.createdAt, reply=words.reply)
        reply, embed, facets = post.reply, post.embed, post.facets
        links, addressed, hashtags = _facets(facets) if facets else ((), (), ())
        quoted, picture = "", False
        if embed is not None:
            quoted, picture, links = _embedded(embed, links)
        did = event.did
        return Item(
            connector=self._connector,
            uri=uri,
            author=Author(did, self._handles.get(did, "")),
            # Decoded JSON holds no lone surrogate, and `decode` sees to NULs: of `clean`, only the cut is left.
            text=post.text[:MAX_TEXT],
            written_at=written_at(post.createdAt, event.time_us),
            url=f"https://bsky.app/profile/{did}/post/{commit.rkey}",
            languages=tuple(post.langs[:8]) if post.langs else (),
            parent_uri=reply.parent.uri if reply else "",
            root_uri=reply.root.uri if reply and reply.root else "",
            quoted_uri=quoted,
            links=links,
            addressed=addressed,
            hashtags=hashtags if not post.tags else hashtags + tuple(post.tags[:MAX_LIST]),
            revision=commit.cid,
            has_picture=picture,
        )

    def _repost(self, event: _Event, commit: _Commit, uri: str) -> Item:
        repost = _repost.decode(commit.record)
        return Item(
            connector=self._connector,
            uri=uri,
            author=Author(event.did, self._handles.get(event.did, "")),
            text="",
            written_at=written_at(repost.createdAt, event.time_us),
            kind=ItemKind.REPOST,
            reposted_uri=repost.subject.uri,
            revision=commit.cid,
        )

    def _know(self, did: str, handle: str) -> None:
        self._handles.pop(did, None)
        self._handles[did] = handle
        if len(self._handles) > MAX_HANDLES:
            del self._handles[next(iter(self._handles))]


def written_at(said: str, time_us: int) -> datetime:
    """When it was written, as the author's client said; the network's own time when that is no time or later."""
    moment = _moment(said)
    if moment is not None and moment >= EARLIEST and moment.timestamp() * 1e6 <= time_us:
        return moment
    return datetime.fromtimestamp(time_us / 1e6, UTC)


def _moment(said: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(said)
        if moment.tzinfo is UTC:  # nearly always
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return lenient_time(said)


def dropped(reason: str, frame: bytes) -> Dropped:
    """Why a frame was of no use, and its beginning."""
    return Dropped(clean(reason[:200]), clean(frame[:200].decode("utf-8", "replace")))


def storable(item: Item) -> Item:
    """`item` with every text in it `clean`: a NUL may hide in a tag, a link, a language."""
    return msgspec.convert(_cleaned(msgspec.to_builtins(item, builtin_types=(datetime,))), Item)


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {name: _cleaned(part) for name, part in value.items()}
    return [_cleaned(part) for part in value] if isinstance(value, list | tuple) else value


def _facets(facets: list[_Facet]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Links, accounts spoken to, hashtags; each once, in the order of the text."""
    links: dict[str, None] = {}
    addressed: dict[str, None] = {}
    hashtags: dict[str, None] = {}
    for facet in facets[:MAX_LIST]:
        for feature in facet.features[:MAX_LIST]:
            if feature.uri and len(feature.uri) <= MAX_LINK:
                links[feature.uri] = None
            elif feature.did:
                addressed[feature.did] = None
            elif feature.tag:
                hashtags[feature.tag] = None
    return tuple(links), tuple(addressed), tuple(hashtags)


def _embedded(embed: _Embed, links: tuple[str, ...]) -> tuple[str, bool, tuple[str, ...]]:
    """The quoted post's URI, whether there is a picture or a film, and `links` with the card's link added."""
    media = embed.media or embed
    quoted = embed.record
    if quoted is not None and quoted.record is not None:
        quoted = quoted.record
    card = media.external.uri if media.external else ""
    if card and len(card) <= MAX_LINK and card not in links:
        links = (*links, card)
    return (quoted.uri if quoted else ""), _is_there(media.images) or _is_there(media.video), links


def _is_there(part: msgspec.Raw) -> bool:
    return bytes(part) not in (b"", b"null", b"[]")
