"""The organisations that listen, made of real places: chains with outlets, single houses, homonyms, sisters.

Which half a house belongs to follows from its name alone: what the model was trained on is never tested.
"""

from __future__ import annotations

import hashlib
import random
from bisect import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, cached_property
from gzip import decompress
from importlib.resources import files
from itertools import accumulate
from math import cos, radians
from pathlib import Path
from typing import Any

from ouidire.domain.fold import fold, glue
from ouidire.domain.hours import DAY, Hours, Shift, minutes_of
from ouidire.domain.place import Coordinates, Place
from ouidire.domain.watch import Watch
from ouidire.evaluation.gather import Brand, House, brands, houses, ordinary_words, table, words_of
from ouidire.match.towns import Town, cities, find_town
from ouidire.places.opening_hours import read_hours

LEAST_IN_CHAIN = 3
MOST_OUTLETS = 60
_KEPT_HOTELS = 0.4
"""Of Paris every hotel is known, and hardly any hairdresser: without this, half of the world would be hotels."""

_SHARES = {"fr": 1.0, "be": 0.5, "ch": 0.5, "ca": 0.3, "gb": 0.3, "us": 0.2, "001": 0.25}
"""How many of the chains that are in a country take part; the first country that fits counts."""

_REGIONS = {
    "fr": {"FR": 1.0}, "be": {"BE": 1.0}, "ch": {"CH": 1.0}, "ca": {"QC": 0.6, "CA": 0.4}, "gb": {"GB": 1.0},
    "us": {"US": 1.0}, "001": {"FR": 0.5, "QC": 0.15, "BE": 0.05, "CH": 0.05, "GB": 0.1, "US": 0.1, "CA": 0.05},
}  # fmt: skip
_LANGUAGES = {"FR": ("fr",), "QC": ("fr", "en"), "BE": ("fr",), "CH": ("fr",)}
_OWN_NAMES = {"Londres": "London", "Édimbourg": "Edinburgh"}
_FRENCH_CANADA = frozenset(("Montréal", "Québec", "Laval", "Longueuil", "Gatineau", "Sherbrooke", "Trois-Rivières"))
_ARTICLES = words_of("le la les l au aux chez the a")
_KINDS_OF_HOUSE = words_of(
    "cafe restaurant hotel boulangerie patisserie pharmacie maison bar brasserie bistrot salon librairie optique "
    "bijouterie fleurs garage fromagerie laboratoire cabinet auberge musee clinique centre marche"
)
_LINKS = words_of("de du des d la le les l et of the and")


class Half(StrEnum):
    TRAIN = "train"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Listener:
    """An organisation that listens: what it is called, by whom it is written to, and where it is.

    `is_common`: its name is an ordinary word or phrase, too. `is_rare`: a word of it stands in no ordinary text.
    """

    id: str
    name: str
    category: str
    places: tuple[Place, ...]
    nicknames: tuple[str, ...] = ()
    handle: str = ""
    place_handles: Mapping[str, str] | None = None
    is_common: bool = False
    is_rare: bool = False

    @property
    def is_chain(self) -> bool:
        return len(self.places) >= LEAST_IN_CHAIN

    def watches(self) -> Iterator[Watch]:
        """As its owner would fill them in: one for the house or the brand, one for each place with its own account."""
        only = self.places[0].id if len(self.places) == 1 else None
        handles = (self.handle,) if self.handle else ()
        yield Watch(f"{self.id}-w", self.id, only, (self.name,), self.nicknames, handles)
        for place_id, handle in (self.place_handles or {}).items():
            yield Watch(f"{place_id}-w", self.id, place_id, handles=(handle,))


