"""From a simulated network's events to items."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

import msgspec

from ouidire.connectors.simulated.client import Client
from ouidire.domain.item import Author, Geo, Gone, Item, ItemKind, clean

NAME = "simulated"

_HANDLE = re.compile(r"(?<![\w@])@(\w+(?:[.-]\w+)*)")
_HASHTAG = re.compile(r"(?<![\w#&])#(\w+)")
_LINK = re.compile(r"https?://[^\s<>\"»]+[^\s<>\"».,;:!?)]")


class Person(msgspec.Struct, frozen=True):
    handle: str
    name: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One event as the network sends it; `at` is when the post was written."""

    kind: Literal["create", "update", "delete", "repost", "author_gone"]
    at: datetime
    id: str
    author: Person
    text: str = ""
    parent: str = ""
    root: str = ""
    quoted: str = ""
    reposted: str = ""
    lang: str = ""
    geo: tuple[float, float] | None = None
    rating: float | None = None
    listing_id: str = ""
    revision: int = 0


def heard(event: Event, client: Client) -> Item | Gone:
    """What `event` means to us."""
    if event.kind == "delete":
        return Gone(NAME, uri=client.post_uri(event.id), author_uri=client.author_uri(event.author.handle))
    if event.kind == "author_gone":
        return Gone(NAME, author_uri=client.author_uri(event.author.handle))
    return _item(event, client)


def _item(event: Event, client: Client) -> Item:
    author, text = event.author, clean(event.text)
    return Item(
        connector=NAME,
        uri=client.post_uri(event.id),
        url=client.post_url(event.reposted or event.id),
        author=Author(client.author_uri(author.handle), author.handle, clean(author.name)),
        text=text,
        written_at=event.at,
        kind=_kind(event),
        languages=(event.lang,) if event.lang else (),
        parent_uri=_uri(event.parent, client),
        root_uri=_uri(event.root, client),
        quoted_uri=_uri(event.quoted, client),
        reposted_uri=_uri(event.reposted, client),
        links=tuple(_LINK.findall(text)),
        addressed=tuple(_HANDLE.findall(text)),
        hashtags=tuple(_HASHTAG.findall(text)),
        listing_id=event.listing_id,
        geo=Geo(*event.geo) if event.geo else None,
        rating=event.rating,
        revision=str(event.revision or ""),
    )


def _kind(event: Event) -> ItemKind:
    if event.kind == "repost":
        return ItemKind.REPOST
    return ItemKind.REVIEW if event.rating is not None else ItemKind.POST


def _uri(post_id: str, client: Client) -> str:
    return client.post_uri(post_id) if post_id else ""
