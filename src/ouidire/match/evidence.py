"""Evidence: what in a post speaks for being about an organisation, and what against, as named values for the model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from math import log1p

from ouidire.domain.fold import fold, glue
from ouidire.domain.lesson import Lessons
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.match.categories import CHEZ, EVERY, OTHERWISE, PERSON, SPAM, WAY, category, keys, together
from ouidire.match.findings import Findings
from ouidire.match.known import Known, Premises
from ouidire.match.locality import plain
from ouidire.match.look import Look, Word
from ouidire.match.policy import Policy
from ouidire.match.signs import Heard
from ouidire.match.where import FAR_M, Pointers, languages, on_the_spot, open_at
from ouidire.match.wording import Wording

ADDRESSES = frozenset((EvidenceKind.HANDLE, EvidenceKind.LINK))
NAMES = (
    EvidenceKind.NAME,
    EvidenceKind.FORMER,
    EvidenceKind.ALIAS,
    EvidenceKind.HASHTAG,
    EvidenceKind.SPELLING,
    EvidenceKind.SHORT,
)
"""Kinds of signs that are a name, the surest first."""

AROUND_M = 3_000
_LINKS = frozenset(("de", "d", "du", "des", "la", "le", "l", "les"))
_MOST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Named:
    """A name of the organisation's in the folded text."""

    kind: EvidenceKind
    start: int
    end: int
    evidence: Evidence
    is_own_tag: bool = False

    @property
    def span(self) -> tuple[int, int]:
        return self.start, self.end


@dataclass(slots=True)
class Gathered:
    """All that a post says of one organisation, before it is weighed."""

    organisation_id: str
    heard: Sequence[Heard]
    known: Known
    points: Pointers
    guards: Sequence[Evidence] = ()
    named: Sequence[Named] = ()
    rivals: list[Gathered] = field(default_factory=list, repr=False)
    """Other houses of a name that stands there: at most one of all of them is meant."""
    premises: frozenset[Premises] = frozenset()
    """Of the places that the post leaves, where others bear its name."""
    findings: Findings = field(default_factory=Findings)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Where its names stand in the folded text."""
        return [named.span for named in self.named if named.start >= 0]

    def beside(self, look: Look) -> list[tuple[int, int]]:
        """Where localities, whoever has them, and the recognised names of others stand in the folded text."""
        spots = [(spot.start, spot.end) for spot in self.points.spots]
        towns = [(said.phrase.start, said.phrase.end) for said in look.towns if said.phrase.start >= 0]
        return [*spots, *towns, *look.post.taken]

    @property
    def closeness(self) -> int:
        """How narrowly the post's localities point to us: 0, not at all."""
        return max((int(spot.strength) for spot in self.points.spots if not spot.against), default=0)


def gather(look: Look, one: Gathered, names: Policy, lessons: Lessons, wording: Wording) -> None:
    """Fill in what speaks for and against the organisation by itself; `compare` adds what others make of it."""
    one.named = _named(look, one.heard)
    about = one.findings
    _addressed(about, one)
    _how_named(about, look, one, names)
    _where(about, look, one)
    _worded(about, look, one, wording)
    _around_it(about, look, one)
    _learned(about, look, one, lessons)
    bare = not one.heard or not any(map(about.values.get, _SUPPORT))
    if bare and (common := about.values.get("common", 0.0)):
        about.add("bare_common", common)
    about.add("bare", bare)


_SUPPORT = (
    *("handle", "link", "own_tag", "required", "listed", "street", "street_bare", "landmark", "landmark_bare"),
    *("near", "near_bare", "postcode", "town", "here", "chez", "house", "kind_words", "product", "habit"),
)


