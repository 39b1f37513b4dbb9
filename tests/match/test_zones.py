"""What time it is in a town, as far as we know towns."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ouidire.domain.place import Coordinates
from ouidire.match import zones
from ouidire.match.towns import find_town, middle_of, towns_of
from ouidire.match.zones import is_zone, zone_of


@pytest.mark.parametrize(
    ("town", "postcode", "country", "zone"),
    [
        ("Niort", "", "FR", "Europe/Paris"),
        ("un hameau", "", "FR", "Europe/Paris"),
        ("Saint-Denis", "97400", "FR", "Indian/Reunion"),
        ("Saint-Denis", "93200", "FR", "Europe/Paris"),
        ("Pointe-à-Pitre", "", "FR", "America/Guadeloupe"),
        ("Fort-de-France", "", "FR", "America/Martinique"),
        ("Cayenne", "", "FR", "America/Cayenne"),
        ("Mamoudzou", "", "FR", "Indian/Mayotte"),
        ("Saint-Pierre", "97500", "FR", "America/Miquelon"),
        ("Saint-Pierre", "97410", "FR", "Indian/Reunion"),
        ("Nouméa", "", "FR", "Pacific/Noumea"),
        ("MONTREAL", "", "CA", "America/Toronto"),
        ("Rimouski", "G5L 1A1", "CA", "America/Toronto"),
        ("Nulle Part", "B3H 0A1", "CA", "America/Halifax"),
        ("Las Palmas", "35001", "ES", "Atlantic/Canary"),
        ("Chattanooga", "37402", "US", "America/New_York"),
        ("Namur", "", "BE", "Europe/Brussels"),
    ],
)
def test_a_town_tells_its_clock(town: str, postcode: str, country: str, zone: str) -> None:
    found = zone_of(town, postcode, country)
    assert found is not None
    assert found.name == zone


def test_what_nothing_tells_is_none_so_that_it_is_asked() -> None:
    assert zone_of("Saint-Denis") is None  # on Réunion, or near Paris
    assert zone_of("Nulle Part", "", "CA") is None
    assert zone_of("", "", "US", Coordinates(39.0, -98.0)) is None


def test_coordinates_decide_where_a_name_does_not() -> None:
    reunion = zone_of("Saint-Denis", coordinates=Coordinates(-20.9, 55.4))
    tahiti = zone_of("un hameau", coordinates=Coordinates(-17.6, -149.5))
    jersey = zone_of("", "", "US", Coordinates(40.72, -74.05))
    assert [one.name for one in (reunion, tahiti, jersey) if one] == [
        "Indian/Reunion", "Pacific/Tahiti", "America/New_York",
    ]  # fmt: skip


def test_the_clock_of_a_town_changes_when_its_country_changes_it() -> None:
    paris, toronto = (ZoneInfo(zone_of(*one).name) for one in (("Paris",), ("Toronto", "", "CA")))  # type: ignore[union-attr]
    between = datetime(2026, 3, 20, 17, tzinfo=UTC)  # Toronto has its summer, Paris not yet
    assert (between.astimezone(paris).hour, between.astimezone(toronto).hour) == (18, 13)


def test_every_zone_that_we_name_is_one() -> None:
    named = {zone for ranges in zones._ranges().values() for _, _, zone in ranges}
    assert [zone for zone in named if not is_zone(zone)] == []
    assert not is_zone("Mars/Olympus")


def test_a_small_commune_stands_where_its_neighbour_does() -> None:
    small = next(one for one in find_town("79210") if one.coordinates is None)
    at, is_its_own = middle_of(towns_of(small.name, "79210", "FR"))
    assert at is not None
    assert not is_its_own
    assert middle_of([]) == (None, False)
