"""The matcher: which organisations, and which of their places, a post speaks of.

A post that concerns nobody costs its share of one scan; everything below `match`'s first lines is for the few others:
what speaks for each organisation is gathered (`evidence`), what points to its places (`where`), and both are weighed
by the model (`model`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ouidire.domain.fold import fold, glue
from ouidire.domain.item import Item, ItemKind
from ouidire.domain.lesson import Lessons
from ouidire.domain.mention import Ask, Evidence, EvidenceKind, Match, PlaceCandidate
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match import contrast as contrasts
from ouidire.match import model as models
from ouidire.match import wording as wordings
from ouidire.match.catalogue import Catalogue
from ouidire.match.contrast import Contrast
from ouidire.match.evidence import ADDRESSES, Gathered, compare, gather
from ouidire.match.fulfil import fulfilled, is_alone
from ouidire.match.known import Known
from ouidire.match.look import Look
from ouidire.match.model import Model
from ouidire.match.names import Scanned
from ouidire.match.policy import Policy
from ouidire.match.post import Post
from ouidire.match.signs import Heard, Signs
from ouidire.match.where import Pointed, Pointers, Where, candidates, decide, point, unknown
from ouidire.match.wording import Wording

_ORDER = {kind: rank for rank, kind in enumerate(EvidenceKind)}

_TELLING = 0.05
"""What moves the log-odds by less is not worth a line: it is left out, unless it is a sign by itself."""

_SIGNS = frozenset((
    EvidenceKind.NAME, EvidenceKind.ALIAS, EvidenceKind.HANDLE, EvidenceKind.HASHTAG, EvidenceKind.LINK,
    EvidenceKind.LISTING, EvidenceKind.PASTED, EvidenceKind.VENUE, EvidenceKind.LOCALITY, EvidenceKind.COORDINATES,
    EvidenceKind.REQUIRED, EvidenceKind.RULE, EvidenceKind.FORMER, EvidenceKind.SPELLING, EvidenceKind.SHORT,
))  # fmt: skip

_SILENCED = -99.0
"""What a rule of the owner's own weighs against."""

_LEAST_SHARE = 0.15
_MOST_ASKED = 3
_MOST_TIED = 2
"""Where so few others bear a name and nothing tells them apart, each is asked if it is likely to be one of them."""


class _Decided(NamedTuple):
    match: Match
    is_kept: bool


