"""Real places from a folder of public data, read where they lie: none of them is part of this package.

What is read, where it is there: OpenStreetMap extracts of Paris and Niort (ODbL), Montréal's points of interest
(CC BY 4.0), and the list of chains that OpenStreetMap's name-suggestion-index keeps (BSD).
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from tomllib import loads
from typing import Any

from ouidire.domain.fold import fold
from ouidire.errors import BadInput
from ouidire.match.geo import distance_m

_DANGLING = re.compile(r",(\s*[\]}])")
_WORD = re.compile(r"[^\W\d_]+")
_ORDINALS = re.compile(r"\s*-?\s*(?:cedex.*|\d+e?r?)$", re.IGNORECASE)


def words_of(words: str) -> frozenset[str]:
    """The words in a line of them."""
    return frozenset(words.split())


_SMALL = words_of("de du des d la le les l et à au aux en sur sous chez of the and")
_BARE = words_of(
    "boulangerie patisserie pharmacie hotel restaurant bar cafe supermarche musee municipal fleuriste bijouterie "
    "fleurs pressing tabac kebab pizzeria creperie bijoux marche"
)
"""A name of such words alone is none: nobody could listen for it."""

_WAYS = words_of("rue boulevard avenue chemin")
"""The traders of a street go by its name: whether they or the street are spoken of, no label could say."""

_ORDINARY = 6
"""So often in some 2 MB of public texts, a word is an ordinary one."""


@dataclass(frozen=True, slots=True)
class House:
    """A business where it stands, as public data describe it; "" and None are not known. `hours` as written there."""

    name: str
    category: str
    town: str
    country: str
    street: str = ""
    number: str = ""
    postcode: str = ""
    district: str = ""
    at: tuple[float, float] | None = None
    hours: str = ""
    landmark: str = ""


@dataclass(frozen=True, slots=True)
class Brand:
    """A chain: its name, what else it is called, and the countries (ISO 3166 alpha-2, "001" the world) it is in."""

    name: str
    aliases: tuple[str, ...]
    category: str
    countries: tuple[str, ...]


@cache
def table(name: str) -> Mapping[str, Any]:
    """One of this package's own tables: "houses" or "localities"."""
    return loads(files("ouidire.evaluation").joinpath(f"{name}.toml").read_text("utf-8"))


def houses(data: Path) -> list[House]:
    """Every place found under `data`, in a fixed order. Raises `BadInput` when there is none at all."""
    found = [*_paris(data / "poi-osm-paris"), *_niort(data / "poi-osm-niort"), *_montreal(data / "poi-montreal")]
    kept = [one for one in found if _is_name(one.name)]
    if not kept:
        raise BadInput(
            f"No places were found under {data}: say with --data, or OUIDIRE_DATA, where the public data lie."
        )
    return kept


def brands(data: Path) -> list[Brand]:
    """The chains of shops, restaurants and the like that the list under `data` names; none when it is not there."""
    path = data / "brands-nsi" / "brands_fr_be_ch_qc_world.jsonl"
    kinds = {f"brands/{way}": kind for kind, house in table("houses").items() for way in house.get("paths", ())}
    found: dict[str, Brand] = {}
    for line in path.read_text("utf-8").splitlines() if path.is_file() else ():
        row = json.loads(line)
        name = re.sub(r"\s*\(.*\)", "", row["name"])
        if (kind := kinds.get(row["path"])) and name.isprintable() and _is_latin(name):
            aliases = tuple(one for one in row["match"] if _is_latin(one) and len(one) > 2)
            found.setdefault(fold(name), Brand(name, aliases, kind, tuple(row["where"])))
    return list(found.values())


@cache
def ordinary_words(data: Path) -> frozenset[str]:
    """Words (folded) that stand in lower case in public French and English texts, often enough to be ordinary ones."""
    counted = Counter(
        fold(word) for text in _texts(data) for word in _WORD.findall(text) if word.islower() and len(word) > 2
    )
    return frozenset(word for word, count in counted.items() if count >= _ORDINARY)


def _texts(data: Path) -> Iterator[str]:
    for table_ in ("fr-allocine-sub/train_data_allocine.csv", "fr-fastfood-google/reviews/marseille_reviews.csv"):
        if (path := data / table_).is_file():
            with path.open(encoding="utf-8", newline="") as rows:
                yield from (row.get("text") or row.get("review") or "" for row in csv.DictReader(rows))
    for name in ("yelp-uci-sentences/yelp_labelled.txt", "goemotions/original/train.tsv"):
        if (path := data / name).is_file():
            yield from (line.split("\t")[0] for line in path.read_text("utf-8").splitlines())


def _is_latin(text: str) -> bool:
    return all(ord(char) < 0x250 or char in "’–&€" for char in text) and any(char.isalpha() for char in text)


def _is_name(name: str) -> bool:
    words = fold(name).split()
    if not words or words[0] in _WAYS or set(words) <= _BARE:
        return False
    return sum(map(len, words)) > 2 and len(words) < 8 and _is_latin(name)


def _written(name: str) -> str:
    """'HOTEL DE REIMS' and 'Hotel De Reims' as its owner would write it."""
    words = re.split(r"(?<=[ '’\-])", " ".join(name.split()))
    first, *rest = (word.capitalize() if name.isupper() else word for word in words)
    return first + "".join(word.lower() if word.lower().strip(" '’-") in _SMALL else word for word in rest)


