"""What would become of each row of a list: a new place, one that we know, a question, or nothing, and why.

A plain decision on values; nothing is kept here. What is unclear is asked once for all rows it concerns.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

from ouidire.domain.fold import fold
from ouidire.domain.hours import Hours
from ouidire.domain.ids import new_id
from ouidire.domain.place import Coordinates, Place, listing_key
from ouidire.match.checks import check_place
from ouidire.match.geo import distance_m
from ouidire.match.locality import plain
from ouidire.match.towns import Town, find_town, middle_of, town_key, towns_of
from ouidire.match.zones import FRENCH, Zone, ZoneBecause, countries, is_zone, zone_of
from ouidire.places.columns import propose
from ouidire.places.knowledge import category_of, dishes, languages, pieces
from ouidire.places.meanings import SEVERAL, Column
from ouidire.places.opening_hours import read_hours
from ouidire.places.row import Row
from ouidire.places.signs import Signs, signs_of
from ouidire.places.table import Table

TOO_FAR_M = 60_000
"""Coordinates further than this from the middle of their town are asked about."""
_SAME_SPOT = 3
_MOST_LETTERS = 500
_FRENCH_POSTCODE = re.compile(r"\d{4,5}\b")
_ENOUGH = 300
_POSTCODE_AND_TOWN = re.compile(r"(.+?)[\s,–-]+(\d{5})[\s,]+([^\d,][^,]*)")


class Fate(StrEnum):
    NEW = "new"
    SAME = "same"
    TWICE = "twice"
    UNCLEAR = "unclear"
    LEFT_OUT = "left_out"
    UNUSABLE = "unusable"


class Doubt(StrEnum):
    """A question about a row; `Wishes` carries the answers."""

    SWAPPED = "swapped"
    FAR = "far"
    CLOCK = "clock"


class Remark(StrEnum):
    """What was done with a row, or not, that its owner should know."""

    FROM_TOWN = "from_town"
    FROM_POSTCODE = "from_postcode"
    NO_COORDINATES = "no_coordinates"
    BAD_COORDINATES = "bad_coordinates"
    UNKNOWN_TOWN = "unknown_town"
    NO_TOWN = "no_town"
    HOURS_NOTE = "hours_note"
    CLOCK_NEAR = "clock_near"
    SWAPPED = "was_swapped"
    UNKNOWN_COUNTRY = "unknown_country"
    TOO_MANY = "too_many"
    NO_WORDS = "no_words"
    UNKNOWN_KIND = "unknown_kind"


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person has said about a list: its country and clock where it is silent, and answers to our questions.

    `swapped` is 'swap', 'keep' or 'leave'; `far` is 'keep', 'town' or 'leave'; '' has not been answered. `only`: names
    (with commas between) of which a row must bear one to be read at all.
    """

    country: str = "FR"
    zone: str = ""
    swapped: str = ""
    far: str = ""
    only: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """One row and its fate. `beside` names the place it is the same as, or the line it repeats; `signs` is what else
    people know the place by."""

    line: int
    place: Place
    fate: Fate
    doubts: tuple[Doubt, ...] = ()
    remarks: tuple[Remark, ...] = ()
    beside: str = ""
    signs: Signs = field(default_factory=Signs)

    @property
    def known_by(self) -> list[str]:
        """What the row says that helps to recognise its place, beside its name and address, in the row's own words."""
        place, signs = self.place, self.signs
        accounts = [f"@{one}" for one in signs.handles] + [f"#{one}" for one in signs.hashtags]
        words = [*signs.aliases, *(one.name for one in signs.former), *accounts, *signs.links]
        return [*words, *place.landmarks, *place.products, *place.roles, *place.languages]


@dataclass(frozen=True)
class Plan:
    """All rows in the order of the list."""

    rows: tuple[Planned, ...]

    @cached_property
    def counts(self) -> Counter[Fate]:
        return Counter(one.fate for one in self.rows)

    @cached_property
    def doubts(self) -> Counter[Doubt]:
        return Counter(doubt for one in self.rows if one.fate is Fate.UNCLEAR for doubt in one.doubts)

    @cached_property
    def remarks(self) -> Counter[Remark]:
        return Counter(remark for one in self.rows if one.fate is Fate.NEW for remark in one.remarks)

    @property
    def added(self) -> list[Planned]:
        """The rows that become places."""
        return [one for one in self.rows if one.fate is Fate.NEW]

    @property
    def new(self) -> list[Place]:
        return [one.place for one in self.added]

    def first(self, doubt: Doubt) -> Planned:
        """The first row that a question is about: its example."""
        return next(one for one in self.rows if doubt in one.doubts)