class Matcher:
    """All watches of all organisations, ready to look at posts. It changes in place, one watch or place at a time."""

    def __init__(
        self,
        watches: Iterable[Watch],
        places: Iterable[Place],
        opened: tuple[Catalogue, Signs] | None = None,
        *,
        lessons: Lessons | None = None,
        model: Model | None = None,
        wording: Wording | None = None,
        contrast: Contrast | None = None,
    ) -> None:
        """`opened`: from a snapshot, on which `watches` and `places` are put. `model`, `wording`, `contrast`: those
        shipped, unless given."""
        self._lessons = lessons or Lessons()
        self._model = model or models.shipped()
        self._wording = wording or wordings.shipped()
        self._contrast = contrast or contrasts.shipped()
        if opened is None:
            self.catalogue = Catalogue(watches, places)
            self.signs = Signs(self.catalogue, Policy(learned=self._telling))
            self.signs.fill()
            return
        self.catalogue, self.signs = opened
        self.signs.policy.heed(self._telling)
        for place in places:
            self.put_place(place)
        for watch in watches:
            self.put_watch(watch)

    def put_watch(self, watch: Watch) -> None:
        """Add a watch, or replace the one with its id; it is heard from this moment."""
        self.remove_watch(watch.id)
        self.signs.put(self.catalogue.put_watch(watch), watch)

    def remove_watch(self, watch_id: str) -> None:
        """It is heard no more from this moment. Nothing happens when there is none."""
        if (removed := self.catalogue.remove_watch(watch_id)) is not None:
            self.signs.remove(*removed)

    def put_place(self, place: Place) -> None:
        """Add a place, or replace the one with its id."""
        self.catalogue.put_place(place)
        self._renew(place)

    def remove_place(self, place_id: str) -> None:
        """Nothing happens when there is none; its watches stay until they are removed."""
        if (place := self.catalogue.remove_place(place_id)) is not None:
            self._renew(place)

    def _renew(self, place: Place) -> None:
        for subject_id in (place.id, place.organisation_id):
            for number, watch in list(self.catalogue.watches_about(subject_id)):
                self.signs.renew(number, watch)

    def set_lessons(self, lessons: Lessons) -> None:
        """Decide from now on with what was learned meanwhile: the words learned are looked for beside common names."""
        before, self._lessons = self._lessons, lessons
        for organisation_id in lessons.words.keys() | before.words.keys():
            if lessons.telling(organisation_id) != before.telling(organisation_id):
                for number, watch in list(self.catalogue.watches_of(organisation_id)):
                    self.signs.renew(number, watch)

    def _telling(self, organisation_id: str) -> Sequence[str]:
        return self._lessons.telling(organisation_id)

    def scan(self, items: Sequence[Item]) -> dict[int, Scanned]:
        """Which of `items` hold a name, by their index: what `match` needs to know, for a whole batch in one pass."""
        return self.signs.scan(items)

    def match(self, item: Item) -> list[Match]:
        """The organisations that `item` speaks of, one `Match` each, in the order of their ids.

        A repost is never matched: it says nothing of its own. `required` words and the rule guard names, aliases and
        hashtags (an address means only one thing); `excluded` words silence a watch altogether; a review on a listing
        of ours always counts, and so does what a member brought in for one of our places, and what fulfils a rule
        that is looked for alone. For all others the model decides: what is likely enough is about us; what may be is
        kept with `ask` set; what is not, is not kept.
        """
        return self.match_scanned(item, self.scan((item,)).get(0))

    def match_scanned(self, item: Item, scanned: Scanned | None, refused: list[Match] | None = None) -> list[Match]:
        """The same, where `scan` has looked at the item: what it found, or None.

        What was weighed and found too light is added to `refused`, where given.
        """
        decided = self._decided(item, scanned)
        if refused is not None:
            refused += [one.match for one in decided if not one.is_kept]
        return [one.match for one in decided if one.is_kept]

    def consider(self, item: Item) -> list[Match]:
        """Every organisation of which there is a sign in `item`, kept or not, the likeliest first.

        One that its own `required` or `excluded` words silence has p = 0 and evidence of the kind RULE.
        """
        decided = [one.match for one in self._decided(item, self.scan((item,)).get(0), silenced=True)]
        return sorted(decided, key=lambda match: (-match.p, match.organisation_id))

    def locate(self, item: Item, organisation_id: str, thread: str | None = None) -> Where:
        """Which place of the organisation `item` means, from its own words and coordinates, its author, its thread.

        `thread` is the place that what it hangs on was about.
        """
        look = Look(Post(item))
        known = self.catalogue.known(organisation_id)
        pointed = self._pointed(look.post, organisation_id, (), (), thread)
        return self._place(look, known, point(look, known, pointed, self._contrast), 1.0)

    def evidence(self, item: Item) -> tuple[Look, list[Gathered]]:
        """All that is found in `item` of each organisation it has a sign of, unweighed: what the model learns from."""
        heard, listed, look = self._heard(item, self.scan((item,)).get(0))
        return look, self._gather(look, heard, listed)[0]

    def _decided(self, item: Item, scanned: Scanned | None, *, silenced: bool = False) -> list[_Decided]:
        if scanned is None and not (item.addressed or item.hashtags or item.links or item.listing_id or item.about):
            return []
        if item.kind is ItemKind.REPOST:
            return []
        heard, listed, look = self._heard(item, scanned)
        if not heard and not listed:
            return []
        gathered, silent = self._gather(look, heard, listed)
        decided = [self._decide(look, one) for one in gathered]
        if silenced:
            decided += [_Decided(match, False) for match in silent]
        return sorted(decided, key=lambda one: one.match.organisation_id)

    def _heard(self, item: Item, scanned: Scanned | None) -> tuple[list[Heard], Sequence[Place], Look]:
        """The signs in a post and beside it, and the places on whose page it stands."""
        beside = list(self.signs.look_up(item))
        listed: Sequence[Place] = [place for key in item.listings for place in self.catalogue.listed(key)]
        if item.about and (about := self.catalogue.place(item.about)):
            listed = (about,)  # a member said which place it is about: that is more than a listing
        if scanned is None:
            return beside, listed, Look(Post(item))
        post = Post(item, scanned.folded)
        return [*self.signs.read(post, scanned.hits), *beside], listed, Look(post)

    def _gather(
        self, look: Look, heard: Sequence[Heard], listed: Sequence[Place]
    ) -> tuple[list[Gathered], list[Match]]:
        """What speaks for each organisation, compared with the others; and those that their own words silence."""
        allowed: dict[str, list[Heard]] = {place.organisation_id: [] for place in listed}
        for one in heard:
            allowed.setdefault(one.watch.organisation_id, []).append(one)
        gathered, silent = [], []
        for organisation_id in sorted(allowed):
            kept, guards, against = _guarded(look.post, allowed[organisation_id], self.catalogue)
            listings = [place.id for place in listed if place.organisation_id == organisation_id]
            if kept or listings:
                gathered.append(self._gathered(look, organisation_id, kept, guards, listings))
            else:
                shown = in_order([*against, *(one.evidence for one in allowed[organisation_id])])
                silent.append(Match(organisation_id, None, None, shown, p=0.0))
        compare(gathered, self.signs.policy, len(silent))
        return gathered, silent

    def _gathered(
        self, look: Look, organisation_id: str, kept: list[Heard], guards: list[Evidence], listings: list[str]
    ) -> Gathered:
        known = self.catalogue.known(organisation_id)
        pointed = self._pointed(look.post, organisation_id, kept, listings)
        one = Gathered(organisation_id, kept, known, point(look, known, pointed, self._contrast), guards)
        gather(look, one, self.signs.policy, self._lessons, self._wording)
        return one

    def _decide(self, look: Look, one: Gathered) -> _Decided:
        listings = one.points.pointed.listings
        is_wanted = bool(listings) or any(is_alone(heard.watch) for heard in one.heard)
        rivals = [rival.findings.values for rival in one.rivals]
        taken = self._model.shared_with(rivals)
        p = 1.0 if is_wanted else self._model.is_about(one.findings.values, taken)
        where = self._place(look, one.known, one.points, p)
        evidence = [*self._weighed(one, taken), *((told, told.weight) for told in where.evidence)]
        if listings:
            evidence.append((_brought(look.post.item), 0.0))
        limits = self._model.thresholds
        ask = Ask.ABOUT_US if p < limits.about else self._asks(where)
        match = Match(
            one.organisation_id,
            where.place_id,
            _watch_id(one.heard, where.place_id),
            in_order(_telling(evidence)),
            p=p * where.p if where.place_id else p,
            candidates=tuple(PlaceCandidate(c.place_id, round(c.p * p, 4)) for c in where.candidates),
            ask=ask,
        )
        is_tied = "tied" in one.findings.values and len(rivals) <= _MOST_TIED
        return _Decided(match, p * (1 + len(rivals) if is_tied else 1) >= limits.perhaps)

    def _weighed(self, one: Gathered, taken: float) -> Iterator[tuple[Evidence, float]]:
        """What speaks for and against; that others bear the name weighs what they have `taken` of it, too."""
        for evidence, weight in one.findings.weighed(self._model.about):
            yield evidence, weight - taken if evidence.kind is EvidenceKind.SHARED else weight

    def _asks(self, where: Where) -> Ask:
        """Two or three places that share nearly all of it: whoever knows them can tell which one was meant."""
        top = [one.p for one in where.candidates if one.p >= _LEAST_SHARE]
        is_close = where.place_id is None and 2 <= len(top) <= _MOST_ASKED
        return Ask.WHICH_PLACE if is_close and sum(top) >= self._model.thresholds.share else Ask.NOTHING

    def _place(self, look: Look, known: Known, points: Pointers, about: float) -> Where:
        speaks = candidates(look, known, points)
        return decide(self._model, speaks, unknown(look, known, points), points, about)

    def _pointed(
        self,
        post: Post,
        organisation_id: str,
        kept: Sequence[Heard],
        listings: Sequence[str],
        thread: str | None = None,
    ) -> Pointed:
        own = [(one.watch.place_id, one.evidence.kind) for one in kept if one.watch.place_id]
        author = f"{post.item.connector}:{post.item.author.uri}"
        written = {(one.evidence.start, one.evidence.end) for one in kept if one.evidence.start >= 0}
        return Pointed(
            listings,
            {place_id for place_id, kind in own if kind in ADDRESSES},
            {place_id for place_id, kind in own if kind not in ADDRESSES},
            self._lessons.habit(organisation_id, author),
            {post.folded_span(*span) for span in written},
            thread,
        )


