"""Mastodon: an account's archive (its outbox, in ActivityPub), and statuses as the interface gives them."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from ouidire.connectors.files.formats import Format, Piece, Row, texts, under
from ouidire.connectors.files.plain import text_of
from ouidire.errors import Ignore

NETWORK = "mastodon"
_PUBLIC = ("https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public")


def _is_activity(piece: Piece) -> bool:
    return texts(piece, "type") in ("Create", "Announce") and bool(texts(piece, "actor"))


def _is_status(piece: Piece) -> bool:
    return isinstance(piece, dict) and "content" in piece and bool(texts(piece, "account", "acct"))


def recognises(piece: Piece) -> bool:
    return _is_activity(piece) or (_is_status(piece) and bool(texts(piece, "created_at")))


def rows(piece: Piece) -> Iterator[Row]:
    """One post. Raises `Ignore` for what was not said in public."""
    if _is_activity(piece):
        yield _from_activity(piece)
    elif _is_status(piece):
        yield _from_status(piece)
    else:
        raise Ignore("Not a post")


def _from_activity(piece: Piece) -> Row:
    if not _is_public(piece) and not _is_public(under(piece, "object")):
        raise Ignore("Not said in public")
    actor = texts(piece, "actor")
    common = {"author": _address(actor), "network": NETWORK, "created_at": texts(piece, "published")}
    if texts(piece, "type") == "Announce":
        return common | {"id": texts(piece, "id"), "reposts": texts(piece, "object") or texts(piece, "object", "id")}
    note = under(piece, "object")
    languages = under(note, "contentMap")
    return common | {
        "id": texts(note, "id") or texts(piece, "id"),
        "text": _words(texts(note, "summary"), texts(note, "content")),
        "created_at": texts(note, "published") or common["created_at"],
        "url": texts(note, "url"),
        "lang": " ".join(languages) if len(languages) == 1 else "",
        "in_reply_to": texts(note, "inReplyTo"),
        "quotes": texts(note, "quoteUrl"),
    }


def _from_status(piece: Piece) -> Row:
    if texts(piece, "visibility") in ("private", "direct"):
        raise Ignore("Not said in public")
    account, repeated = under(piece, "account"), under(piece, "reblog")
    return {
        "id": texts(piece, "uri") or texts(piece, "id"),
        "text": "" if repeated else _words(texts(piece, "spoiler_text"), texts(piece, "content")),
        "created_at": texts(piece, "created_at"),
        "author": f"@{texts(account, 'acct')}",
        "author_name": texts(account, "display_name"),
        "url": texts(piece, "url"),
        "lang": texts(piece, "language"),
        "in_reply_to": texts(piece, "in_reply_to_id"),
        "reposts": texts(repeated, "uri"),
        "network": NETWORK,
    }


def _words(warning: str, content: str) -> str:
    return "\n".join(part for part in (warning, text_of(content)) if part)


def _is_public(one: Piece) -> bool:
    named: list[Piece] = []
    for key in ("to", "cc"):
        found = one.get(key) if isinstance(one, dict) else None
        named += found if isinstance(found, list) else [found]
    return any(mark in _PUBLIC for mark in named if isinstance(mark, str))


def _address(actor: str) -> str:
    """@name@server, as people write it; the address itself when it has another form."""
    parts = urlsplit(actor)
    name = parts.path.rstrip("/").rpartition("/")[2].removeprefix("@")
    return f"@{name}@{parts.netloc}" if name and parts.netloc else actor


FORMAT = Format(
    name="mastodon",
    title="Mastodon archive",
    recognises=recognises,
    rows=rows,
    keys=frozenset({"orderedItems"}),
)