@dataclass(frozen=True)
class World:
    """One half: everything in it is listened for at once. `bystanders` are names of houses that do not listen."""

    half: Half
    listeners: tuple[Listener, ...]
    bystanders: tuple[str, ...]

    @cached_property
    def watches(self) -> tuple[Watch, ...]:
        return tuple(watch for one in self.listeners for watch in one.watches())

    @cached_property
    def places(self) -> tuple[Place, ...]:
        return tuple(place for one in self.listeners for place in one.places)

    @cached_property
    def by_id(self) -> Mapping[str, Listener]:
        return {one.id: one for one in self.listeners}

    @cached_property
    def called(self) -> Mapping[str, tuple[Listener, ...]]:
        """The organisations by what they are called, folded."""
        found: dict[str, dict[str, Listener]] = defaultdict(dict)
        for one in self.listeners:
            for name in (one.name, *one.nicknames):
                found[fold(name)][one.id] = one
        return {name: tuple(ones.values()) for name, ones in found.items()}

    def namesakes(self, one: Listener) -> tuple[Listener, ...]:
        """The others that bear its name."""
        return tuple(other for other in self.called[fold(one.name)] if other is not one)


def build(data: Path, half: Half, seed: int = 0) -> World:
    """The world of one half, from the public data under `data`: always the same for the same data and seed.

    Raises `BadInput` when there are no places.
    """
    words = ordinary_words(data)
    listeners: list[Listener] = []
    bystanders: dict[str, None] = {}
    for name, made in _founded(data, seed):
        if (of := _half(name)) is half:
            listeners.append(_described(made, words, seed))
        elif of is None:
            bystanders[name] = None
    return World(half, tuple(listeners), tuple(bystanders))


def _half(name: str) -> Half | None:
    """45 names in a hundred for each half; the rest are bystanders."""
    at = int.from_bytes(hashlib.sha256(f"half {fold(name)}".encode()).digest()[:4]) % 100
    return Half.TRAIN if at < 45 else Half.TEST if at < 90 else None


def _dice(seed: int, *of: str) -> random.Random:
    return random.Random("/".join((str(seed), *of)))


def short(name: str) -> str:
    """A name as people shorten it: without article or first common word, initials for long ones; "" when they do not.

    Initials are understood only where the house itself goes by them.

    >>> short("Le Petit Zinc"), short("Boulangerie Lemoine"), short("Société des Amis du Vieux Port")
    ('Petit Zinc', 'Lemoine', 'SAVP')
    """
    words = name.replace("’", "'").replace("L'", "L' ").replace("l'", "l' ").split()
    real = [word for word in words if fold(word).strip() not in _LINKS]
    if len(real) >= 4:
        return "".join(word[0].upper() for word in real)
    if len(words) > 1 and fold(words[0]) in _ARTICLES | _KINDS_OF_HOUSE:
        rest = words[1:]
        while rest and fold(rest[0]).strip() in _LINKS:
            rest = rest[1:]
        shorter = " ".join(rest).replace("l' ", "l'")
        return shorter if len(glue(fold(shorter))) >= 4 and not find_town(shorter) else ""
    return ""


def _is_telling(nickname: str) -> bool:
    """Would an owner give it as a name of the house? Not a family, a quarter or a first name alone."""
    quarters = {fold(one["name"]) for some in table("localities")["quarters"].values() for one in some}
    families = {fold(one) for one in table("houses")["surnames"]["family"]}
    folded = fold(nickname)
    return bool(folded) and folded not in quarters | families | _first_names() and not find_town(nickname)


# -- founding ------------------------------------------------------------------------------------------------------


