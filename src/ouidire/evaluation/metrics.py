"""What is counted of judged posts, with intervals: never a share without its count.

*Place*: of the posts that were given a place, how many got the right one (precision); of those whose place the clues
tell, how many got it (recall). *Organisation*: the same for being spoken of at all. A question asked of a member
decides nothing: it is counted beside. Where nobody could tell which of several houses of one name is meant, silence is
no miss, but naming the wrong one is an error.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan

from ouidire.domain.mention import Ask, Match
from ouidire.domain.share import Share
from ouidire.evaluation.filling import Case

BINS = 10
_RESAMPLED = 400


@dataclass(frozen=True, slots=True)
class Verdict:
    """A case, and what was decided about it."""

    case: Case
    matches: tuple[Match, ...]

    @property
    def decided(self) -> tuple[Match, ...]:
        """What counts at once, without a member's word."""
        return tuple(match for match in self.matches if match.ask is not Ask.ABOUT_US)

    @property
    def is_unclear(self) -> bool:
        """Nobody could tell which house of this name is meant."""
        return bool(self.case.fits - self.case.named)


@dataclass(frozen=True, slots=True)
class Counts:
    """What is added up over posts."""

    posts: int = 0
    place_given: int = 0
    place_right: int = 0
    place_told: int = 0
    place_found: int = 0
    said: int = 0
    said_right: int = 0
    about: int = 0
    heard: int = 0
    placed: int = 0
    unplaced: int = 0
    asked_which: int = 0
    asked_whether: int = 0
    dropped: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in _NAMES))

    @property
    def place_precision(self) -> Share:
        return Share(self.place_right, self.place_given)

    @property
    def place_recall(self) -> Share:
        return Share(self.place_found, self.place_told)

    @property
    def precision(self) -> Share:
        return Share(self.said_right, self.said)

    @property
    def recall(self) -> Share:
        return Share(self.heard, self.about)

    @property
    def f(self) -> float:
        """Harmonic mean of precision and recall of the organisation."""
        if not self.said or not self.about:
            return float("nan")
        precision, recall = self.precision.value, self.recall.value
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


_NAMES = tuple(Counts.__slots__)


def count(verdict: Verdict) -> Counts:
    """One post."""
    case, decided = (
        verdict.case,
        [match for match in verdict.decided if match.organisation_id not in verdict.case.named],
    )
    ours = next((match for match in decided if match.organisation_id == case.organisation_id), None)
    about = case.organisation_id is not None and not verdict.is_unclear
    told = about and case.place_id is not None
    whether = any(match.ask is Ask.ABOUT_US for match in verdict.matches)
    return Counts(
        posts=1,
        place_given=sum(match.place_id is not None for match in decided),
        place_right=int(ours is not None and ours.place_id is not None and ours.place_id == case.place_id),
        place_told=int(told),
        place_found=int(told and ours is not None and ours.place_id == case.place_id),
        said=len(decided),
        said_right=int(ours is not None),
        about=int(about),
        heard=int(about and ours is not None),
        placed=int(any(match.place_id for match in decided)),
        unplaced=int(bool(decided) and not any(match.place_id for match in decided)),
        asked_which=int(any(match.ask is Ask.WHICH_PLACE for match in decided)),
        asked_whether=int(whether and not decided),
        dropped=int(not verdict.matches),
    )


def total(verdicts: Iterable[Verdict]) -> Counts:
    return sum((count(one) for one in verdicts), Counts())


@dataclass(frozen=True, slots=True)
class Bin:
    """Decisions of about one probability: what was said on average, and how often it was right."""

    count: int
    said: float
    right: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """`error`: by how much what was said differs from what was right, on average (ten bins of equal size)."""

    error: float
    bins: tuple[Bin, ...]


