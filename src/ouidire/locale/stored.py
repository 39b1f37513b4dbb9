"""Sentences the house wrote down in English, said to a person in their language: errors, reasons, what keeps us deaf.

They are kept as they were said, numbers and names filled in; here they are known again by their shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from ouidire.locale import Translator
from ouidire.locale.labels import STORED

_PLACE = re.compile(r"%\((\w+)\)s")
_DEEPEST = 3
"""A sentence may carry another (a network's refusal within our own); no further than this."""


def say(t: Translator, sentence: str, more: Mapping[str, str] | None = None) -> str:
    """`sentence` in the language of `t`, with what stood in its places; one we do not know comes back as it is.

    `more` are sentences that stand in no catalogue, with their translations.
    """
    return _say(t, sentence, more or {}, 0)


def _say(t: Translator, sentence: str, more: Mapping[str, str], depth: int) -> str:
    if sentence in more:
        return more[sentence]
    whole = t.gettext(sentence) if sentence else ""
    if whole != sentence or depth > _DEEPEST:
        return whole
    for shape, msgid in _shapes():
        if found := shape.fullmatch(sentence):
            return t.gettext(msgid) % {name: _say(t, said, more, depth + 1) for name, said in found.groupdict().items()}
    return sentence


@cache
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """How each sentence with places looks once filled in, the most particular first."""
    placed = sorted((one for one in STORED if _PLACE.search(one)), key=lambda one: -len(_PLACE.sub("", one)))
    return tuple((_shape(one), one) for one in placed)


def _shape(msgid: str) -> re.Pattern[str]:
    parts = _PLACE.split(msgid)
    pieces = (f"(?P<{part}>.+?)" if n % 2 else re.escape(part) for n, part in enumerate(parts))
    return re.compile("".join(pieces), re.DOTALL)
