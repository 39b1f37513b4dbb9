"""An extract of half a million features: read as it comes, in little memory, with how far it was read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

FEATURES = 500_000
MOST_RSS_MB = 64
"""Of the whole process; the file itself is three times as large."""

READ = """
import json, re, sys
from pathlib import Path
from ouidire.places.only import called
from ouidire.places.table import read_extract
told = []
table = read_extract(Path(sys.argv[1]), called("La Mie"), told.append)
rss = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
print(json.dumps([table.seen, len(table.rows), sum(told), rss]))
"""


def tags(number: int) -> dict[str, str]:
    name = "La Mie" if number % 1000 == 0 else "Autre"
    return {
        "name": f"{name} {number}", "amenity": "restaurant", "addr:street": f"rue {number % 3000}",
        "addr:postcode": f"{75001 + number % 20}", "addr:city": "Paris", "website": f"https://example{number}.example/",
        "opening_hours": "Mo-Fr 09:00-12:30,14:00-19:00; Sa 09:00-13:00", "wheelchair": "yes",
    }  # fmt: skip


def geojson() -> Iterator[str]:
    yield '{"type": "FeatureCollection", "features": [\n'
    for number in range(FEATURES):
        geometry = {"type": "Point", "coordinates": [2.3 + number / 1e7, 48.85]}
        feature = json.dumps({"type": "Feature", "properties": tags(number), "geometry": geometry})
        yield feature + (",\n" if number < FEATURES - 1 else "\n")
    yield "]}"


def osm() -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n'
    for number in range(FEATURES):
        said = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags(number).items())
        yield f'<node id="{number + 1}" lat="48.85" lon="{2.3 + number / 1e7:.7f}">{said}</node>\n'
    yield "</osm>\n"


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the peak of memory is told by Linux alone")
@pytest.mark.parametrize("written", [geojson, osm])
def test_half_a_million_features_are_read_in_little_memory(
    tmp_path: Path, written: Callable[[], Iterator[str]]
) -> None:
    path = tmp_path / "extract"
    with path.open("w", encoding="utf-8") as file:
        file.writelines(written())
    answer = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    seen, kept, told, rss = json.loads(answer.stdout)
    assert (seen, kept, told) == (FEATURES, FEATURES // 1000, path.stat().st_size)
    print(f"{path.stat().st_size / 1e6:.0f} MB read in {rss} MB")
    assert rss < MOST_RSS_MB
