"""A small invented folder of public data: enough houses for every phrasing, and nobody's real ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ouidire.evaluation.world import Half, World, build

STREETS = ("Rue des Orfèvres", "Rue du Puits", "Avenue des Frênes", "Rue Basse", "Quai Neuf", "Rue Haute")


def chain(number: int, kind: str) -> dict[str, object]:
    return {"path": f"brands/{kind}", "name": f"Velmora {number}", "match": [f"velmo {number}"], "where": ["fr", "ca"]}


def point(number: int, name: str, kind: str) -> dict[str, object]:
    tags = {
        "Nom français": name, "Catégorie": kind, "Type": "Musée", "Ville": "Montréal", "Code postal": "H2B 1Z4",
        "rue": STREETS[number % len(STREETS)], "Numéro": str(number), "Arrondissement": "Verdun",
    }  # fmt: skip
    where = {"type": "Point", "coordinates": [-73.6 + number / 1000, 45.5]}
    return {"type": "Feature", "properties": tags, "geometry": where}


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "brands-nsi").mkdir()
    kinds = ("shop/clothes", "amenity/fast_food", "shop/supermarket", "amenity/bank", "shop/mobile_phone")
    lines = [json.dumps(chain(number, kinds[number % len(kinds)])) for number in range(60)]
    (folder / "brands-nsi" / "brands_fr_be_ch_qc_world.jsonl").write_text("\n".join(lines), "utf-8")
    (folder / "poi-montreal").mkdir()
    kept = ("Établissement culturel", "Hébergement", "Service de santé")
    points = [point(number, f"Ardelune {number}", kept[number % len(kept)]) for number in range(60)]
    text = json.dumps({"type": "FeatureCollection", "features": points})
    (folder / "poi-montreal" / "lieux-interet.geojson").write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="session")
def train(data: Path) -> World:
    return build(data, Half.TRAIN)
