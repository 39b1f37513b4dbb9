"""Labelled posts: phrasings filled with real places, and what follows from the clues in them.

The place is known where exactly one place of the organisation fits every clue: the town, the street, the coordinates
... If several fit, or no clue is given where there are several places, the right answer is *place unknown*.
"""

from __future__ import annotations

import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ouidire.domain.fold import fold, glue
from ouidire.domain.hours import DAY, Shift
from ouidire.domain.item import Author, Geo, Item, ItemKind
from ouidire.domain.place import Place
from ouidire.evaluation.gather import table, words_of
from ouidire.evaluation.naive import runs
from ouidire.evaluation.phrasings import SLOT, Phrasing
from ouidire.evaluation.world import Listener, World, large_towns, short, streets
from ouidire.match.followed import FollowedBy, FollowedKind
from ouidire.match.geo import distance_m

BEGIN = datetime(2026, 10, 5, tzinfo=UTC)
CONNECTOR = "evaluation"
LEAST_LETTERS_FOR_A_SLIP = 6
_TRIES = 60
_PERSONS = ("Camille", "Julie", "Karim", "Mathis", "Léa", "Sophie", "Thomas", "Emma", "Jack", "Priya", "Noah", "Megan")
_WAYS = words_of("rue avenue boulevard place quai chemin allee impasse cours route chaussee street road lane st")
_LINKS = words_of("de du des d’ d' la le les l’ l'")
_ROLE = {"fr": ("la vendeuse", "le serveur", "l’employé"), "en": ("the guy at the desk", "the staff", "the lady there")}


@dataclass(frozen=True, slots=True)
class Habit:
    """Somebody has spoken of a place before, so many times."""

    author_uri: str
    organisation_id: str
    place_id: str
    times: int


@dataclass(frozen=True, slots=True)
class Case:
    """A post and what is right about it.

    `organisation_id`: who is spoken of, None for nobody that listens; `place_id`: the place, None where the clues do
    not tell. `target` is the place that filled the slots, known to us alone. `fits` are other organisations of which
    the post may be as well (they bear the name, and no clue speaks against them), `named` those that it speaks of
    indeed, because the phrasing itself names them; they are among `fits`. `spelling`: how the name stands in it
    ("name" exactly, "typo", "handle", "none" ...). `followed` and `habit`: what the house would know beforehand.
    """

    item: Item
    organisation_id: str | None
    place_id: str | None
    target: Place
    fits: frozenset[str]
    phrasing: Phrasing
    spelling: str
    clues: tuple[str, ...]
    followed: tuple[str, FollowedBy] | None = None
    habit: Habit | None = None
    named: frozenset[str] = frozenset()


def cases(world: World, phrasings: Sequence[Phrasing], count: int, seed: int = 0) -> Iterator[Case]:
    """`count` labelled posts, every phrasing about as often as the others; fewer where none can be filled.

    What points to nobody at all (no name, no account, nothing beside it) is left out.
    """
    filler = Filler(world, phrasings)
    usable = [one for one in phrasings if one.says_who or not one.is_about_us]
    made = turn = 0
    while made < count and usable and turn <= 2 * count // len(usable) + 2:
        dice = random.Random(f"{seed}/{world.half}/{turn}")
        order = dice.sample(usable, len(usable))
        for phrasing in order:
            case = filler.fill(phrasing, random.Random(f"{seed}/{world.half}/{turn}/{phrasing.number}"), made)
            if case is not None and made < count:
                made += 1
                yield case
        turn += 1


