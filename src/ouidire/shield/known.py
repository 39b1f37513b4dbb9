"""Names that are never a person's, because the business itself bears them."""

from __future__ import annotations

from collections.abc import Iterable

from ouidire.domain.place import Place
from ouidire.domain.watch import Watch


def known_names(watches: Iterable[Watch], places: Iterable[Place]) -> tuple[str, ...]:
    """What the business is called, and the streets, districts and towns of its places; each once."""
    watched = [name for one in watches for name in (*one.names, *one.aliases)]
    local = [word for p in places for word in (p.name, p.street, p.district, p.town) if word]
    return tuple(dict.fromkeys([*watched, *local]))
