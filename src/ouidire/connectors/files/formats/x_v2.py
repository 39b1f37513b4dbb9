"""X (Twitter), as the v2 interface gives it: pages with what they include, or single posts with their author."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

from ouidire.connectors.files.formats import Format, Piece, Row, several, texts, under
from ouidire.connectors.files.formats.x_v1 import NETWORK, with_links
from ouidire.errors import Ignore

_RELATIONS = {"replied_to": "in_reply_to", "quoted": "quotes", "retweeted": "reposts"}


def _posts(piece: Piece) -> list[dict[str, Any]]:
    found = piece.get("data") if isinstance(piece, dict) else None
    if found is None and isinstance(piece, dict):
        return [piece]
    return [found] if isinstance(found, dict) else several(piece, "data")


def recognises(piece: Piece) -> bool:
    return any(_is_post(one) for one in _posts(piece)[:20])


def _is_post(one: dict[str, Any]) -> bool:
    """A post of v1.1 has `id_str`, a post of Mastodon has `content`; this one has neither."""
    marks = {"author_id", "edit_history_tweet_ids", "public_metrics", "conversation_id", "referenced_tweets"}
    return bool(texts(one, "id").isdecimal() and texts(one, "text") and marks & one.keys() and "id_str" not in one)


def rows(piece: Piece) -> Iterator[Row]:
    """Every post of a page; the posts it includes only explain them."""
    if isinstance(piece, dict) and "data" not in piece and ("errors" in piece or "title" in piece):
        raise Ignore("An error of the network, not a post")
    users = {texts(one, "id"): one for one in several(under(piece, "includes"), "users")}
    found = [_row(one, users) for one in _posts(piece) if _is_post(one)]
    if not found:
        raise Ignore("There is no post in it")
    yield from found


def _row(one: dict[str, Any], users: dict[str, dict[str, Any]]) -> Row:
    author = users.get(texts(one, "author_id")) or under(one, "author")
    handle = texts(author, "username")
    longer = under(one, "note_tweet")
    related = {
        _RELATIONS[texts(other, "type")]: texts(other, "id")
        for other in several(one, "referenced_tweets")
        if texts(other, "type") in _RELATIONS
    }
    text = html.unescape(texts(longer, "text") or texts(one, "text"))
    return {
        "id": texts(one, "id"),
        "text": "" if "reposts" in related else with_links(text, under(one, "entities") | under(longer, "entities")),
        "created_at": texts(one, "created_at"),
        "author": f"@{handle}" if handle else texts(one, "author_id"),
        "author_name": texts(author, "name"),
        "url": f"https://x.com/{handle or 'i'}/status/{texts(one, 'id')}",
        "lang": texts(one, "lang") if texts(one, "lang") != "und" else "",
        "network": NETWORK,
        **related,
    }


FORMAT = Format(
    name="x_v2",
    title="Posts of X (v2)",
    recognises=recognises,
    rows=rows,
)