class Filler:
    """Fills the phrasings of one world."""

    def __init__(self, world: World, phrasings: Iterable[Phrasing] = ()) -> None:
        self._world = world
        self._of_kind: dict[frozenset[str], list[list[Listener]]] = {}
        self._named_in = _named_in(world, phrasings)
        self._towns_of: dict[str, set[str]] = defaultdict(set)
        for one in world.listeners:
            self._towns_of[fold(one.name)] |= {fold(place.town) for place in one.places}

    def fill(self, phrasing: Phrasing, dice: random.Random, number: int) -> Case | None:
        """A post made of it; None when nothing in this world can fill it."""
        for _ in range(_TRIES):
            one = self._some(phrasing, dice)
            if one is None:
                return None
            place = self._some_place(one, phrasing, dice)
            if place is not None and (words := _Words(self, one, place, phrasing, dice).text()) is not None:
                return self._case(phrasing, one, place, words, dice, number)
        return None

    def _some(self, phrasing: Phrasing, dice: random.Random) -> Listener | None:
        """A chain as often as a single house, where the phrasing does not care."""
        groups = self._suited(phrasing)
        return dice.choice(dice.choice(groups)) if groups else None

    def _suited(self, phrasing: Phrasing) -> list[list[Listener]]:
        """The chains, and the other houses, that may be its target."""
        key = phrasing.needs | phrasing.categories | {str(phrasing.is_about_us), *phrasing.names}
        if key not in self._of_kind:
            every = [one for one in self._world.listeners if self._suits(one, phrasing)]
            groups = [one for one in every if one.is_chain], [one for one in every if not one.is_chain]
            self._of_kind[key] = [group for group in groups if group]
        return self._of_kind[key]

    def _suits(self, one: Listener, phrasing: Phrasing) -> bool:
        if phrasing.categories and one.category not in phrasing.categories:
            return False
        others = self._world.namesakes(one)
        if not phrasing.is_about_us and "lower" in phrasing.names and not one.is_common:
            return False  # in lower case, and about nobody: it is an ordinary word
        tests: Mapping[str, Callable[[], bool]] = {
            "chain": lambda: one.is_chain,
            "single": lambda: len(one.places) == 1,
            "common": lambda: one.is_common,
            "rare": lambda: one.is_rare,
            "homonym": lambda: any(place.town != one.places[0].town for other in others for place in other.places),
            "sisters_in_town": lambda: len(one.places) > 1,
            "alone_in_town": lambda: True,
        }
        return all(tests[need]() for need in phrasing.needs)

    def _some_place(self, one: Listener, phrasing: Phrasing, dice: random.Random) -> Place | None:
        in_town: dict[str, int] = defaultdict(int)
        for place in one.places:
            in_town[place.town] += 1
        fitting = [place for place in one.places if _has_what_is_needed(place, in_town[place.town], phrasing)]
        return dice.choice(fitting) if fitting else None

    def _case(
        self, phrasing: Phrasing, one: Listener, place: Place, words: _Filled, dice: random.Random, number: int
    ) -> Case:
        beside = phrasing.beside or {}
        author = Author(f"did:evaluation:{number}", f"someone{number}", "")
        parent, followed = _answered(one, place, beside, dice, number)
        geo = _geo(place, beside.get("geo"), dice)
        item = Item(
            connector=CONNECTOR,
            uri=f"at://evaluation/{number}",
            author=author,
            text=words.text,
            written_at=_moment(place, beside.get("hours"), dice),
            kind=ItemKind.POST,
            languages=(phrasing.language,) if dice.random() < 0.8 else (),
            parent_uri=parent,
            root_uri=parent,
            hashtags=tuple(words.tags) if dice.random() < 0.5 else (),
            addressed=tuple(words.handles) if dice.random() < 0.5 else (),
            listing_id=place.listing_ids[0] if beside.get("venue") else "",
            geo=geo,
        )
        clues = {**words.clues, **_clues_beside(beside, followed, one, place, words.handles)}
        about_us = phrasing.is_about_us
        named = self._named_in.get(phrasing.text, frozenset()) | self._brands_in(one)
        habit = Habit(author.uri, one.id, place.id, dice.randint(1, 4)) if beside.get("regular") else None
        return Case(
            item,
            one.id if about_us else None,
            _told(one, place, clues, geo) if about_us else None,
            place,
            (self._also(one, place, clues, geo) if about_us and not words.handles else frozenset()) | named,
            phrasing,
            words.spelling,
            tuple(clues),
            followed if about_us else None,
            habit,
            named,
        )

    def _also(self, one: Listener, place: Place, clues: Mapping[str, str], geo: Geo | None) -> frozenset[str]:
        """The organisations of the same name against which no clue speaks."""
        known = {clue: said for clue, said in clues.items() if clue in _FITS}
        return frozenset(
            other.id
            for name in (one.name, *one.nicknames)
            for other in self._world.called.get(fold(name), ())
            if other is not one and not set(clues) & _BESIDE_CLUES
            if any(_fits_all(there, place, known, geo if "geo" in clues else None) for there in other.places)
        )

    def _brands_in(self, one: Listener) -> frozenset[str]:
        """The chains whose distinctive name is a part of this one: 'Ibis Styles Nord' is an Ibis Styles."""
        called = self._world.called
        within = [other for run, _, _ in runs(fold(one.name)) for other in called.get(run, ()) if other.id != one.id]
        return frozenset(other.id for other in within if other.is_chain and other.is_rare and other.name != one.name)

    def other_town(self, one: Listener, dice: random.Random) -> str:
        """A large town where nobody of this name is."""
        ours = self._towns_of[fold(one.name)]
        region = "en" if "en" in one.places[0].languages and "fr" not in one.places[0].languages else "fr"
        towns = [town for town in large_towns() if fold(town.name) not in ours]
        near = [town for town in towns if (town.country in ("GB", "US", "CA")) is (region == "en")]
        return dice.choice(near or towns).name

    def bystander(self, dice: random.Random) -> str:
        return dice.choice(self._world.bystanders)