def _named(look: Look, heard: Sequence[Heard]) -> list[Named]:
    """The names among the signs, those in the text first by where they stand."""
    found: dict[tuple[int, int], Named] = {}
    for one in heard:
        kind, evidence = one.evidence.kind, one.evidence
        if kind not in NAMES:
            continue
        start, end = look.post.folded_span(evidence.start, evidence.end) if evidence.start >= 0 else (-1, -1)
        own = kind is EvidenceKind.HASHTAG and glue(fold(evidence.found)) in {glue(fold(t)) for t in one.watch.hashtags}
        known = found.get((start, end))
        if known is None or NAMES.index(kind) < NAMES.index(known.kind) or own:
            found[start, end] = Named(kind, start, end, evidence, own)
    return [found[at] for at in sorted(found)]


def _addressed(about: Findings, one: Gathered) -> None:
    """What means only one thing: an account, a link, a tag of our own; and words that the owner asked for."""
    for heard in one.heard:
        evidence = heard.evidence
        match evidence.kind:
            case EvidenceKind.HANDLE | EvidenceKind.LINK:
                about.add(str(evidence.kind), 1.0, evidence)
            case EvidenceKind.HASHTAG if any(named.is_own_tag and named.evidence == evidence for named in one.named):
                about.add("own_tag", 1.0, evidence)
            case kind:
                about.show(str(kind), evidence)
    for evidence in one.guards:  # the words of a rule are words asked for; its other conditions say nothing of us
        is_asked = evidence.kind is not EvidenceKind.RULE or evidence.start >= 0
        about.add("required" if is_asked else "rule", 1.0, evidence)
    about.add("listed", bool(one.points.pointed.listings))


def _how_named(about: Findings, look: Look, one: Gathered, names: Policy) -> None:
    """How the name is written, what stands around it, and how ambiguous it is."""
    if not one.named:
        about.add("nameless", 1.0)
        return
    best = min(one.named, key=lambda named: (NAMES.index(named.kind), named.start - named.end))
    kind = str(best.kind)
    about.values[kind] = 1.0
    bare = plain(best.evidence.found)
    about.add("letters", min(len(glue(bare)), 20) / 10)
    about.add("more_words", min(bare.count(" "), 3))
    about.add("times", min(len(one.named), 3) - 1)
    common = min(names.commonness(bare), 500.0)
    if common > 0:
        about.add("common", log1p(common), Evidence(EvidenceKind.COMMON, best.evidence.found))
    of_house = {word in _any_house() for word in bare.split(" ") if word not in _LINKS}
    about.add("house_name", of_house == {True})
    about.add("house_in_name", len(of_house) == 2)
    about.add("surname", best.kind is EvidenceKind.ALIAS and " " not in bare)
    about.add("way_name", bare.split(" ")[0] in category(WAY).words)
    written = [named for named in _widest(one.named) if named.kind is not EvidenceKind.HASHTAG]
    spoken: set[str] = set()
    for named in written:
        spoken |= _stands(look, named, one)
    if "capital" in spoken:
        spoken.discard("small")
    for value in sorted(spoken):
        if value != "small":  # that a name of its own is written small says nothing: people do
            about.add(value, 1.0)
        if common > 0 and value in _IF_COMMON:
            about.add(f"common_{value}", log1p(common))
    for named in written:  # how it is written and introduced is part of what the name itself says
        for value in spoken & _OF_THE_NAME:
            about.show(value, named.evidence)


def _worded(about: Findings, look: Look, one: Gathered, wording: Wording) -> None:
    """How the sentence goes around the name. That it goes as one about a business speaks for us only where nothing
    says that it is another."""
    if not one.spans:
        return
    said = wording.weigh(look.folded, one.spans, one.beside(look))
    if said.value > 0 and speaks_of_another(about.values):
        return
    about.add("wording", said.value)
    if said.span[0] >= 0:
        about.show("wording", look.post.evidence(EvidenceKind.WORDING, *said.span))


def speaks_of_another(values: Mapping[str, float]) -> bool:
    """Does something beside the name say that it is another's: a town, a first name, a longer name?"""
    return any(value in values for value in _ANOTHERS)


_ANOTHERS = ("elsewhere_beside", "elsewhere_said", "elsewhere_named", "longer", "longer_of", "person", "way")


@cache
def _any_house() -> frozenset[str]:
    """What houses of any kind are called: 'L’Hôtel' is the name of one and the word for thousands."""
    return together(frozenset((EVERY, *keys()))).house


