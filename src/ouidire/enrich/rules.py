"""Rules that a person can read: what act a text is, and how urgent, from the words in `rules.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from ouidire.domain.enrichment import Act, Because, Span, Urgency
from ouidire.shield.fold import Folded
from ouidire.shield.stems import Stems

MAX_CHARS = 6000

# The denial must touch the hit, but for an article or a verb of having and being: "pas de souris", "never had to wait".
_DENIED = re.compile(
    r"(?<!\w)(?:pas|aucune?s?|sans|jamais|zero|ni|no|not|never|without|nothing|loin|far|"
    r"didn't|don't|doesn't|wasn't|weren't|isn't|haven't|hasn't)\s+"
    r"(?:(?:un|une|de|la|le|les|l'|d'|the|a|any|had|eu|vu|ete|been|trop|tres|so|very|too|at all|to|de la|du tout|"
    r"get|got|seen|see|have|etre|from|being|be)\s*){0,2}$"
)
_FRAGMENT = re.compile(r"<(\w+)>")


@dataclass(frozen=True, slots=True)
class Hits:
    """A rule's spans in a text; whether others were denied ("pas de souris") or only look like it."""

    spans: tuple[Span, ...]
    denied: bool
    alike: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of `rules.toml`; the file says what each field means."""

    name: str
    language: str
    act: Act
    act_p: float
    urgency: Urgency
    urgency_p: float
    say: re.Pattern[str]
    unless: re.Pattern[str] | None
    never_with: re.Pattern[str] | None
    deniable: bool
    fades: bool
    wins: bool

    def hits(self, text: str) -> Hits:
        """Where this rule speaks in a folded text, and where it would have but for a denial or a look-alike."""
        found = [hit.span() for hit in self.say.finditer(text)]
        if not found or (self.never_with and self.never_with.search(text)):
            return Hits((), denied=False, alike=bool(found))
        unlike = _unlike(found, self.unless, text)
        said = [span for span in unlike if not (self.deniable and _is_denied(text, span[0]))]
        return Hits(tuple(said), denied=len(said) < len(unlike), alike=len(unlike) < len(found))


@dataclass(frozen=True, slots=True)
class Cue:
    """Words that are grave only in a text that the readers find urgent, at least as likely as `asks_reader`."""

    name: str
    language: str
    urgency: Urgency
    asks_reader: float
    say: re.Pattern[str]
    unless: re.Pattern[str] | None
    fades: bool

    def hits(self, text: str) -> tuple[Span, ...]:
        """Where these words stand in a folded text, but for the look-alikes."""
        return tuple(_unlike([hit.span() for hit in self.say.finditer(text)], self.unless, text))


@dataclass(frozen=True, slots=True)
class Fired:
    """A rule that spoke, how urgent that is here, and the words, in the original text's offsets."""

    rule: Rule
    urgency: Urgency
    words: tuple[Span, ...]

    @property
    def because(self) -> Because:
        return Because(self.rule.name, self.words)


@dataclass(frozen=True, slots=True)
class Spoken:
    """The rules that spoke, gravest first, and whether harm was denied or only looked so."""

    fired: tuple[Fired, ...]
    harm_denied: bool
    harm_alike: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """All rules, and the stems without which none of them says anything."""

    rules: tuple[Rule, ...]
    cues: tuple[Cue, ...]
    past: dict[str, re.Pattern[str]]
    stems: Stems

    def in_language(self, language: str, some: Iterable[int]) -> Iterator[Rule]:
        """Of `some` rules, by their numbers, those of that language, or all of them when we have none in it."""
        rules = (self.rules[at] for at in sorted(some))
        return (rule for rule in rules if rule.language == language or language not in self.past)


def _unlike(found: list[Span], unless: re.Pattern[str] | None, text: str) -> list[Span]:
    """Those of the spans that touch no look-alike."""
    alikes = [hit.span() for hit in unless.finditer(text)] if found and unless else []
    return [(start, end) for start, end in found if not any(start < b and a < end for a, b in alikes)]


def _is_denied(text: str, start: int) -> bool:
    return _DENIED.search(text[max(0, start - 40) : start]) is not None