def _named_in(world: World, phrasings: Iterable[Phrasing]) -> Mapping[str, frozenset[str]]:
    """Organisations whose distinctive name a phrasing itself holds, outside its slots: they are spoken of as well."""
    named = {fold(one.name): one for one in world.listeners if not one.is_common and len(glue(fold(one.name))) > 3}
    found: dict[str, frozenset[str]] = {}
    for phrasing in phrasings:
        held = [named[run] for run, _, _ in runs(fold(phrasing.literal)) if run in named]
        if ids := frozenset(one.id for one in held if one.name in phrasing.literal):
            found[phrasing.text] = ids
    return found


def _has_what_is_needed(place: Place, in_town: int, phrasing: Phrasing) -> bool:
    beside = phrasing.beside or {}
    wanted = {
        "sisters_in_town" in phrasing.needs: in_town > 1,
        "alone_in_town" in phrasing.needs: in_town == 1,
    }
    if not wanted.get(True, True) or ("hours" in beside and place.hours is None):
        return False
    if beside.get("hours") == "closed" and place.hours and all(map(_is_whole_day, place.hours.week)):
        return False
    if ("geo" in beside and place.coordinates is None) or (beside.get("venue") and not place.listing_ids):
        return False
    values = {"district": place.district, "postcode": place.postcode, "landmark": place.landmarks, "town": place.town}
    if not all(values[slot] for slot in values if phrasing.has(slot)):
        return False
    speaks = phrasing.language in place.languages or phrasing.language == "en"
    return speaks and (not phrasing.has("street") or bool(_street(place)[1]))


def _is_whole_day(shifts: Sequence[Shift]) -> bool:
    return bool(shifts) and shifts[0].closes - shifts[0].opens >= DAY


# -- words ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Filled:
    text: str
    spelling: str
    clues: dict[str, str]
    handles: list[str]
    tags: list[str]


