"""What would have changed a decision: the matcher is asked again about the same post with a word more or less."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from ouidire.domain.item import Item
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match
from ouidire.domain.place import Place
from ouidire.locale.reasons import SURENESS, is_against, sureness

Decide = Callable[[Item], Match | None]
"""What is decided about one organisation; None: not kept."""

MOST = 2
_MOST_PLACES = 3
_NAMES = frozenset(
    {
        EvidenceKind.NAME,
        EvidenceKind.ALIAS,
        EvidenceKind.FORMER,
        EvidenceKind.SPELLING,
        EvidenceKind.SHORT,
        EvidenceKind.HASHTAG,
        EvidenceKind.HANDLE,
        EvidenceKind.LINK,
    }
)
"""Without these nothing would be about anybody: that goes without saying."""


class Effect(StrEnum):
    KEPT = "kept"
    """It would have been about us."""
    SURE = "sure"
    """It would have been known which place is meant."""
    LOST = "lost"
    """It would not have been about us."""
    UNSURE = "unsure"
    """It would not have been known which place is meant."""
    ASKED = "asked"
    """A member would have been asked."""
    CERTAIN = "certain"
    """The same, and almost certain."""


@dataclass(frozen=True, slots=True)
class Change:
    """With `words` in the post (`is_added`), or without them, this would have come of it."""

    words: str
    is_added: bool
    effect: Effect
    place_id: str | None = None


def what_if(
    item: Item, kept: Match | None, evidence: Iterable[Evidence], places: Sequence[Place], decide: Decide
) -> list[Change]:
    """The few words that would have changed most; empty when no single one would.

    `kept` is what was decided (None: not kept), `evidence` what was found, `places` the organisation's, the likeliest
    first.
    """
    if kept is None or kept.ask is Ask.ABOUT_US:
        found = [*_without(item, kept, evidence, decide, against=True), *_with(item, kept, places, decide)]
    elif kept.place_id is None and len(places) > 1:
        found = list(_with(item, kept, places, decide))
    else:
        found = [*_with(item, kept, places, decide), *_without(item, kept, evidence, decide, against=False)]
    return found[:MOST]


def _with(item: Item, kept: Match | None, places: Sequence[Place], decide: Decide) -> Iterator[Change]:
    """For each of the likeliest places the first of its words that helps."""
    for place in places[:_MOST_PLACES]:
        for words in _words(place):
            after = decide(msgspec.structs.replace(item, text=f"{item.text}, {words}"))
            effect = _effect(kept, after)
            if effect in (Effect.KEPT, Effect.SURE, Effect.CERTAIN):
                assert after is not None
                yield Change(words, True, effect, after.place_id)
                break


def _words(place: Place) -> list[str]:
    """What people say when they say where, the usual first."""
    said = (place.street, *place.landmarks, place.district, place.town, place.postcode)
    return [words for words in dict.fromkeys(said) if words]


def _without(
    item: Item, kept: Match | None, evidence: Iterable[Evidence], decide: Decide, *, against: bool
) -> Iterator[Change]:
    """Words that decide it alone, the strongest first."""
    every = [one for one in evidence if one.start >= 0]
    ours = [
        one for one in every if is_against(one) is against and one.kind not in _NAMES and not _is_within(one, every)
    ]
    for words in dict.fromkeys(one.found for one in sorted(ours, key=lambda one: -abs(one.weight))):
        effect = _effect(kept, decide(_cut(item, words, [one for one in ours if one.found == words])))
        if effect is not None:
            yield Change(words, False, effect)


def _is_within(one: Evidence, others: Iterable[Evidence]) -> bool:
    """Does it stand inside of longer words that count, too?"""
    return any(
        other.start <= one.start and one.end <= other.end and other.end - other.start > one.end - one.start
        for other in others
    )


def _cut(item: Item, words: str, where: Sequence[Evidence]) -> Item:
    """The item without these words, and without what the network says of them beside the text."""
    kinds = {one.kind for one in where}
    bare = words.lstrip("@#").casefold()
    return msgspec.structs.replace(
        item,
        text=item.text.replace(words, " "),
        addressed=() if EvidenceKind.HANDLE in kinds else item.addressed,
        links=() if EvidenceKind.LINK in kinds else item.links,
        hashtags=tuple(tag for tag in item.hashtags if tag.casefold() != bare),
    )


def _effect(before: Match | None, after: Match | None) -> Effect | None:
    """What the change made of the decision; None: nothing worth a line."""
    was, is_ = _rank(before), _rank(after)
    if was == is_:
        is_sure_now = before is not None and after is not None and not _is_certain(before) and _is_certain(after)
        return Effect.CERTAIN if is_sure_now else None
    if was[0] != is_[0]:
        return (Effect.LOST, Effect.ASKED, Effect.KEPT)[is_[0]]
    return Effect.SURE if is_[1] else Effect.UNSURE


def _is_certain(match: Match) -> bool:
    return sureness(match.p) == SURENESS[0][1]


def _rank(match: Match | None) -> tuple[int, bool]:
    """How much of it is known: 0 not about us, 1 perhaps, 2 about us; and whether the place is known."""
    if match is None:
        return 0, False
    about = 1 if match.ask is Ask.ABOUT_US else 2
    return about, match.place_id is not None
