"""Signs: everything by which watches recognise a post, in one index for one pass over its text, and a few look-ups.

It changes in place: a watch put or removed touches its own names and nothing else. Which names need something beside
them is the policy's (`policy.py`); where the watches themselves lie is the catalogue's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from ouidire.domain.fold import fold, glue
from ouidire.domain.item import Item
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.place import Place
from ouidire.domain.watch import Watch
from ouidire.match.catalogue import Catalogue
from ouidire.match.categories import together
from ouidire.match.fulfil import looked_for
from ouidire.match.links import parse_handle, parse_link
from ouidire.match.locality import plain
from ouidire.match.names import GLUED, SLIP, Hit, NameIndex, Scanned
from ouidire.match.policy import (
    MANY,
    MELTED,
    SMALL_WORDS,
    Policy,
    cells_around,
    house_kinds,
    house_words,
    key_of,
    names_of,
    ordinary_words,
    short_of,
)
from ouidire.match.post import Post

_HANDLE = re.compile(r"[@＠]?([\w.\-]+(?:@[\w.\-]+)?)")
_TAG = re.compile(r"[#＃]\w+")
_SIGILS = "#＃"
_WORDS = re.compile(r"\w+")
_GOES_ON_AS_ADDRESS = re.compile(r"\s*(?:[,:(\d]|(?:a|au|aux|de|du|rue|avenue|boulevard|place|in|at|on)\b)")
_BREAKS = re.compile(r"[.!?…;:,()\n]")
_HOST = re.compile(r"\w\.\w")
_APOSTROPHE = re.compile("['’‘ʼ´`]")
_SAINT = re.compile(r"\bsaint(e?)\b")
_ST = re.compile(r"\bst(e?)\b")
_JOINED = re.compile(r"\s*[&+]\s*|\s+(?:et|and)\s+")
_ARTICLES = frozenset(("le", "la", "les", "l", "the"))
_CONTRACTED: Mapping[str, Sequence[str]] = {"le": ("au", "du"), "les": ("aux", "des")}
_LEAST_BARE = 4
_MAX_TIMES = 8
_CROWD = 64
"""So many watches are heard at one spot of a text; more share an address, and the first have told whose it is."""

MANY_HOSTS = 4_096
"""So many hosts are remembered as watched or not: nearly all links of a network go to a few."""

_AWAY = 40
"""So many letters back the words before a name are looked for."""

MIN_LETTERS = 2
"""A shorter name would be found in every third post."""

SLIP_LETTERS = 8
"""A name of so many letters is recognised with one slip of the pen."""

_KINDS = (
    EvidenceKind.NAME,
    EvidenceKind.ALIAS,
    EvidenceKind.FORMER,
    EvidenceKind.HANDLE,
    EvidenceKind.HASHTAG,
    EvidenceKind.LINK,
    EvidenceKind.RULE,
    EvidenceKind.SHORT,
)
_SHORT = _KINDS.index(EvidenceKind.SHORT)
_KIND_BITS = 3
_BRAND = 1 << _KIND_BITS
_OWNER_BITS = _KIND_BITS + 1
"""An owner in the index: the watch's number, whether it speaks for all places of a chain, and the kind of sign."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A watch, and the sign of it that stood in a post."""

    watch: Watch
    evidence: Evidence