class _Words:
    """Fills the slots of one phrasing for one place; `text` is None when a slot has nothing to hold."""

    def __init__(self, filler: Filler, one: Listener, place: Place, phrasing: Phrasing, dice: random.Random) -> None:
        self._filler = filler
        self._one = one
        self._place = place
        self._phrasing = phrasing
        self._dice = dice
        self._kept: dict[tuple[str, str], str] = {}
        self._clues: dict[str, str] = {}
        self._handles: list[str] = []
        self._tags: list[str] = []
        others = [other for other in one.places if other.id != place.id]
        near = [other for other in others if other.town == place.town]
        apart = [other for other in others if other.town != place.town]
        in_town = "sisters_in_town" in phrasing.needs or phrasing.has("sister.district")
        wanted = apart if phrasing.has("sister.town") else near if in_town else others
        self._sister = dice.choice(wanted) if wanted else None

    def text(self) -> _Filled | None:
        parts, last = [], 0
        for found in SLOT.finditer(self._phrasing.text):
            word = self._slot(found[1], found[2] or "")
            if not word:
                return None
            parts += [self._phrasing.text[last : found.start()], word]
            last = found.end()
        text = "".join([*parts, self._phrasing.text[last:]])
        return _Filled(text, self._spelling(), self._clues, self._handles, self._tags)

    def _spelling(self) -> str:
        forms = self._phrasing.names
        if "" in forms:
            return "name"
        return forms[0] if forms else "handle" if self._phrasing.has("handle") else "none"

    def _slot(self, slot: str, form: str) -> str:
        """The same word wherever the slot stands again."""
        if (slot, form) not in self._kept:
            self._kept[slot, form] = self._word(slot, form)
        return self._kept[slot, form]

    def _word(self, slot: str, form: str) -> str:
        place, dice = self._place, self._dice
        match slot.partition("."):
            case ("name", _, _):
                return self._name(form)
            case ("handle", _, _):
                return self._handle()
            case ("sister", _, what):
                return self._of_sister(what)
            case ("other", _, what):
                return self._other(what)
            case ("street" | "number" | "district" | "town" | "postcode" | "landmark" as clue, _, _):
                return self._clue(clue, form)
            case ("product", _, _):
                pool = set(table("houses").get(place.category, {}).get(self._phrasing.language, ()))
                return dice.choice([word for word in place.products if word in pool] or [""])
            case ("role", _, _):
                roles = table("houses").get(place.category, {}).get(f"roles_{self._phrasing.language}")
                return str(dice.choice(roles or _ROLE[self._phrasing.language]))
        return dice.choice(_PERSONS)

    def _name(self, form: str) -> str:
        name = self._one.name
        match form:
            case "lower" | "upper":
                return name.lower() if form == "lower" else name.upper()
            case "plain":
                return "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
            case "typo":
                return _slip(name, self._dice)
            case "glued":
                return glue(fold(name))
            case "tag":
                tag = "".join(word[:1].upper() + word[1:] for word in _letters(name).split())
                self._tags.append(tag)
                return f"#{tag}"
            case "short":
                shorter = short(name)
                return shorter if not shorter.isupper() or shorter in self._one.nicknames else ""
            case "nick":
                return self._dice.choice(self._one.nicknames or ("",))
        return name

    def _handle(self) -> str:
        """The place's own account where it has one (which tells the place), else the organisation's."""
        own = (self._one.place_handles or {}).get(self._place.id)
        if own and self._dice.random() < 0.7:
            self._clues["account"] = own
        handle = self._clues.get("account") or self._one.handle
        if handle:
            self._handles.append(handle)
        return f"@{handle}" if handle else ""

    def _of_sister(self, what: str) -> str:
        if self._sister is None:
            return ""
        said = {"street": _street(self._sister)[1], "town": self._sister.town, "district": self._sister.district}[what]
        ours = {"street": _street(self._place)[1], "town": self._place.town, "district": self._place.district}[what]
        return said if fold(said) != fold(ours) else ""

    def _other(self, what: str) -> str:
        if what == "town":
            return self._filler.other_town(self._one, self._dice)
        if what == "name":
            return self._filler.bystander(self._dice)
        ours = {fold(_street(place)[1]) for place in self._one.places}
        region = "QC" if "fr" in self._place.languages and self._place.country == "CA" else self._place.country
        return self._dice.choice([street for street in streets(region) if fold(street) not in ours] or [""])

    def _clue(self, clue: str, form: str) -> str:
        place = self._place
        number, street = _street(place)
        said = {
            "street": street, "number": number, "district": place.district, "town": place.town,
            "postcode": place.postcode, "landmark": place.landmarks[0] if place.landmarks else "",
        }[clue]  # fmt: skip
        if form == "short":
            said = _bare(street)
        if said:
            self._clues[clue] = said
        if form == "lower":
            return said.lower()
        if form == "tag" and said:
            self._tags.append(_letters(said).replace(" ", ""))
            return f"#{self._tags[-1]}"
        return said


def _letters(text: str) -> str:
    return "".join(c if c.isalnum() else " " for c in text)


def _slip(name: str, dice: random.Random) -> str:
    """One slip of the pen, not in the first letter; "" when the name is too short for one to be understood."""
    at = [i for i in range(1, len(name) - 1) if name[i].isalpha() and name[i + 1].isalpha()]
    if len(glue(fold(name))) < LEAST_LETTERS_FOR_A_SLIP or not at:
        return ""
    i = dice.choice(at)
    match dice.choice(["dropped", "doubled", "swapped", "replaced"]):
        case "dropped":
            written = name[:i] + name[i + 1 :]
        case "doubled":
            written = name[:i] + name[i] + name[i:]
        case "swapped":
            written = name[:i] + name[i + 1] + name[i] + name[i + 2 :]
        case _:
            written = name[:i] + dice.choice("aeiorstn") + name[i + 1 :]
    return written if fold(written) != fold(name) else ""


