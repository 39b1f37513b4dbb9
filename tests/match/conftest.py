"""What the match tests speak of: a bakery with boutiques, and posts about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ouidire.domain.item import Author, Item
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match.matcher import Matcher

NOW = datetime(2026, 3, 14, 15, 26, tzinfo=UTC)

Say = Callable[..., Item]


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


CRESCENT = Place(
    "crescent",
    "mie",
    "La Mie Bretonne Crescent",
    street="1455, rue Crescent",
    town="Montréal",
    postcode="H3G 2B2",
    country="CA",
    coordinates=Coordinates(45.4973, -73.5772),
    time_zone="America/Toronto",
    listing_ids=("ChIJcrescent",),
)
LAVAL = Place("laval", "mie", "La Mie Bretonne Laval", street="3035, boulevard Le Carrefour", town="Laval", country="CA")
TORONTO = Place("toronto", "mie", "La Mie Bretonne Toronto", town="Toronto", country="CA")
BRAND = Watch(
    "brand",
    "mie",
    names=("La Mie Bretonne",),
    aliases=("Mie Bretonne",),
    handles=("lamiebretonne.bsky.social",),
    links=("lamiebretonne.fr",),
)


@pytest.fixture
def brand() -> Matcher:
    return Matcher([BRAND], [CRESCENT, LAVAL, TORONTO])