def calibration(verdicts: Iterable[Verdict]) -> Calibration:
    """Of every match given, asked about or not: its probability, and whether it was right.

    A match with a place is right when both are; one without, when the organisation is.
    """
    pairs = sorted((pair for verdict in verdicts for pair in _pairs(verdict)), key=lambda pair: pair[0])
    bins = [pairs[len(pairs) * i // BINS : len(pairs) * (i + 1) // BINS] for i in range(BINS)]
    made = tuple(
        Bin(len(some), sum(p for p, _ in some) / len(some), sum(right for _, right in some) / len(some))
        for some in bins
        if some
    )
    error = sum(one.count * abs(one.said - one.right) for one in made) / max(1, len(pairs))
    return Calibration(error, made)


def _pairs(verdict: Verdict) -> Iterable[tuple[float, bool]]:
    case = verdict.case
    for match in verdict.matches:
        if match.organisation_id not in case.named:
            here = match.place_id is None or match.place_id == case.place_id
            yield match.p, match.organisation_id == case.organisation_id and here


def by(verdicts: Iterable[Verdict], of: Callable[[Verdict], Iterable[str]]) -> Mapping[str, Counts]:
    """Counts of groups; a post may be in several. The largest group comes first."""
    groups: dict[str, list[Counts]] = defaultdict(list)
    for verdict in verdicts:
        counted = count(verdict)
        for name in of(verdict):
            groups[name].append(counted)
    summed = {name: sum(counts, Counts()) for name, counts in groups.items()}
    return dict(sorted(summed.items(), key=lambda one: (-one[1].posts, one[0])))


def by_language(verdict: Verdict) -> Iterable[str]:
    return (verdict.case.phrasing.language,)


def by_kind(verdict: Verdict) -> Iterable[str]:
    """The needs of its phrasing; and whether it is about anybody."""
    yield "about nobody" if verdict.case.organisation_id is None else "about us"
    yield from sorted(verdict.case.phrasing.needs)
    yield from (f"beside: {name}" for name in sorted(verdict.case.phrasing.beside or {}))


def by_spelling(verdict: Verdict) -> Iterable[str]:
    """How the name stands in it; nothing for posts about nobody."""
    return (verdict.case.spelling,) if verdict.case.organisation_id is not None else ()


def spread(verdicts: Iterable[Verdict], figure: Callable[[Counts], float], seed: int = 0) -> tuple[float, float]:
    """The 95 % interval of a figure when phrasings, not posts, are taken as independent (resampled by phrasing).

    Posts of one phrasing are alike: this interval is the honest one where one phrasing made many posts.
    """
    groups: dict[int, Counts] = defaultdict(Counts)
    for verdict in verdicts:
        groups[verdict.case.phrasing.number] += count(verdict)
    each, dice = list(groups.values()), random.Random(seed)
    found = []
    for _ in range(_RESAMPLED):
        value = figure(sum(dice.choices(each, k=len(each)), Counts()))
        if not isnan(value):
            found.append(value)
    found.sort()
    return (found[int(len(found) * 0.025)], found[int(len(found) * 0.975)]) if found else (0.0, 1.0)


# -- errors --------------------------------------------------------------------------------------------------------


def errors(verdict: Verdict) -> tuple[str, ...]:
    """What is wrong with a decision: "wrong place", "wrong organisation", "missed", "place not found"."""
    case = verdict.case
    found = []
    decided = [match for match in verdict.decided if match.organisation_id not in case.named]
    ours = [match for match in decided if match.organisation_id == case.organisation_id]
    if len(ours) < len(decided):
        found.append("wrong organisation")
    if any(match.place_id and match.place_id != case.place_id for match in ours):
        found.append("wrong place")
    if case.organisation_id and not verdict.is_unclear:
        if not ours:
            found.append("missed")
        elif case.place_id and ours[0].place_id is None:
            found.append("place not found")
    return tuple(found)


def tally(verdicts: Iterable[Verdict]) -> Mapping[str, int]:
    return dict(Counter(error for verdict in verdicts for error in errors(verdict)).most_common())


def flat(counts: Counts) -> Mapping[str, object]:
    """For machines: every count and every figure with its interval."""
    shares = {"place_precision", "place_recall", "precision", "recall"}
    return {
        **{name: getattr(counts, name) for name in _NAMES},
        **{name: _flat(getattr(counts, name)) for name in sorted(shares)},
        "f": None if isnan(counts.f) else round(counts.f, 4),
    }


def _flat(share: Share) -> Sequence[float] | None:
    return [round(one, 4) for one in (share.value, share.low, share.high)] if share.of else None