def _street(place: Place) -> tuple[str, str]:
    """'12 rue Crescent' → '12', 'rue Crescent'."""
    number, _, street = place.street.partition(" ")
    return (number, street.strip()) if number[:1].isdigit() else ("", place.street)


def _bare(street: str) -> str:
    """'rue Crescent' → 'Crescent', as people say it; "" when nothing would be left."""
    words = street.split()
    while words and (fold(words[0]) in _WAYS or words[0].lower() in _LINKS):
        words = words[1:]
    while len(words) > 1 and fold(words[-1]) in _WAYS:
        words = words[:-1]
    bare = " ".join(words)
    for article in ("l’", "l'", "d’", "d'"):
        bare = bare.removeprefix(article)
    return bare if len(glue(fold(bare))) >= 4 and not bare.isdigit() else ""


# -- what is right -------------------------------------------------------------------------------------------------


def _told(one: Listener, place: Place, clues: Mapping[str, str], geo: Geo | None) -> str | None:
    """The place, where exactly one fits every clue."""
    if set(clues) & _BESIDE_CLUES or "account" in clues:
        return place.id
    known = {clue: said for clue, said in clues.items() if clue in _FITS}
    fitting = [other.id for other in one.places if _fits_all(other, place, known, geo if "geo" in clues else None)]
    return fitting[0] if len(fitting) == 1 else None


_BESIDE_CLUES = frozenset(("venue", "reply", "regular"))

_FITS: Mapping[str, Callable[[Place], object]] = {
    "town": lambda place: fold(place.town),
    "street": lambda place: fold(_street(place)[1]),
    "number": lambda place: _street(place)[0],
    "district": lambda place: fold(place.district),
    "postcode": lambda place: place.postcode,
    "landmark": lambda place: tuple(fold(one) for one in place.landmarks),
}


def _fits_all(other: Place, place: Place, clues: Iterable[str], geo: Geo | None) -> bool:
    if any(_FITS[clue](other) != _FITS[clue](place) for clue in clues):
        return False
    if geo is None:
        return True
    at = other.coordinates
    return at is not None and distance_m(geo.lat, geo.lon, at.lat, at.lon) <= other.radius_m


def _clues_beside(
    beside: Mapping[str, object],
    followed: tuple[str, FollowedBy] | None,
    one: Listener,
    place: Place,
    handles: Sequence[str],
) -> dict[str, str]:
    found = {name: "" for name in ("venue", "regular") if beside.get(name)}
    if beside.get("geo") == "near":
        found["geo"] = ""
    if followed is not None and followed[1].place_id:
        found["reply"] = ""
    return found


def _answered(
    one: Listener, place: Place, beside: Mapping[str, object], dice: random.Random, number: int
) -> tuple[str, tuple[str, FollowedBy] | None]:
    """What a reply answers: half of a chain's own posts speak for one place, the other half for the brand."""
    if not beside.get("reply"):
        return "", None
    uri = f"at://evaluation/ours/{number}"
    of_place = place.id if not one.is_chain or dice.random() < 0.5 else None
    return uri, (f"{CONNECTOR}:{uri}", FollowedBy(one.id, of_place, FollowedKind.ITEM))


def _geo(place: Place, how: object, dice: random.Random) -> Geo | None:
    """Near: within a hundred metres or so, as telephones know it; far: some hundred kilometres away."""
    if how is None or place.coordinates is None:
        return None
    lat, lon = place.coordinates.lat, place.coordinates.lon
    if how == "near":
        return Geo(lat + dice.gauss(0, 0.0004), lon + dice.gauss(0, 0.0005))
    return Geo(max(-80.0, min(80.0, lat + dice.choice((-1, 1)) * dice.uniform(2, 5))), lon + dice.uniform(-4, 4))


def _moment(place: Place, hours: object, dice: random.Random) -> datetime:
    """A moment in three weeks, by day; open or closed where the phrasing says so."""
    zone = ZoneInfo(place.time_zone)
    moment = BEGIN
    for _ in range(200):
        moment = BEGIN + timedelta(minutes=dice.randrange(21 * 24 * 60))
        local = moment.astimezone(zone)
        if hours is None and 8 <= local.hour < 23:
            break
        if hours is not None and place.hours is not None and place.hours.is_open(local) is (hours == "open"):
            break
    return moment
