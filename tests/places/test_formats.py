"""The files that lists of places come in: store locators, extracts of OpenStreetMap, one object on each line."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.domain.hours import Shift
from ouidire.domain.place import Coordinates, Place
from ouidire.errors import BadInput
from ouidire.places import objects as cutting
from ouidire.places import table as tables
from ouidire.places.columns import propose
from ouidire.places.objects import objects
from ouidire.places.only import called
from ouidire.places.plan import Fate, Planned, Wishes, plan
from ouidire.places.table import Table, read_extract, read_table

LUNCH = [
    {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": ["https://schema.org/Tuesday", "Wednesday"],
        "opens": opens,
        "closes": closes,
    }
    for opens, closes in (("12:00:00", "14:30"), ("19:00", "23:00"))
]
MIE: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "Bakery",
    "@id": "https://lamie.example/rennes#store",
    "name": "La Mie Bretonne Rennes",
    "alternateName": ["La Mie", "Mie Bretonne"],
    "branchCode": "R-35",
    "parentOrganization": {"@type": "Organization", "name": "Groupe Mie", "telephone": "0800"},
    "address": {
        "@type": "PostalAddress",
        "streetAddress": "3 rue Le Bastard",
        "addressLocality": "Rennes",
        "postalCode": "35000",
        "addressCountry": {"@type": "Country", "name": "FR"},
    },
    "geo": {"@type": "GeoCoordinates", "latitude": "48.1117", "longitude": -1.6803},
    "telephone": "+33 2 99 00 00 00",
    "openingHoursSpecification": LUNCH,
    "sameAs": ["https://www.instagram.com/lamie.rennes/", "https://facebook.com/lamierennes"],
    "url": "https://lamie.example/rennes",
    "image": {"@type": "ImageObject", "url": "https://cdn.example/x.png"},
}


def read(data: object, names: str = "") -> Table:
    text = data if isinstance(data, str | bytes) else json.dumps(data)
    return read_table(text.encode() if isinstance(text, str) else text, called(names))


def planned(data: object, names: str = "") -> list[Planned]:
    table = read(data, names)
    return list(plan(table, propose(table), Wishes(), (), "o1").rows)


def one(data: object) -> Planned:
    (only,) = planned(data)
    assert only.fate is Fate.NEW
    return only


# -- store locators ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrapped",
    [
        MIE,
        [MIE],
        {"@context": "https://schema.org", "@graph": [MIE, {"@type": "WebSite", "url": "https://lamie.example"}]},
        {"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "position": 1, "item": MIE}]},
        {"@type": "Organization", "name": "La Mie", "address": "Paris", "department": [MIE]},
        {"props": {"pageProps": {"stores": [MIE], "total": 1}}},
    ],
)
def test_schema_org_is_read_wherever_its_places_stand(wrapped: object) -> None:
    row = next(row for row in planned(wrapped) if row.fate is Fate.NEW)
    place = row.place
    assert (place.name, place.street, place.postcode, place.town, place.country) == (
        "La Mie Bretonne Rennes", "3 rue Le Bastard", "35000", "Rennes", "FR",
    )  # fmt: skip
    assert place.coordinates == Coordinates(48.1117, -1.6803)
    assert place.category == "bakery"
    assert "R-35" in place.listing_ids
    assert place.hours is not None
    assert place.hours.week[1] == place.hours.week[2] == (Shift(720, 870), Shift(1140, 1380))
    assert place.hours.week[0] == ()
    assert row.signs.aliases == ("La Mie", "Mie Bretonne")
    assert row.signs.handles == ("lamie.rennes",)
    assert set(row.signs.links) == {"facebook.com/lamierennes", "lamie.example/rennes"}


def test_opening_hours_in_schema_orgs_short_words_are_understood() -> None:
    row = one({**MIE, "openingHoursSpecification": None, "openingHours": ["Mo-Fr 09:00-12:30", "Sa 09:00-13:00"]})
    assert row.place.hours is not None
    assert row.place.hours.week[0] == (Shift(540, 750),)
    assert row.place.hours.week[5] == (Shift(540, 780),)


def test_plain_arrays_of_a_store_locator_are_understood() -> None:
    stores = [
        {
            "id": 17, "storeName": "Mie Lyon", "address1": "8 place Bellecour", "city": "Lyon", "zip": "69002",
            "lat": 45.757, "lng": 4.832, "phone": None, "services": ["wifi", "parking"],
            "hours": {"monday": [{"open": "9:00", "close": "12:00"}, {"open": "14:00", "close": "19:00"}]},
        },
    ]  # fmt: skip
    (lyon,) = planned({"status": "ok", "data": {"count": 2, "stores": stores}})
    assert (lyon.place.name, lyon.place.street, lyon.place.town) == ("Mie Lyon", "8 place Bellecour", "Lyon")
    assert lyon.place.coordinates == Coordinates(45.757, 4.832)
    assert lyon.place.hours is not None
    assert lyon.place.hours.week[0] == (Shift(540, 720), Shift(840, 1140))
    niort = one([{"storeName": "Mie Niort", "address": {"street": "12 rue Ricard", "city": "Niort", "zip": 79000}}])
    assert (niort.place.street, niort.place.postcode, niort.place.town) == ("12 rue Ricard", "79000", "Niort")


def test_one_object_on_each_line_is_read() -> None:
    lines = "\n".join(
        json.dumps({"id": n, "name": f"Mie {n}", "town": "Niort", "street": f"{n} rue X", "aliases": ["Mimie", "🍞"]})
        for n in range(3)
    )
    rows = planned("\ufeff" + lines + "\n\n")
    assert [row.place.name for row in rows] == ["Mie 0", "Mie 1", "Mie 2"]
    assert rows[0].signs.aliases == ("Mimie",)
    assert "no_words" in rows[0].remarks


# -- OpenStreetMap -----------------------------------------------------------------------------------------------------

TAGS = {
    "name": "Chez Lulu", "alt_name": "Lulu;Le Lulu", "old_name": "Chez Jo (jusqu'en 2019)", "short_name": "Lulu",
    "brand": "Lulu & Cie", "amenity": "restaurant", "cuisine": "pizza;italian", "contact:instagram": "chezlulu",
    "contact:twitter": "https://twitter.com/lulu_niort", "website": "https://www.chez-lulu.example/",
    "opening_hours": "Tu-Sa 12:00-14:00,19:00-22:30", "addr:housenumber": "4", "addr:street": "rue Ricard",
    "addr:postcode": "79000", "addr:city": "Niort", "contact:facebook": "https://facebook.com",
}  # fmt: skip


def osm(*elements: str) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n' + "\n".join(elements) + "\n</osm>\n"


def node(number: int, lat: float, lon: float, tags: dict[str, str] | None = None) -> str:
    inner = "".join(f'<tag k="{k}" v="{v.replace("&", "&amp;")}"/>' for k, v in (tags or {}).items())
    return f'<node id="{number}" lat="{lat}" lon="{lon}">{inner}</node>'


def way(number: int, inner: str, tags: dict[str, str]) -> str:
    return f'<way id="{number}">{inner}' + "".join(f'<tag k="{k}" v="{v}"/>' for k, v in tags.items()) + "</way>"


@pytest.mark.parametrize(
    "data",
    [
        osm(node(7, 46.3239, -0.4588, TAGS)),
        json.dumps({"elements": [{"type": "node", "id": 7, "lat": 46.3239, "lon": -0.4588, "tags": TAGS}]}),
        json.dumps({"type": "FeatureCollection", "features": [{
            "type": "Feature", "properties": {"@id": "node/7", **TAGS},
            "geometry": {"type": "Point", "coordinates": [-0.4588, 46.3239]},
        }]}),
    ],
    ids=["xml", "overpass", "geojson"],
)  # fmt: skip
def test_the_tags_of_openstreetmap_say_what_a_place_is_known_by(data: str) -> None:
    row = one(data)
    place = row.place
    assert (place.name, place.street, place.postcode, place.town) == ("Chez Lulu", "4 rue Ricard", "79000", "Niort")
    assert place.coordinates == Coordinates(46.3239, -0.4588)
    assert place.listing_ids == ("node/7",)
    assert (place.category, place.products) == ("restaurant", ("pizza", "pizzas"))
    assert place.hours is not None
    assert place.hours.week[1] == (Shift(720, 840), Shift(1140, 1350))
    assert row.signs.aliases == ("Lulu", "Le Lulu", "Lulu & Cie")
    assert [(one.name, str(one.until)) for one in row.signs.former] == [("Chez Jo", "2019-12-31")]
    assert row.signs.handles == ("chezlulu", "lulu_niort")
    assert row.signs.links == ("chez-lulu.example",)  # a network's front page is nobody's


def test_a_way_lies_in_the_middle_of_its_nodes_or_where_its_centre_is_said() -> None:
    nodes = [node(1, 46.0, -0.4), node(2, 46.2, -0.4), node(3, 46.2, -0.6)]
    through = '<nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="99"/>'
    rows = planned(
        osm(*nodes, way(5, through, {"name": "Halle"}), way(6, '<center lat="46.3" lon="-0.5"/>', {"name": "B"}))
    )
    assert [row.place.coordinates for row in rows] == [Coordinates(46.1, -0.5), Coordinates(46.3, -0.5)]
    around = {"type": "way", "id": 5, "tags": {"name": "Halle"}, "geometry": [
        {"lat": 46.0, "lon": -0.4}, {"lat": 46.2, "lon": -0.6},
    ]}  # fmt: skip
    assert one({"elements": [around]}).place.coordinates == Coordinates(46.1, -0.5)


def test_stations_near_by_become_landmarks_and_those_far_off_do_not() -> None:
    rows = planned(
        osm(
            node(1, 45.4972, -73.5790, {"name": "Boutique Crescent", "shop": "clothes", "addr:country": "CA"}),
            node(2, 45.4955, -73.5795, {"name": "Guy-Concordia", "railway": "station"}),
            node(3, 45.4957, -73.5797, {"name": "Guy-Concordia", "railway": "subway_entrance"}),
            node(4, 45.5300, -73.5700, {"name": "Mont-Royal", "railway": "station"}),
        ),
        "Boutique Crescent",
    )
    assert [(row.place.name, row.place.landmarks) for row in rows] == [("Boutique Crescent", ("Guy-Concordia",))]


# -- only ours ---------------------------------------------------------------------------------------------------------


def test_of_an_extract_only_what_bears_our_name_is_read_and_the_rest_is_counted() -> None:
    features = [
        {"type": "Feature", "properties": {"name": name, "brand": brand}, "geometry": None}
        for name, brand in (("Mie Niort", "La Mie"), ("MIE-LYON", ""), ("Mieux", ""), ("Autre", ""), ("Chez Lulu", ""))
    ]
    table = read({"features": features}, "mie, lulu")
    assert [row.values["name"] for row in table.rows] == ["Mie Niort", "MIE-LYON", "Chez Lulu"]
    assert table.seen == 5
    with pytest.raises(BadInput, match="None of the 5 rows of this file has that name"):
        read({"features": features}, "Personne")
    assert called(" , ;") is None


def test_a_sheet_is_narrowed_by_its_column_of_names() -> None:
    table = read("Enseigne,Ville\nMie,Niort\nAutre,Mie\n", "mie")
    assert [row.values for row in table.rows] == [{"Enseigne": "Mie", "Ville": "Niort"}]


def test_a_file_larger_than_a_page_takes_is_read_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MOST_ROWS", 10)
    monkeypatch.setattr(tables, "MOST_MB", 0)
    path = tmp_path / "extract.geojson"
    features = [{"properties": {"name": f"Mie {n}" if n % 100 == 0 else f"Autre {n}"}} for n in range(1000)]
    path.write_text(json.dumps({"features": features}), "utf-8")
    told: list[int] = []
    table = read_extract(path, called("Mie"), told.append)
    assert ([row.line for row in table.rows][:2], table.seen) == ([1, 101], 1000)
    assert sum(told) == path.stat().st_size
    with pytest.raises(BadInput, match="more than 10 places"):
        read_extract(path, None, told.append)
    with pytest.raises(BadInput, match="ouidire places FILE --only NAME"):
        read_table(path.read_bytes())


# -- cut into pieces ---------------------------------------------------------------------------------------------------

TRICKY = [{"name": 'L’"Œuf" {[}] \\', "n": n, "geo": {"lat": 1.5, "list": [[1, {"a": "]"}]]}} for n in range(50)]


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
@pytest.mark.parametrize("shape", ['{{"type": "F", "features": {} }}', "{}", '{{"a": 1, "shops": {}, "z": [] }}'])
@pytest.mark.parametrize("indent", [None, 1])
def test_wherever_a_file_is_cut_its_objects_come_whole(
    piece: int, shape: str, indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cutting, "_PIECE", piece)
    monkeypatch.setattr(cutting, "WHOLE", 60)
    text = shape.format(json.dumps(TRICKY, indent=indent))
    assert list(objects(io.StringIO(text))) == TRICKY
    line = text[: text.index('"n": 30')].count("\n") + 1
    with pytest.raises(BadInput, match=f"Line {line} cannot be read as JSON"):
        list(objects(io.StringIO(text.replace('"n": 30', '"n" 30'))))


def test_lines_are_whole_wherever_they_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cutting, "_PIECE", 130)
    text = "\n".join(json.dumps(one) for one in TRICKY)
    assert list(objects(io.StringIO(text))) == TRICKY


def test_a_place_of_five_thousand_names_is_added_without_them_and_says_so() -> None:
    names = ", ".join(f"Mie {n}" for n in range(5000))
    row = one([{"name": "Mie", "town": "Niort", "aliases": names, "landmarks": ["🚇", "Halles"]}])
    assert row.signs.aliases == ()
    assert set(row.remarks) >= {"too_many", "no_words"}
    assert row.place.landmarks == ("Halles",)


def test_a_kind_of_house_that_we_do_not_know_is_said() -> None:
    assert "unknown_kind" in one([{"name": "Mie", "town": "Niort", "category": "astrologue"}]).remarks
    assert one([{"name": "Mie", "town": "Niort", "type": "Boulangerie", "category": "boulangerie"}]).place.category


def test_two_places_of_the_same_name_and_address_are_one_in_every_format() -> None:
    known = Place("p1", "o1", "La Mie Bretonne Rennes", street="3, rue Le Bastard", town="Rennes", postcode="35000")
    table = read([MIE, MIE])
    rows = plan(table, propose(table), Wishes(), (), "o1").rows
    assert [row.fate for row in rows] == [Fate.NEW, Fate.TWICE]
    assert [row.fate for row in plan(table, propose(table), Wishes(), (known,), "o1").rows] == [Fate.SAME, Fate.SAME]


# -- whatever comes ----------------------------------------------------------------------------------------------------

SAMPLES = [
    json.dumps(MIE).encode(),
    json.dumps({"elements": [{"type": "node", "id": 7, "lat": 46.3, "lon": -0.4, "tags": TAGS}]}).encode(),
    json.dumps({"features": [{"properties": TAGS, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}).encode(),
    osm(node(7, 46.3, -0.4, TAGS), way(8, '<nd ref="7"/>', {"name": "Halle"})).encode(),
    "nom;ville;site;ancien nom\nMie;Niort;lamie.example;Jo (2019)\n".encode("utf-16"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda below: (
        st.lists(below, max_size=4)
        | st.dictionaries(
            st.sampled_from([*TAGS, *MIE, "type", "id", "tags", "lat", "lon", "properties", "geometry", "coordinates"]),
            below,
            max_size=5,
        )
    ),
    max_leaves=20,
)


def try_to_plan(data: bytes) -> None:
    try:
        table = read_table(data)
    except BadInput:
        return
    columns = propose(table)
    assert len(plan(table, columns, Wishes(), (), "o1").rows) == len(table.rows)


@given(st.sampled_from(SAMPLES), st.data())
def test_a_damaged_file_is_read_or_refused_in_a_sentence(sample: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(sample)))
    cut = data.draw(st.integers(0, 20))
    try_to_plan(sample[:at] + data.draw(st.binary(max_size=5)) + sample[at + cut :])


@given(st.lists(JSON, max_size=4), st.sampled_from(["", "features", "elements", "stores"]))
def test_whatever_json_says_is_read_or_refused_in_a_sentence(said: list[Any], name: str) -> None:
    try_to_plan(json.dumps({name: said} if name else said).encode())
