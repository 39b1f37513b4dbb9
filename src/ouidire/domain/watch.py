"""Watch: what to look for, for an organisation or one of its places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class FormerName:
    """A name that the house had `until` a day (None: not known); people go on using it."""

    name: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Watch:
    """Names and signs by which a post speaks of us.

    `names` and `aliases` are searched as whole words after folding; `handles` and `hashtags` without their sigil;
    `links` are host or host/path prefixes. With `required`, one of these words must stand in the post too;
    with `excluded`, none may. `near` are locality words (towns, districts, streets) that point to the place.
    `former` are names that it had before. `rule` is a boolean rule that a post must fulfil as well; "" is none. Where
    there is nothing but a rule, the rule is what is looked for.
    """

    id: str
    organisation_id: str
    place_id: str | None = None
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    former: tuple[FormerName, ...] = ()
    rule: str = ""
