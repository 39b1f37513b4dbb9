"""A list of places: read, its columns understood, and what becomes of each row."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ouidire.domain.hours import Shift
from ouidire.domain.ids import new_id
from ouidire.domain.place import Coordinates, Place
from ouidire.errors import BadInput
from ouidire.places import table as tables
from ouidire.places.columns import chosen, propose
from ouidire.places.meanings import Column
from ouidire.places.plan import Doubt, Fate, Plan, Remark, Wishes, likely_country, plan
from ouidire.places.table import Table, read_table
from tests.places.shared import geojson, needs_shared

HEAD = "Enseigne;Adresse;CP;Ville;Latitude;Longitude;Téléphone;Horaires\n"


def planned(data: str | bytes, wishes: Wishes | None = None, known: tuple[Place, ...] = ()) -> Plan:
    table = read_table(data.encode() if isinstance(data, str) else data)
    return plan(table, propose(table), wishes or Wishes(), known, "o1")


def row(line: str, wishes: Wishes | None = None, known: tuple[Place, ...] = ()) -> tuple[Fate, set[str], Place]:
    (only,) = planned(HEAD + line, wishes, known).rows
    return only.fate, {*only.doubts, *only.remarks}, only.place


# -- what a row becomes ------------------------------------------------------------------------------------------------


def test_a_whole_row_becomes_a_place_with_its_hours_its_clock_and_its_spot() -> None:
    fate, said, place = row("Levain;12 rue Ricard;79000;Niort;46.3239;-0.4588;0549;Mo-Sa 9:00-19:00")
    assert (fate, said) == (Fate.NEW, set())
    assert (place.name, place.street, place.postcode, place.town) == ("Levain", "12 rue Ricard", "79000", "Niort")
    assert place.coordinates == Coordinates(46.3239, -0.4588)
    assert place.time_zone == "Europe/Paris"
    assert place.hours is not None
    assert place.hours.week[0] == (Shift(540, 1140),)


def test_without_coordinates_a_place_stands_in_the_middle_of_its_town_and_says_so() -> None:
    fate, said, place = row("Levain;;69002;Lyon;;;;")
    assert (fate, said) == (Fate.NEW, {Remark.FROM_TOWN})
    assert place.coordinates is not None
    assert abs(place.coordinates.lat - 45.75) < 0.1


@pytest.mark.parametrize(
    ("line", "remark"),
    [
        ("Levain;;;Xyzville;;;;", Remark.UNKNOWN_TOWN),
        ("Levain;;;Xyzville;;;;", Remark.NO_COORDINATES),
        ("Levain;1 rue X;;;46.3;-0.45;;", Remark.NO_TOWN),
        ("Levain;;79000;Niort;quarante;-0.45;;", Remark.BAD_COORDINATES),
        ("Levain;;79000;Niort;0;0;;", Remark.BAD_COORDINATES),
        ("Levain;;79000;Niort;46.3239;-0.4588;;à la carte", Remark.HOURS_NOTE),
    ],
)
def test_what_is_missing_or_wrong_in_a_row_is_said_and_the_place_still_comes(line: str, remark: Remark) -> None:
    fate, said, _ = row(line)
    assert fate is Fate.NEW
    assert remark in said


def test_swapped_coordinates_are_noticed_asked_about_and_turned_round_when_told_so() -> None:
    line = "Levain;3 rue de Rivoli;75004;Paris;2.357;48.855;;"
    assert row(line)[:2] == (Fate.UNCLEAR, {Doubt.SWAPPED})
    fate, said, place = row(line, Wishes(swapped="swap"))
    assert (fate, said, place.coordinates) == (Fate.NEW, {Remark.SWAPPED}, Coordinates(48.855, 2.357))
    assert row(line, Wishes(swapped="keep"))[2].coordinates == Coordinates(2.357, 48.855)
    assert row(line, Wishes(swapped="leave"))[0] is Fate.LEFT_OUT
    montreal = row("Boutique;;H3G 2B2;Montréal;-73.57;45.5;;", Wishes(country="CA"))
    assert montreal[1] == {Doubt.SWAPPED}


def test_coordinates_far_from_their_town_are_asked_about() -> None:
    line = "Levain;2 rue du Port;17000;La Rochelle;43.3;5.4;;"
    assert row(line)[:2] == (Fate.UNCLEAR, {Doubt.FAR})
    assert row(line, Wishes(far="keep"))[2].coordinates == Coordinates(43.3, 5.4)
    assert row(line, Wishes(far="town"))[1] == {Remark.FROM_TOWN}


def test_a_clock_that_nothing_tells_is_asked() -> None:
    line = "Boutique;;;Xyzville;;;;"
    assert row(line, Wishes(country="CA"))[:2] == (
        Fate.UNCLEAR, {Doubt.CLOCK, Remark.UNKNOWN_TOWN, Remark.NO_COORDINATES},
    )  # fmt: skip
    fate, _, place = row(line, Wishes(country="CA", zone="America/Halifax"))
    assert (fate, place.time_zone) == (Fate.NEW, "America/Halifax")


def test_a_row_without_a_name_cannot_be_a_place() -> None:
    assert row(";1 rue X;79000;Niort;;;;")[0] is Fate.UNUSABLE


def test_the_same_name_and_address_is_one_place_in_the_house_and_in_the_list() -> None:
    known = Place("p1", "o1", "LEVAIN Niort", street="12, rue Ricard", town="niort")
    line = "Levain Niort;12 rue Ricard;79000;Niort;;;;"
    assert row(line, known=(known,))[0] is Fate.SAME
    assert row(line, known=(replace(known, street="13 rue Ricard"),))[0] is Fate.NEW
    twice = planned(HEAD + line + "\n" + line)
    assert [(one.fate, one.beside) for one in twice.rows] == [(Fate.NEW, ""), (Fate.TWICE, "2")]


def test_the_same_listing_is_the_same_place_however_it_is_called() -> None:
    known = Place("p1", "o1", "Ancien nom", listing_ids=("node/7",))
    found = planned(json.dumps({"elements": [
        {"type": "node", "id": 7, "lat": 46.3, "lon": -0.4, "tags": {"name": "Nouveau nom"}},
        {"type": "way", "id": 8, "center": {"lat": 46.3, "lon": -0.4}, "tags": {"name": "Autre"}},
    ]}), known=(known,))  # fmt: skip
    assert [one.fate for one in found.rows] == [Fate.SAME, Fate.NEW]
    assert found.rows[1].place.coordinates == Coordinates(46.3, -0.4)


def test_shops_of_a_chain_without_addresses_are_told_apart_by_their_spots() -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"name": "Monoprix"},
            "geometry": {"type": "Point", "coordinates": [lon, 48.8]},
        }
        for lon in (2.30, 2.34, 2.34)
    ]
    found = planned(json.dumps({"type": "FeatureCollection", "features": features}))
    assert [one.fate for one in found.rows] == [Fate.NEW, Fate.NEW, Fate.TWICE]


def test_an_address_in_one_piece_is_taken_apart_and_a_lost_zero_comes_back() -> None:
    _, _, place = row("Levain;12 rue Ricard, 79000 Niort;;;;;;")
    assert (place.street, place.postcode, place.town) == ("12 rue Ricard", "79000", "Niort")
    assert row("Levain;1 rue X;1000;Bourg-en-Bresse;;;;")[2].postcode == "01000"
    assert row("Levain;1 rue X;79000 CEDEX 9;Niort Cedex 9;;;;")[2].town == "Niort"


def test_the_country_of_a_list_is_that_which_knows_its_towns() -> None:
    assert likely_country(read_table((HEAD + "A;;79000;Niort;;;;\nB;;;Lyon;;;;").encode()), "CA") == "FR"
    assert likely_country(read_table((HEAD + "A;;H3G 2B2;Montréal;;;;").encode()), "FR") == "CA"
    assert likely_country(read_table(b"nom,rue\nA,B"), "BE") == "BE"


# -- columns -----------------------------------------------------------------------------------------------------------


def test_columns_are_known_by_their_names_in_french_english_and_osm() -> None:
    def meant(*headers: str) -> list[str]:
        table = Table(headers, ())
        return [propose(table)[header].value for header in headers]

    assert meant("Nom du musée", "Code postal", "VILLE", "lat", "lng", "Téléphone", "id") == [
        "name", "postcode", "town", "latitude", "longitude", "", "",
    ]  # fmt: skip
    assert meant("Store Name", "Address Line 1", "Zip Code", "City", "storeCode", "notes") == [
        "name", "street", "postcode", "town", "listing", "",
    ]  # fmt: skip
    assert meant("addr:housenumber", "addr:street", "opening_hours", "brand", "name") == [
        "number", "street", "hours", "aliases", "name",
    ]  # fmt: skip


def test_a_person_may_say_what_a_column_is_and_that_it_is_nothing() -> None:
    table = read_table(b"nom,libre\nA,B")
    assert chosen(table, {"nom": "", "libre": "name"}) == {"nom": Column.IGNORED, "libre": Column.NAME}
    assert chosen(table, {"nom": "nonsense"})["nom"] is Column.IGNORED


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "nothing in this file"),
        (b"\xef\xbb\xbf\r\n", "nothing in this file"),
        (b"PK\x03\x04....", "workbook"),
        (b"\x1f\x8b....", "packed"),
        (bytes(range(32)) * 40, "not text"),
        (b"<!doctype html><p>", "web page"),
        (b"Just a title\nA\nB", "at least two columns"),
        (b"nom,ville\n", "not one row"),
        (b'nom,ville\n"A' + b"x" * 140_000, "Line 2 cannot be read"),
        (b'{"type": "FeatureCollection",\n "features": [', "Line 2 cannot be read as JSON"),
        (b'{"features": [\n{"properties": {"name": "A"}},\n{"properties": {"name" "B"}}]}', "Line 3 cannot be read as"),
        (b'[{"name": "A"},\n{"name": "B"', "Line 2 cannot be read as JSON"),
        (b'{"shops": {"name": "A",\n "town": }}', "Line 2 cannot be read as JSON"),
        (b'{"name": "A"}\n{"name": "B"}\n{"name"}\n', "Line 3 cannot be read as JSON"),
        (b'{"places": []}', "neither GeoJSON’s “features” nor an array"),
        (b'{"features": []}', "no place in this file"),
        (b"[" * 100_000, "holds no list of places"),
        (b'<?xml version="1.0"?>\n<osm>\n<node id="1" lat="1" lon="2">\n</osm>', "Line 4 cannot be read as XML"),
        (b'<?xml version="1.0"?>\n<osm>\n<node id="1" lat="1" lon="2"/>\n', "Line 4 cannot be read as XML"),
        (b'<?xml version="1.0"?><kml/>', "is not OpenStreetMap’s"),
        (b'<!DOCTYPE osm [<!ENTITY a "b">]><osm/>', "web page"),
        (b'<?xml version="1.0"?><!DOCTYPE osm [<!ENTITY a "b">]><osm/>', "is not OpenStreetMap’s"),
        (b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18", "packed form"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_what_to_do(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_table(data)


def test_too_many_places_are_refused_before_they_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    with pytest.raises(BadInput, match="more than 3 places"):
        read_table(b"nom,ville\n" + b"A,B\n" * 4)
    feature = b'{"properties": {"name": "A"}, "geometry": null}'
    with pytest.raises(BadInput, match="more than 3 places"):
        read_table(b'{"features": [' + b",".join([feature] * 4) + b", broken")
    monkeypatch.setattr(tables, "MOST_MB", 1)
    with pytest.raises(BadInput, match="larger than 1 MB"):
        read_table(b"nom,ville\n" + b"A" * 1_000_001)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_is_read_however_it_was_saved(encoding: str, delimiter: str) -> None:
    text = f'Enseigne{delimiter}Ville\r\n"Café, «l’Été»; bis"{delimiter}Évreux\r\n'
    (only,) = read_table(text.encode(encoding)).rows
    assert only.values == {"Enseigne": "Café, «l’Été»; bis", "Ville": "Évreux"}
    assert only.line == 2


def test_a_cell_over_several_lines_and_a_header_twice_do_not_shift_the_rows() -> None:
    table = read_table(b'nom,rue,rue\n"A\nB",1,2\nC,3,4,5')
    assert [(one.line, one.values["nom"], one.values["rue (2)"]) for one in table.rows] == [
        (2, "A B", "2"),
        (4, "C", "4"),
    ]


# -- real lists --------------------------------------------------------------------------------------------------------


@needs_shared
@pytest.mark.parametrize(
    ("path", "country", "new"),
    [
        ("poi-osm-niort/pharmacy.js", "FR", 33),
        ("poi-osm-paris/killiankemps-2014/hotels.geojson", "FR", 1201),
        ("poi-osm-paris/killiankemps-2014/supermarches.geojson", "FR", 568),
        ("poi-montreal/lieux-interet.geojson", "CA", 3220),
    ],
)
def test_real_lists_are_understood(path: str, country: str, new: int) -> None:
    table = read_table(geojson(path))
    found = plan(table, propose(table), Wishes(country=country), (), new_id())
    assert found.counts[Fate.NEW] == new
    assert not found.doubts