def _brought(item: Item) -> Evidence:
    """Why an item stands for a place without naming it."""
    if item.about:
        return Evidence(EvidenceKind.PASTED, "")
    return Evidence(EvidenceKind.LISTING if item.kind is ItemKind.REVIEW else EvidenceKind.VENUE, item.listing_id)


def _telling(evidence: Iterable[tuple[Evidence, float]]) -> Iterator[Evidence]:
    """Each with its weight, rounded as it is kept, without what hardly matters."""
    for one, weight in evidence:
        if one.kind in _SIGNS or abs(weight) >= _TELLING:
            yield one.weighing(round(weight, 3))


def in_order(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each reason once: names before localities, then in the order of the text.

    What the network says beside the text (a tag, an account) is left out where the text itself says it; what speaks
    for the organisation and for one of its places is told once, for the place, with both weights.
    """
    once: dict[tuple[EvidenceKind, str, int, int], Evidence] = {}
    for one in evidence:
        key = (one.kind, one.found, one.start, one.end)
        if (known := once.get(key)) is not None:
            once[key] = _joined(known, one)
        else:
            once[key] = one
    beside = {e.kind for e in once.values() if e.start < 0}
    written = {(e.kind, glue(fold(e.found))) for e in once.values() if e.start >= 0 and e.kind in beside}
    kept = (e for e in once.values() if e.start >= 0 or (e.kind, glue(fold(e.found))) not in written)
    return tuple(sorted(kept, key=lambda e: (_ORDER[e.kind], e.start, e.end, e.found)))


def _joined(one: Evidence, other: Evidence) -> Evidence:
    """One reason told twice: for the organisation and a place, or for several places (then for none of them alone)."""
    if one.place_id == other.place_id:
        return one if one.weight == other.weight else replace(one, weight=max(one.weight, other.weight, key=abs))
    if one.place_id is None or other.place_id is None:
        return replace(one, place_id=one.place_id or other.place_id, weight=round(one.weight + other.weight, 3))
    return replace(one, place_id=None)


def _guarded(
    post: Post, heard: Sequence[Heard], catalogue: Catalogue
) -> tuple[list[Heard], list[Evidence], list[Evidence]]:
    """What `required`, `excluded` and the rule leave of `heard`, the evidence for that, and the evidence against."""
    kept: list[Heard] = []
    guards: list[Evidence] = []
    against: list[Evidence] = []
    for one in heard:
        silencing = [at for word in one.watch.excluded if (at := post.find(fold(word)))]
        if silencing:
            against += [replace(post.evidence(EvidenceKind.RULE, *at), weight=_SILENCED) for at in silencing]
            continue
        if one.watch.required and one.evidence.kind not in ADDRESSES:
            spans = [at for word in one.watch.required if (at := post.find(fold(word)))]
            if not spans:
                against.append(Evidence(EvidenceKind.RULE, ", ".join(one.watch.required), weight=_SILENCED))
                continue
            guards += [post.evidence(EvidenceKind.REQUIRED, *at) for at in spans]
        if one.watch.rule and one.evidence.kind not in ADDRESSES:
            if (because := fulfilled(one.watch, post, catalogue)) is None:
                against.append(Evidence(EvidenceKind.RULE, one.watch.rule, weight=_SILENCED))
                continue
            guards += because
        kept.append(one)
    return kept, list(dict.fromkeys(guards)), list(dict.fromkeys(against))


def _watch_id(kept: Sequence[Heard], place_id: str | None) -> str | None:
    """The watch of the place meant, else one of the whole organisation, else the first by id."""
    ranked = sorted((one.watch.place_id != place_id, one.watch.place_id is not None, one.watch.id) for one in kept)
    return ranked[0][2] if ranked else None
