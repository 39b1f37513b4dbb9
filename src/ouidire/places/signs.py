"""What a row says people know its place by, besides its name; what could never be recognised is left out, and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

from ouidire.domain.fold import fold
from ouidire.domain.watch import FormerName, Watch
from ouidire.match.checks import WatchRefused, check_watch
from ouidire.places.knowledge import addresses, pieces, read_former
from ouidire.places.meanings import Column


@dataclass(frozen=True, slots=True)
class Signs:
    """Other names and former ones; accounts, hashtags and web addresses without their sigil."""

    aliases: tuple[str, ...] = ()
    former: tuple[FormerName, ...] = ()
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


def signs_of(said: Mapping[Column, str], name: str) -> tuple[Signs, list[WatchRefused]]:
    """The signs of a row, and why some of what it said is not among them: a field with too many loses all of them."""
    accounts = [one if "/" in one else f"@{one.lstrip('@')}" for one in pieces(said[Column.HANDLES])]
    found = addresses([*accounts, *pieces(said[Column.LINKS])])
    signs = Signs(
        aliases=tuple(one for one in pieces(said[Column.ALIASES]) if fold(one) != fold(name)),
        former=tuple(read_former(one) for one in pieces(said[Column.FORMER])),
        handles=found.handles,
        hashtags=tuple(one.lstrip("#") for one in pieces(said[Column.HASHTAGS])),
        links=found.links,
    )
    held = {one.name: getattr(signs, one.name) for one in fields(signs)}
    refused = check_watch(Watch("", "", names=("a name",), **held))
    return without(signs, refused), refused


def without(signs: Signs, refused: Sequence[WatchRefused]) -> Signs:
    """`signs` less what was refused."""
    for one in refused:
        held: tuple[str | FormerName, ...] = getattr(signs, one.field)
        kept = () if one.code == "too_many" else tuple(word for word in held if _word(word) != one.word)
        signs = replace(signs, **{one.field: kept})  # type: ignore[arg-type]  # the field's own values
    return signs


def _word(one: str | FormerName) -> str:
    return one.name if isinstance(one, FormerName) else one
