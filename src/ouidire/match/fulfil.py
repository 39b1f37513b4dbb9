"""Does a post fulfil a rule, and by which words?"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from ouidire.domain.item import Item
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.match.catalogue import Catalogue
from ouidire.match.geo import distance_m
from ouidire.match.links import parse_handle
from ouidire.match.locality import Found, Localities, Strength
from ouidire.match.post import Post
from ouidire.match.rule_text import RuleRefused, parse
from ouidire.match.rules import And, Carried, From, Has, Lang, Near, Not, Or, Phrase, Rule, Town, Word, anchors
from ouidire.match.towns import find_town, town_key

USUAL_KM = 10
"""What `near:` means by near where no distance is given: a large town with its suburbs."""

_SHOWN = 5
"""Of a word that stands in a post again and again, the first few are evidence enough."""

_LINK = re.compile(r"https?://|(?<![\w@])www\.", re.IGNORECASE)

Stretch = tuple[int, int]
"""From the first of a post's words to behind the last one."""

Sign = tuple[int, int] | str
"""What fulfilled a rule: a stretch of the folded text, or what is known beside the text."""


def is_alone(watch: Watch) -> bool:
    """Does the watch look for its rule and for nothing else?"""
    signs = (watch.names, watch.aliases, watch.former, watch.handles, watch.hashtags, watch.links)
    return bool(watch.rule) and not any(signs)


def asked_for(watch: Watch) -> tuple[str, ...]:
    """Words, folded, of which every post that fulfils the watch's rule holds at least one; none where it has no rule,
    or one without such words."""
    rule = compiled(watch.rule) if watch.rule else None
    return anchors(rule) if rule is not None else ()


def looked_for(watch: Watch) -> tuple[str, ...]:
    """The words by which a watch that has a rule alone is heard; none where it has names or addresses of its own."""
    return asked_for(watch) if is_alone(watch) else ()


def fulfilled(watch: Watch, post: Post, catalogue: Catalogue) -> tuple[Evidence, ...] | None:
    """The words by which `post` fulfils the watch's rule; None when it does not. Takes time linear in the text.

    A rule that cannot be read (one of a newer release) is fulfilled by nothing.
    """
    key = (watch.organisation_id, watch.rule)
    if key not in post.ruled:
        rule = compiled(watch.rule)
        signs = None if rule is None else _Reader(post, catalogue, watch.organisation_id).signs(rule)
        post.ruled[key] = None if signs is None else tuple(_evidence(post, one) for one in dict.fromkeys(signs))
    return post.ruled[key]


@lru_cache(4096)
def compiled(text: str) -> Rule | None:
    """The rule, or None where it cannot be read."""
    try:
        return parse(text)
    except RuleRefused:
        return None


def _evidence(post: Post, sign: Sign) -> Evidence:
    return Evidence(EvidenceKind.RULE, sign) if isinstance(sign, str) else post.evidence(EvidenceKind.RULE, *sign)


