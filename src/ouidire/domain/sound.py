"""The last look at an item before it is kept: what a connector should not have let through goes no further."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from ouidire.domain.item import Item, is_storable

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
"""Nobody wrote on a network before: an earlier time is a client's error."""

MAX_URI_BYTES = 2000
"""A longer address is nobody's; no index holds one much longer."""

_AHEAD = timedelta(days=1)
"""A time further in the future than this is one too; a clock that is an hour fast is not."""


def sound(item: Item, at: datetime) -> Item | None:
    """`item` as it can be kept, seen `at`: with a time that can be, and no number that is none.

    None when its words hold what no store keeps (NUL, a lone surrogate), or its address is endless.
    """
    if max(len(uri.encode("utf-8", "surrogatepass")) for uri in (item.uri, item.author.uri)) > MAX_URI_BYTES:
        return None
    if not _is_storable(msgspec.to_builtins(item, builtin_types=(datetime,))):
        return None
    written = item.written_at if item.written_at.tzinfo else item.written_at.replace(tzinfo=UTC)
    written = EARLIEST if written < EARLIEST else at if written > at + _AHEAD else written
    geo = item.geo if item.geo and math.isfinite(item.geo.lat) and math.isfinite(item.geo.lon) else None
    rating = item.rating if item.rating is not None and math.isfinite(item.rating) else None
    if written is item.written_at and geo is item.geo and rating is item.rating:
        return item
    return msgspec.structs.replace(item, written_at=written, geo=geo, rating=rating)


def _is_storable(part: Any) -> bool:
    if isinstance(part, str):
        return is_storable(part)
    if isinstance(part, dict):
        return all(_is_storable(one) for one in part.values())
    return all(_is_storable(one) for one in part) if isinstance(part, list | tuple) else True
