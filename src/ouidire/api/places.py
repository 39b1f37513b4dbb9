"""Places: where people meet the business."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import time
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import Query, Response
from pydantic import AfterValidator, Field

from ouidire.api.door import Asker, Asks, needs, router
from ouidire.api.problems import Refused
from ouidire.api.shapes import Id, In, Line, Out, Page, Paged, Whole, Word
from ouidire.domain.hours import Hours
from ouidire.domain.ids import new_id
from ouidire.domain.place import Coordinates, Place, QuietHours, listing_key
from ouidire.domain.program import Scope
from ouidire.errors import BadInput, NotFound
from ouidire.match.checks import MOST_KNOWN, WatchRefused, refuse_place
from ouidire.match.towns import find_town, middle_of, towns_of
from ouidire.places.knowledge import categories
from ouidire.places.opening_hours import read_hours, write_week
from ouidire.places.plan import Doubt, doubt_about, same_keys
from ouidire.store import organisations
from ouidire.store.engine import Tx

routes = router("/places", "places")


def _is_category(key: str) -> str:
    if key and key not in categories():
        raise ValueError(f"write one of {', '.join(categories())}, or nothing")
    return key


HOUR = r"^([01]\d|2[0-3]):[0-5]\d$"


Known = Annotated[list[Word], Field(max_length=MOST_KNOWN)]
Tongues = Annotated[list[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]], Field(max_length=20)]
Category = Annotated[str, Field(json_schema_extra={"enum": ["", *categories()]}), AfterValidator(_is_category)]


class At(In):
    """Where it is on the globe, in degrees."""

    lat: float = Field(strict=True, ge=-90, le=90, examples=[45.4983])
    lon: float = Field(strict=True, ge=-180, le=180, examples=[-73.5776])


class Quiet(In):
    """From when until when only danger wakes anyone, on the clock of the place; may pass midnight."""

    start: str = Field(pattern=HOUR, examples=["22:00"])
    end: str = Field(pattern=HOUR, examples=["07:00"])


class PlaceIn(In):
    """A new place. Without coordinates its town gives them."""

    name: Word = Field(examples=["Maison Delorière rue Crescent"])
    street: Line = ""
    district: Line = ""
    town: Line = Field("", examples=["Montréal"])
    postcode: Line = ""
    country: str = Field("FR", pattern=r"^[A-Z]{2}$", description="ISO 3166, two letters.")
    coordinates: At | None = None
    radius_m: int = Field(
        300, strict=True, ge=10, le=50_000, description="How far around it coordinates still mean it."
    )
    time_zone: str = Field("Europe/Paris", max_length=64, description="IANA name of its clock.")
    listing_ids: list[Word] = Field(
        default_factory=list,
        max_length=20,
        description="Its ids on review sites, alone or as one site’s own: `google:ChIJ…`.",
    )
    quiet_hours: Quiet | None = None
    opening_hours: Line = Field(
        "",
        description="The week, as OpenStreetMap writes it.",
        examples=["Mo-Fr 09:00-12:30,14:00-19:00; Sa 9:00-13:00"],
    )
    category: Category = Field("", description="What kind of house it is; empty when not known.", examples=["bakery"])
    landmarks: Known = Field(
        default_factory=list, description="What people name instead of the address.", examples=[["métro Guy-Concordia"]]
    )
    products: Known = Field(
        default_factory=list, description="Words of its menu or shelves.", examples=[["kouign-amann"]]
    )
    roles: Known = Field(default_factory=list, description="What its staff is called by; never names of people.")
    languages: Tongues = Field(default_factory=list, description="In which its guests write.", examples=[["fr", "en"]])


class PlaceChange(In):
    """What is to change; what is not sent stays. Null takes coordinates or quiet hours away."""

    name: Word | None = None
    street: Line | None = None
    district: Line | None = None
    town: Line | None = None
    postcode: Line | None = None
    country: str | None = Field(None, pattern=r"^[A-Z]{2}$")
    coordinates: At | None = None
    radius_m: Whole | None = Field(None, ge=10, le=50_000)
    time_zone: str | None = Field(None, max_length=64)
    listing_ids: list[Word] | None = Field(None, max_length=20)
    quiet_hours: Quiet | None = None
    opening_hours: Line | None = None
    category: Category | None = None
    landmarks: Known | None = None
    products: Known | None = None
    roles: Known | None = None
    languages: Tongues | None = None


class AtOut(Out):
    lat: float
    lon: float


class QuietOut(Out):
    start: str
    end: str


class PlaceOut(Out):
    """A place of the organisation."""

    id: str
    name: str
    street: str
    district: str
    town: str
    postcode: str
    country: str
    coordinates: AtOut | None
    radius_m: int
    time_zone: str
    listing_ids: list[str]
    quiet_hours: QuietOut | None
    opening_hours: str
    category: str
    landmarks: list[str]
    products: list[str]
    roles: list[str]
    languages: list[str]

    @classmethod
    def of(cls, place: Place) -> PlaceOut:
        told = {"quiet_hours", "opening_hours"}
        named = {name: getattr(place, name) for name in cls.model_fields if name not in told}
        quiet = place.quiet_hours
        hours = write_week(place.hours) if place.hours else ""
        quiet_out = QuietOut(start=f"{quiet.start:%H:%M}", end=f"{quiet.end:%H:%M}") if quiet else None
        return cls(**named, quiet_hours=quiet_out, opening_hours=hours)


@routes.get("", **needs(Scope.LISTENING_READ))
def list_places(asker: Asks, wanted: Annotated[Paged, Query()]) -> Page[PlaceOut]:
    """The places that the member may see, newest first."""
    with asker.reading() as tx:
        every = organisations.places(tx, asker.member)
    return asker.page_of_all(every, wanted, lambda one: one.id, PlaceOut.of)


@routes.post("", status_code=201, response_model=PlaceOut, **needs(Scope.LISTENING_WRITE))
def add_place(asker: Asks, said: PlaceIn) -> Response:
    """A new place. It is listened for once a watch names it."""
    blank = Place(id=new_id(), organisation_id=asker.member.organisation_id, name="")
    place = _located(_changed(blank, said.model_dump()))

    def add(tx: Tx) -> PlaceOut:
        _refuse_a_second(place, organisations.places(tx, asker.member))
        organisations.add_place(tx, place)
        return PlaceOut.of(place)

    return asker.once(add)


@routes.get("/{place_id}", **needs(Scope.LISTENING_READ))
def get_place(asker: Asks, place_id: Id) -> PlaceOut:
    """One place."""
    with asker.reading() as tx:
        return PlaceOut.of(_mine(tx, asker, place_id))


@routes.patch("/{place_id}", response_model=PlaceOut, **needs(Scope.LISTENING_WRITE))
def change_place(asker: Asks, place_id: Id, said: PlaceChange) -> Response:
    """Change some of a place. A town without coordinates of its own brings its own."""

    def change(tx: Tx) -> PlaceOut:
        changes = said.model_dump(exclude_unset=True)
        moved = {"town", "postcode", "country"} & set(changes) and "coordinates" not in changes
        if moved:
            changes["coordinates"] = None
        place = _changed(_mine(tx, asker, place_id), changes)
        place = _located(place) if moved else place
        if {"name", "street", "town", "postcode", "listing_ids"} & set(changes):
            others = [one for one in organisations.places(tx, asker.member) if one.id != place_id]
            _refuse_a_second(place, others)
        organisations.change_place(tx, asker.member, place)
        return PlaceOut.of(place)

    return asker.once(change)


def _mine(tx: Tx, asker: Asker, place_id: str) -> Place:
    found = next((one for one in organisations.places(tx, asker.member) if one.id == place_id), None)
    if found is None:
        raise NotFound("There is no such place.")
    return found


_MAY_BE_NULL = frozenset({"coordinates", "quiet_hours"})


def _refuse_a_second(place: Place, others: Sequence[Place]) -> None:
    """Raises `Refused` when another place is the same: posts could not tell one from the other."""
    keys = set(same_keys(place))
    if twin := next((one for one in others if keys.intersection(same_keys(one))), None):
        raise Refused(
            "not-possible",
            f"There is “{twin.name}” at this address already ({twin.id}). Change one of the two: a name, a street.",
        )


_LISTS = ("listing_ids", "landmarks", "products", "roles", "languages")


def _changed(before: Place, said: dict[str, Any]) -> Place:
    """`before` with what was said. Raises `BadInput` for a clock that nobody knows, `Refused` for what is no use."""
    values = {name: value for name, value in said.items() if value is not None or name in _MAY_BE_NULL}
    if (at := values.get("coordinates")) is not None:
        values["coordinates"] = Coordinates(**at)
    if (quiet := values.get("quiet_hours")) is not None:
        values["quiet_hours"] = QuietHours(time.fromisoformat(quiet["start"]), time.fromisoformat(quiet["end"]))
    values |= {name: tuple(dict.fromkeys(values[name])) for name in _LISTS if name in values}
    if "listing_ids" in values:
        values["listing_ids"] = tuple(dict.fromkeys(listing_key(one) for one in values["listing_ids"]))
    if "time_zone" in values:
        _know_clock(values["time_zone"])
    hours = values.pop("opening_hours", None)
    place = replace(before, **values)
    if hours is not None:
        place = replace(place, hours=_opened(before.hours, hours, place.country))
    if "coordinates" in values:
        _refuse_swapped(place)
    try:
        refuse_place(place)
    except WatchRefused as error:
        raise Refused("invalid", str(error), errors=[{"where": f"body.{error.field}", "why": str(error)}]) from None
    return place


def _opened(before: Hours | None, text: str, country: str) -> Hours | None:
    """The week as it was said; days that differ and public holidays stay as they were."""
    read = read_hours(text, country)
    if read is not None and read.note:
        why = f"“{read.note}” is not understood; write it like “Mo-Fr 9:00-12:00, 14:00-19:00; Sa 9:00-12:30”."
        raise Refused("invalid", why, errors=[{"where": "body.opening_hours", "why": why}])
    kept = replace(before or Hours(), week=read.week if read else Hours().week, note="")
    return kept if kept != Hours() else None


def _refuse_swapped(place: Place) -> None:
    middle, _ = middle_of(towns_of(place.town, place.postcode, place.country))
    if place.coordinates is not None and doubt_about(place.coordinates, middle) is Doubt.SWAPPED:
        why = f"Latitude and longitude look swapped: the other way round, they lie at {place.town or place.postcode}."
        raise Refused("invalid", why, errors=[{"where": "body.coordinates", "why": why}])


def _know_clock(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadInput("This is no time zone that we know: write one such as Europe/Paris.") from None


def _located(place: Place) -> Place:
    if place.coordinates is not None or not (place.postcode or place.town):
        return place
    towns = find_town(place.postcode or place.town, place.country)
    return replace(place, coordinates=towns[0].coordinates) if towns else place