class _Reader:
    """One post asked one rule. `signs` gives None where it does not hold, [] where nothing in the post says so."""

    def __init__(self, post: Post, catalogue: Catalogue, organisation_id: str) -> None:
        self._post = post
        self._catalogue = catalogue
        self._organisation_id = organisation_id

    def signs(self, rule: Rule) -> list[Sign] | None:
        match rule:
            case Phrase():
                return [self._letters(one) for one in self._stretches(rule)[:_SHOWN]] or None
            case Near():
                return self._near(rule)
            case Town():
                return self._town(rule)
            case Not(part):
                return [] if self.signs(part) is None else None
            case And(parts):
                return self._all(parts)
            case Or(parts):
                each = [found for one in parts if (found := self.signs(one)) is not None]
                return [sign for found in each for sign in found] if each else None
            case _:
                return [str(rule)] if _beside(self._post.item, rule) else None

    def _all(self, parts: Sequence[Rule]) -> list[Sign] | None:
        signs: list[Sign] = []
        for one in parts:
            found = self.signs(one)
            if found is None:
                return None
            signs += found
        return signs

    def _near(self, rule: Near) -> list[Sign] | None:
        right = [stretch for one in rule.right for stretch in self._stretches(one)]
        begins, ends = sorted(right), sorted(right, key=lambda one: one[1])
        for left in sorted(stretch for one in rule.left for stretch in self._stretches(one)):
            after = bisect_left(begins, (left[1], 0))
            if after < len(begins) and begins[after][0] - left[1] < rule.words:
                return [self._letters(left), self._letters(begins[after])]
            before = bisect_right(ends, left[0], key=lambda one: one[1]) - 1
            if before >= 0 and left[0] - ends[before][1] < rule.words:
                return [self._letters(ends[before]), self._letters(left)]
        return None

    def _stretches(self, phrase: Phrase) -> list[Stretch]:
        """Where the phrase stands among the post's words, in order, overlapping ones too."""
        words, length = self._post.running, len(phrase.words)
        starts = self._positions(phrase.words[0])
        rest = list(enumerate(phrase.words[1:], 1))
        return [
            (at, at + length)
            for at in starts
            if at + length <= len(words) and all(_is(words[at + n].text, word) for n, word in rest)
        ]

    def _positions(self, word: Word) -> list[int]:
        if not word.is_open:
            return self._post.positions.get(word.text, [])
        begun = (at for text, at in self._post.positions.items() if text.startswith(word.text))
        return sorted(one for at in begun for one in at)

    def _letters(self, stretch: Stretch) -> tuple[int, int]:
        words = self._post.running
        return words[stretch[0]].start, words[stretch[1] - 1].end

    def _town(self, rule: Town) -> list[Sign] | None:
        """Its name or postcode, a street or district of a place of ours there, or the post's own coordinates."""
        ground = _ground(rule.name)
        named = [one for one in ground.localities.find(self._post.folded) if _looks_meant(self._post, one)]
        if found := [*named, *self._of_ours(rule)]:
            return _widest((one.start, one.end) for one in found)[:_SHOWN]
        geo, reach_m = self._post.item.geo, (rule.km or USUAL_KM) * 1000
        if geo and any(distance_m(geo.lat, geo.lon, at.lat, at.lon) <= reach_m for at in ground.middles):
            return [str(rule)]
        return None

    def _of_ours(self, rule: Town) -> Iterator[Found]:
        wanted = town_key(rule.name)
        for one in self._catalogue.localities(self._organisation_id).find(self._post.folded):
            place = self._catalogue.place(one.sign.place_id)
            is_there = place is not None and wanted in (town_key(place.town), town_key(place.postcode))
            if is_there and _looks_meant(self._post, one):
                yield one


def _is(text: str, word: Word) -> bool:
    return text.startswith(word.text) if word.is_open else text == word.text


def _widest(stretches: Iterable[tuple[int, int]]) -> list[Sign]:
    """Without those that lie within another: “Crescent” within “rue Crescent”."""
    wide: list[tuple[int, int]] = []
    for start, end in sorted(set(stretches), key=lambda one: (one[0], -one[1])):
        if not wide or end > wide[-1][1]:
            wide.append((start, end))
    return list(wide)


def _beside(item: Item, rule: Rule) -> bool:
    """What the network tells beside the words."""
    match rule:
        case Lang(code):
            return any(one.replace("_", "-").partition("-")[0].lower() == code for one in item.languages)
        case Has(Carried.LINK):
            return bool(item.links) or _LINK.search(item.text) is not None
        case Has(Carried.PICTURE):
            return item.has_picture
        case From(handle):
            return handle in (parse_handle(item.author.handle), parse_handle(item.author.uri))
        case _:
            raise AssertionError(rule)


class _Ground(NamedTuple):
    """A town's words, and the middles of all towns of that name."""

    localities: Localities
    middles: tuple[Coordinates, ...]


@lru_cache(1024)
def _ground(name: str) -> _Ground:
    towns = find_town(name)
    named = [Place("", "", "", postcode=name)] if name[:1].isdigit() else [Place("", "", "", town=name)]
    coded = [Place("", "", "", postcode=one.postcode) for one in towns if one.postcode and not name[:1].isdigit()]
    middles = tuple(one.coordinates for one in towns if one.coordinates)
    return _Ground(Localities([*named, *coded], []), middles)


def _looks_meant(post: Post, found: Found) -> bool:
    """'à Nice' and 'vu Nice' speak of the town; 'Nice staff' begins a sentence, 'nice' is an English word."""
    if not found.sign.careful or (found.introduced and found.sign.strength is Strength.TOWN):
        return True
    before = post.folded[: found.start].rstrip()
    return post.words(found.start, found.end)[:1].isupper() and bool(before) and before[-1] not in ".!?"
