"""Boolean rules as values: what a rule is made of, how it is written, and by which words it is heard.

`rule_text` reads them from what a person typed, `fulfil` asks them of a post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

MIN_ANCHOR = 2
"""Letters or digits; a shorter word would be found in every third post."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word, folded; `is_open`: more letters may follow ("boulang*")."""

    text: str
    is_open: bool = False

    def __str__(self) -> str:
        return self.text + "*" * self.is_open


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that stand one after the other, whatever is no letter and no digit between them."""

    words: tuple[Word, ...]

    def __str__(self) -> str:
        said = " ".join(map(str, self.words))
        return said if len(self.words) == 1 else f'"{said}"'


@dataclass(frozen=True, slots=True)
class Lang:
    """The network says that the post is in this language (two or three letters)."""

    code: str

    def __str__(self) -> str:
        return f"lang:{self.code}"


@dataclass(frozen=True, slots=True)
class Town:
    """The post speaks of this town (a name or a postcode), or was written within `km` of its middle."""

    name: str
    km: int | None = None

    def __str__(self) -> str:
        name = self.name if self.name.replace("-", "").isalnum() else f'"{self.name}"'
        return f"near:{name}" + (f"/{self.km}km" if self.km else "")


class Carried(StrEnum):
    LINK = "link"
    PICTURE = "picture"


@dataclass(frozen=True, slots=True)
class Has:
    """The post carries something beside its words."""

    what: Carried

    def __str__(self) -> str:
        return f"has:{self.what}"


@dataclass(frozen=True, slots=True)
class From:
    """This account wrote it (as `links.parse_handle` gives it)."""

    handle: str

    def __str__(self) -> str:
        return f"from:@{self.handle}"


@dataclass(frozen=True, slots=True)
class Near:
    """One of the phrases on the left and one on the right stand at most `words` apart, in either order.

    Neighbours are one apart; phrases that overlap are not near each other.
    """

    left: tuple[Phrase, ...]
    right: tuple[Phrase, ...]
    words: int

    def __str__(self) -> str:
        return f"{_side(self.left)} NEAR/{self.words} {_side(self.right)}"


@dataclass(frozen=True, slots=True)
class Not:
    part: Rule

    def __str__(self) -> str:
        return f"NOT {_within(self.part, Or, And, Near)}"


@dataclass(frozen=True, slots=True)
class And:
    """All of them; none is an `And`."""

    parts: tuple[Rule, ...]

    def __str__(self) -> str:
        return " AND ".join(_within(one, Or) for one in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """One of them at least; none is an `Or`."""

    parts: tuple[Rule, ...]

    def __str__(self) -> str:
        return " OR ".join(map(str, self.parts))


Rule: TypeAlias = Phrase | Lang | Town | Has | From | Near | Not | And | Or


def _within(part: Rule, *bound_less: type) -> str:
    return f"({part})" if isinstance(part, bound_less) else str(part)


def _side(phrases: Sequence[Phrase]) -> str:
    said = " OR ".join(map(str, phrases))
    return said if len(phrases) == 1 else f"({said})"


def anchors(rule: Rule) -> tuple[str, ...]:
    """Words and phrases, folded, of which every post that fulfils the rule holds at least one; () when there are none.

    Of parts that must all hold, those of one are enough: the one whose shortest has the most letters, for long words
    are rare. Each part between ORs needs its own. What may go on ("boulang*") cannot be looked up.
    """
    match rule:
        case Phrase():
            return _anchor(rule)
        case Near(left, right):
            return _narrowest([_all_of(left), _all_of(right)])
        case And(parts):
            return _narrowest([anchors(one) for one in parts])
        case Or(parts):
            return _all_of(parts)
        case _:
            return ()


def unanchored(rule: Rule) -> Rule:
    """The first part, between ORs, of a rule without anchors that has none."""
    if isinstance(rule, Or):
        return next((unanchored(one) for one in rule.parts if not anchors(one)), rule)
    return rule


def _anchor(phrase: Phrase) -> tuple[str, ...]:
    """The longest run of whole words in it."""
    runs: list[list[str]] = [[]]
    for word in phrase.words:
        if word.is_open:
            runs.append([])
        else:
            runs[-1].append(word.text)
    longest = max(runs, key=lambda run: sum(map(len, run)))
    return (" ".join(longest),) if sum(map(len, longest)) >= MIN_ANCHOR else ()


def _all_of(parts: Sequence[Rule]) -> tuple[str, ...]:
    each = [anchors(one) for one in parts]
    return tuple(dict.fromkeys(word for words in each for word in words)) if all(each) else ()


def _narrowest(each: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    return max((words for words in each if words), key=lambda words: min(map(len, words)), default=())