def _widest(every: Sequence[Named]) -> list[Named]:
    """Those in the text that stand within no other name of ours."""
    spans = [named.span for named in every]
    return [named for named in every if named.start >= 0 and not any(_covers(span, named.span) for span in spans)]


_IF_COMMON = frozenset(("capital", "small", "chez"))
_OF_THE_NAME = frozenset(("capital", "chez", "to", "house", "quoted", "among"))
_OPENING, _CLOSING = frozenset('«“„"‹'), frozenset('»”“"›')
_BETWEEN = frozenset(",/;•|·")


def _stands(look: Look, named: Named, one: Gathered) -> set[str]:
    """What is to be said of a name where it stands, as names of values."""
    found: set[str] = set()
    first = look.post.words(named.start, named.end)[:1]
    begins = look.begins_sentence(named.start)
    if look.minds_capitals:
        if first.isupper() and not begins:
            found.add("capital")
        elif first.islower():
            found.add("small")
    found |= _enclosed(look, named)
    before, after = look.before(named.start, 2), look.after(named.end)
    if before and not begins:
        found |= _before(look, named, before, one)
    if after:
        found |= _after(look, named, after[0], one)
    if begins and not after:
        found.add("lonely")
    return found


def _enclosed(look: Look, named: Named) -> set[str]:
    """In quotation marks it may be a title; between commas, one name among many."""
    text = look.post.item.text
    first, last = look.post.span(named.start, named.end)
    left, right = text[:first].rstrip()[-1:], text[last:].lstrip()[:1]
    if left in _OPENING and right in _CLOSING:
        return {"quoted"}
    return {"among"} if left in _BETWEEN and right in _BETWEEN else set()


def _before(look: Look, named: Named, before: Sequence[Word], one: Gathered) -> set[str]:
    last = before[-1]
    found: set[str] = set()
    ours = one.known.category.house
    if last.folded in category(CHEZ).house or look.gap(last.end, named.start).strip().endswith("@"):
        found.add("chez")
    elif last.folded in category(CHEZ).words:
        found.add("to")
    told = last if last.folded not in _LINKS or len(before) == 1 else before[0]
    if told.folded in ours:
        found.add("house")
    elif told.folded in category(WAY).words:
        found.add("way")
    elif last.folded in category(PERSON).words:
        found.add("person")
    elif look.minds_capitals and not look.begins_sentence(told.start) and _is_name_like(look, told, named.start):
        found.add("longer" if told is last else "longer_of")
    return found


def _after(look: Look, named: Named, word: Word, one: Gathered) -> set[str]:
    if look.gap(named.end, word.start).strip(" \u00a0'’-"):
        return set()
    if word.folded in one.known.category.house:
        return {"house"}
    following = look.after(word.end)
    is_linked = word.folded in _LINKS and bool(following)
    told = following[0] if is_linked else word
    is_place = any(spot.start == told.start for spot in one.points.spots)
    is_place = is_place or any(said.phrase.start == told.start for said in look.towns)
    if look.minds_capitals and look.written(told)[:1].isupper() and not is_place:
        return {"longer_of" if is_linked else "longer"}
    return set()


def _is_name_like(look: Look, word: Word, until: int) -> bool:
    """A word with a capital, and until the name nothing but small words: 'Jean Paul', 'Aux Pains de Paul'."""
    is_beside = not any(mark in look.gap(word.end, until) for mark in '.,;:!?()«»"')
    return is_beside and look.written(word)[:1].isupper() and word.folded not in _NO_NAMES and len(word.folded) > 1


_NO_NAMES = category(EVERY).house | category(CHEZ).house | category(CHEZ).words


