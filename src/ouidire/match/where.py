"""Which of an organisation's places a post means: what speaks for each of those it points to, and for none of them.

Only places that something in the post speaks of are candidates, so that a chain of ten thousand costs no more than
one of ten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from math import log
from typing import NamedTuple

from ouidire.domain.mention import Evidence, EvidenceKind, PlaceCandidate
from ouidire.domain.place import Place
from ouidire.match.categories import BRAND, NOW, WAY, category
from ouidire.match.contrast import Contrast, Stretch
from ouidire.match.findings import Findings
from ouidire.match.geo import distance_m
from ouidire.match.known import Known
from ouidire.match.locality import FULL, Sign, Strength, in_full
from ouidire.match.look import Look, Phrase, is_large_town
from ouidire.match.model import Model

MOST = 12
"""So many places are weighed one by one; of more, none can be told."""

SHOWN = 5
"""So many candidates are kept with a mention."""

AROUND_M = 3_000
FAR_M = 30_000
SAME_TOWN_M = 15_000
"""People say the name of the large town for a place in its suburbs."""

_BESIDE_WORDS = 4
_MOST_SPOTS = 60
_MOST_TIMES = 3


@dataclass(frozen=True, slots=True)
class Pointed:
    """Places that a post's signs speak of directly, and those that its author and its thread stand for."""

    listings: Collection[str] = ()
    addresses: Collection[str] = ()
    names: Collection[str] = ()
    habit: Mapping[str, int] = field(default_factory=dict)
    own: Collection[tuple[int, int]] = ()
    """Where the organisation's names stand in the folded text."""
    thread: str | None = None


class Elsewhere(NamedTuple):
    """A town in or near which we have no place. `how`: 'beside' our name, 'said' after a preposition, or 'named'."""

    phrase: Phrase
    how: str


class Spot(NamedTuple):
    """A stretch of a post that points to places.

    `beside`: a name stands near; `against`: it is only compared with; `bare`: an ordinary word or a surname, too.
    """

    start: int
    end: int
    strength: Strength
    place_ids: frozenset[str]
    beside: bool
    against: bool
    bare: bool

    @property
    def value(self) -> str:
        """What it is called among the values of a model."""
        return f"{self.strength.name.lower()}{'_bare' if self.bare and self.strength is not Strength.TOWN else ''}"


@dataclass(frozen=True, slots=True)
class Where:
    """The decision. `said` is false when nothing in the post spoke of a place: then there was only one to choose.

    `p` is the probability of `place_id` (of none that can be told, where it is None); `candidates` come likeliest
    first; `strengths` are those of the locality words found; `elsewhere` is a town named in which we have no place.
    """

    place_id: str | None
    p: float
    candidates: tuple[PlaceCandidate, ...]
    evidence: tuple[Evidence, ...]
    said: bool


@dataclass(frozen=True, slots=True)
class Pointers:
    """Everything in a post that points to places of one organisation, and what that leaves."""

    pointed: Pointed
    spots: tuple[Spot, ...]
    metres: Mapping[str, float]
    left: frozenset[str]
    said: bool
    elsewhere: tuple[Elsewhere, ...]
    meant: Mapping[str, float]
    """Of places that are named in one breath, how much the sentence speaks for each, in log-odds."""


def point(look: Look, known: Known, pointed: Pointed, contrast: Contrast) -> Pointers:
    """Find what speaks of the organisation's places.

    The narrowest witness speaks first: listing, coordinates, own address, street, landmark, near words, town. Each
    one leaves those places it speaks of among those the stronger ones left, and is not heard if it would leave none.
    """
    spots = _spots(look, known, pointed.own)
    geo = look.geo
    metres = known.around(geo.lat, geo.lon, max(AROUND_M, known.widest_m)) if geo is not None else {}
    here = {place_id for place_id, far in metres.items() if far <= known.place(place_id).radius_m}
    witnesses: list[Collection[str]] = [pointed.listings, here, pointed.addresses]
    for_it = [spot for spot in spots if not spot.against]
    witnesses += [_together(spot for spot in for_it if spot.strength is s) for s in reversed(Strength)]
    left, said = _narrow(None, witnesses)
    if said and len(pointed.names) >= known.count > 1 and sum(map(known.has, pointed.names)) == known.count:
        pointed = replace(pointed, names=())  # all bear the name: it tells none from the others
    left, named = _narrow(left, [pointed.names])
    return Pointers(
        pointed,
        tuple(spots),
        metres,
        frozenset(left or ()),
        said or named,
        tuple(_elsewhere(look, known, spots, pointed.own)),
        contrast.weigh(look.folded, stretches(spots), sorted(pointed.own)),
    )