@cache
def rules() -> Rules:
    """`rules.toml`, read once."""
    kept = tomllib.loads(resources.files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))
    fragments = kept["fragments"]
    every = tuple(_rule(row, fragments) for row in kept["rule"])
    return Rules(
        rules=every,
        cues=tuple(_cue(row, fragments) for row in kept["cue"]),
        past={language: _pattern([pattern], fragments) for language, pattern in kept["past"].items()},
        stems=Stems([rule.say.pattern for rule in every]),
    )


def _rule(row: dict[str, Any], fragments: dict[str, str]) -> Rule:
    return Rule(
        name=row["name"],
        language=row["language"],
        act=Act(row["act"]),
        act_p=row["act_p"],
        urgency=Urgency(row["urgency"]),
        urgency_p=row["urgency_p"],
        say=_pattern(row["say"], fragments),
        unless=_pattern(row["unless"], fragments) if "unless" in row else None,
        never_with=_pattern(row["never_with"], fragments) if "never_with" in row else None,
        deniable=row.get("deniable", True),
        fades=row.get("fades", False),
        wins=row.get("wins", False),
    )


def _cue(row: dict[str, Any], fragments: dict[str, str]) -> Cue:
    return Cue(
        name=row["name"],
        language=row["language"],
        urgency=Urgency(row["urgency"]),
        asks_reader=row["asks_reader"],
        say=_pattern(row["say"], fragments),
        unless=_pattern(row["unless"], fragments) if "unless" in row else None,
        fades=row.get("fades", False),
    )


def _pattern(wordings: Iterable[str], fragments: dict[str, str]) -> re.Pattern[str]:
    joined = "|".join(wordings)
    while _FRAGMENT.search(joined):
        joined = _FRAGMENT.sub(lambda name: fragments[name[1]], joined)
    # The blank in a negated class such as [^ ] would change its meaning; none of ours has one.
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)".replace(" ", r"\s"))


def spoken(texts: Sequence[Folded], languages: Sequence[str]) -> list[Spoken]:
    """What the rules say of each text; only its first `MAX_CHARS` characters are read."""
    may_speak = rules().stems.may_match([folded.text[:MAX_CHARS] for folded in texts])
    return [_spoken(*one) for one in zip(texts, languages, may_speak, strict=True)]


def _spoken(folded: Folded, language: str, may_speak: Iterable[int]) -> Spoken:
    text = folded.text[:MAX_CHARS]
    heard = [(rule, rule.hits(text)) for rule in rules().in_language(language, may_speak)]
    past = any(rule.fades and hits.spans for rule, hits in heard) and is_past(text)
    fired = [_fired(rule, hits, folded, past=past) for rule, hits in heard if hits.spans]
    harm = [hits for rule, hits in heard if rule.act in (Act.COMPLAINT, Act.THREAT)]
    return Spoken(
        fired=tuple(sorted(fired, key=lambda one: (-one.urgency, -one.rule.act_p, one.rule.name))),
        harm_denied=any(hits.denied for hits in harm),
        harm_alike=any(hits.alike for hits in harm),
    )


def is_past(text: str) -> bool:
    """Does a folded text tell of yesterday or before?"""
    return any(pattern.search(text) for pattern in rules().past.values())


def _fired(rule: Rule, hits: Hits, folded: Folded, *, past: bool) -> Fired:
    urgency = min(rule.urgency, Urgency.TODAY) if rule.fades and past else rule.urgency
    return Fired(rule, urgency, tuple(folded.span(start, end) for start, end in hits.spans))


def cued(folded: Folded, language: str, urgent: float) -> tuple[tuple[Urgency, Because], ...]:
    """What the cues name in a text that the readers find urgent with that probability, gravest first."""
    heard = [cue for cue in rules().cues if cue.language == language and urgent >= cue.asks_reader]
    if not heard:
        return ()
    text = folded.text[:MAX_CHARS]
    heard = [cue for cue in heard if not cue.fades or not is_past(text)]
    found = [(cue, hits) for cue in heard if (hits := cue.hits(text))]
    found.sort(key=lambda one: (-one[0].urgency, -len(one[1]), one[0].name))
    return tuple((cue.urgency, Because(cue.name, tuple(folded.span(*at) for at in hits))) for cue, hits in found)