class Signs:
    """The signs of all watches of a catalogue. What cannot be looked for (see `checks`) is left out, never raised.

    `brands`: of each name that many places of one house bear, the watch that is heard where none of them is told apart.
    """

    def __init__(
        self, catalogue: Catalogue, policy: Policy, index: NameIndex | None = None, brands: dict[str, int] | None = None
    ) -> None:
        self.policy = policy
        self.index = index if index is not None else NameIndex(ordinary=ordinary_words())
        self.brands = brands or {}
        self._catalogue = catalogue
        self._is_watched = lru_cache(MANY_HOSTS)(self._has_watched)

    def fill(self) -> None:
        """Take over every watch of the catalogue: first who bears which name, then the names."""
        self.policy.fit(len(self._catalogue))
        for _, watch in self._catalogue.numbered():
            self.policy.bearers.note(watch)
        for number, watch in self._catalogue.numbered():
            self._add(number, watch)
        self._is_watched.cache_clear()

    def is_outgrown(self) -> bool:
        """Has the house become so large or small since `fill` that the policy on names is another?"""
        return not self.policy.fits(len(self._catalogue))

    def put(self, number: int, watch: Watch) -> None:
        """Listen for a watch that the catalogue has under this number."""
        self.policy.bearers.note(watch)
        self._add(number, watch)
        self._is_watched.cache_clear()

    def remove(self, number: int, watch: Watch) -> None:
        """Listen for it no more, from this moment."""
        self._drop(number, watch)
        self.policy.bearers.forget(watch)
        self._is_watched.cache_clear()
        for own in [_own(watch, key) for key in names_of(watch)]:
            if self.brands.get(own) == number:
                del self.brands[own]
                self._hand_over(own, watch.organisation_id)

    def renew(self, number: int, watch: Watch) -> None:
        """Learn anew what may stand beside its names: its place has changed."""
        needs = any(self.policy.needs_context(watch, *pair) for _, *pair in _written(watch))
        if needs or any(self._shorts(watch)):
            self._drop(number, watch)
            self._add(number, watch)

    def _hand_over(self, own: str, organisation_id: str) -> None:
        for number, watch in self._catalogue.watches_of(organisation_id):
            if any(_own(watch, key) == own for key in names_of(watch)):
                self.renew(number, watch)
                return

    def _drop(self, number: int, watch: Watch) -> None:
        kinds = {_KINDS.index(kind) for kind, _, _ in _written(watch)}
        kinds |= {_KINDS.index(kind) for kind, _ in _addresses(watch)}
        kinds.add(_SHORT)
        brands = any(self.brands.get(_own(watch, key)) == number for key in names_of(watch))
        for kind in kinds:
            self.index.remove(_owner(number, kind))
            if brands:
                self.index.remove(_owner(number, kind) | _BRAND)

    def _add(self, number: int, watch: Watch) -> None:
        places: Sequence[Place] | None = None
        free: set[str] = set()
        for kind, name, spelling in _written(watch):
            owner = _owner(number, _KINDS.index(kind))
            if not self.policy.needs_context(watch, name, spelling):
                if _contracted(spelling) not in free:  # the bare name is found in it anyway
                    self.index.add(owner, spelling, slips=_letters(spelling) >= SLIP_LETTERS)
                    free.add(spelling)
                continue
            if places is None:
                places = self._places(watch)
            self._add_conditional(owner, watch, places, name, spelling)
        for kind, pattern in _addresses(watch):
            self.index.add(_owner(number, _KINDS.index(kind)), pattern)
        for spelling in self._shorts(watch):
            if where := self.policy.whereabouts(watch, self._few_places(watch)):
                owner = _owner(number, _SHORT)
                self.index.add(owner, spelling, contexts=where.contexts, cells=where.cells, conditional=True)

    def _add_conditional(self, owner: int, watch: Watch, places: Sequence[Place], name: str, spelling: str) -> None:
        """Under its condition. Of sisters, one is heard for the whole house as far as the name alone is enough."""
        if condition := self.policy.condition(watch, places, name):
            self.index.add(owner, spelling, contexts=condition.contexts, cells=condition.cells, conditional=True)
        if not self.policy.is_sisters(watch, name) or watch.required:
            return
        number = owner >> _OWNER_BITS
        if self.brands.setdefault(_own(watch, key_of(name)), number) == number:
            whole = replace(watch, place_id=None)
            if not self.policy.needs_context(whole, name, spelling):
                self.index.add(owner | _BRAND, spelling, slips=_letters(spelling) >= SLIP_LETTERS)
            elif condition := self.policy.condition(whole, self._catalogue.places_of(watch.organisation_id), name):
                words, cells = condition.contexts, condition.cells
                self.index.add(owner | _BRAND, spelling, contexts=words, cells=cells, conditional=True)

    def _shorts(self, watch: Watch) -> Iterator[str]:
        """What customers may call it without its owner having said so."""
        if self.policy.hears_short:
            known = {spelling for _, _, spelling in _written(watch)}
            names = (name for name in watch.names if not self.policy.is_sisters(watch, name))
            yield from dict.fromkeys(short for name in names if (short := short_of(name)) and short not in known)

    def _places(self, watch: Watch) -> Sequence[Place]:
        """The places whose words may stand beside its names."""
        if watch.place_id is None:
            return self._catalogue.places_of(watch.organisation_id)
        place = self._catalogue.place(watch.place_id)
        return () if place is None else (place,)

    def _few_places(self, watch: Watch) -> Sequence[Place]:
        """The same, and none of a large chain's: nobody calls it for short who means one of its places."""
        if watch.place_id is not None:
            return self._places(watch)
        some = self._catalogue.some_places_of(watch.organisation_id, MANY + 1)
        return some if len(some) <= MANY else ()

    def scan(self, items: Sequence[Item]) -> dict[int, Scanned]:
        """The one pass that every post pays for; `read` makes sense of what it gives."""
        placed = [item for item in items if item.geo is not None]
        cells = [cells_around(one.geo.lat, one.geo.lon) if one.geo else None for one in items] if placed else None
        return self.index.scan([item.text for item in items], cells)

    def read(self, post: Post, hits: Sequence[Hit]) -> Iterator[Heard]:
        """The signs in the text that bear a second look: an address must be whole, a name no part of an address.

        Of a sign that is repeated again and again, the first few count; of one name within another of the same watch,
        the longer; and no slip of the pen is supposed where the text names somebody else letter by letter.
        """
        times: dict[int, int] = {}
        crowd: dict[tuple[int, int], int] = {}
        last = (-1, 0)
        exact: Sequence[tuple[int, int]] = ()
        if len(hits) > 1:
            exact = [(start, end) for owner, start, end, how in hits if how != SLIP and not _is_short(owner)]
        for owner, start, end, how in hits:
            times[owner] = times.get(owner, 0) + 1
            crowd[start, end] = crowd.get((start, end), 0) + 1
            if times[owner] > _MAX_TIMES or crowd[start, end] > _CROWD or (owner == last[0] and end <= last[1]):
                continue
            if how == SLIP and any(_stands_against((start, end), one) for one in exact):
                continue
            if _is_short(owner) and not self._is_said_for_short(post, owner, (start, end), exact):
                continue
            heard = self._look(post, owner, start, end, how)
            if heard is not None:
                last = (owner, end)
                if heard.evidence.kind is not EvidenceKind.RULE:  # a town may be among the words of a rule
                    post.taken.append((start, end))
                yield heard

    def _is_said_for_short(
        self, post: Post, owner: int, span: tuple[int, int], names: Sequence[tuple[int, int]]
    ) -> bool:
        """Does what customers may call it stand there as a name of its own: written as one, not within a longer one
        that somebody watches, nor behind the word for another kind of house?"""
        start, end = span
        if any(first <= start and end <= until and until - first > end - start for first, until in names):
            return False
        before = _BREAKS.split(post.folded[max(0, start - _AWAY) : start])[-1]
        words = _WORDS.findall(before)
        if words[-1:] != ["chez"] and not _is_written_as_name(post, start, end):
            return False
        kind = next((word for word in reversed(words) if word not in SMALL_WORDS), "")
        if kind not in house_kinds():
            return True
        watch = self._catalogue.watch_at(owner >> _OWNER_BITS)
        if watch is None:
            return False
        own = together(frozenset(place.category for place in self._few_places(watch))).house
        return kind in own or any(kind in plain(name).split(" ") for name in watch.names)

    def _look(self, post: Post, owner: int, start: int, end: int, how: int) -> Heard | None:
        watch = self._catalogue.watch_at(owner >> _OWNER_BITS)
        if watch is None:
            return None
        match kind := _KINDS[owner & (_BRAND - 1)]:
            case EvidenceKind.HANDLE:
                evidence = _handle(post, start, watch)
            case EvidenceKind.LINK:
                evidence = _link(post, start, watch)
            case EvidenceKind.HASHTAG:
                evidence = _tag(post, start) or post.evidence(kind, start, end)
            case _:
                evidence = _name(post, EvidenceKind.SPELLING if how == SLIP else kind, start, end, how)
                found = post.folded[start:end]
                if not _is_joined(watch, found) or (how == SLIP and _is_of_another_kind(watch, found)):
                    return None
                if evidence is not None and kind is EvidenceKind.SHORT:
                    evidence = replace(evidence, kind=kind)  # a tag of it is no tag of ours
        if evidence is None:
            return None
        return Heard(replace(watch, place_id=None) if owner & _BRAND else watch, evidence)

    def look_up(self, item: Item) -> Iterator[Heard]:
        """The signs that the network gives beside the text."""
        for address in item.addressed:
            for watch in self._catalogue.handled(parse_handle(address)):
                yield Heard(watch, Evidence(EvidenceKind.HANDLE, address))
        for tag in item.hashtags:
            if f"#{tag}" not in item.text:
                yield from self._tagged(item, tag)
        for link in item.links:
            for watch in self._linked(link):
                yield Heard(watch, Evidence(EvidenceKind.LINK, link))

    def _tagged(self, item: Item, tag: str) -> Iterator[Heard]:
        """A tag beside the text, as if it were the last word: what stands in the text may be what it needs."""
        word = glue(fold(tag))
        before = len(fold(item.text))
        found = self.index.scan([f"{item.text} #{word}"]) if word else {}
        for owner, start, _, how in found[0].hits if found else ():
            if start >= before and how != SLIP and not _is_short(owner):
                watch = self._catalogue.watch_at(owner >> _OWNER_BITS)
                if watch is not None:
                    yield Heard(
                        replace(watch, place_id=None) if owner & _BRAND else watch, Evidence(EvidenceKind.HASHTAG, tag)
                    )

    def _linked(self, text: str) -> list[Watch]:
        steps = text.split("/", 3)
        if len(steps) > 2 and not steps[1] and not self._is_watched(steps[2]):
            return []
        address = parse_link(text)
        if not any(map(self._catalogue.may_have_host, address.hosts())):
            return []
        return [watch for link in address.above() for watch in self._catalogue.linked("/".join(link))]

    def _has_watched(self, host: str) -> bool:
        """Does a link to `host`, as it is written after the two slashes, need a second look?"""
        return any(map(self._catalogue.may_have_host, parse_link(f"//{host}").hosts()))


