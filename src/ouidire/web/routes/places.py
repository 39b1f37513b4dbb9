"""Places: where people meet us, what tells one from another, when their doors are open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from ouidire import clock
from ouidire.domain import holidays
from ouidire.domain.conversation import ConversationState
from ouidire.domain.fold import fold
from ouidire.domain.ids import new_id
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.domain.source import SourceState
from ouidire.errors import BadInput, NotFound
from ouidire.inbox import read
from ouidire.match.checks import WatchRefused
from ouidire.match.towns import middle_of, towns_of
from ouidire.match.zones import countries, zone_of, zones_of
from ouidire.places.knowledge import categories
from ouidire.places.plan import same_keys
from ouidire.store import conversations, organisations, watches
from ouidire.store.engine import Tx
from ouidire.web import pages
from ouidire.web.door import Door, door, week_lines
from ouidire.web.tiles import tiles_of
from ouidire.web.typed import COUNTRIES, ZONES
from ouidire.web.typed_place import (
    SPECIAL_ROWS,
    PlaceAsks,
    place_of,
    shown_specials,
    typed_place,
    typed_specials,
)
from ouidire.web.visit import Anyone, Configuring, Form, Visit
from ouidire.web.words import Words

router = APIRouter(prefix="/places")

_MORE = ("category", "landmarks", "products", "roles", "languages", "listing_ids")
PAGE = 50
"""Places on one page of the list."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A place at a glance. `state` is needs, handled, calm or unknown (nobody listens); `waiting` people."""

    place: Place
    state: str
    waiting: int
    door: Door


