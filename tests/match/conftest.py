"""Posts about the bakery, and a matcher that knows it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from ouidire.domain.item import Author, Item
from ouidire.match.matcher import Matcher

from .bakery import BRAND, CRESCENT, LAVAL, NOW, TORONTO, Say


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def say() -> Say:
    """`say("text", uri="…", …)`: an item, written now by a guest."""

    def one(text: str = "", **fields: Any) -> Item:
        given = {"connector": "bluesky", "uri": f"at://guest/{text}", "author": Author("did:plc:guest"), "text": text}
        return Item(**{**given, "written_at": NOW, **fields})

    return one


@pytest.fixture
def brand() -> Matcher:
    return Matcher([BRAND], [CRESCENT, LAVAL, TORONTO])