def _founded(data: Path, seed: int) -> Iterator[tuple[str, Listener]]:
    """Name and bare listener, every one of both halves."""
    chains = {glue(fold(brand.name)): brand for brand in brands(data)}
    found: dict[str, list[House]] = defaultdict(list)
    known = _completed(houses(data), seed)
    for house in known:
        if house.category != "hotel" or _dice(seed, "hotel", house.name).random() < _KEPT_HOTELS:
            found[glue(fold(house.name))].append(house)
    for key, several in found.items():
        if key in chains or (len(several) >= LEAST_IN_CHAIN and several[0].category in ("supermarket", "shop")):
            chains.setdefault(key, Brand(several[0].name, (), several[0].category, ("fr",)))
            continue
        in_town: dict[str, list[House]] = defaultdict(list)  # of one name in one town: sisters, not homonyms
        for house in several:
            in_town[house.town].append(house)
        for number, sisters in enumerate(in_town.values()):
            yield sisters[0].name, _single(sisters, f"{key}-{number}", seed)
    for key, brand in chains.items():
        dice = _dice(seed, "chain", key)
        where = next((one for one in _SHARES if one in brand.countries), "")
        if found.get(key) or (where and dice.random() < _SHARES[where]):
            yield brand.name, _chain(brand, found.get(key, ()), dice)
    for name, category, times in _made_names():
        dice = _dice(seed, "made", name)
        for number in range(dice.choice(times)):
            region = dice.choice(("FR", "FR", "FR", "QC", "BE", "CH")) if _is_french(name) else _english(dice)
            house = _outlet(name, category, region, dice)
            yield name, _single([house], f"{glue(fold(name))}-{category}-{number}", seed)


def _made_names() -> Iterator[tuple[str, str, Sequence[int]]]:
    """Name, category, and how many houses may bear it that do not know each other."""
    for category, names in table("houses")["names"].items():
        yield from ((name, category, (1, 1, 2, 2, 3, 4)) for name in names)
    families = table("houses")["surnames"]
    for category, patterns in families.items():
        for pattern in patterns if category != "family" else ():
            for family in families["family"]:
                if _dice(0, pattern, family).random() < 0.25:
                    yield pattern.format(family), category, (1, 1, 1, 1, 2, 2, 3)


def _is_french(name: str) -> bool:
    return not name.startswith("The ") and name not in {
        "Home", "Salt", "Escape", "Grounds", "Bean", "Crumb", "Rise", "Bloom", "Pages", "Wave", "Wok Express"
    }  # fmt: skip


def _english(dice: random.Random) -> str:
    return dice.choice(("GB", "GB", "US", "CA"))


def _single(sisters: Sequence[House], key: str, seed: int) -> Listener:
    """A house of its own, with the sisters that are known; one in ten gets some more, mostly in the same town."""
    dice = _dice(seed, "single", key)
    all_of, house = list(sisters), sisters[0]
    if dice.random() < 0.1:
        region = _region(house)
        for _ in range(dice.choice((1, 1, 2))):
            town = _own_town(house) if dice.random() < 0.6 else None
            all_of.append(_outlet(house.name, house.category, region, dice, town))
    return _listener(key, house.name, house.category, all_of, dice)


def _chain(brand: Brand, real: Sequence[House], dice: random.Random) -> Listener:
    wanted = min(MOST_OUTLETS, LEAST_IN_CHAIN + int(2.5 * (dice.paretovariate(1.1) - 1) + dice.random() * 4))
    outlets = [replace(one, name=brand.name) for one in real[:MOST_OUTLETS]]
    regions: dict[str, float] = {}
    for country in brand.countries:
        for region, weight in _REGIONS.get(country, {}).items():
            regions[region] = max(weight, regions.get(region, 0)) * (3 if country == "fr" else 1)
    while len(outlets) < wanted:
        region = dice.choices(list(regions), list(regions.values()))[0]
        outlets.append(_outlet(brand.name, brand.category, region, dice))
    return _listener(glue(fold(brand.name)), brand.name, brand.category, outlets, dice, brand.aliases)


def _listener(
    key: str, name: str, category: str, all_of: Sequence[House], dice: random.Random, aliases: Iterable[str] = ()
) -> Listener:
    places = tuple(_place(house, f"{key}-{number}", key, dice) for number, house in enumerate(all_of))
    nicknames = (*table("houses")["nicknames"].get(name, ()), *aliases)[:4]
    if not nicknames and dice.random() < 0.5 and _is_telling(shorter := short(name)):
        nicknames = (shorter,)
    return Listener(key, name, category, places, nicknames)


