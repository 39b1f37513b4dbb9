"""X (Twitter): an archive of one's own posts, and what the v1.1 interface gives (statuses with their `user`)."""

from __future__ import annotations

import html
from collections.abc import Iterator

from ouidire.connectors.files.formats import Format, Piece, Row, several, texts, under
from ouidire.errors import Ignore

NETWORK = "x"


def status(piece: Piece) -> dict[str, Piece]:
    """The post itself: an archive wraps each one once more, old ones do not."""
    return under(piece, "tweet") or (piece if isinstance(piece, dict) else {})


def recognises(piece: Piece) -> bool:
    """A post by its id, its time and its text. What its author deleted lies in a file of its own and is not read."""
    one = status(piece)
    return bool(
        texts(one, "id_str")
        and texts(one, "created_at")
        and ("full_text" in one or "text" in one)
        and "deleted_at" not in one
        and "sender_id" not in one
        and "recipient_id" not in one
    )


def rows(piece: Piece) -> Iterator[Row]:
    one = status(piece)
    if "deleted_at" in one:
        raise Ignore("Deleted by its author")
    repeated = under(one, "retweeted_status")
    user = under(one, "user")
    handle = texts(user, "screen_name")
    longer = under(one, "extended_tweet")
    text = html.unescape(texts(longer, "full_text") or texts(one, "full_text") or texts(one, "text"))
    post_id = texts(one, "id_str")
    yield {
        "id": post_id,
        "text": "" if repeated else with_links(text, under(one, "entities") | under(longer, "entities")),
        "created_at": texts(one, "created_at"),
        "author": f"@{handle}" if handle else "",
        "author_name": texts(user, "name"),
        "url": f"https://x.com/{handle or 'i'}/status/{post_id}",
        "lang": texts(one, "lang") if texts(one, "lang") != "und" else "",
        "in_reply_to": texts(one, "in_reply_to_status_id_str"),
        "quotes": texts(one, "quoted_status_id_str"),
        "reposts": texts(repeated, "id_str"),
        "network": NETWORK,
    }


def with_links(text: str, entities: dict[str, Piece]) -> str:
    """The text with the addresses that its short ones stand for."""
    for link in several(entities, "urls"):
        short, long = texts(link, "url"), texts(link, "expanded_url")
        if short and long:
            text = text.replace(short, long)
    return text


def owner(piece: Piece) -> Row | None:
    """Whose archive it is, as its account file says."""
    account = under(piece, "account")
    handle = texts(account, "username")
    if not handle:
        return None
    return {"author": f"@{handle}", "author_name": texts(account, "accountDisplayName")}


FORMAT = Format(
    name="x_v1",
    title="X archive, or posts of X (v1.1)",
    recognises=recognises,
    rows=rows,
    keys=frozenset({"statuses", "results"}),
    owner=owner,
)
