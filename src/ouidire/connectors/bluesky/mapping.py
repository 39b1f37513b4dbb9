"""Bluesky's words as ours: posts and reposts become items, what left becomes `Gone`; and addresses both ways."""

from __future__ import annotations

from ouidire.connectors.families.atproto import POST, REPOST, Jetstream
from ouidire.errors import Permanent

NAME = "bluesky"
WANTED = (POST, REPOST)


def jetstream() -> Jetstream:
    """A fresh decoder of Jetstream frames; it remembers handles, so keep it for as long as the source is open."""
    return Jetstream(NAME)


def post_uri(did: str, rkey: str) -> str:
    return f"at://{did}/{POST}/{rkey}"


def post_url(did: str, rkey: str) -> str:
    return f"https://bsky.app/profile/{did}/post/{rkey}"


def split_uri(uri: str) -> tuple[str, str, str]:
    """Author's DID, collection and key of an at-URI. Raises `Permanent` when it is not one."""
    parts = uri.removeprefix("at://").split("/")
    if not uri.startswith("at://did:") or len(parts) != 3 or not all(parts):
        raise Permanent(f"{uri[:200]} is not the address of a post on Bluesky.")
    return parts[0], parts[1], parts[2]