def plan(
    table: Table, columns: Mapping[str, Column], wishes: Wishes, known: Sequence[Place], organisation_id: str
) -> Plan:
    """The fate of every row. `known` are the organisation's places, closed ones too."""
    reading = _Reading(columns, wishes, organisation_id)
    seen: dict[tuple[object, ...], str] = {}
    ours: dict[tuple[object, ...], str] = {}
    for place in known:
        for key in same_keys(place):
            ours.setdefault(key, place.name)
    rows = []
    for row in table.rows:
        planned = reading.read(row)
        keys = same_keys(planned.place)
        if planned.fate is not Fate.UNUSABLE:
            if beside := next((ours[key] for key in keys if key in ours), ""):
                planned = replace(planned, fate=Fate.SAME, beside=beside, doubts=())
            elif beside := next((seen[key] for key in keys if key in seen), ""):
                planned = replace(planned, fate=Fate.TWICE, beside=beside, doubts=())
            else:
                seen |= dict.fromkeys(keys, str(row.line))
        rows.append(planned)
    return Plan(tuple(rows))


def same_keys(place: Place) -> list[tuple[object, ...]]:
    """By any of these a place is the same as another: a listing; name and address; without an address, the spot."""
    town = town_key(place.town) or plain(place.postcode)
    name = plain(place.name)
    keys: list[tuple[object, ...]] = [("listing", one) for one in place.listing_ids]
    if street := plain(place.street):
        keys.append(("address", name, street, town))
    elif place.coordinates is not None:
        at = place.coordinates
        keys.append(("spot", name, round(at.lat, _SAME_SPOT), round(at.lon, _SAME_SPOT)))
    else:
        keys.append(("town", name, town))
    return keys


