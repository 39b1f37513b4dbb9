"""Which column of a list means what: proposed from its name, in French, in English and in OpenStreetMap's words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from ouidire.domain.fold import fold
from ouidire.places.table import LAT, LON, Table


class Column(StrEnum):
    """What a column may be; IGNORED is a wish like any other."""

    IGNORED = ""
    NAME = "name"
    NUMBER = "number"
    STREET = "street"
    DISTRICT = "district"
    POSTCODE = "postcode"
    TOWN = "town"
    COUNTRY = "country"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    POINT = "point"
    HOURS = "hours"
    ZONE = "zone"
    LISTING = "listing"


_WORDS: Mapping[Column, tuple[str, ...]] = {
    Column.NAME: (
        "name", "nom", "enseigne", "nom francais", "raison sociale", "denomination", "etablissement", "magasin",
        "boutique", "store name", "shop", "store", "libelle", "title", "titre", "place", "lieu", "official name",
        "nom etablissement", "nom du magasin", "nom commercial", "brand", "marque", "operator",
    ),
    Column.NUMBER: ("addr housenumber", "numero", "no", "n", "num", "house number", "housenumber", "numero de rue"),
    Column.STREET: (
        "addr street", "street", "rue", "adresse", "address", "adresse 1", "address 1", "address line 1", "voie",
        "street address", "adresse postale", "numero et rue", "addr full", "contact street",
    ),
    Column.DISTRICT: ("district", "quartier", "arrondissement", "addr suburb", "suburb", "neighbourhood", "borough"),
    Column.POSTCODE: (
        "addr postcode", "postcode", "cp", "code postal", "zip", "zip code", "postal code", "codepostal", "zipcode",
        "postalcode", "contact postcode",
    ),
    Column.TOWN: ("addr city", "town", "city", "ville", "commune", "municipality", "localite", "contact city"),
    Column.COUNTRY: ("addr country", "country", "pays", "country code", "code pays", "pays iso"),
    Column.LATITUDE: ("latitude", "lat", "y", "gps lat", "coord y"),
    Column.LONGITUDE: ("longitude", "lon", "lng", "long", "x", "gps lon", "gps lng", "coord x"),
    Column.POINT: ("coordinates", "coordonnees", "geo point 2d", "geopoint", "localisation", "gps", "latlng"),
    Column.HOURS: ("opening hours", "horaires", "hours", "horaires d ouverture", "horaire", "ouverture"),
    Column.ZONE: ("time zone", "timezone", "fuseau", "fuseau horaire", "tz"),
    Column.LISTING: (
        "place id", "google place id", "listing id", "store code", "code magasin", "listing", "fiche", "osm id",
    ),
}  # fmt: skip
_RANKS = {word: (column, rank) for column, words in _WORDS.items() for rank, word in enumerate(words)}
_SPELLED = {LAT: (Column.LATITUDE, -1), LON: (Column.LONGITUDE, -1), "@id": (Column.LISTING, -1)}


def propose(table: Table) -> dict[str, Column]:
    """What each column probably is; at most one column for each meaning, the likeliest.

    A bare “id” is none: two lists would number different places alike.
    """
    best: dict[Column, tuple[int, str]] = {}
    for header in table.headers:
        column, rank = _SPELLED.get(header) or _RANKS.get(_key(header)) or _guess(_key(header))
        if column and (column not in best or rank < best[column][0]):
            best[column] = rank, header
    meaning = {header: column for column, (_, header) in best.items()}
    return {header: meaning.get(header, Column.IGNORED) for header in table.headers}


def _guess(key: str) -> tuple[Column, int]:
    """“Nom du musée”, “adresse complète”: the first word tells, where no better column does."""
    first = key.partition(" ")[0]
    column = {"nom": Column.NAME, "name": Column.NAME, "adresse": Column.STREET, "horaires": Column.HOURS}.get(first)
    return (column, 99) if column else (Column.IGNORED, 0)


def _key(header: str) -> str:
    words = re.sub(r"[^\w]+|_", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header))
    return " ".join(fold(words).split())


def chosen(table: Table, wanted: Mapping[str, str]) -> dict[str, Column]:
    """`propose`, but for the columns that a person has decided about; what is no meaning of ours is ignored."""
    known = {one.value: one for one in Column}
    return {header: known.get(wanted.get(header, was), Column.IGNORED) for header, was in propose(table).items()}


def missing(columns: Mapping[str, Column]) -> Sequence[Column]:
    """What a list cannot do without."""
    return [] if Column.NAME in columns.values() else [Column.NAME]
