"""Identifiers: UUIDv7 text (RFC 9562), so that a store can move and rows sort by birth."""

from __future__ import annotations

import hashlib
import os
import threading
import time

_ticking = threading.Lock()
_last_tick = 0


def new_id() -> str:
    """A fresh UUIDv7 as 36 characters; ids made later sort later, strictly within a process.

    RFC 9562, section 6.2, method 3: twelve bits of the millisecond's fraction follow the milliseconds; where the clock
    has not moved on, or was set back, the last value is counted up.
    """
    global _last_tick
    with _ticking:
        millis, rest = divmod(time.time_ns(), 1_000_000)
        _last_tick = max(millis << 12 | (rest << 12) // 1_000_000, _last_tick + 1)
        tick = _last_tick
    value = (tick >> 12 & 0xFFFFFFFFFFFF) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64
    value |= 0x2 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
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