@dataclass(frozen=True)
class _Reading:
    """Reads rows one after another; what was looked up for one row is remembered for the next."""

    columns: Mapping[str, Column]
    wishes: Wishes
    organisation_id: str
    _towns: dict[tuple[str, str, str], list[Town]] = field(default_factory=dict)
    _zones: dict[tuple[str, str, str], Zone | None] = field(default_factory=dict)
    _hours: dict[tuple[str, str], Hours | None] = field(default_factory=dict)
    _codes: dict[str, str] = field(default_factory=dict)

    def read(self, row: Row) -> Planned:
        said = _said(row, self.columns)
        remarks: list[Remark] = []
        place = self._addressed(said, remarks)
        if not place.name:
            return Planned(row.line, place, Fate.UNUSABLE)
        place, doubts = self._located(place, said, remarks)
        place = self._clocked(place, said, doubts, remarks)
        place = self._opened(place, said, remarks)
        place = self._known(place, said, remarks)
        signs, refused = signs_of(said, place.name)
        remarks += [_REFUSED.get(one.code, Remark.NO_WORDS) for one in refused]
        if Doubt.SWAPPED in doubts and self.wishes.swapped == "leave":
            return Planned(row.line, place, Fate.LEFT_OUT)
        if Doubt.FAR in doubts and self.wishes.far == "leave":
            return Planned(row.line, place, Fate.LEFT_OUT)
        open_doubts = tuple(one for one in doubts if not self._is_answered(one))
        fate = Fate.UNCLEAR if open_doubts else Fate.NEW
        return Planned(row.line, place, fate, open_doubts, tuple(dict.fromkeys(remarks)), signs=signs)

    def _is_answered(self, doubt: Doubt) -> bool:
        answers = {Doubt.SWAPPED: self.wishes.swapped, Doubt.FAR: self.wishes.far, Doubt.CLOCK: self.wishes.zone}
        return bool(answers[doubt])

    def _addressed(self, said: Mapping[Column, str], remarks: list[Remark]) -> Place:
        street, postcode, town = said[Column.STREET], said[Column.POSTCODE], said[Column.TOWN]
        if not postcode and not town and (whole := _POSTCODE_AND_TOWN.fullmatch(street)):
            street, postcode, town = whole.groups()
        if (number := said[Column.NUMBER]) and not street.startswith(number):
            street = f"{number} {street}".strip()
        country = self._country(said[Column.COUNTRY], remarks)
        if country == "FR" and postcode.isdecimal() and len(postcode) == 4:
            postcode = f"0{postcode}"
        return Place(
            id=new_id(),
            organisation_id=self.organisation_id,
            name=said[Column.NAME],
            street=street,
            district=said[Column.DISTRICT],
            town=re.sub(r"(?i)\s+cedex(\s+\d+)?$", "", town),
            postcode=re.sub(r"(?i)\s*cedex.*$", "", postcode),
            country=country,
            listing_ids=tuple(dict.fromkeys(listing_key(one) for one in pieces(said[Column.LISTING]))),
        )

    def _country(self, said: str, remarks: list[Remark]) -> str:
        if not said:
            return self.wishes.country
        if said not in self._codes:
            self._codes[said] = country_code(said)
        if not self._codes[said]:
            remarks.append(Remark.UNKNOWN_COUNTRY)
        return self._codes[said] or self.wishes.country

    # -- where ---------------------------------------------------------------------------------------------------

    def _located(self, place: Place, said: Mapping[Column, str], remarks: list[Remark]) -> tuple[Place, list[Doubt]]:
        at = coordinates_of(said)
        if at is None and _has_coordinates(said):
            remarks.append(Remark.BAD_COORDINATES)
        middle = self._middle(place, remarks, wanted=at is None)
        if at is None:
            if middle is None:
                remarks.append(Remark.NO_COORDINATES)
            return replace(place, coordinates=middle), []
        doubt = doubt_about(at, middle)
        if doubt is Doubt.SWAPPED and self.wishes.swapped == "swap":
            remarks.append(Remark.SWAPPED)
            at = Coordinates(at.lon, at.lat)
        if doubt is Doubt.FAR and self.wishes.far == "town":
            remarks.append(Remark.FROM_TOWN)
            at = middle or at
        if not is_on_earth(at):
            remarks.append(Remark.BAD_COORDINATES)
            return replace(place, coordinates=middle), []
        return replace(place, coordinates=at), [doubt] if doubt else []

    def _middle(self, place: Place, remarks: list[Remark], *, wanted: bool) -> Coordinates | None:
        """The middle of the town, or of another with its postcode; said in `remarks` where it is `wanted`."""
        if not place.town and not place.postcode:
            remarks.append(Remark.NO_TOWN)
            return None
        towns = self._towns_of(place.town, place.postcode, place.country)
        if not towns:
            remarks.append(Remark.UNKNOWN_TOWN)
            return None
        middle, is_its_own = middle_of(towns)
        if wanted and middle is not None:
            remarks.append(Remark.FROM_TOWN if is_its_own else Remark.FROM_POSTCODE)
        return middle

    def _towns_of(self, town: str, postcode: str, country: str) -> list[Town]:
        key = (town, postcode, country)
        if key not in self._towns:
            self._towns[key] = towns_of(*key)
        return self._towns[key]

    # -- its clock and its hours ---------------------------------------------------------------------------------

    def _clocked(self, place: Place, said: Mapping[Column, str], doubts: list[Doubt], remarks: list[Remark]) -> Place:
        if is_zone(said[Column.ZONE]):
            return replace(place, time_zone=said[Column.ZONE])
        zone = self._zone_of(place)
        if zone is None:
            doubts.append(Doubt.CLOCK)
            return replace(place, time_zone=self.wishes.zone or "UTC")
        if zone.because is ZoneBecause.NEAR:
            remarks.append(Remark.CLOCK_NEAR)
        return replace(place, time_zone=zone.name)

    def _zone_of(self, place: Place) -> Zone | None:
        """Coordinates are asked only where the rest does not tell: they differ from row to row."""
        key = (place.town, place.postcode, place.country)
        if key not in self._zones:
            self._zones[key] = zone_of(*key)
        return self._zones[key] or (zone_of(*key, place.coordinates) if place.coordinates else None)

    def _opened(self, place: Place, said: Mapping[Column, str], remarks: list[Remark]) -> Place:
        key = (said[Column.HOURS], place.country)
        if key not in self._hours:
            self._hours[key] = read_hours(*key)
        hours = self._hours[key]
        if hours is not None and hours.note:
            remarks.append(Remark.HOURS_NOTE)
        return replace(place, hours=hours)

    # -- what it is known by -------------------------------------------------------------------------------------

    def _known(self, place: Place, said: Mapping[Column, str], remarks: list[Remark]) -> Place:
        """Its kind, landmarks, dishes, roles and languages; a field that cannot be used stays empty, and is said."""
        kinds = pieces(said[Column.CATEGORY])
        known = replace(
            place,
            category=category_of(kinds),
            landmarks=pieces(said[Column.LANDMARKS]),
            products=dishes(pieces(said[Column.PRODUCTS])),
            roles=pieces(said[Column.ROLES]),
            languages=languages(pieces(said[Column.LANGUAGES])),
        )
        if kinds and not known.category:
            remarks.append(Remark.UNKNOWN_KIND)
        for one in check_place(known):
            held: tuple[str, ...] = getattr(known, one.field)
            kept = () if one.code == "too_many" else tuple(word for word in held if word != one.word)
            known = replace(known, **{one.field: kept})  # type: ignore[arg-type]  # lists of words alone
            remarks.append(_REFUSED.get(one.code, Remark.NO_WORDS))
        return known