def _owner(number: int, kind: int) -> int:
    return number << _OWNER_BITS | kind


def _stands_against(slip: tuple[int, int], exact: tuple[int, int]) -> bool:
    """Is what is named letter by letter no mere part of what would be named with a slip? "Hotel" is one of "Hotel
    Chomell"."""
    (start, end), (first, until) = slip, exact
    is_part = start <= first and until <= end and until - first < end - start
    return first < end and start < until and not is_part


def _is_short(owner: int) -> bool:
    return owner & (_BRAND - 1) == _SHORT


def _own(watch: Watch, key: str) -> str:
    return f"{watch.organisation_id}\0{key}"


def _written(watch: Watch) -> Iterator[tuple[EvidenceKind, str, str]]:
    """Kind, name and spelling of everything that is searched as words; each spelling once for its kind."""
    former = [one.name for one in watch.former]
    for kind, names in zip(_KINDS, (watch.names, watch.aliases, former), strict=False):
        known: set[str] = set()
        for name in names:
            for spelling in spellings(name):
                if spelling not in known:
                    known.add(spelling)
                    yield kind, name, spelling


def _contracted(spelling: str) -> str:
    """'bistrot' of 'au bistrot'; '' where nothing has melted into the name."""
    first, _, rest = spelling.partition(" ")
    return rest if first in MELTED else ""


