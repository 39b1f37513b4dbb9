"""Names that are never a person's, because the business itself bears them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.shield.fold import fold


def known_names(watches: Iterable[Watch], places: Iterable[Place]) -> tuple[str, ...]:
    """What the business is called, and the streets, districts and towns of its places; each once."""
    watched = [name for one in watches for name in (*one.names, *one.aliases)]
    local = [word for p in places for word in (p.name, p.street, p.district, p.town) if word]
    return tuple(dict.fromkeys([*watched, *local]))


@lru_cache(maxsize=16)
def folded(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names as folded texts spell them. Kept: a brand has thousands, and every message of it asks for them."""
    return tuple(dict.fromkeys(found for name in names if (found := fold(name).text.strip())))


@lru_cache(maxsize=16)
def words_of(names: tuple[str, ...]) -> frozenset[str]:
    """Every word of these names, folded."""
    return frozenset(word for name in folded(names) for word in name.split())
