"""The words people read. English stands in the code as msgids; each other language is one `.po` file, read at start.

Pure: it imports nothing of ours, so that pages, mails and the command line can all speak through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

LANGUAGES = ("fr", "en")
"""What our people may read in, the first being the default."""

FOLDER = Path(__file__).parent

_PLURAL: Mapping[str, Callable[[int], int]] = {"en": lambda n: int(n != 1), "fr": lambda n: int(n >= 2)}


class Translator:
    """Speaks one language; what it has no words for comes back in English."""

    def __init__(self, language: str, words: Mapping[str, tuple[str, ...]]) -> None:
        self.language = language
        self._words = words
        self._plural = _PLURAL[language]

    def gettext(self, msgid: str) -> str:
        found = self._words.get(msgid)
        return found[0] if found else msgid

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The form that goes with `n`; the caller fills in the number."""
        forms = self._words.get(singular, (singular, plural))
        return forms[min(self._plural(n), len(forms) - 1)]


def po_path(language: str) -> Path:
    return FOLDER / language / "LC_MESSAGES" / "ouidire.po"


def _read(language: str) -> dict[str, tuple[str, ...]]:
    with po_path(language).open("rb") as file:
        catalog = read_po(file, locale=language)
    words: dict[str, tuple[str, ...]] = {}
    for message in catalog:
        msgid = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string or ())
        if msgid and forms and all(forms) and not message.fuzzy:
            words[msgid] = forms
    return words


@cache
def translator(language: str) -> Translator:
    """The translator of `language` ('fr', 'fr-CA', 'en'…); of an unknown language: English."""
    short = language.lower().replace("_", "-").partition("-")[0]
    if short in LANGUAGES and po_path(short).exists():
        return Translator(short, _read(short))
    return Translator("en", {})


def choose(accept_language: str) -> str:
    """The first of our languages a browser asks for, by its own order of preference; French when it names none."""
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:500].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), place, tag.strip().lower().partition("-")[0]))
        except ValueError:
            continue
    return next((tag for _, _, tag in sorted(wishes) if tag in LANGUAGES), LANGUAGES[0])
