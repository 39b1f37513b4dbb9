"""The seal that ties a clearance to one text, one target and one reply."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime

from ouidire.domain.clearance import Clearance
from ouidire.errors import Corrupt

MIN_KEY = 16
"""A shorter key could be guessed; it is our own file, so it stops everything."""

_NAMES = tuple(field.name for field in fields(Clearance))


def to_fields(clearance: Clearance) -> dict[str, str]:
    """`clearance` as text, to be kept; `restore` reads it back."""
    kept = {name: getattr(clearance, name) for name in _NAMES}
    return {**kept, "given_at": clearance.given_at.astimezone(UTC).isoformat()}


def stamp(clearance: Clearance, key: bytes) -> str:
    """HMAC-SHA256 in hex over every field but the seal. Raises `Corrupt` when `key` is too short to mean anything."""
    if len(key) < MIN_KEY:
        raise Corrupt(f"The key that seals clearances has {len(key)} bytes; it needs at least {MIN_KEY}.")
    said = {name: value for name, value in to_fields(clearance).items() if name != "seal"}
    # ensure_ascii would write an astral letter and its two lone surrogates alike: two texts under one seal.
    sealed = json.dumps(["ouidire clearance 1", sorted(said.items())], ensure_ascii=False)
    return hmac.new(key, sealed.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def is_whole(clearance: Clearance, key: bytes) -> bool:
    """Is `clearance` exactly as the guard gave it?"""
    return hmac.compare_digest(stamp(clearance, key).encode(), clearance.seal.encode("utf-8", "surrogatepass"))


def covers(clearance: Clearance, *, key: bytes, text: str, target_uri: str, reply_id: str) -> bool:
    """May exactly this be said under this clearance?"""
    asked = (text, target_uri, reply_id)
    return asked == (clearance.text, clearance.target_uri, clearance.reply_id) and is_whole(clearance, key)


def restore(kept: Mapping[str, str], key: bytes) -> Clearance:
    """The clearance that `to_fields` wrote. Raises `Corrupt` when anything in it is missing or was changed."""
    try:
        clearance = Clearance(
            **{name: kept[name] for name in _NAMES if name != "given_at"},
            given_at=datetime.fromisoformat(kept["given_at"]),
        )
    except (KeyError, ValueError) as error:
        raise Corrupt(f"A stored clearance cannot be read ({error!r}).") from error
    if clearance.given_at.tzinfo is None or not is_whole(clearance, key):
        raise Corrupt(f"The clearance of reply {clearance.reply_id} is not as the guard gave it.")
    return clearance