_REFUSED = {"too_many": Remark.TOO_MANY}


def likely_country(table: Table, usual: str) -> str:
    """The country where most towns of a list lie, for one that names none; `usual` when no other has more."""
    columns = propose(table)
    score: Counter[str] = Counter()
    for row in table.rows[:_ENOUGH]:
        said = _said(row, columns)
        town, postcode = said[Column.TOWN], said[Column.POSTCODE]
        is_french = not postcode or _FRENCH_POSTCODE.match(postcode) is not None
        found = find_town(town or postcode) if town or postcode else []
        score.update([one.country for one in found if is_french or one.country != "FR"][:1])
    return max([usual, *sorted(score)], key=lambda one: score[one])


def _said(row: Row, columns: Mapping[str, Column]) -> Mapping[Column, str]:
    """What a row says of each meaning: the first column that says it, or of what may be several, all of them."""
    said = dict.fromkeys(Column, "")
    for header, column in columns.items():
        value = row.values.get(header, "") if column else ""
        if value and column in SEVERAL:
            said[column] = f"{said[column]};{value}" if said[column] else value
        elif value and not said[column]:
            said[column] = value[:_MOST_LETTERS]
    return said


def _has_coordinates(said: Mapping[Column, str]) -> bool:
    return bool(said[Column.LATITUDE] or said[Column.LONGITUDE] or said[Column.POINT])


def coordinates_of(said: Mapping[Column, str]) -> Coordinates | None:
    """Two numbers, from two columns or from one ('48.88, 2.29'); None when they are not. 0, 0 is nowhere."""
    lat, lon = said[Column.LATITUDE], said[Column.LONGITUDE]
    if not lat and not lon and (found := re.fullmatch(r"\(?(-?[\d.]+)\s*[,; ]\s*(-?[\d.]+)\)?", said[Column.POINT])):
        lat, lon = found.groups()
    try:
        at = Coordinates(float(lat.replace(",", ".")), float(lon.replace(",", ".")))
    except ValueError:
        return None
    return at if abs(at.lat) <= 180 and abs(at.lon) <= 180 and (at.lat, at.lon) != (0, 0) else None


def is_on_earth(at: Coordinates) -> bool:
    return -90 <= at.lat <= 90 and -180 <= at.lon <= 180


def doubt_about(at: Coordinates, middle: Coordinates | None) -> Doubt | None:
    """Do coordinates fit their town? Swapped when they would the other way round, or when only that is on earth."""
    turned = Coordinates(at.lon, at.lat)
    if middle is None:
        return None if is_on_earth(at) else Doubt.SWAPPED
    if is_on_earth(at) and _metres(at, middle) <= TOO_FAR_M:
        return None
    if is_on_earth(turned) and _metres(turned, middle) <= TOO_FAR_M:
        return Doubt.SWAPPED
    return Doubt.FAR if is_on_earth(at) else Doubt.SWAPPED


def _metres(one: Coordinates, other: Coordinates) -> float:
    return distance_m(one.lat, one.lon, other.lat, other.lon)


def country_code(said: str) -> str:
    """'France', 'CA', 'Belgique', 'RE' → ISO 3166 alpha-2, as our places bear it; '' when it is no country."""
    code = said.strip().upper()
    if code in FRENCH:
        return "FR"
    if code in countries():
        return code
    return _by_name().get(fold(said), "")


def _by_name() -> Mapping[str, str]:
    from babel import Locale  # the names of countries weigh something: only for lists that spell them out

    if not _NAMES:
        for language in ("en", "fr"):
            territories: Iterable[tuple[str, str]] = Locale(language).territories.items()
            _NAMES.update(_codes(territories))
    return _NAMES


def _codes(territories: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for code, name in territories:
        if code in FRENCH:
            yield fold(name), "FR"
        elif code in countries():
            yield fold(name), code


_NAMES: dict[str, str] = {}