def _described(one: Listener, words: frozenset[str], seed: int) -> Listener:
    """With its accounts, and how ordinary its name is."""
    dice = _dice(seed, "accounts", one.id)
    stem = glue(fold(one.name))[:22]
    town = glue(fold(one.places[0].town))
    handle, place_handles = "", {}
    if one.is_chain and dice.random() < 0.8:
        handle = stem + dice.choice(("", "", "", "_fr", "france", "officiel", "_off"))
    elif not one.is_chain and dice.random() < 0.5:
        handle = dice.choice((f"{stem}_{town}", f"{stem}{one.places[0].postcode.replace(' ', '') or town}"))
    if len(one.places) > 1 and dice.random() < 0.12:
        towns = [glue(fold(place.town)) for place in one.places]
        place_handles = {
            place.id: f"{stem}_{where}"[:40]
            for place, where in zip(one.places, towns, strict=True)
            if towns.count(where) == 1
        }
    is_common = is_ordinary(one.name, words)
    is_rare = any(word.isalpha() and word not in words for word in _real_words(one.name)) and not is_common
    return replace(one, handle=handle, place_handles=place_handles, is_common=is_common, is_rare=is_rare)


def is_ordinary(name: str, words: frozenset[str]) -> bool:
    """Is a name, but for its article, one ordinary word or first name?"""
    real = _real_words(name)
    return len(real) == 1 and (real[0] in words or real[0] in _first_names())


def _real_words(name: str) -> list[str]:
    return [word for word in fold(name).split() if word not in _LINKS | _ARTICLES]


@cache
def _first_names() -> frozenset[str]:
    return frozenset(files("ouidire.shield").joinpath("names.txt").read_text("utf-8").split())


# -- places --------------------------------------------------------------------------------------------------------


def _region(house: House) -> str:
    return "QC" if house.country == "CA" and house.town in _FRENCH_CANADA else house.country


def _own_town(house: House) -> Town | None:
    towns = find_town(house.town, house.country)
    return towns[0] if towns else None


@cache
def _towns(region: str) -> tuple[tuple[Town, ...], tuple[float, ...]]:
    """The towns of a region whose middle is known, and running sums of their weights: larger ones have more outlets."""
    if region == "FR":
        lines = decompress(files("ouidire.match").joinpath("communes.csv.gz").read_bytes()).decode().splitlines()
        names = {line.split(";")[1] for line in lines if "Arrondissement" not in line}
        found = [town for name in sorted(names) for town in find_town(name, "FR")[:1] if town.population >= 4_000]
    else:
        found = cities("CA" if region == "QC" else region)
        if region in ("QC", "CA"):
            found = [one for one in found if (one.name in _FRENCH_CANADA) is (region == "QC")]
    found = [one for one in found if one.coordinates]
    return tuple(found), tuple(accumulate(one.population**0.7 for one in found))


def _some_town(region: str, dice: random.Random) -> Town:
    towns, sums = _towns(region)
    return towns[min(len(towns) - 1, bisect(sums, dice.random() * sums[-1]))]


def large_towns() -> tuple[Town, ...]:
    """Towns that everybody knows."""
    return _large_towns()


@cache
def _large_towns() -> tuple[Town, ...]:
    every = [town for region in ("FR", "QC", "BE", "CH", "GB", "US", "CA") for town in _towns(region)[0]]
    return tuple(one for one in every if one.population >= 120_000)


def streets(region: str) -> Sequence[str]:
    found: Mapping[str, Sequence[str]] = table("localities")["streets"]
    return found.get(region) or found["other"]