def _load(path: Path) -> Any:
    """The first JSON value in a file that may be JavaScript and may have a comma too many; [] where there is none.

    Raises `BadInput` that names the file when it holds anything else.
    """
    if not path.is_file():
        return []
    text = path.read_text("utf-8")
    begin = re.search(r"[{\[]", text)
    try:
        return json.JSONDecoder().raw_decode(_DANGLING.sub(r"\1", text[begin.start() if begin else 0 :]))[0]
    except ValueError as error:
        raise BadInput(f"{path} cannot be read: {error}.") from error


def _features(path: Path) -> Iterator[tuple[dict[str, Any], tuple[float, float] | None]]:
    loaded = _load(path)
    for one in loaded.get("features", ()) if loaded else ():
        yield one["properties"], _middle(one.get("geometry"))


def _middle(geometry: Mapping[str, Any] | None) -> tuple[float, float] | None:
    """Latitude and longitude of a point, or of the first corner of an outline."""
    at: Any = geometry["coordinates"] if geometry else None
    while at and isinstance(at[0], list):
        at = at[0]
    return (float(at[1]), float(at[0])) if at else None


def _osm(tags: Mapping[str, Any], at: tuple[float, float] | None, category: str, town: str, postcode: str) -> House:
    def tag(name: str) -> str:
        return str(tags.get(f"addr:{name}") or tags.get(f"contact:{name}") or "").strip()

    return House(
        _written(str(tags.get("name", ""))), category, tag("city").title() or town, "FR", tag("street"),
        tag("housenumber"), tag("postcode") or postcode, at=at, hours=str(tags.get("opening_hours", "")),
    )  # fmt: skip


def _paris(folder: Path) -> Iterator[House]:
    old = folder / "killiankemps-2014"
    for name, kind in (("supermarches", "supermarket"), ("fleuristes", "shop"), ("bijoutiers", "shop")):
        for tags, at in _features(old / f"{name}.geojson"):
            yield _osm(tags, at, kind, "Paris", "")
    for tags, at in _features(old / "hotels.geojson"):
        number, _, street = str(tags["adresse"]).partition(" ")
        town = _ORDINALS.sub("", str(tags["commune"])).title()
        yield House(
            _written(tags["nom_commercial"]),
            "hotel",
            town,
            "FR",
            _written(street),
            number.strip(","),
            tags["code_postal"],
            at=at,
        )
    for tags, at in _features(old / "liste_des_musees_franciliens.geojson"):
        number, street = _numbered(str(tags.get("adresse", "")).splitlines()[-1:])
        town = str(tags["ville"]).title()
        yield House(_written(tags["nom_du_musee"]), "museum", town, "FR", street, number, str(tags["cp"]), at=at)
    for element in (_load(folder / "beckn-2023" / "StoreMarkerData.js") or {}).get("elements", ()):
        yield _osm(element.get("tags", {}), (element["lat"], element["lon"]), "restaurant", "Paris", "")
    for tags, at in _features(folder / "safehili-bakeries" / "boulangeries.geojson.js"):
        number, street = _numbered([tags["adresse"]])
        yield House(_written(tags["nom"]), "bakery", tags["ville"], "FR", street, number, str(tags["cp"]), at=at)


def _numbered(lines: list[str]) -> tuple[str, str]:
    """'71, Rue du Temple' → '71', 'Rue du Temple'."""
    found = re.match(r"\s*(\d+(?:\s*bis|\s*ter)?)?[\s,]*(.*)", lines[0] if lines else "")
    return (found[1] or "", found[2].strip()) if found else ("", "")


def _niort(folder: Path) -> Iterator[House]:
    for name, kind in (("pharmacy", "pharmacy"), ("doctors", "health"), ("hospital2", "health"), ("cinema", "")):
        for tags, at in _features(folder / f"{name}.js"):
            yield _osm(tags, at, kind, "Niort", "79000")
    for one in _load(folder / "transiscopeDatas.js"):
        where, place = one["address"], one["location"]
        number, street = _numbered([where.get("street", "")])
        at = (place["lat"], place["lon"])
        town = where.get("city", "").title()
        yield House(one["title"], "shop", town, "FR", street, number, where.get("postalCode", ""), at=at)


_MONTREAL = {"Hébergement": "hotel", "Regroupement de commerces": "shop", "Service de santé": "health"}
_ALSO = ("Lieu de diffusion", "Établissement culturel")


def _montreal(folder: Path) -> Iterator[House]:
    stations = [
        (str(tags["Nom français"]), at)
        for tags, at in _features(folder / "lieux-interet.geojson")
        if tags["Catégorie"] == "Transport" and at and "étro" in str(tags["Type"]) + str(tags["Nom français"])
    ]
    for tags, at in _features(folder / "lieux-interet.geojson"):
        kind = _MONTREAL.get(tags["Catégorie"])
        if kind is None and tags["Catégorie"] in _ALSO:
            kind = "museum" if "usée" in str(tags["Type"]) else ""
        if kind is not None and at:
            yield House(
                str(tags["Nom français"]).strip(), kind, str(tags["Ville"]), "CA", str(tags["rue"]).strip(),
                str(tags["Numéro"]).strip(" ,"), str(tags["Code postal"]).strip(),
                str(tags["Arrondissement"]).split("–")[0], at, landmark=_nearest(stations, at),
            )  # fmt: skip


def _nearest(stations: Sequence[tuple[str, tuple[float, float]]], at: tuple[float, float]) -> str:
    """The métro station within a short walk; "" when there is none."""
    metres = sorted((distance_m(*at, *place), name) for name, place in stations)
    near = metres[0][1] if metres and metres[0][0] < 500 else ""
    return re.sub("(?i)^(station )?(de )?métro ", "métro ", near)
