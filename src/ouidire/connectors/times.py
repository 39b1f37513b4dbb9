"""Times as networks write them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ouidire.domain.sound import EARLIEST


def lenient_time(said: str) -> datetime | None:
    """An ISO 8601 or mail-style time, or Unix seconds or milliseconds, as UTC; without a zone it is taken as UTC.

    None when it is no time at all, or one before there were networks.
    """
    said = said.strip()
    for read in (datetime.fromisoformat, _unix, parsedate_to_datetime):
        try:
            moment = read(said)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            return moment if moment >= EARLIEST else None
        except (ValueError, OverflowError, OSError, TypeError, IndexError):
            continue
    return None


def _unix(said: str) -> datetime:
    number = float(said)
    return datetime.fromtimestamp(number / 1000 if abs(number) >= 1e11 else number, UTC)