def _where(about: Findings, look: Look, one: Gathered) -> None:
    """Localities of ours, the narrowest kind; towns that are not; coordinates."""
    spots = [spot for spot in one.points.spots if not spot.against]
    if spots:
        best = max(spots, key=lambda spot: (spot.strength, not spot.bare)).value
        about.add(best, 1.0, *_quoted(look, [(s.start, s.end) for s in spots if s.value == best]))
        about.add("beside", any(spot.beside for spot in spots))
        about.add("localities", min(len({spot.start for spot in spots}), 3) - 1)
    for phrase, how in one.points.elsewhere:
        shown = _elsewhere(look, phrase.start, phrase.end, phrase.words)
        about.add("elsewhere_too" if spots else f"elsewhere_{how}", 1.0, shown)
    geo, points = look.geo, one.points
    if geo is not None:
        written = f"{geo.lat:.5f}, {geo.lon:.5f}"
        nearest = min(points.metres.values(), default=float("inf"))
        if any(far <= one.known.place(place_id).radius_m for place_id, far in points.metres.items()):
            about.add("here", 1.0, Evidence(EvidenceKind.COORDINATES, written))
        elif nearest <= AROUND_M:
            about.add("around", 1.0, Evidence(EvidenceKind.COORDINATES, written))
        elif one.known.is_far(geo.lat, geo.lon, FAR_M):
            about.add("far", 1.0, Evidence(EvidenceKind.FAR, written))


def _quoted(look: Look, spans: Iterable[tuple[int, int]]) -> list[Evidence]:
    return [look.post.evidence(EvidenceKind.LOCALITY, start, end) for start, end in spans]


def _elsewhere(look: Look, start: int, end: int, words: str) -> Evidence:
    if start < 0 or end > len(look.folded):
        return Evidence(EvidenceKind.ELSEWHERE, words)
    return look.post.evidence(EvidenceKind.ELSEWHERE, start, end)


def _around_it(about: Findings, look: Look, one: Gathered) -> None:
    """The words of its kind of house, of any house, and of what such a name means otherwise."""
    known, item, said = one.known, look.post.item, look.vocabulary
    kinds = known.category
    if known.has_kind:
        kind = sorted((said & kinds.house | said & kinds.words) - category(EVERY).words)
        told = _words(look, EvidenceKind.CONTEXT, kind)
        about.add("kind_words", min(len(kind), _MOST_WORDS), *told)
        # What makes an ordinary word a name: the more ordinary it is, the more such words are worth.
        about.add("common_kind", about.values.get("common", 0.0) * min(len(kind), _MOST_WORDS), *told)
    every = sorted(said & category(EVERY).words)
    about.add("service_words", min(len(every), _MOST_WORDS), *_words(look, EvidenceKind.CONTEXT, every))
    odd = sorted((said & category(OTHERWISE).words) - kinds.words - kinds.house)
    about.add("other_words", min(len(odd), 2), *_words(look, EvidenceKind.ODD, odd))
    spam = sorted(said & category(SPAM).words)
    about.add("spam_words", min(len(spam), _MOST_WORDS), *_words(look, EvidenceKind.ODD, spam))
    phrases = look.phrases(known.begins_product) if known.products else ()
    if (sold := next((phrase for phrase in phrases if phrase.words in known.products), None)) is not None:
        about.add("product", 1.0, look.post.evidence(EvidenceKind.PRODUCT, sold.start, sold.end))
    about.add("role", not known.roles.isdisjoint(said))
    spoken = languages(look)
    if spoken and known.languages:
        is_theirs = bool(spoken & known.languages)
        about.add("language" if is_theirs else "language_odd", 1.0, Evidence(EvidenceKind.LANGUAGE, min(spoken)))
    now = on_the_spot(look) if known.only is not None else None
    if known.only is not None and now is not None and (is_open := open_at(known.only, item.written_at)) is not None:
        shown = look.post.evidence(EvidenceKind.OPEN, now.start, now.end)
        about.add("open" if is_open else "closed", 1.0, shown)


def _words(look: Look, kind: EvidenceKind, words: Sequence[str]) -> list[Evidence]:
    spots = [look.where[word] for word in words[:_MOST_WORDS]]
    return [look.post.evidence(kind, word.start, word.end) for word in sorted(spots, key=lambda w: w.start)]


