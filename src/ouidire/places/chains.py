"""What chains are also called, from the offline list of brands that mappers keep (npm's name-suggestion-index).

Its files as the package has them (`nsi.json`, `brands/amenity/bank.json`) and one brand on each line are read. Nothing
is taken over by itself: what it knows of our names is proposed, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.match.locality import plain
from ouidire.places.cell import cell
from ouidire.places.knowledge import category_of

MOST_MB = 64
_TAGS = ("name", "brand", "alt_name", "short_name", "official_name", "name:fr", "name:en", "brand:fr", "brand:en")


@dataclass(frozen=True, slots=True)
class Brand:
    """A chain: every name that the list has for it, where it has houses (ISO 3166 codes, '001' the world), its kind."""

    name: str
    others: tuple[str, ...]
    where: tuple[str, ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Names that a brand of the list has beside `ours`, and that we do not listen for yet."""

    ours: str
    brand: Brand
    names: tuple[str, ...]


def read_brands(data: bytes) -> list[Brand]:
    """The brands of a list. Raises `BadInput` with the line for broken JSON, and for what is no list of brands."""
    brands = [brand for path, one in _entries(data) if (brand := _brand(path, one)) is not None]
    if not brands:
        raise BadInput("This is no list of brands: it should be name-suggestion-index’s, or one brand on each line.")
    return brands


def propose_names(ours: Iterable[str], brands: Sequence[Brand], heard: Iterable[str]) -> list[Proposal]:
    """For each of `ours` the brands that bear that name, with their other names but those in `heard`."""
    known = {plain(one) for one in heard}
    by_name: dict[str, list[Brand]] = {}
    for brand in brands:
        for key in dict.fromkeys(plain(name) for name in (brand.name, *brand.others)):
            by_name.setdefault(key, []).append(brand)
    found = []
    for name in dict.fromkeys(ours):
        for brand in by_name.get(plain(name), ()):
            fresh = {plain(one): one for one in reversed((brand.name, *brand.others)) if plain(one) not in known}
            if fresh:
                found.append(Proposal(name, brand, tuple(reversed(fresh.values()))))
    return found


def _entries(data: bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each brand with the path of its kind ('brands/amenity/bank')."""
    try:
        whole = msgspec.json.decode(data)
    except msgspec.DecodeError as error:
        yield from _lines(data, error)
        return
    if not isinstance(whole, dict):
        return
    if "nsi" not in whole and "items" not in whole:
        yield str(whole.get("path", "")), whole  # a list of one line
        return
    properties, parts = whole.get("properties"), whole.get("nsi")
    path = str(properties.get("path", "")) if isinstance(properties, dict) else ""
    for kind, part in (parts if isinstance(parts, dict) else {path: whole}).items():
        items = part.get("items") if isinstance(part, dict) else None
        yield from ((kind, one) for one in items or () if isinstance(one, dict))


def _lines(data: bytes, broken: msgspec.DecodeError) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line)
        except msgspec.DecodeError as error:
            raise BadInput(f"Line {number} cannot be read as JSON ({error}). Is the file cut short?") from broken
        if isinstance(one, dict):
            yield str(one.get("path", "")), one


def _brand(path: str, one: Mapping[str, Any]) -> Brand | None:
    held = one.get("tags")
    tags: Mapping[str, Any] = held if isinstance(held, dict) else {}
    said = [one.get("displayName") or one.get("name"), *(tags.get(key) for key in _TAGS)]
    said += [*_list(one.get("matchNames")), *_list(one.get("match"))]
    split = (part for text in said if isinstance(text, str) for part in text.split(";"))
    names = {fold(name): name for name in reversed([cell(part) for part in split]) if name}
    ordered = tuple(reversed(names.values()))
    if not ordered:
        return None
    where = one.get("where") or (one.get("locationSet") or {}).get("include")
    return Brand(ordered[0], ordered[1:], tuple(_list(where)), category_of([path.rpartition("/")[2]]))


def _list(said: Any) -> list[str]:
    return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []
