"""Organisation: who uses Ouïdire; owns everything below it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Organisation:
    id: str
    name: str
    language: str
    created_at: datetime
    is_demo: bool = False
