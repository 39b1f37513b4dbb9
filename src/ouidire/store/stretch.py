"""Which stretch of a long list is asked for: after an id, so many. New rows never move what is still to come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select


@dataclass(frozen=True, slots=True)
class Stretch:
    """`limit` rows older than the row `after` (empty: from the newest on). One more is read, to know whether more wait.

    Ids are UUIDv7: they sort by birth.
    """

    limit: int
    after: str = ""

    def of(self, query: Select[Any], ids: ColumnElement[str]) -> Select[Any]:
        """`query`, newest first, cut to this stretch and one row more."""
        if self.after:
            query = query.where(ids < self.after)
        return query.order_by(ids.desc()).limit(self.limit + 1)