def stretches(spots: Iterable[Spot]) -> list[Stretch]:
    """Where places are named, in the order of the text, each stretch once and none within another."""
    found: list[Stretch] = []
    for spot in sorted(spots):
        if found and found[-1].start == spot.start and found[-1].end == spot.end:
            found[-1] = found[-1]._replace(place_ids=found[-1].place_ids | spot.place_ids)
        elif not found or found[-1].end <= spot.start:
            found.append(Stretch(spot.start, spot.end, spot.place_ids))
    return found


def _together(spots: Iterable[Spot]) -> set[str]:
    return {place_id for spot in spots for place_id in spot.place_ids}


def _narrow(left: set[str] | None, witnesses: Iterable[Collection[str]]) -> tuple[set[str] | None, bool]:
    said = False
    for witness in witnesses:
        kept = set(witness) if left is None else left.intersection(witness)
        if kept:
            left, said = kept, True
    return left, said


def _spots(look: Look, known: Known, own: Collection[tuple[int, int]]) -> list[Spot]:
    """Locality words outside our names, and not within the longer names of others.

    Ordinary words count only where they look like a place.
    """
    found: list[Spot] = []
    times: dict[str, int] = {}
    of, begins = known.localities.of, known.localities.begins
    shortened = look.is_shortened
    for phrase in look.phrases((lambda word: begins(word) or begins(FULL.get(word, word))) if shortened else begins):
        signs = of(phrase.words) or (shortened and of(in_full(phrase.words)))
        if not signs or _is_of_a_name(look, phrase, own):
            continue
        times[phrase.words] = times.get(phrase.words, 0) + 1
        if times[phrase.words] <= _MOST_TIMES:
            found += _spots_at(look, phrase, signs, own)
        if len(found) >= _MOST_SPOTS:
            break
    return [spot for spot in found if not any(_is_inside(spot, other) for other in found)]


def _is_of_a_name(look: Look, phrase: Phrase, own: Collection[tuple[int, int]]) -> bool:
    if any(phrase.start < end and start < phrase.end for start, end in own):
        return True
    length = phrase.end - phrase.start
    return any(s <= phrase.start and phrase.end <= e and e - s > length for s, e in look.post.taken)


def _spots_at(look: Look, phrase: Phrase, signs: Sequence[Sign], own: Collection[tuple[int, int]]) -> Iterator[Spot]:
    is_town = any(sign.strength is Strength.TOWN for sign in signs) or is_large_town(phrase.words)
    after_way = _is_after_way(look, phrase, own)
    for strength in {sign.strength for sign in signs}:
        meant = [
            sign
            for sign in signs
            if sign.strength is strength and (not sign.careful or _looks_proper(look, phrase, strength))
        ]
        if strength is Strength.TOWN and after_way:
            continue  # 'rue de Rennes' is not in Rennes
        if strength is Strength.STREET and is_town and " " not in phrase.words and not after_way:
            continue  # and 'Rennes' is not the street of that name
        if meant:
            beside, against = _stands_beside(look, phrase, own), phrase.start in look.compared
            ids, bare = frozenset(sign.place_id for sign in meant), all(sign.careful for sign in meant)
            yield Spot(phrase.start, phrase.end, strength, ids, beside, against, bare)


def _looks_proper(look: Look, phrase: Phrase, strength: Strength) -> bool:
    """'à Nice' and '#nice' are towns; 'Nice staff' begins a sentence; 'the Crescent one' has its capital."""
    if phrase.introduced and strength is Strength.TOWN:
        return True
    if not look.post.words(phrase.start, phrase.end)[:1].isupper():
        return False
    before = look.folded[: phrase.start].rstrip()
    return strength is not Strength.TOWN or (bool(before) and before[-1] not in ".!?")


def _is_after_way(look: Look, phrase: Phrase, own: Collection[tuple[int, int]]) -> bool:
    """Is it the name of a street or a station here? The last word of our own name is neither."""
    before = [word for word in look.before(phrase.start, 2) if not any(s <= word.start < e for s, e in own)]
    ways = category(WAY).words
    if not before or any(mark in look.gap(before[-1].end, phrase.start) for mark in ",.;:!?("):
        return False
    return before[-1].folded in ways or (before[0].folded in ways and before[-1].folded in {"de", "d", "du", "des"})


def _stands_beside(look: Look, phrase: Phrase, own: Collection[tuple[int, int]]) -> bool:
    return any(
        len(look.folded[min(end, phrase.end) : max(start, phrase.start)].split()) <= _BESIDE_WORDS for start, end in own
    )


