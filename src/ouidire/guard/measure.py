"""What a text weighs and holds: length in a network's unit, links, and a plain form to look for words in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import regex

from ouidire.connectors.manifest import Unit
from ouidire.domain.enrichment import Span

_GRAPHEME = regex.compile(r"\X")
_ENDINGS = (
    "com net org info biz eu fr be ch lu ca quebec paris bzh alsace corsica uk us de es it pt nl io co me tv app dev ly"
    " link page site shop store online social cafe bar pub restaurant pizza bio"
).replace(" ", "|")
_LINK = re.compile(
    rf"https?://\S+|(?<![\w@.-])(?:www\.\S+|(?:[\w-]{{1,63}}\.){{1,5}}(?:{_ENDINGS})(?![\w@-])(?:/\S*)?)", re.IGNORECASE
)
_PLAIN = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "œ": "oe", "Œ": "oe"})


def length(text: str, unit: Unit) -> int:
    """How long `text` is. Graphemes are the extended grapheme clusters of Unicode (UAX 29), as Bluesky counts them."""
    if unit == "bytes":
        return len(text.encode("utf-8", "surrogatepass"))
    return sum(1 for _ in _GRAPHEME.finditer(text)) if unit == "graphemes" else len(text)


def links(text: str) -> list[Span]:
    """Where links stand: with a scheme, with `www.`, or a bare host under a usual ending.

    An e-mail address is not a link, nor is a sentence whose full stop lacks its space.
    """
    return [match.span() for match in _LINK.finditer(text)]


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without case, accents, or letters nobody sees; `at` leads each character back to the original."""

    text: str
    at: tuple[int, ...]

    def span(self, start: int, end: int) -> Span:
        """Where `text[start:end]` stands in the original."""
        return self.at[start], self.at[end - 1] + 1


def plain(text: str) -> Plain:
    """`text` so that « Réduction », a decomposed one and one with a hidden hyphen all read 'reduction'."""
    letters: list[str] = []
    at: list[int] = []
    for place, letter in enumerate(text):
        for part in unicodedata.normalize("NFKD", letter.translate(_PLAIN)).casefold():
            if unicodedata.category(part) in ("Mn", "Me", "Cf"):
                continue
            letters.append(" " if part.isspace() else part)
            at.append(place)
    return Plain("".join(letters), tuple(at))


def same_words(text: str) -> str:
    """What two texts share that a reader would call identical: case, accents, spaces and punctuation are ignored."""
    return " ".join(re.findall(r"\w+", plain(text).text)) or " ".join(text.split())