def _addresses(watch: Watch) -> Iterator[tuple[EvidenceKind, str]]:
    for handle in watch.handles:
        if glue(word := fold(parse_handle(handle))):
            yield EvidenceKind.HANDLE, f"@{word}"
    for tag in watch.hashtags:
        if len(word := glue(fold(tag))) >= MIN_LETTERS:
            yield EvidenceKind.HASHTAG, f"#{word}"
    for link in watch.links:
        if word := plain(" ".join(parse_link(link))):
            yield EvidenceKind.LINK, word
    for word in looked_for(watch):
        yield EvidenceKind.RULE, word


def _handle(post: Post, start: int, watch: Watch) -> Evidence | None:
    """The whole handle that begins at `folded[start]`, if it is the watch's: '@lulu' is not '@lulu.bsky.social'."""
    first, _ = post.span(start, start + 1)
    if first and post.item.text[first - 1].isalnum():
        return None  # a mail address
    found = _HANDLE.match(post.item.text, first)
    word = found.group().rstrip(".-") if found else post.item.text[first]
    if parse_handle(word) not in map(parse_handle, watch.handles):
        return None
    return Evidence(EvidenceKind.HANDLE, word, first, first + len(word))


def _link(post: Post, start: int, watch: Watch) -> Evidence | None:
    """The whole address around `folded[start]`, if it is the watch's or below it."""
    first, last = post.token(start)
    address = parse_link(post.item.text[first:last])
    if not {parse_link(link) for link in watch.links}.intersection(address.above()):
        return None
    return Evidence(EvidenceKind.LINK, post.item.text[first:last], first, last)


def _tag(post: Post, start: int) -> Evidence | None:
    """The whole hashtag that holds `folded[start]`, in its own letters; None when it stands in none."""
    first, text = post.at(start), post.item.text
    if text[first] not in _SIGILS and (not first or text[first - 1] not in _SIGILS):
        return None  # nearly always
    found = _TAG.match(text, first) or (_TAG.match(text, first - 1) if first else None)
    if found and found.start() and text[found.start() - 1].isalnum():
        return None
    return Evidence(EvidenceKind.HASHTAG, found.group(), *found.span()) if found else None


