"""What the match tests speak of: a bakery with three boutiques."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from ouidire.domain.item import Item
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch

NOW = datetime(2026, 3, 14, 15, 30, tzinfo=UTC)

Say = Callable[..., Item]

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
LAVAL = Place(
    "laval", "mie", "La Mie Bretonne Laval", street="3035, boulevard Le Carrefour", town="Laval", country="CA"
)
TORONTO = Place("toronto", "mie", "La Mie Bretonne Toronto", town="Toronto", country="CA")
BRAND = Watch(
    "brand",
    "mie",
    names=("La Mie Bretonne",),
    aliases=("Mie Bretonne",),
    handles=("lamiebretonne.bsky.social",),
    links=("lamiebretonne.fr",),
)