def _is_inside(spot: Spot, other: Spot) -> bool:
    """Within a wider one: the town in the name of a street of ours, the street in that of a station."""
    return other.start <= spot.start and spot.end <= other.end and other.end - other.start > spot.end - spot.start


def _elsewhere(
    look: Look, known: Known, spots: Sequence[Spot], own: Collection[tuple[int, int]]
) -> Iterator[Elsewhere]:
    """Towns named that are not ours, each once."""
    covered = {at for spot in spots for at in range(spot.start, spot.end)}
    ends = {end for _, end in own}
    for phrase, towns, after, introduced in look.towns:
        if (after >= 0 and after not in ends) or phrase.words in known.towns or phrase.start in covered:
            continue
        if not introduced and not any(look.share_sentence(phrase.start, start) for start, _ in own):
            continue
        if not known.is_near(towns, SAME_TOWN_M):
            covered.add(phrase.start)
            yield Elsewhere(phrase, "beside" if after >= 0 else "said" if introduced else "named")


# -- what speaks for each --------------------------------------------------------------------------------------------


def candidates(look: Look, known: Known, found: Pointers) -> dict[str, Findings]:
    """The places that something speaks of, at most `MOST`, each with what does; one that is alone is always one."""
    ranked = _ranked(known, found)
    few = list(islice(filter(known.has, ranked), MOST + 1))
    if len(few) > MOST:
        few = list(islice((one for one in ranked if one in found.left and known.has(one)), MOST)) or few[:MOST]
    return {place_id: _speaks_for(look, known, found, place_id) for place_id in few}


def _ranked(known: Known, found: Pointers) -> list[str]:
    """Those that most speaks of come first. There may be thousands, some of them ours no more."""
    counts: dict[str, int] = {}
    pointed = found.pointed
    near = [place_id for place_id, far in found.metres.items() if far <= known.place(place_id).radius_m]
    for strength, some in (
        *((int(spot.strength), spot.place_ids) for spot in found.spots),
        *((3, set(some)) for some in (pointed.listings, pointed.addresses, pointed.names, pointed.habit, near)),
        (3, (pointed.thread,) if pointed.thread else ()),
        (1, (known.only.id,) if known.only is not None else ()),
    ):
        for place_id in some:
            counts[place_id] = counts.get(place_id, 0) + strength
    return [one for one, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))]


def _speaks_for(look: Look, known: Known, found: Pointers, place_id: str) -> Findings:
    place, pointed, item = known.place(place_id), found.pointed, look.post.item
    about = Findings()
    about.add("place_listed", place_id in pointed.listings)
    about.add("place_address", place_id in pointed.addresses)
    about.add("place_name", place_id in pointed.names)
    about.add("thread", place_id == pointed.thread)
    if times := pointed.habit.get(place_id, 0):
        about.add("habit", log(1 + times), Evidence(EvidenceKind.HABIT, item.author.handle, place_id=place_id))
    if known.only is not None:
        about.add("alone", 1.0, Evidence(EvidenceKind.ALONE, "", place_id=place_id))
    _spoken(about, look, found, place_id)
    _measured(about, look, found, place)
    _lived(about, look, known, place)
    return about


def _spoken(about: Findings, look: Look, found: Pointers, place_id: str) -> None:
    """The locality words, each kind once."""
    named: list[Evidence] = []
    spoken_for: list[Evidence] = []
    for spot in found.spots:
        if place_id not in spot.place_ids:
            continue
        only = place_id if len(spot.place_ids) == 1 else None
        first, last = look.post.span(spot.start, spot.end)
        shown = Evidence(EvidenceKind.LOCALITY, look.post.item.text[first:last], first, last, only)
        named.append(shown)
        if spot.against:
            about.add(f"against_{spot.strength.name.lower()}", 1.0, shown)
            continue
        about.add(spot.value, 1.0, shown)
        spoken_for.append(shown)
        if spot.beside:
            about.add("beside", 1.0)
    about.add("meant", found.meant.get(place_id, 0.0), *named)
    if found.said and place_id in found.left:
        about.add("fits", 1.0, *spoken_for)
        about.add("sole", len(found.left) == 1, *spoken_for)
    elif found.said:
        about.add("unfit", 1.0)


