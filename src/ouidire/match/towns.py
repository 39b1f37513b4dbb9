"""Towns by name or postcode: all French communes, and the larger cities of every country.

Sources and licences: COMMUNES.md beside this file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from gzip import decompress
from importlib.resources import files

from ouidire.domain.fold import fold
from ouidire.domain.place import Coordinates

_OVERSEAS_ZONES = {
    "971": "America/Guadeloupe", "972": "America/Martinique", "973": "America/Cayenne", "974": "Indian/Reunion",
    "975": "America/Miquelon", "976": "Indian/Mayotte", "977": "America/St_Barthelemy", "978": "America/Marigot",
    "986": "Pacific/Wallis", "987": "Pacific/Tahiti", "988": "Pacific/Noumea",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Town:
    """A commune or a large city. `postcode` is its first one, or the one asked for; `department` is French, else ''.

    `coordinates` are those of its middle, None for small communes whose middle we do not know.
    """

    name: str
    postcode: str
    department: str
    country: str
    coordinates: Coordinates | None
    time_zone: str
    population: int


def find_town(name_or_postcode: str, country: str | None = None) -> list[Town]:
    """The towns of this name ('st malo', 'MONTREAL') or postcode ('75 011', 'F-75011'), the largest first.

    `country` is ISO 3166 alpha-2; French overseas departments are 'FR'. Empty when nothing is known.
    """
    key = postcode_key(name_or_postcode) or town_key(name_or_postcode)
    return [one for one in _found(key) if country in (None, one.country)]


@lru_cache(maxsize=512)
def _found(key: str) -> tuple[Town, ...]:
    """Of every country; whoever asks for a town asks for it several times in a row."""
    towns = [_town(line, key) for line in _lines_of(key)]
    return tuple(sorted(towns, key=lambda one: (-one.population, one.name, one.postcode)))


def towns_of(town: str, postcode: str, country: str) -> list[Town]:
    """The towns meant, likeliest first: of this name, and of these the ones with this postcode where there are any."""
    named = find_town(town, country) if town else []
    if not postcode or country != "FR":
        return named
    coded = find_town(postcode, country)
    both = [one for one in coded if any(one.name == other.name for other in named)]
    same_department = [one for one in named if coded and one.department == coded[0].department]
    return both or same_department or ([] if named and coded else named or coded)


def middle_of(towns: list[Town]) -> tuple[Coordinates | None, bool]:
    """The middle of the first of `towns`, and whether it is its own: of a small one we only know a neighbour's,
    which has the same postcode."""
    if not towns:
        return None, False
    if towns[0].coordinates:
        return towns[0].coordinates, True
    around = find_town(towns[0].postcode, towns[0].country) if towns[0].postcode else []
    return next((one.coordinates for one in around if one.coordinates), None), False


def town_key(name: str) -> str:
    """One spelling for a town: 'St. Malo' and 'SAINT-MALO' are the same."""
    words = fold(name).replace(".", " ").split()
    return " ".join({"st": "saint", "ste": "sainte"}.get(word, word) for word in words)


_WORDS = re.compile(r"[^\W_]+")
_POSTCODE = re.compile(r"(?:F(?:R)?\s*-?\s*)?(\d{2})[\s.]?(\d{3})(?:\s*cedex\b.*)?", re.IGNORECASE)


def postcode_key(text: str) -> str:
    """A French postcode as five digits, however it is written: '75 011', 'F-75011', '75011 CEDEX 08'; else ''."""
    found = _POSTCODE.fullmatch(text.strip())
    return f"{found[1]}{found[2]}" if found else ""


def _lines_of(key: str) -> Iterator[str]:
    lines, index = _table()
    numbers = index.get(key, ())
    for number in (numbers,) if isinstance(numbers, int) else numbers:
        yield lines[number]


@cache
def _table() -> tuple[list[str], dict[str, int | tuple[int, ...]]]:
    """The lines of the three tables as they are (a line takes a tenth of a `Town`), and their numbers by key."""
    folder = files("ouidire.match")
    french = decompress(folder.joinpath("communes.csv.gz").read_bytes()).decode().splitlines()
    cities = folder.joinpath("cities.csv").read_text("utf-8").splitlines()
    world = decompress(folder.joinpath("world.csv.gz").read_bytes()).decode().splitlines()
    lines = [*french, *cities, *world]
    index: dict[str, int | tuple[int, ...]] = {}
    for number, line in enumerate(lines):
        for key in _keys(line):
            known = index.get(key)
            if known is None:
                index[key] = number
            elif isinstance(known, int):
                index[key] = (known, number) if known != number else number
            elif number not in known:
                index[key] = (*known, number)
    return lines, index


def _keys(line: str) -> Iterator[str]:
    code, name, rest = line.split(";", 2)
    for spelling in name.split("|"):
        yield town_key(spelling)
    if code[:1].isdigit():
        yield from _postcodes(code, rest.partition(";")[0])


def _postcodes(insee: str, short: str) -> list[str]:
    return [code if len(code) == 5 else insee[:2] + code for code in short.split()]


def _town(line: str, key: str) -> Town:
    fields = line.split(";") if '"' not in line else next(csv.reader([line], delimiter=";"))
    return _commune(fields, key) if fields[0][:1].isdigit() else _city(fields)


def _commune(fields: list[str], key: str) -> Town:
    insee, name, short, people, lat, lon = fields
    postcodes = _postcodes(insee, short)
    overseas = insee[:2] in ("97", "98")
    return Town(
        name=name,
        postcode=key if key in postcodes else postcodes[0],
        department=insee[:3] if overseas else insee[:2],
        country="FR",
        coordinates=Coordinates(float(lat), float(lon)) if lat else None,
        time_zone=_OVERSEAS_ZONES.get(insee[:3], "Europe/Paris"),
        population=int(people or 0),
    )


def _city(fields: list[str]) -> Town:
    country, names, people, lat, lon, zone = fields
    name = names.partition("|")[0]
    return Town(name, "", "", country, Coordinates(float(lat), float(lon)), zone, int(people))


@cache
def large_towns(least: int) -> frozenset[str]:
    """The names of all towns of at least so many people, folded, a space between words: “saint malo” and “st malo”."""
    names = {key for line in _table()[0] if _people(line) >= least for key in _names(line)}
    return frozenset(names | {re.sub(r"\bsaint(e?)\b", r"st\1", name) for name in names})


def _names(line: str) -> Iterator[str]:
    for spelling in line.split(";", 2)[1].split("|"):
        yield town_key(" ".join(_WORDS.findall(spelling)))


def _people(line: str) -> int:
    fields = line.split(";")
    return int((fields[3] if fields[0][:1].isdigit() else fields[2]) or 0)


def cities(country: str) -> list[Town]:
    """The cities of a country that we know; none of France, whose communes are another table."""
    return [_town(line, "") for line in _table()[0] if line.startswith(f"{country};")]
