"""Posts in which employees are named, and posts in which others are: text and spans.

Some are written out (`labels/invented_train_staff.txt`), some made from `staff_contexts.txt`, every context of which
is filled several times, with names of all origins from Faker's Latin providers and from the list of those that Faker
lacks here. Names stand inside and outside the brackets alike, so that the words around must tell.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from random import Random

from ouidire.domain.enrichment import Span

CONTEXTS = Path(__file__).with_name("staff_contexts.txt")
POSTS = Path(__file__).parents[1] / "labels" / "invented_train_staff.txt"
_TIMES = 9
_LOCALES = """fr_FR fr_CA fr_BE fr_CH fr_DZ en_GB en_US en_IE en_IN en_NZ en_PK en_KE es_ES es_MX it_IT pt_PT pt_BR
nl_NL de_DE pl_PL tr_TR ro_RO hr_HR cs_CZ sv_SE no_NO fi_FI da_DK vi_VN id_ID fil_PH yo_NG ig_NG ha_NG zu_ZA tw_GH
ga_IE uz_UZ az_AZ lt_LT et_EE"""
_HOMES = {"fr": "fr_FR", "en": "en_GB", "es": "es_ES", "it": "it_IT", "pt": "pt_PT", "nl": "nl_NL", "de": "de_DE"}
_FIRST = ("first_names", "first_names_female", "first_names_male")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Staffed:
    text: str
    language: str
    spans: tuple[Span, ...]


def first_names() -> Sequence[str]:
    """First names of all origins in Latin letters."""
    return _names()[0]


def first_name(language: str, dice: Random) -> str:
    """One of them; every other time one that is common where the language is spoken."""
    if dice.random() < 0.5:
        return dice.choice(sorted(_of(_HOMES.get(language, "en_GB"))[0]))
    return dice.choice(first_names())


@cache
def _of(locale: str) -> tuple[frozenset[str], frozenset[str]]:
    """First and last names of a place, in Latin letters; none where Faker does not know it."""
    import_module("faker")
    try:
        provider = import_module(f"faker.providers.person.{locale}").Provider
    except ModuleNotFoundError:
        return frozenset(), frozenset()
    first = {name for field in _FIRST for name in getattr(provider, field, ()) if _is_latin(name)}
    return frozenset(first), frozenset(name for name in getattr(provider, "last_names", ()) if _is_latin(name))


@cache
def _names() -> tuple[Sequence[str], Sequence[str]]:
    """First and last names in Latin letters."""
    lists = _rows()[1]
    first, last = set(lists["first"]), set(lists["last"])
    for locale in _LOCALES.split():
        first |= _of(locale)[0]
        last |= _of(locale)[1]
    return sorted(first), sorted(last)


def _is_latin(name: str) -> bool:
    return 2 < len(name) < 16 and all("LATIN" in unicodedata.name(c, "") or c in "-' " for c in name)


def _spelt(name: str, dice: Random) -> str:
    """As people write it: mostly right, often in lower case, sometimes without accents or shouted."""
    chance = dice.random()
    if chance < 0.2:
        name = name.lower()
    elif chance < 0.26:
        name = name.upper()
    if dice.random() < 0.15:
        name = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return name


def _filled(context: str, lists: dict[str, list[str]], dice: Random) -> tuple[str, tuple[Span, ...]]:
    first, last = _names()

    def said(found: re.Match[str]) -> str:
        if found[1] == "first":
            return _spelt(dice.choice(lists["first"] if dice.random() < 0.3 else first), dice)
        return _spelt(dice.choice(last), dice) if found[1] == "last" else dice.choice(lists[found[1]])

    marked = _SLOT.sub(said, context)
    if dice.random() < 0.12:
        marked = marked.lower()
    elif dice.random() < 0.03:
        marked = marked.upper()
    return _parted(marked)


def _parted(marked: str) -> tuple[str, tuple[Span, ...]]:
    """The text without its brackets, and what stood within them."""
    text, spans, opened = "", [], 0
    for part in re.split(r"(\[\[|\]\])", marked):
        if part == "[[":
            opened = len(text)
        elif part == "]]":
            spans.append((opened, len(text)))
        else:
            text += part
    return text, tuple(spans)


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """What stands before the first bar of each line, and what stands behind it; remarks are left out."""
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            head, _, rest = line.partition("|")
            yield head, rest


@cache
def _rows() -> tuple[list[tuple[str, str]], dict[str, list[str]]]:
    """(language, context) of every context, and the lists that fill their slots."""
    rows = list(_lines(CONTEXTS))
    lists = {head.strip("{}"): rest.split("|") for head, rest in rows if head.startswith("{")}
    return [row for row in rows if not row[0].startswith("{")], lists


def written() -> Iterator[Staffed]:
    """Every post that is written out."""
    for language, marked in _lines(POSTS):
        text, spans = _parted(marked)
        yield Staffed(text, language, spans)


def staffed(seed: int = 7) -> Iterator[Staffed]:
    """Every context filled several times, the same for the same seed; two of them are joined now and then."""
    dice = Random(seed)
    contexts, lists = _rows()
    for language, context in contexts:
        for _ in range(_TIMES):
            text, spans = _filled(context, lists, dice)
            if dice.random() < 0.35:
                other = dice.choice([one for code, one in contexts if code == language])
                more, others = _filled(other, lists, dice)
                at = len(text) + 2
                text, spans = f"{text}. {more}", (*spans, *((a + at, b + at) for a, b in others))
            yield Staffed(text, language, spans)