def _learned(about: Findings, look: Look, one: Gathered, lessons: Lessons) -> None:
    """What the organisation's own decisions taught."""
    has_learned = one.organisation_id in lessons.words  # few have: the others' posts need no second look
    lean = lessons.lean(one.organisation_id, look.learnable if has_learned else ())
    for word, weight in lean.words:
        spot = look.where.get(word)
        if spot is not None and weight:
            kind = EvidenceKind.CONTEXT if weight > 0 else EvidenceKind.ODD
            about.show("learned", look.post.evidence(kind, spot.start, spot.end))
    about.add("learned", lean.together)
    about.add("rate", lean.rate)
    if one.points.pointed.habit:
        about.add("habit", 1.0, Evidence(EvidenceKind.HABIT, look.post.item.author.handle))


# -- what others make of it -------------------------------------------------------------------------------------------


def compare(every: Sequence[Gathered], names: Policy, silent: int = 0) -> None:
    """Several organisations may bear one name, and one name may stand within another's: at most one of them is meant.

    Who shares a name is weighed by who of them the post's localities point to. `silent` others bear a name here, and
    said by their own words that they are not meant.
    """
    bearers: dict[tuple[int, int], list[Gathered]] = {}
    for one in every:
        for named in one.named:
            if named.start >= 0:
                bearers.setdefault(named.span, []).append(one)
    for one in every:
        if any(len(bearers[span]) > 1 for span in one.spans):
            one.premises = one.known.premises(one.points.left if one.points.said else ())
    for one in every:
        _compare(one, bearers, names, silent)


def _compare(one: Gathered, bearers: Mapping[tuple[int, int], list[Gathered]], names: Policy, silent: int) -> None:
    spans = one.spans
    if not spans:
        return
    hearers = [other for span in spans for other in bearers[span] if other is not one]
    _find_rivals(one, hearers)
    same = len({other.organisation_id for other in hearers if not _is_another(one, other)})
    known = max(_sharers(named, names) for named in one.named) - silent - same
    many = max(1 + len(one.rivals), known)
    shown = Evidence(EvidenceKind.SHARED, str(many))
    if many > 1:
        one.findings.add("shared", log1p(many - 1), shown)
    if one.rivals:
        own, theirs = _points_to(one), [_points_to(rival) for rival in one.rivals]
        how = "rival" if max(theirs) > own else "favoured" if own > max(theirs) else "tied"
        one.findings.add(how, 1.0, shown)
    company = {
        other.organisation_id
        for span, ones in bearers.items()
        for other in ones
        if other is not one and not any(span[0] < end and start < span[1] for start, end in spans)
    }
    one.findings.add("company", min(len(company), 2))
    covered = [span for span in spans if any(_covers(wider, span) for wider in bearers if one not in bearers[wider])]
    one.findings.add("covered", len(covered) == len(spans))


def _find_rivals(one: Gathered, hearers: Iterable[Gathered]) -> None:
    """Each house once: two who listen for the same are one rival."""
    premises: set[Premises] = set()
    for other in {id(other): other for other in hearers}.values():
        if _is_another(one, other) and premises.isdisjoint(other.premises):
            one.rivals.append(other)
            premises |= other.premises


def _is_another(one: Gathered, other: Gathered) -> bool:
    """Are they two houses of one name? Not where both listen for the same premises, of those that the post leaves,
    or one for no place at all."""
    return bool(one.known.count and other.known.count) and one.premises.isdisjoint(other.premises)


def _sharers(named: Named, names: Policy) -> int:
    return names.sharers(plain(named.evidence.found))


def _points_to(one: Gathered) -> float:
    """How much the post's places and words speak for this bearer of a name rather than another."""
    values = one.findings.values
    addressed = any(values.get(value) for value in ("handle", "link", "own_tag", "listed", "habit", "required"))
    return one.closeness + 4 * addressed + 3 * bool(values.get("here")) + 0.5 * bool(values.get("kind_words"))


def _covers(wider: tuple[int, int], span: tuple[int, int]) -> bool:
    return wider[0] <= span[0] and span[1] <= wider[1] and wider[1] - wider[0] > span[1] - span[0]