def _outlet(name: str, category: str, region: str, dice: random.Random, town: Town | None = None) -> House:
    """A house of this name in some town of the region, at an address such as there are in it."""
    town = town or _some_town(region, dice)
    called = _OWN_NAMES.get(town.name, town.name)
    quarters = table("localities")["quarters"].get(called, ())
    quarter = dice.choice(quarters) if quarters and dice.random() < 0.8 else {}
    spread = 2_000 if town.population > 100_000 else 700
    where = town.coordinates or Coordinates(0, 0)
    north, east = dice.gauss(0, spread), dice.gauss(0, spread)
    at = (where.lat + north / 111_320, where.lon + east / (111_320 * cos(radians(where.lat))))
    landmark = dice.choice(quarter["landmarks"]) if quarter and dice.random() < 0.7 else ""
    return House(
        name, category, called, town.country, dice.choice(streets(region)), str(dice.randint(1, 180)),
        quarter.get("postcode") or town.postcode, quarter.get("name", ""), at, landmark=landmark,
    )  # fmt: skip


def _completed(known: Sequence[House], seed: int) -> list[House]:
    """With street, postcode, quarter and landmark where the data lack them and an owner would not."""
    coded = [(one.at, one.postcode) for one in known if one.at and one.postcode and one.country == "FR"]
    quarters = {one["postcode"]: one for one in table("localities")["quarters"]["Paris"]}
    done = []
    for house in known:
        dice = _dice(seed, "house", house.name, str(house.at))
        town, postcode = house.town, house.postcode
        if not postcode and house.at and house.country == "FR":
            here = house.at
            postcode = min(coded, key=lambda one: (one[0][0] - here[0]) ** 2 + (one[0][1] - here[1]) ** 2)[1]
        if named := [one for one in find_town(postcode, "FR") if "Arrondissement" not in one.name] if postcode else []:
            town = next((one.name for one in named if fold(one.name) == fold(town)), named[0].name)
        quarter = quarters.get(postcode, {}) if house.country == "FR" else {}
        landmark = house.landmark or (dice.choice(quarter["landmarks"]) if quarter and dice.random() < 0.6 else "")
        street = house.street or dice.choice(streets("QC" if house.country == "CA" else "FR"))
        number = house.number or str(dice.randint(1, 180))
        district = house.district or quarter.get("name", "")
        if town:
            done.append(
                replace(
                    house, town=town, postcode=postcode, street=street, number=number, district=district,
                    landmark=landmark,
                )
            )  # fmt: skip
    return done


def _place(house: House, place_id: str, organisation_id: str, dice: random.Random) -> Place:
    kind = table("houses").get(house.category, {})
    languages = _LANGUAGES.get(_region(house), ("en",))
    wares = [word for language in languages for word in kind.get(language, ())]
    roles = [word for language in languages for word in kind.get(f"roles_{language}", ())]
    town = _own_town(house)
    return Place(
        id=place_id,
        organisation_id=organisation_id,
        name=f"{house.name} {house.town}",
        street=f"{house.number} {house.street}".strip(),
        district=house.district,
        town=house.town,
        postcode=house.postcode,
        country=house.country,
        coordinates=Coordinates(*house.at) if house.at else None,
        time_zone=town.time_zone if town else "Europe/Paris",
        listing_ids=(f"venue-{place_id}",) if dice.random() < 0.7 else (),
        hours=_hours(house, kind, dice),
        category=house.category,
        landmarks=(house.landmark,) if house.landmark else (),
        products=tuple(dice.sample(wares, min(6, len(wares)))),
        roles=tuple(roles),
        languages=languages,
    )


def _hours(house: House, kind: Mapping[str, Any], dice: random.Random) -> Hours | None:
    """Those written in the data, else those that such a house keeps; one in four does not say."""
    if house.hours and (read := read_hours(house.hours)) and read.says_something:
        return read
    if not kind or dice.random() < 0.25:
        return None
    shifts = tuple(_shift(text) for text in kind["hours"])
    return Hours(tuple(() if day in kind["shut"] else shifts for day in range(7)))


def _shift(text: str) -> Shift:
    opens, closes = (minutes_of(one) for one in text.split("-"))
    return Shift(opens, closes if closes > opens else closes + DAY)