def _name(post: Post, kind: EvidenceKind, start: int, end: int, how: int) -> Evidence | None:
    """A name that stands in somebody's handle, or within a web address in one word, is not ours."""
    if (tag := _tag(post, start)) is not None:
        return tag
    first, last = post.token(start)
    token = post.item.text[first:last]
    if "://" in token or token[:4].lower() == "www." or (how == GLUED and _HOST.search(token)):
        return post.evidence(kind, start, end) if " " in post.folded[start:end] else None
    at = token.find("@")
    return None if 0 <= at < len(token) - 1 else post.evidence(kind, start, end)


def _is_written_as_name(post: Post, start: int, end: int) -> bool:
    """With a capital, in a post that is not all in capitals; at the beginning of a sentence it must go on as an address
    does, too: "Kerbrat, rue Haute", but not "Dunes fermées"."""
    if not post.words(start, end)[:1].isupper() or post.item.text.isupper():
        return False
    before = post.folded[:start].rstrip()
    begins = not before or before[-1] in ".!?…\n"
    return not begins or _GOES_ON_AS_ADDRESS.match(post.folded, end) is not None


def _called(watch: Watch) -> list[str]:
    return [*watch.names, *watch.aliases, *[one.name for one in watch.former]]


def _is_of_another_kind(watch: Watch, found: str) -> bool:
    """Is what would be a slip a word that houses are called by? The hostel Chomel is not the hotel Chomel."""
    own = {word for name in _called(watch) for word in plain(name).split(" ")}
    return not house_words().isdisjoint(set(plain(found).split(" ")) - own)


def _is_joined(watch: Watch, found: str) -> bool:
    """A name with '&' in it is no two words that happen to follow each other: 'Pain & Vin', but not 'du pain, vin'."""
    if "&" in found or "+" in found or " " not in found:
        return True
    names = _called(watch)
    if not _JOINED.search(fold(" ".join(names))):
        return True  # nearly always
    words = plain(found)
    parted = [fold(name) for name in names if _JOINED.search(fold(name))]
    if not any(words == plain(_JOINED.sub(" ", name)) for name in parted):
        return True
    return any(words == plain(name) for name in names if fold(name) not in parted)


def spellings(name: str) -> Iterator[str]:
    """A name as people write it, folded to its words: with or without apostrophes, 'Saint' or 'St', '&' or 'et'.

    An article may go, or melt into what stands before it ('Au Petit Zinc'); another preposition is part of the name
    ('Chez Lulu'). Glued together ('lamiebretonne') the index finds it by itself; punctuation and signs between words do
    not matter.

    >>> sorted(set(spellings("L’Œuf & Fils")))
    ['l oeuf and fils', 'l oeuf et fils', 'l oeuf fils', 'loeuf and fils', 'loeuf et fils', 'loeuf fils', 'oeuf and fils', 'oeuf et fils', 'oeuf fils']
    >>> list(spellings("Le Bistrot"))
    ['le bistrot', 'bistrot', 'au bistrot', 'du bistrot']
    """  # noqa: E501
    known: set[str] = set()
    for written in {name: None, _APOSTROPHE.sub("", name): None}:
        folded = fold(written)
        for joined in _with_and(folded):
            for form in _with_saint(joined):
                for spelling in _without_article(plain(form)):
                    if spelling not in known and _letters(spelling) >= MIN_LETTERS:
                        known.add(spelling)
                        yield spelling


def _letters(spelling: str) -> int:
    return len(spelling) - spelling.count(" ")


def _with_and(folded: str) -> dict[str, None]:
    """Without any joint, too: the index sees no '&'. Which of them stood there is looked at in `read`."""
    if not _JOINED.search(folded):
        return {folded: None}
    english = {_JOINED.sub(" and ", folded): None} if " et " not in folded else {}
    return {_JOINED.sub(" ", folded): None, _JOINED.sub(" et ", folded): None, **english}


def _with_saint(folded: str) -> dict[str, None]:
    return {folded: None, _SAINT.sub(r"st\1", folded): None, _ST.sub(r"saint\1", folded): None}


def _without_article(words: str) -> Iterator[str]:
    yield words
    article, _, rest = words.partition(" ")
    if article in _ARTICLES and (" " in rest or len(rest) >= _LEAST_BARE):
        yield rest
        for contracted in _CONTRACTED.get(article, ()):
            yield f"{contracted} {rest}"
