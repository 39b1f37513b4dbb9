"""Identifiers: UUIDv7 text (RFC 9562), so that a store can move and rows sort by birth."""

from __future__ import annotations

import hashlib
import os
import time


def new_id() -> str:
    """A fresh UUIDv7 as 36 characters; ids made later sort later (to the millisecond)."""
    millis = time.time_ns() // 1_000_000
    value = (millis & 0xFFFFFFFFFFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def item_key(connector: str, uri: str) -> str:
    """What makes two readings of one message the same: the connector and the canonical URI (server included)."""
    return f"{connector}:{uri}"


def gone_key(key: str) -> str:
    """What stands for the key of a kept item once the item is gone: its hash."""
    return f"gone:{digest(key)}"


def digest(text: str) -> str:
    """SHA-256 in hex: what remains of a deleted key (tombstone) or a token that must not be stored."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
