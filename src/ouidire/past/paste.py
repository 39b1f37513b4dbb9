"""A text that a member saw somewhere and brings in: it becomes a mention that can be answered on the site."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from ouidire import clock
from ouidire.connectors.files.hosts import network_of
from ouidire.domain.ids import digest, new_id
from ouidire.domain.item import BY_HAND, MAX_TEXT, Author, Batch, Item, ItemKind, clean
from ouidire.domain.member import Member
from ouidire.domain.source import Source, SourceState
from ouidire.errors import BadInput, NotAllowed, NotFound
from ouidire.store import organisations, sources
from ouidire.store.engine import Store, Tx

LINK = re.compile(r"https?://[^\s<>\"»]{3,1990}")
MAX_AUTHOR = 100


@dataclass(frozen=True, slots=True)
class Pasted:
    """What a member typed. `rating` None: no stars; `written_at` None: they do not know when."""

    text: str
    place_id: str
    url: str = ""
    network: str = ""
    author: str = ""
    rating: float | None = None
    written_at: datetime | None = None


def source_for(tx: Tx, store: Store, member: Member) -> Source:
    """The one source of everything that members of this organisation bring in by hand."""
    known = sources.by_connector(tx, member.organisation_id, BY_HAND)
    if known is not None:
        return known
    made = Source(new_id(), member.organisation_id, BY_HAND, "", listens=False, state=SourceState.DONE)
    sources.add(tx, store, made)
    return made


def batch_of(tx: Tx, member: Member, source: Source, one: Pasted) -> Batch:
    """What was pasted as a batch of one. The same words with the same link are the same message.

    Raises `BadInput` when there is nothing to read, `NotAllowed` and `NotFound` when it is not theirs to bring in.
    """
    if not member.may_answer:
        raise NotAllowed("Your role reads along; it does not answer.")
    if one.place_id not in {place.id for place in organisations.places(tx, member)}:
        raise NotFound("There is no such place.")
    text, url = clean(one.text).strip(), one.url.strip()
    if url and not LINK.fullmatch(url):
        raise BadInput("The link is a web address that begins with https://.")
    if not text and not url:
        raise BadInput("Paste what was written, or at least the link to it.")
    if len(one.text) > MAX_TEXT:
        raise BadInput(f"A text has at most {MAX_TEXT} characters; this one has {len(one.text)}.")
    return Batch(items=(_item(source, one, text or url, url),), heard=1)


def _item(source: Source, one: Pasted, text: str, url: str) -> Item:
    now = clock.now()
    author = clean(one.author).strip().removeprefix("@")[:MAX_AUTHOR]
    uri = f"{source.id}/{digest(f'{url} {text}')[:32]}"
    return Item(
        connector=BY_HAND,
        uri=uri,
        author=Author(f"{source.id}/{author or uri}", "", author),
        text=text,
        written_at=min(one.written_at or now, now),
        kind=ItemKind.REVIEW if one.rating is not None else ItemKind.POST,
        url=url,
        rating=one.rating,
        revision=digest(text)[:16],
        imported=True,
        said_on=clean(one.network).strip().lower()[:60] or network_of(url),
        about=one.place_id,
    )


def shared(title: str, text: str, url: str) -> tuple[str, str]:
    """The words and the link of what a phone shares: many apps put the link into the text, or behind it."""
    found = LINK.search(text) or LINK.search(title)
    link = url.strip() or (found[0].rstrip(".,;)") if found else "")
    words = text.replace(link, "").strip() if link else text.strip()
    return (words or ("" if title.strip() == link else title.strip()))[:MAX_TEXT], link[:2000]
