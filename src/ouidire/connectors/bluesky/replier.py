"""Answers on Bluesky, once: the record's key follows from the reply's id, so a second try meets the first."""

from __future__ import annotations

import hashlib
import re
from itertools import islice
from typing import Any
from uuid import UUID

import msgspec

from ouidire.connectors.base import Sent, SourceContext
from ouidire.connectors.bluesky.client import Client, Record, Ref
from ouidire.connectors.bluesky.mapping import post_uri, post_url
from ouidire.connectors.families.atproto import POST
from ouidire.connectors.http import Refused
from ouidire.domain.clearance import Clearance
from ouidire.domain.item import Item
from ouidire.errors import Permanent

_NO_BIRTH_S = 1_704_067_200  # 2024
_YEAR_S = 31_536_000
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
MAX_MENTIONS = 5
_BASE32 = "234567abcdefghijklmnopqrstuvwxyz"
_LINK = re.compile(r"https?://[^\s<>\"»]+[^\s<>\"».,;:!?)\]’']")
_MENTION = re.compile(r"(?<![\w@.])@((?:[a-zA-Z0-9-]+\.)+[a-zA-Z][a-zA-Z0-9-]*)")


class BlueskyReplier:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def reply(self, clearance: Clearance, parent: Item) -> Sent:
        """See `base.Replier`."""
        rkey = record_key(clearance)
        there = await self._client.own(POST, rkey)
        if there is None:
            record = await self._written(clearance, parent)
            try:
                await self._client.create(POST, rkey, record)
            except Refused as error:
                # Somebody was quicker with the same reply: then it stands there, and all is well.
                there = await self._client.own(POST, rkey)
                if there is None:
                    raise Permanent(f"Bluesky refused the reply: {error}") from error
        if there is not None and not _is_reply_to(there, parent):
            raise Permanent("Another post of ours stands where this reply should.")
        return await self._sent(rkey)

    async def find(self, clearance: Clearance, parent: Item) -> Sent | None:
        """See `base.Replier`."""
        rkey = record_key(clearance)
        there = await self._client.own(POST, rkey)
        return await self._sent(rkey) if there is not None and _is_reply_to(there, parent) else None

    async def check(self) -> str:
        """See `base.Replier`. Our own author URI is our DID."""
        return (await self._client.sign_in()).did

    async def _sent(self, rkey: str) -> Sent:
        did = (await self._client.session()).did
        return Sent(post_uri(did, rkey), post_url(did, rkey))

    async def _written(self, clearance: Clearance, parent: Item) -> dict[str, Any]:
        above, root = await self._thread(parent)
        record: dict[str, Any] = {
            "$type": POST,
            "text": clearance.text,
            "createdAt": clearance.given_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "reply": {"root": {"uri": root.uri, "cid": root.cid}, "parent": {"uri": above.uri, "cid": above.cid}},
        }
        if languages := [code for code in parent.languages if _LANGUAGE.fullmatch(code)][:3]:
            record["langs"] = languages
        facets = link_facets(clearance.text) + await self._mentions(clearance.text, parent)
        if facets:
            record["facets"] = facets
        return record

    async def _thread(self, parent: Item) -> tuple[Ref, Ref]:
        """Strong references to the post that we answer and to the one that began its thread."""
        begins = not parent.parent_uri
        if begins and parent.revision:
            ref = Ref(parent.uri, parent.revision)
            return ref, ref
        record = await self._client.record(parent.uri)
        if record is None:
            raise Permanent("The message is not on Bluesky any more; there is nothing to answer.")
        above = Ref(parent.uri, record.cid or parent.revision)
        # What the parent itself calls the root is what every client will show; nobody has to find the root.
        return above, _ref_in(record, "root") or above

    async def _mentions(self, text: str, parent: Item) -> list[dict[str, Any]]:
        """Makes handles in `text` mentions; one that nobody knows stays plain text."""
        facets = []
        for at in islice(_MENTION.finditer(text), MAX_MENTIONS):
            handle = at.group(1).lower()
            theirs = handle == parent.author.handle.lower()
            did = parent.author.uri if theirs else await self._client.did_of(handle)
            if did:
                feature = {"$type": "app.bsky.richtext.facet#mention", "did": did}
                facets.append(_facet(text, at.start(), at.end(), feature))
        return facets


def open_replier(context: SourceContext) -> BlueskyReplier:
    settings = context.settings
    return BlueskyReplier(
        Client(
            context.http,
            service=settings["service"],
            directory=settings["directory"],
            identifier=settings.get("identifier", ""),
            app_password=context.secrets.get("app_password", ""),
        )
    )


def record_key(clearance: Clearance) -> str:
    """A TID (13 letters that sort by time) made of the reply's id alone: equal for equal replies for ever.

    Our ids are UUIDv7 and carry the moment of their birth: the second is kept, the rest is drawn from the digest.
    """
    digest = int.from_bytes(hashlib.sha256(clearance.reply_id.encode()).digest()[:8], "big")
    try:
        born_s = (UUID(clearance.reply_id).int >> 80) // 1000
    except ValueError:
        born_s = _NO_BIRTH_S + digest % _YEAR_S
    micros = (born_s * 1_000_000 + digest % 1_000_000) & (1 << 53) - 1
    value = micros << 10 | (digest >> 48) & 0x3FF
    return "".join(_BASE32[value >> shift & 31] for shift in range(60, -1, -5))


def link_facets(text: str) -> list[dict[str, Any]]:
    """Makes the web addresses in `text` links; positions count UTF-8 bytes, as the protocol wants."""
    return [
        _facet(text, found.start(), found.end(), {"$type": "app.bsky.richtext.facet#link", "uri": found.group()})
        for found in _LINK.finditer(text)
    ]


def _facet(text: str, start: int, end: int, feature: dict[str, str]) -> dict[str, Any]:
    before = len(text[:start].encode())
    span = {"byteStart": before, "byteEnd": before + len(text[start:end].encode())}
    return {"index": span, "features": [feature]}


def _ref_in(record: Record, name: str) -> Ref | None:
    """The `root` or `parent` that a post names, if it names one properly: a stranger wrote it."""
    reply = record.value.get("reply")
    try:
        return msgspec.convert(reply[name], Ref) if isinstance(reply, dict) and name in reply else None
    except msgspec.ValidationError:
        return None


def _is_reply_to(record: Record, parent: Item) -> bool:
    above = _ref_in(record, "parent")
    return above is not None and above.uri == parent.uri