@router.get("")
def places(visit: Anyone, q: str = "", page: int = 1) -> Response:
    member = visit.member
    with visit.app.store.reading() as tx:
        every = organisations.places(tx, member)
        found = [one for one in every if one.closed_at is None and _holds(one, q)]
        last = max(1, -(-len(found) // PAGE))
        page = min(max(1, page), last)
        tiles = _tiles(tx, member, found[(page - 1) * PAGE : page * PAGE], visit.words)
        return visit.show(
            "places.html",
            tx,
            tiles=tiles,
            week_lines=lambda one: week_lines(one.hours, visit.words),
            closed=[one for one in every if one.closed_at is not None],
            total=len([one for one in every if one.closed_at is None]),
            found=len(found),
            unplaced=len([one for one in every if one.closed_at is None and one.coordinates is None]),
            query=q,
            page=page,
            last=last,
            tiles_of_map=tiles_of(visit.app.settings),
        )


@router.get("/map")
def on_map(visit: Anyone) -> Response:
    """What the map draws: the places this member may see that have coordinates, with their state in words."""
    member, words = visit.member, visit.words
    with visit.app.store.reading() as tx:
        shown = [one for one in organisations.places(tx, member) if one.coordinates and one.closed_at is None]
        tiles = _tiles(tx, member, shown, words)
    return JSONResponse({"places": [_mark(one, words) for one in tiles]})


@router.get("/town")
def town(visit: Configuring, town: str = "", postcode: str = "", country: str = "FR") -> Response:
    """What a town brings: its middle and its clock, as far as we know towns."""
    towns = towns_of(town.strip(), postcode.strip(), country) if town.strip() or postcode.strip() else []
    middle, _ = middle_of(towns)
    zone = zone_of(town.strip(), postcode.strip(), country, middle)
    return JSONResponse(
        {
            "name": towns[0].name if towns else "",
            "at": [middle.lat, middle.lon] if middle else None,
            "zone": zone.name if zone else "",
            "clock": visit.words.clock(visit.words.now, zone.name) if zone else "",
        }
    )


@router.get("/new")
def new(visit: Configuring) -> Response:
    return _form(visit, _blank(visit), typed_place(_blank(visit)) | {"time_zone": ""})


@router.post("")
def add(visit: Configuring, form: Form) -> Response:
    blank = _blank(visit)
    try:
        place = place_of(form, blank, visit.words)
        with visit.app.store.transaction() as tx:
            _refuse_a_second(visit, place, organisations.places(tx, visit.member))
            organisations.add_place(tx, place)
    except BadInput as error:
        return _form(visit, blank, dict(form.fields), error, form.several("holiday"))
    visit.app.wake()
    return visit.go("/places", "kept")


@router.get("/{place_id}")
def one(visit: Configuring, place_id: str) -> Response:
    place = _mine(visit, place_id)
    chosen = place.hours.holidays if place.hours else ()
    values = typed_place(place) | typed_specials(shown_specials(place.hours, visit.words))
    return _form(visit, place, values, None, chosen)


@router.post("/{place_id}")
def change(visit: Configuring, place_id: str, form: Form) -> Response:
    before = _mine(visit, place_id)
    try:
        place = place_of(form, before, visit.words)
        with visit.app.store.transaction() as tx:
            others = [one for one in organisations.places(tx, visit.member) if one.id != place_id]
            _refuse_a_second(visit, place, others)
            organisations.change_place(tx, visit.member, place)
    except BadInput as error:
        return _form(visit, before, dict(form.fields), error, form.several("holiday"))
    visit.app.wake()
    return visit.go("/places", "kept")


@router.post("/{place_id}/close")
def close(visit: Configuring, place_id: str, form: Form) -> Response:
    """It is not watched any more; what was said about it stays."""
    with visit.app.store.transaction() as tx:
        organisations.close_place(tx, visit.member, place_id, clock.now())
    visit.app.wake()
    return visit.go("/places", "place-closed")


@router.post("/{place_id}/reopen")
def reopen(visit: Configuring, place_id: str, form: Form) -> Response:
    with visit.app.store.transaction() as tx:
        organisations.close_place(tx, visit.member, place_id, None)
    visit.app.wake()
    return visit.go("/places", "place-opened")


def _tiles(tx: Tx, member: Member, shown: Sequence[Place], words: Words) -> list[Tile]:
    states = conversations.open_at_places(tx, member, words.now)
    is_heard = bool(watches.of(tx, member)) and any(
        line.listens and line.state is not SourceState.DEAF for line in read.source_lines(tx, member)
    )
    return [_tile(one, states.get(one.id, {}), is_heard, words) for one in shown]


def _tile(place: Place, states: Mapping[ConversationState, int], is_heard: bool, words: Words) -> Tile:
    waiting = states.get(ConversationState.WAITING, 0)
    state = "needs" if waiting else "handled" if states else "calm" if is_heard else "unknown"
    return Tile(place, state, waiting, door(place, words))


def _mark(one: Tile, words: Words) -> dict[str, object]:
    assert one.place.coordinates is not None
    return {
        "id": one.place.id,
        "name": one.place.name,
        "lat": one.place.coordinates.lat,
        "lon": one.place.coordinates.lon,
        "state": one.state,
        "words": state_words(one, words),
        "door": one.door.said,
        "href": f"/inbox?place={one.place.id}",
    }


def state_words(one: Tile, words: Words) -> str:
    """“2 people wait”, “calm”: what its mark says aloud."""
    if one.waiting:
        return words.t.ngettext("%(num)s person waits", "%(num)s people wait", one.waiting) % {"num": one.waiting}
    return words.label("place_state", one.state)


def _holds(place: Place, query: str) -> bool:
    text = fold(f"{place.name} {place.street} {place.district} {place.postcode} {place.town}")
    return all(word in text for word in fold(query).split())


def _refuse_a_second(visit: Visit, place: Place, others: Sequence[Place]) -> None:
    """Raises `BadInput` when another place has the same name and address: posts could not tell one from the other."""
    keys = set(same_keys(place))
    twin = next((one for one in others if keys.intersection(same_keys(one))), None)
    if twin is None:
        return
    said = visit.t.gettext(
        "You already have “%(name)s” at this address. Change one of the two: a name, a street, a district."
    )
    if twin.closed_at is not None:
        said = visit.t.gettext("“%(name)s” at this address is among your closed places: open it again there.")
    sentence = said % {"name": twin.name}
    raise BadInput(sentence)


def _blank(visit: Visit) -> Place:
    return Place(id=new_id(), organisation_id=visit.member.organisation_id, name="")


def _mine(visit: Visit, place_id: str) -> Place:
    with visit.app.store.reading() as tx:
        found = [one for one in organisations.places(tx, visit.member) if one.id == place_id]
    if not found:
        raise NotFound("There is no such place.")
    return found[0]


def _form(
    visit: Visit, place: Place, values: dict[str, str], error: BadInput | None = None, chosen: Sequence[str] = ()
) -> Response:
    is_new = not place.name
    country = values.get("country", "FR")
    region = holidays.region(country, values.get("postcode", ""))
    rows = [n for n in range(30) if values.get(f"s-{n}-first")]
    with visit.app.store.reading() as tx:
        return visit.show(
            "place_form.html",
            tx,
            422 if error else 200,
            section="/places",
            action="/places" if is_new else f"/places/{place.id}",
            place=place,
            is_new=is_new,
            values=pages.Blanks(values),
            error=visit.words.problem(error) if error else "",
            errors=pages.Blanks({error.field: visit.words.refused(error)} if isinstance(error, WatchRefused) else {}),
            asks=error.doubt if isinstance(error, PlaceAsks) else "",
            categories=[("", "—"), *((key, visit.words.label("category", key)) for key in categories())],
            more_open=any(values.get(name) for name in _MORE) or isinstance(error, WatchRefused),
            countries=country_choices(visit),
            zones=_zones(visit, values.get("time_zone", ""), country),
            days=range(7),
            hours_open=bool(error) or any(name.startswith("h-") and said for name, said in values.items()),
            special_rows=range((rows[-1] + 1 if rows else 0) + SPECIAL_ROWS),
            holidays=_coming(visit, region),
            chosen=frozenset(chosen),
            tiles_of_map=tiles_of(visit.app.settings),
        )


def _coming(visit: Visit, region: str | None) -> list[tuple[holidays.Holiday, str]]:
    """The next public holidays with what they are called: France's, those of Alsace for who lives there, overseas."""
    if region is None:
        return []
    today = visit.words.now.date()
    both = {one.key: one for where in {region, "alsace"} for one in holidays.coming(today, where)}
    named = sorted(both.values(), key=lambda one: (one.day, one.key))
    return [(one, visit.words.label("holiday", one.key)) for one in named]


def country_choices(visit: Visit) -> list[tuple[str, str]]:
    """The countries of most of our people first, then all the others by name."""
    names = Locale(visit.t.language).territories
    first = [(code, visit.t.gettext(name)) for code, name in COUNTRIES.items()]
    others = [(code, str(names.get(code, name))) for code, name in countries().items() if code not in COUNTRIES]
    return [*first, *sorted(others, key=lambda one: fold(one[1]))]


def _zones(visit: Visit, zone: str, country: str) -> list[tuple[str, str]]:
    known = dict.fromkeys([*([zone] if zone else []), *zones_of(country), *ZONES])
    return [("", visit.t.gettext("that of its town"))] + [
        (one, one.rpartition("/")[2].replace("_", " ")) for one in known
    ]
