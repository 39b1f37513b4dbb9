"""What a name index answers: where in a text a name stands, whose it is, and how it is written there."""

from __future__ import annotations

from typing import Final, NamedTuple

EXACT: Final = 0
"""Token by token as the name was given."""
GLUED: Final = 1
"""All letters of a name of several tokens in one piece: '#lamiebretonne', or 'lamiebretonne' from eight letters on."""
SLIP: Final = 2
"""One token of five letters or more has one slip in it; all others are right."""


class Hit(NamedTuple):
    """An occurrence of a name of `owner`; offsets in characters of the folded text, `how` is EXACT, GLUED or SLIP.

    The sigil of a tag or a handle belongs to the occurrence where it was asked for: by a name that begins with it, and
    by a glued name in a tag.
    """

    owner: int
    start: int
    end: int
    how: int


class Scanned(NamedTuple):
    """A text that holds names: folded, and its hits in order, each once."""

    folded: str
    hits: list[Hit]