def _measured(about: Findings, look: Look, found: Pointers, place: Place) -> None:
    geo = look.geo
    if geo is None or place.coordinates is None:
        return
    metres = distance_m(geo.lat, geo.lon, place.coordinates.lat, place.coordinates.lon)
    written = f"{geo.lat:.5f}, {geo.lon:.5f}"
    if metres <= place.radius_m:
        about.add("here", 1.0, Evidence(EvidenceKind.COORDINATES, written, place_id=place.id))
    elif metres <= AROUND_M and found.said:
        about.add("around", 1.0)
    elif metres > FAR_M:
        about.add("far", 1.0, Evidence(EvidenceKind.FAR, written, place_id=place.id))


def _lived(about: Findings, look: Look, known: Known, place: Place) -> None:
    """What tells sisters apart without any address: what they sell, when they are open, in which language."""
    for phrase in look.phrases(known.begins_product) if known.products else ():
        sold = known.products.get(phrase.words, frozenset())
        if place.id in sold and len(sold) < known.count:
            about.add("product", 1.0, _quoted(look, EvidenceKind.PRODUCT, phrase, place.id))
    spoken = languages(look)
    if spoken and place.languages:
        about.add("language" if spoken & set(place.languages) else "language_odd", 1.0)
    if (now := on_the_spot(look)) is not None and (is_open := open_at(place, look.post.item.written_at)) is not None:
        shown = _quoted(look, EvidenceKind.OPEN, now, place.id)
        about.add("open" if is_open else "closed", 1.0, shown)


def _quoted(look: Look, kind: EvidenceKind, phrase: Phrase, place_id: str | None) -> Evidence:
    first, last = look.post.span(phrase.start, phrase.end)
    return Evidence(kind, look.post.item.text[first:last], first, last, place_id)


def languages(look: Look) -> frozenset[str]:
    """In which the network says the post is."""
    return frozenset(one.lower().replace("_", "-").split("-")[0] for one in look.post.item.languages)


def on_the_spot(look: Look) -> Phrase | None:
    """The word by which the author says to be there just now."""
    said = category(NOW).words
    for word in look.words if not said.isdisjoint(look.vocabulary) else ():
        if word.folded in said and look.post.is_free(word.start, word.end):
            return Phrase(word.folded, word.start, word.end, False)
    return None


def open_at(place: Place, moment: datetime) -> bool | None:
    """Was it open then? None: its hours are not known."""
    if place.hours is None or not place.hours.says_something:
        return None
    return place.hours.is_open(place.local(moment))


def unknown(look: Look, known: Known, found: Pointers) -> Findings:
    """What speaks for no place that can be told."""
    none = Findings()
    none.add("unknown", 1.0)
    none.add("unknown_alone", known.only is not None)
    none.add("unknown_many", log(len(found.left)) if found.said and found.left else 0.0)
    none.add("unknown_silent", not found.said)
    for how in {one.how for one in found.elsewhere} if not found.said else ():
        none.add(f"elsewhere_{how}", 1.0)
    none.add("elsewhere_too", bool(found.elsewhere) and found.said)
    none.add("brand", bool(category(BRAND).words & look.vocabulary))
    return none


# -- the decision ----------------------------------------------------------------------------------------------------


def decide(model: Model, speaks: Mapping[str, Findings], none: Findings, found: Pointers, about: float = 1.0) -> Where:
    """Weigh them. The likeliest place is meant when it passes the model's threshold; else the place is unknown.

    `about` is the probability that the post speaks of the organisation at all: both must be so for the place to be.
    """
    if not speaks:
        return Where(None, 1.0, (), (), said=False)
    shares = model.shares([about.values for about in speaks.values()], none.values)
    ranked = sorted(zip(speaks, shares.candidates, strict=True), key=lambda pair: (-pair[1], pair[0]))
    place_id, p = ranked[0]
    if len(found.pointed.listings) == 1:
        place_id, p = next(iter(found.pointed.listings)), 1.0
    limits = model.thresholds
    is_sure = p * about >= (limits.only if "alone" in speaks[place_id].values else limits.place)
    kept = [PlaceCandidate(one, round(share, 4)) for one, share in ranked[:SHOWN] if share >= 0.01]
    evidence = tuple(_evidence(model, speaks, ranked, found))
    chosen = place_id if is_sure else None
    return Where(chosen, p if is_sure else shares.unknown, tuple(kept), evidence, found.said)


def _evidence(
    model: Model, speaks: Mapping[str, Findings], ranked: Sequence[tuple[str, float]], found: Pointers
) -> Iterator[Evidence]:
    """Of the likeliest few. That it is the only place is a reason only where nothing else is."""
    for place_id, _ in ranked[:SHOWN]:
        for one, moved in speaks[place_id].weighed(model.place):
            if one.kind is not EvidenceKind.ALONE or not found.said:
                yield one.weighing(moved)
