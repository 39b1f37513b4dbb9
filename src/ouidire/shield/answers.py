"""Names of employees in what we say ourselves: the customer to whom we speak may be called by name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ouidire.domain.enrichment import Span
from ouidire.shield.fold import fold
from ouidire.shield.staff import bare_name, staff

_WORD = re.compile(r"[^\W\d_]+")
_GREETING = re.compile(
    r"\W*(?i:bonjour|bonsoir|salut|ch[eè]re?|hello|hi|hey|dear|good (?:morning|afternoon|evening))"
    r"(?P<who>(?:\s(?i:mme|mlle|madame|monsieur|m|mr|mrs|ms|mx|dre?|prof|me)\b\.?)?(?:\s[^\W\d_a-zà-öø-ÿ][^\W\d_]*(?:[-'’][^\W\d_]+)*){1,3})"
    r" ?(?:[,!.:;…–—\n]|$)"
)
"""Who is greeted in the first line: whom one speaks to, never whom one speaks about."""


def staff_in_answer(text: str, known_names: Iterable[str] = (), customers: Iterable[str] = ()) -> tuple[Span, ...]:
    """`staff` of an answer, without who is greeted and without the names and handles of `customers`."""
    greeting = _GREETING.match(text)
    greeted = greeting.span("who") if greeting else (0, 0)
    theirs = {word for name in customers for word in _words(name)}
    named = staff(text, known_names)
    return tuple(
        span for span in named if not (_within(span, greeted) or _words(bare_name(text[slice(*span)])) <= theirs)
    )


def _words(text: str) -> set[str]:
    """A handle is one word for `fold`, and none after an @: here "@nadia_mtl" is "nadia" and "mtl"."""
    return set(_WORD.findall(fold(text.replace("@", " ")).text))


def _within(span: Span, other: Span) -> bool:
    return other[0] <= span[0] and span[1] <= other[1]
