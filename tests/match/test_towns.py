from __future__ import annotations

import tracemalloc
from zoneinfo import ZoneInfo

import pytest

from ouidire.match import towns
from ouidire.match.geo import distance_m
from ouidire.match.towns import find_town


@pytest.mark.parametrize(
    ("asked", "name", "country", "zone"),
    [
        ("rennes", "Rennes", "FR", "Europe/Paris"),
        ("st malo", "Saint-Malo", "FR", "Europe/Paris"),
        ("MONTREAL", "Montréal", "CA", "America/Toronto"),
        ("Quebec", "Québec", "CA", "America/Toronto"),
        ("Brussels", "Bruxelles", "BE", "Europe/Brussels"),
        ("genève", "Genève", "CH", "Europe/Zurich"),
        ("Cayenne", "Cayenne", "FR", "America/Cayenne"),
        ("Pointe à Pitre", "Pointe-à-Pitre", "FR", "America/Guadeloupe"),
        ("Paris", "Paris", "FR", "Europe/Paris"),
    ],
)
def test_a_town_is_found_however_it_is_spelled(asked: str, name: str, country: str, zone: str) -> None:
    town = find_town(asked)[0]
    assert (town.name, town.country, town.time_zone) == (name, country, zone)


def test_homonyms_come_largest_first_and_a_country_narrows_them() -> None:
    assert [t.department for t in find_town("Saint-Denis")][:2] == ["974", "93"]
    assert {t.country for t in find_town("Montréal")} == {"CA", "FR"}
    assert {t.country for t in find_town("Montréal", "FR")} == {"FR"}


def test_a_postcode_finds_its_communes_also_in_corsica_and_overseas() -> None:
    assert find_town("35400")[0].name == "Saint-Malo"
    assert (find_town("75011")[0].postcode, find_town("75011")[1].name) == ("75011", "Paris 11e Arrondissement")
    assert (find_town("20000")[0].name, find_town("20000")[0].department) == ("Ajaccio", "2A")
    assert find_town("97400")[0].time_zone == "Indian/Reunion"


def test_an_unknown_name_finds_nothing() -> None:
    for asked in ("Trifouilly-les-Oies", "", "00000", "\x00\ud800"):
        assert find_town(asked) == []


def test_every_line_is_a_town_with_a_real_time_zone() -> None:
    every = [towns._town(line, "") for line in towns._table()[0]]
    assert len(every) > 35_000
    for zone in {town.time_zone for town in every}:
        ZoneInfo(zone)
    for town in every:
        assert town.coordinates is None or (abs(town.coordinates.lat) <= 90 and abs(town.coordinates.lon) <= 180)


def test_coordinates_are_where_the_town_is() -> None:
    place = find_town("Dunkerque")[0].coordinates
    assert place is not None
    assert distance_m(place.lat, place.lon, 51.038, 2.377) < 3_000


def test_the_table_is_light() -> None:
    towns._table.cache_clear()
    tracemalloc.start()
    try:
        find_town("Rennes")
        assert tracemalloc.get_traced_memory()[0] < 15_000_000
    finally:
        tracemalloc.stop()


def test_distance_is_that_of_the_globe() -> None:
    assert distance_m(48.8566, 2.3522, 45.5019, -73.5674) == pytest.approx(5_503_000, rel=0.005)
    assert distance_m(1.0, 1.0, 1.0, 1.0) == 0


@pytest.mark.parametrize("said", ["75011", "75 011", "75.011", "F-75011", "FR 75011", "75011 CEDEX 11"])
def test_a_french_postcode_is_known_however_it_is_written(said: str) -> None:
    assert "Paris 11e Arrondissement" in {one.name for one in find_town(said, "FR")}


@pytest.mark.parametrize(
    ("name", "country", "zone"),
    [
        ("Cracovie", "PL", "Europe/Warsaw"),
        ("Kraków", "PL", "Europe/Warsaw"),
        ("Louvain", "BE", "Europe/Brussels"),
        ("Saint-Gall", "CH", "Europe/Zurich"),
        ("Moscow", "RU", "Europe/Moscow"),
        ("Guadalajara", "MX", "America/Mexico_City"),
        ("Reykjavik", "IS", "Atlantic/Reykjavik"),
        ("Drummondville", "CA", "America/Toronto"),
        ("Surat", "IN", "Asia/Kolkata"),
    ],
)
def test_the_larger_cities_of_every_country_are_known_with_their_clock(name: str, country: str, zone: str) -> None:
    (first, *_) = find_town(name, country)
    assert first.time_zone == zone
    assert first.coordinates is not None


def test_a_town_stands_in_the_tables_once() -> None:
    assert [one.country for one in find_town("Montréal", "CA")] == ["CA"]
    assert len(find_town("Londres", "GB")) == len(find_town("London", "GB")) == 1
