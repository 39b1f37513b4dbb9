"""From what a person typed to a rule; what cannot be read is refused with where and why."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import NamedTuple

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.locale.labels import N_
from ouidire.match.links import parse_handle
from ouidire.match.rules import And, Carried, From, Has, Lang, Near, Not, Or, Phrase, Rule, Town, Word
from ouidire.match.towns import find_town

MAX_LETTERS = 4_000
MAX_TERMS = 200
MAX_LEVELS = 10
MAX_APART = 50
MAX_KM = 500
MIN_OPEN = 3
"""Letters before a *: with fewer, half of all words would do."""

SENTENCES: Mapping[str, str] = {
    "too_long": N_("The rule has %(found)s characters; 4,000 are the most."),
    "too_many": N_("At character %(at)s: a rule has 200 words at most."),
    "too_deep": N_("At character %(at)s: parentheses and NOTs lie within each other ten deep at most."),
    "nothing": N_("At character %(at)s: there is nothing to look for."),
    "unclosed": N_("At character %(at)s: this “(” is never closed."),
    "unopened": N_("At character %(at)s: this “)” closes nothing."),
    "unquoted": N_("At character %(at)s: this quotation mark is never closed."),
    "no_letters": N_("At character %(at)s: “%(found)s” has no letter or digit to look for."),
    "before": N_("At character %(at)s: %(found)s needs something before it."),
    "after": N_("At character %(at)s: %(found)s needs something after it."),
    "apart": N_("At character %(at)s: say how many words apart, from 1 to 50, as in NEAR/5."),
    "sides": N_(
        "At character %(at)s: on both sides of %(found)s stands a word, a phrase, or several in parentheses with OR "
        "between them."
    ),
    "chain": N_("At character %(at)s: of three words, write “a NEAR/5 b AND b NEAR/5 c”."),
    "star": N_("At character %(at)s: a * stands at the end of a word of three letters or more, as in boulang*."),
    "operator": N_(
        "At character %(at)s: “%(found)s” is not known here; there are AND, OR, NOT and NEAR/5. If you mean the word, "
        "put it in quotation marks."
    ),
    "filter": N_(
        "At character %(at)s: “%(found)s” is not known here; there are lang:, near:, has: and from:. If you mean the "
        "word, put it in quotation marks."
    ),
    "lang": N_("At character %(at)s: a language has two letters, as in lang:fr."),
    "town": N_("At character %(at)s: near: needs a town or a postcode, as in near:Quimper."),
    "km": N_("At character %(at)s: write a distance from 1 to 500 km, as in near:Quimper/20km."),
    "where": N_("At character %(at)s: we do not know where “%(found)s” lies; leave the distance out."),
    "has": N_("At character %(at)s: there are has:link and has:picture."),
    "from": N_("At character %(at)s: from: needs an account, as in from:@lunea."),
    "no_anchor": N_(
        "“%(found)s” has no whole word that must stand in the post: every post would have to be read. Add such a word, "
        "or a name above."
    ),
}
"""Why a rule cannot be used, by code; `at` counts characters from 1."""


class RuleRefused(BadInput):
    """`code` is a key of `SENTENCES`; `at` is the character where it went wrong, from 1 (0: the rule as a whole)."""

    def __init__(self, code: str, at: int = 0, found: str = "") -> None:
        super().__init__(SENTENCES[code] % {"at": at, "found": found})
        self.code = code
        self.at = at
        self.found = found


class _Kind(Enum):
    OPEN, CLOSE, AND, OR, NOT, NEAR, PHRASE, FILTER = range(8)


class _Lexeme(NamedTuple):
    """A piece of what was typed; `value` is what stands after the colon of a filter, or within quotation marks."""

    kind: _Kind
    text: str
    at: int
    value: str = ""


_QUOTES = '"“”„«»'
_PIECE = re.compile(
    rf"""(?P<bracket>[()])
    |(?P<filter>[^\W\d_]+:)(?:[{_QUOTES}](?P<quoted>[^{_QUOTES}]*)[{_QUOTES}](?P<rest>[^\s(){_QUOTES}]*)
                             |(?P<bare>[^\s(){_QUOTES}]*))
    |[{_QUOTES}](?P<phrase>[^{_QUOTES}]*)(?P<end>[{_QUOTES}]?)
    |(?P<word>[^\s(){_QUOTES}]+)""",
    re.VERBOSE,
)
_OPERATORS = {
    "AND": _Kind.AND, "ET": _Kind.AND, "OR": _Kind.OR, "OU": _Kind.OR, "NOT": _Kind.NOT, "SAUF": _Kind.NOT,
    "NEAR": _Kind.NEAR, "PRES": _Kind.NEAR, "PRÈS": _Kind.NEAR,
}  # fmt: skip
_FOREIGN = frozenset(
    ("XOR", "NOR", "NAND", "ANDNOT", "EXCEPT", "WITHIN", "ONEAR", "SANS", "NON", "&&", "||", *"&|+-!~/")
)
"""What other languages of rules have, and a person may try here."""
_SIGNED = re.compile(r"[-+!~]\w|[A-ZÈ]{1,8}/\w*$")

_FILTERS = {
    "lang": "lang", "langue": "lang", "near": "near", "près": "near", "pres": "near", "has": "has", "avec": "has",
    "from": "from", "de": "from",
}  # fmt: skip
_CARRIED = {
    "link": Carried.LINK, "lien": Carried.LINK, "picture": Carried.PICTURE, "photo": Carried.PICTURE,
    "image": Carried.PICTURE,
}  # fmt: skip
_KM = re.compile(r"(\d{1,4})\s*km", re.IGNORECASE)
_LETTERS = re.compile(r"[^\W_]+")


def parse(text: str) -> Rule:
    """The rule that `text` writes down; `str` of it writes the same rule. Raises `RuleRefused`."""
    if len(text) > MAX_LETTERS:
        raise RuleRefused("too_long", 0, str(len(text)))
    return _Parser(list(_lexemes(text))).whole()


def _lexemes(text: str) -> Iterator[_Lexeme]:
    for piece in _PIECE.finditer(text):
        at, found = piece.start() + 1, piece[0]
        if piece["bracket"]:
            yield _Lexeme(_Kind.OPEN if found == "(" else _Kind.CLOSE, found, at)
        elif piece["filter"]:
            value = piece["bare"] if piece["quoted"] is None else piece["quoted"] + piece["rest"]
            yield _Lexeme(_Kind.FILTER, piece["filter"], at, value)
        elif piece["word"] is None:
            if not piece["end"]:
                raise RuleRefused("unquoted", at)
            yield _Lexeme(_Kind.PHRASE, found, at, piece["phrase"])
        else:
            yield _word(found, at)


def _word(found: str, at: int) -> _Lexeme:
    """An operator where it stands in capitals, else a word."""
    name, _, apart = found.partition("/")
    kind = _OPERATORS.get(name)
    if kind is _Kind.NEAR:
        if not (apart.isdecimal() and len(apart) < 4 and 1 <= int(apart) <= MAX_APART):
            raise RuleRefused("apart", at)
        return _Lexeme(kind, found, at, apart)
    if kind is not None and name == found:
        return _Lexeme(kind, found, at)
    if found in _FOREIGN or _SIGNED.match(found):
        raise RuleRefused("operator", at, found)
    return _Lexeme(_Kind.PHRASE, found, at, found)


class _Parser:
    """One method a level of binding, the loosest first: OR, AND, NEAR, NOT, then what stands alone."""

    def __init__(self, lexemes: list[_Lexeme]) -> None:
        self._lexemes = lexemes
        self._next = 0
        self._terms = 0
        self._level = 0

    def whole(self) -> Rule:
        if not self._lexemes:
            raise RuleRefused("nothing", 1)
        rule = self._any()
        if (left := self._peek()) is not None:
            raise RuleRefused("unopened", left.at)
        return rule

    def _peek(self) -> _Lexeme | None:
        return self._lexemes[self._next] if self._next < len(self._lexemes) else None

    def _take(self, kind: _Kind) -> _Lexeme | None:
        one = self._peek()
        if one is None or one.kind is not kind:
            return None
        self._next += 1
        return one

    def _any(self) -> Rule:
        parts = [self._all()]
        while self._take(_Kind.OR):
            parts.append(self._all())
        flat = [inner for one in parts for inner in (one.parts if isinstance(one, Or) else (one,))]
        return flat[0] if len(flat) == 1 else Or(tuple(flat))

    def _all(self) -> Rule:
        parts = [self._near()]
        while (ahead := self._peek()) is not None and ahead.kind not in (_Kind.OR, _Kind.CLOSE):
            self._take(_Kind.AND)
            parts.append(self._near())
        flat = [inner for one in parts for inner in (one.parts if isinstance(one, And) else (one,))]
        return flat[0] if len(flat) == 1 else And(tuple(flat))

    def _near(self) -> Rule:
        left = self._not()
        between = self._take(_Kind.NEAR)
        if between is None:
            return left
        right = self._not()
        if chained := self._take(_Kind.NEAR):
            raise RuleRefused("chain", chained.at)
        return Near(_side(left, between), _side(right, between), int(between.value))

    def _not(self) -> Rule:
        one = self._take(_Kind.NOT)
        if one is None:
            return self._alone()
        self._deeper(one)
        rule = Not(self._not())
        self._level -= 1
        return rule

    def _alone(self) -> Rule:
        if opened := self._take(_Kind.OPEN):
            self._deeper(opened)
            rule = self._any()
            if not self._take(_Kind.CLOSE):
                raise RuleRefused("unclosed", opened.at)
            self._level -= 1
            return rule
        one = self._take(_Kind.PHRASE) or self._take(_Kind.FILTER)
        if one is None:
            raise self._missing()
        rule = _phrase(one) if one.kind is _Kind.PHRASE else _filter(one)
        self._terms += len(rule.words) if isinstance(rule, Phrase) else 1
        if self._terms > MAX_TERMS:
            raise RuleRefused("too_many", one.at)
        return rule

    def _deeper(self, one: _Lexeme) -> None:
        self._level += 1
        if self._level > MAX_LEVELS:
            raise RuleRefused("too_deep", one.at)

    def _missing(self) -> RuleRefused:
        """Why nothing can stand alone here: what came before wanted something, or what comes next did."""
        before = self._lexemes[self._next - 1] if self._next else None
        ahead = self._peek()
        if before is not None and before.kind is _Kind.OPEN:
            return RuleRefused("unclosed" if ahead is None else "nothing", before.at)
        if before is not None and before.kind in _WANTING:
            return RuleRefused("after", before.at, before.text)
        assert ahead is not None  # an empty rule was refused already
        if ahead.kind is _Kind.CLOSE:
            return RuleRefused("unopened", ahead.at)
        return RuleRefused("before", ahead.at, ahead.text)


_WANTING = frozenset((_Kind.AND, _Kind.OR, _Kind.NOT, _Kind.NEAR))


def _side(rule: Rule, between: _Lexeme) -> tuple[Phrase, ...]:
    parts = rule.parts if isinstance(rule, Or) else (rule,)
    phrases = tuple(one for one in parts if isinstance(one, Phrase))
    if len(phrases) != len(parts):
        raise RuleRefused("sides", between.at, between.text)
    return phrases


def _phrase(one: _Lexeme) -> Phrase:
    words: list[Word] = []
    for chunk in one.value.split():
        stem = chunk.rstrip(",.;:!?…")  # a rule copied out of a sentence
        is_open = stem.endswith("*")
        pieces = _LETTERS.findall(fold(stem))
        if "*" in stem.rstrip("*") or stem.endswith("**") or (is_open and (not pieces or len(pieces[-1]) < MIN_OPEN)):
            raise RuleRefused("star", one.at)
        words += [Word(piece, is_open and n == len(pieces)) for n, piece in enumerate(pieces, 1)]
    if not words:
        raise RuleRefused("no_letters" if one.value.strip() else "nothing", one.at, one.value.strip()[:40])
    return Phrase(tuple(words))


def _filter(one: _Lexeme) -> Rule:
    value = " ".join(one.value.split())
    match _FILTERS.get(one.text[:-1].lower()):
        case "lang":
            if not re.fullmatch(r"[a-z]{2,3}", value.lower()):
                raise RuleRefused("lang", one.at)
            return Lang(value.lower())
        case "near":
            return _town(value, one.at)
        case "has":
            if value.lower() not in _CARRIED:
                raise RuleRefused("has", one.at)
            return Has(_CARRIED[value.lower()])
        case "from":
            if not _LETTERS.search(handle := parse_handle(value)) or " " in handle:
                raise RuleRefused("from", one.at)
            return From(handle)
        case _:
            raise RuleRefused("filter", one.at, one.text)


def _town(value: str, at: int) -> Town:
    name, slash, distance = (part.strip() for part in value.partition("/"))
    is_postcode = name[:1].isdigit()
    if len("".join(_LETTERS.findall(fold(name)))) < (4 if is_postcode else 1):
        raise RuleRefused("town", at)
    if not slash:
        return Town(name)
    found = _KM.fullmatch(distance)
    if found is None or not 1 <= int(found[1]) <= MAX_KM:
        raise RuleRefused("km", at)
    if not any(town.coordinates for town in find_town(name)):
        raise RuleRefused("where", at, name[:40])
    return Town(name, int(found[1]))
