"""What the name of a column says it holds: in French, in English, in OpenStreetMap's words and in schema.org's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from ouidire.domain.fold import fold

LAT, LON = "@latitude", "@longitude"
"""Columns of a file's own geometry."""

STATIONS = "@stations"
"""Column of the stations near by that the same file holds."""


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
    ALIASES = "aliases"
    FORMER = "former"
    HANDLES = "handles"
    HASHTAGS = "hashtags"
    LINKS = "links"
    CATEGORY = "category"
    LANDMARKS = "landmarks"
    PRODUCTS = "products"
    ROLES = "roles"
    LANGUAGES = "languages"


SEVERAL = frozenset({
    Column.LISTING, Column.ALIASES, Column.FORMER, Column.HANDLES, Column.HASHTAGS, Column.LINKS, Column.CATEGORY,
    Column.LANDMARKS, Column.PRODUCTS, Column.ROLES, Column.LANGUAGES,
})  # fmt: skip
"""Meanings that more than one column may have: what they hold is put together."""

_WORDS: Mapping[Column, tuple[str, ...]] = {
    Column.NAME: (
        "name", "nom", "enseigne", "nom francais", "raison sociale", "denomination", "etablissement", "magasin",
        "boutique", "store name", "shop name", "store", "libelle", "title", "titre", "place", "lieu",
        "location name", "nom etablissement", "nom du magasin", "nom commercial", "branch name",
    ),
    Column.NUMBER: ("addr housenumber", "numero", "no", "n", "num", "house number", "housenumber", "numero de rue"),
    Column.STREET: (
        "addr street", "street", "rue", "adresse", "address", "adresse 1", "address 1", "address line 1", "address1",
        "voie", "street address", "adresse postale", "numero et rue", "addr full", "contact street", "adresse1",
    ),
    Column.DISTRICT: ("district", "quartier", "arrondissement", "addr suburb", "suburb", "neighbourhood", "borough"),
    Column.POSTCODE: (
        "addr postcode", "postcode", "cp", "code postal", "zip", "zip code", "postal code", "codepostal", "zipcode",
        "postalcode", "contact postcode",
    ),
    Column.TOWN: (
        "addr city", "town", "city", "ville", "commune", "municipality", "localite", "contact city", "address locality",
        "locality",
    ),
    Column.COUNTRY: (
        "addr country", "country", "pays", "country code", "code pays", "pays iso", "address country",
    ),
    Column.LATITUDE: ("latitude", "lat", "y", "gps lat", "coord y"),
    Column.LONGITUDE: ("longitude", "lon", "lng", "long", "x", "gps lon", "gps lng", "coord x"),
    Column.POINT: ("coordinates", "coordonnees", "geo point 2d", "geopoint", "localisation", "gps", "latlng"),
    Column.HOURS: ("opening hours", "horaires", "hours", "horaires d ouverture", "horaire", "ouverture"),
    Column.ZONE: ("time zone", "timezone", "fuseau", "fuseau horaire", "tz"),
    Column.LISTING: (
        "place id", "google place id", "listing id", "store code", "code magasin", "listing", "fiche", "osm id",
        "branch code", "listings", "fiches", "tripadvisor id", "yelp id", "foursquare id",
    ),
    Column.ALIASES: (
        "aliases", "alias", "alt name", "short name", "loc name", "alternate name", "nickname", "nicknames", "surnom",
        "surnoms", "autre nom", "autres noms", "other names", "nom court", "nom usuel", "also known as", "name fr",
        "name en", "alt name fr", "alt name en", "brand", "marque",
    ),
    Column.FORMER: (
        "old name", "former name", "former names", "ancien nom", "anciens noms", "was name", "anciennement", "ex",
    ),
    Column.HANDLES: (
        "handles", "handle", "contact instagram", "instagram", "contact twitter", "twitter", "x twitter",
        "contact tiktok", "tiktok", "contact mastodon", "mastodon", "contact bluesky", "bluesky", "contact threads",
        "threads", "contact facebook", "facebook", "compte", "comptes", "account", "accounts", "reseaux sociaux",
    ),
    Column.HASHTAGS: ("hashtags", "hashtag", "mots diese", "mot diese"),
    Column.LINKS: (
        "website", "contact website", "links", "link", "url", "site", "site web", "site internet", "web", "same as",
        "lien", "liens", "store url", "page", "contact youtube", "youtube", "adresse web", "site url",
    ),
    Column.CATEGORY: (
        "category", "categorie", "@type", "amenity", "shop", "tourism", "healthcare", "leisure", "craft", "activite",
        "type d etablissement", "genre", "place type", "store type",
    ),
    Column.LANDMARKS: (
        STATIONS, "landmarks", "landmark", "metro", "station", "stations", "station de metro", "metro station",
        "arret", "repere", "reperes", "point de repere", "pres de", "near",
    ),
    Column.PRODUCTS: (
        "products", "produits", "menu", "carte", "specialites", "specialite", "specialities", "specialties", "cuisine",
        "serves cuisine", "plats",
    ),
    Column.ROLES: ("roles", "role", "fonctions", "fonction", "staff roles", "metiers"),
    Column.LANGUAGES: ("languages", "language", "langues", "langue", "lang", "knows language"),
}  # fmt: skip
_RANKS = {word: (column, rank) for column, words in _WORDS.items() for rank, word in enumerate(words)}
_SPELLED = {LAT: (Column.LATITUDE, -1), LON: (Column.LONGITUDE, -1), "@id": (Column.LISTING, -1)}
_SECOND_CHOICE = ("official name", "brand", "marque", "operator", "shop", "legal name")
"""Columns that hold the name where no better one does."""


@lru_cache(4096)
def meaning(header: str) -> tuple[Column, int]:
    """What a column of this name probably is, and how sure that is: the lower the surer. IGNORED: nothing of ours.

    A bare “id” is none: two lists would number different places alike.
    """
    key = _key(header)
    return _SPELLED.get(header) or _RANKS.get(header) or _RANKS.get(key) or _guess(key)


def second_choice(header: str) -> int | None:
    """How likely a column holds the name in a list without a column of names; None: not at all."""
    key = _key(header)
    return _SECOND_CHOICE.index(key) if key in _SECOND_CHOICE else None


@lru_cache(4096)
def is_name(header: str) -> bool:
    """Does a column of this name hold what a place is called, by anyone?"""
    return meaning(header)[0] in (Column.NAME, Column.ALIASES) or second_choice(header) is not None


def _guess(key: str) -> tuple[Column, int]:
    """“Nom du musée”, “adresse complète”: the first word tells, where no better column does."""
    first = key.partition(" ")[0]
    column = {"nom": Column.NAME, "name": Column.NAME, "adresse": Column.STREET, "horaires": Column.HOURS}.get(first)
    return (column, 99) if column else (Column.IGNORED, 0)


def _key(header: str) -> str:
    words = re.sub(r"[^\w@]+|_", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", header))
    return " ".join(fold(words).split())
